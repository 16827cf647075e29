//! Code of the user's that may panic where nobody can be told.

use std::{
    any::Any,
    mem,
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

/// Runs code of the user's where nobody can be told of a panic.
pub(crate) fn contain(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        discard(payload);
    }
}

/// Drops a payload, which may be the user's and panic again. What comes of that is dropped no more.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(again);
    }
}

/// Drops things of the user's, all of them, also when one of them panics; then its panic goes on.
pub(crate) fn drop_each<T>(things: Vec<T>) {
    let mut first = None;
    for thing in things {
        match catch_unwind(AssertUnwindSafe(|| drop(thing))) {
            Err(payload) if first.is_none() => first = Some(payload),
            Err(payload) => discard(payload),
            Ok(()) => {}
        }
    }
    if let Some(payload) = first {
        resume_unwind(payload);
    }
}

/// Something of the user's that anybody may have to drop: a panic of that is nobody's harm.
pub(crate) struct Guarded<T>(Option<T>);

impl<T> Guarded<T> {
    pub(crate) fn new(thing: T) -> Self {
        Self(Some(thing))
    }

    pub(crate) fn into_inner(mut self) -> T {
        self.0.take().expect("it is there until it is dropped")
    }
}

impl<T> Deref for Guarded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        let thing = self.0.take();
        contain(|| drop(thing));
    }
}

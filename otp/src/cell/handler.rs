//! The code that a process runs, which the watchdog reads while the process writes it.

#![allow(unsafe_code, reason = "a reference that lives for ever, in one atomic word")]

use std::ptr;

use super::owned::Running;
use crate::{
    scheduler::Code,
    sync::atomic::{
        AtomicPtr,
        Ordering::{Acquire, Release},
    },
};

/// Of a process between two messages.
static NONE: Code = Code::none();

/// One writer, the process itself; any readers.
pub(crate) struct Handler(AtomicPtr<Code>);

impl Handler {
    pub(crate) fn new(code: &'static Code) -> Self {
        Self(AtomicPtr::new(pointer(code)))
    }

    #[inline]
    pub(crate) fn set(&self, me: &Running, code: &'static Code) {
        me.assert_has(self);
        self.0.store(pointer(code), Release);
    }

    /// From now on it runs nothing of the user's.
    #[inline]
    pub(crate) fn clear(&self, me: &Running) {
        self.set(me, &NONE);
    }

    #[inline]
    pub(crate) fn code(&self) -> &'static Code {
        // SAFETY: only `set` and `new` write it, and what they write was a `&'static Code`, which is shared, and good
        // for ever.
        unsafe { &*self.0.load(Acquire) }
    }

    /// What reports call the code; nothing between two messages, and when it has no name of its own.
    pub(crate) fn name(&self) -> Option<&'static str> {
        Some(self.code().name()).filter(|name| !name.is_empty())
    }
}

fn pointer(code: &'static Code) -> *mut Code {
    ptr::from_ref(code).cast_mut()
}

//! What is the user's in an exit reason: an error, or any other value.
//!
//! Reasons go everywhere: to links, monitors, callers, supervisors, reports. So whoever makes one makes its text at
//! once, and nobody else runs a `Display` or a `Debug` of the user's; and whoever is left with the last of it has it
//! dropped where that harms nobody.

use std::{
    any::Any,
    error::Error,
    fmt::{self, Write},
    iter, mem,
    ops::Deref,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{FailedCall, Pid, aside, current, failed_call, reason::Course};
use crate::guard;

/// What is shown of a value whose `Display` or `Debug` fails or panics.
const UNSHOWN: &str = "a reason that cannot be shown";
/// So many causes of an error are told; a chain of causes may have no end.
pub(super) const CAUSES: usize = 16;

/// The text of something of the user's.
fn shown(text: fmt::Arguments<'_>) -> Box<str> {
    let mut shown = String::new();
    match catch_unwind(AssertUnwindSafe(|| shown.write_fmt(text))) {
        Ok(Ok(())) => shown.into(),
        Ok(Err(fmt::Error)) => UNSHOWN.into(),
        Err(payload) => {
            guard::discard(payload);
            UNSHOWN.into()
        }
    }
}

/// A value of the user's, and the text that its maker has made of it.
struct Kept<T: ?Sized + Send + 'static> {
    text: Box<str>,
    /// Who has made it, as long as its drop runs code.
    maker: Option<Pid>,
    /// The call that has failed with it.
    call: Option<FailedCall>,
    /// Nothing only while it is dropped.
    value: Option<Box<T>>,
}

impl<T: ?Sized + Send + 'static> Kept<T> {
    /// Made by the process that runs. It `drops` if that runs code.
    fn new(text: Box<str>, call: Option<FailedCall>, drops: bool, value: Box<T>) -> Arc<Self> {
        let maker = if drops { current::try_with(|me| me.pid()) } else { None };
        Arc::new(Self { text, maker, call, value: Some(value) })
    }

    fn value(&self) -> &T {
        self.value.as_deref().expect("it is there until it is dropped")
    }
}

impl<T: ?Sized + Send + 'static> Drop for Kept<T> {
    fn drop(&mut self) {
        match (self.value.take(), self.maker) {
            (Some(value), Some(maker)) => aside::drop_of(maker, value),
            (value, _) => guard::contain(|| drop(value)),
        }
    }
}

/// An error in an exit reason: the one that it was made from, by `Deref`, and what its maker has seen of it.
///
/// Its `Display` ran once, in the process that made the reason; should that fail or panic, the text says so.
#[derive(Clone)]
pub struct Failure {
    kept: Arc<Kept<dyn Error + Send + Sync>>,
    pub(super) course: Course,
}

impl Failure {
    pub(super) fn new<E: Into<Box<dyn Error + Send + Sync>>>(error: E) -> Self {
        let error = error.into();
        let text = shown(format_args!("{}", Chain(&*error)));
        let call = failed_call::find(&*error);
        Self { kept: Kept::new(text, call, mem::needs_drop::<E>(), error), course: Course::default() }
    }

    /// The call that has failed with it.
    pub(super) fn call(&self) -> Option<&FailedCall> {
        self.kept.call.as_ref()
    }
}

/// An error, and what is behind it, as far as its own text does not say so.
struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        for cause in iter::successors(self.0.source(), |cause| (*cause).source()).take(CAUSES) {
            let text = cause.to_string();
            if !said.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            said = text;
        }
        Ok(())
    }
}

impl Deref for Failure {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        self.kept.value()
    }
}

/// By their texts.
impl PartialEq for Failure {
    fn eq(&self, other: &Self) -> bool {
        self.kept.text == other.kept.text && self.course == other.course
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kept.text)?;
        self.kept.call.as_ref().map_or(Ok(()), |call| write!(f, " ({call})"))
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kept.text)
    }
}

/// Any value in an exit reason.
///
/// Two terms are equal when they hold equal values of the same type. The value's `Debug` ran once, in the process that
/// made the term; should that fail or panic, the text says so.
///
/// ```
/// # use otp::process::Term;
/// let term = Term::new(("disk", 7));
/// assert_eq!(term, Term::new(("disk", 7)));
/// assert_eq!(term.downcast_ref::<(&str, i32)>(), Some(&("disk", 7)));
/// assert_eq!(format!("{term:?}"), r#"("disk", 7)"#);
/// ```
#[derive(Clone)]
pub struct Term {
    kept: Arc<Kept<dyn AnyTerm>>,
    pub(super) course: Course,
}

/// What a [`Term`] can hold. You need not implement it.
pub trait TermValue: Any + fmt::Debug + PartialEq + Send + Sync {}

impl<T: Any + fmt::Debug + PartialEq + Send + Sync> TermValue for T {}

trait AnyTerm: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn Any) -> bool;
}

impl<T: TermValue> AnyTerm for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>() == Some(self)
    }
}

impl Term {
    /// Wraps a value.
    pub fn new<T: TermValue>(value: T) -> Self {
        let text = shown(format_args!("{value:?}"));
        Self { kept: Kept::new(text, None, mem::needs_drop::<T>(), Box::new(value)), course: Course::default() }
    }

    /// The value, if it is a `T`.
    #[must_use]
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        self.kept.value().as_any().downcast_ref()
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.kept.value().equals(other.kept.value().as_any()) && self.course == other.course
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kept.text)
    }
}

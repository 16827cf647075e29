//! The ways in which a client can send: what a call and a cast return.
//!
//! A client has one method for each handler; its mode decides the rest. The name of a mode and of [`AwaitsReply`] is
//! what a compile error shows to somebody who calls where no reply can be awaited.

use std::{fmt, marker::PhantomData, time::Duration};

use super::{Actor, Address, CallError, Reply, ReplyTo, Sent, call::CALL_TIMEOUT};
use crate::{
    cell::{current, typed::Cell},
    process::{TimerRef, timer},
};

/// A way to send. One of [`Blocking`], [`Async`], [`Request`], [`OneWay`], [`After`], [`IdleTimeout`], [`Next`],
/// [`Build`].
pub trait Mode: sealed::Sealed + Sized + 'static {
    /// What a client holds in this mode.
    type Handle<A: Actor>: Clone + fmt::Debug;
    /// What a cast returns.
    type Cast<A: Actor>;

    #[doc(hidden)]
    fn cast<A: Actor>(handle: &Self::Handle<A>, message: A::Message) -> Self::Cast<A>;
}

/// A way to send in which a call can be answered.
///
/// [`OneWay`], what `ctx.me()` gives, is none: an actor that called itself would wait for itself.
pub trait AwaitsReply: Mode {
    /// What a call returns.
    type Answer<T: 'static>;

    #[doc(hidden)]
    fn call<A: Actor, T: Send + 'static>(
        handle: &Self::Handle<A>,
        make: impl FnOnce(ReplyTo<T>) -> A::Message,
    ) -> Self::Answer<T>;
}

/// A mode whose clients hold an address: they can be asked for a pid, given a limit of time, and compared. You need not
/// implement it.
pub trait Addressed: Mode {
    #[doc(hidden)]
    fn target<A: Actor>(handle: &Self::Handle<A>) -> &Target<A>;
    #[doc(hidden)]
    fn handle<A: Actor>(target: Target<A>) -> Self::Handle<A>;
}

mod sealed {
    #[allow(unnameable_types, reason = "so that nobody else can implement a mode")]
    pub trait Sealed {}
}

/// Whom a client sends to, and how long its calls wait.
pub struct Target<A: Actor> {
    pub(crate) address: Address<A>,
    timeout: ShortLimit,
}

/// A limit of time in nanoseconds, so that what keeps one stays small; the largest number stands for no limit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ShortLimit(u64);

impl ShortLimit {
    #[inline]
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self(limit.map_or(u64::MAX, |limit| limit.as_nanos().try_into().unwrap_or(u64::MAX)))
    }

    #[inline]
    pub(super) fn get(self) -> Option<Duration> {
        (self.0 != u64::MAX).then(|| Duration::from_nanos(self.0))
    }
}

impl<A: Actor> Target<A> {
    pub(crate) fn new(address: Address<A>) -> Self {
        Self::with_timeout(address, Some(CALL_TIMEOUT))
    }

    pub(crate) fn with_timeout(address: Address<A>, timeout: Option<Duration>) -> Self {
        Self { address, timeout: ShortLimit::new(timeout) }
    }

    /// How long its calls wait.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout.get()
    }
}

impl<A: Actor> Clone for Target<A> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), timeout: self.timeout }
    }
}

impl<A: Actor> fmt::Debug for Target<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

macro_rules! modes {
    ($($(#[$doc:meta])* $mode:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $mode {}
        impl sealed::Sealed for $mode {}
    )*};
}

modes! {
    /// A call waits for its reply: on a core its stack is set aside meanwhile, and an OS thread blocks.
    Blocking;
    /// A call is a future of its reply, for any executor; a cast is a [`Sent`], which need not be awaited. Both are
    /// sent at once.
    Async;
    /// A call is a [`Reply`] to be collected later; it has no deadline of its own.
    Request;
    /// There is nobody who could wait for a reply: a call does not compile.
    OneWay;
    /// The message is sent after a while.
    After;
    /// The message is sent if no other has arrived within a while.
    IdleTimeout;
    /// The message is handled next, before any that wait.
    Next;
    /// The message is made and not sent.
    Build;
}

impl Mode for Blocking {
    type Handle<A: Actor> = Target<A>;
    type Cast<A: Actor> = ();

    fn cast<A: Actor>(handle: &Target<A>, message: A::Message) {
        handle.address.send(message, || handle.timeout()).wait();
    }
}

impl AwaitsReply for Blocking {
    type Answer<T: 'static> = Result<T, CallError>;

    fn call<A: Actor, T: Send + 'static>(
        handle: &Target<A>,
        make: impl FnOnce(ReplyTo<T>) -> A::Message,
    ) -> Result<T, CallError> {
        current::with(|_| Reply::send(&handle.address, handle.timeout(), make).wait())
    }
}

impl Mode for Async {
    type Handle<A: Actor> = Target<A>;
    type Cast<A: Actor> = Sent;

    fn cast<A: Actor>(handle: &Target<A>, message: A::Message) -> Sent {
        handle.address.send(message, || handle.timeout())
    }
}

impl AwaitsReply for Async {
    type Answer<T: 'static> = Reply<T>;

    fn call<A: Actor, T: Send + 'static>(handle: &Target<A>, make: impl FnOnce(ReplyTo<T>) -> A::Message) -> Reply<T> {
        Reply::send(&handle.address, handle.timeout(), make)
    }
}

impl Mode for Request {
    type Handle<A: Actor> = Target<A>;
    type Cast<A: Actor> = ();

    fn cast<A: Actor>(handle: &Target<A>, message: A::Message) {
        handle.address.send(message, || handle.timeout()).wait();
    }
}

impl AwaitsReply for Request {
    type Answer<T: 'static> = Reply<T>;

    fn call<A: Actor, T: Send + 'static>(handle: &Target<A>, make: impl FnOnce(ReplyTo<T>) -> A::Message) -> Reply<T> {
        Reply::send(&handle.address, None, make)
    }
}

impl Mode for OneWay {
    type Handle<A: Actor> = Target<A>;
    type Cast<A: Actor> = ();

    fn cast<A: Actor>(handle: &Target<A>, message: A::Message) {
        handle.address.send(message, || handle.timeout()).wait();
    }
}

macro_rules! addressed {
    ($($mode:ident)*) => {$(
        impl Addressed for $mode {
            fn target<A: Actor>(handle: &Target<A>) -> &Target<A> {
                handle
            }

            fn handle<A: Actor>(target: Target<A>) -> Target<A> {
                target
            }
        }
    )*};
}

addressed!(Blocking Async Request OneWay);

/// Where and when.
#[doc(hidden)]
pub struct DelayedHandle<A: Actor> {
    pub(crate) address: Address<A>,
    pub(crate) after: Duration,
}

impl<A: Actor> Clone for DelayedHandle<A> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), after: self.after }
    }
}

impl<A: Actor> fmt::Debug for DelayedHandle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} after {:?}", self.address, self.after)
    }
}

impl Mode for After {
    type Handle<A: Actor> = DelayedHandle<A>;
    type Cast<A: Actor> = TimerRef;

    fn cast<A: Actor>(handle: &DelayedHandle<A>, message: A::Message) -> TimerRef {
        let process = handle.address.resolve().expect("`after` is the process's own");
        timer::send_after(&process, handle.after, message)
    }
}

impl Mode for IdleTimeout {
    type Handle<A: Actor> = LocalHandle<A>;
    type Cast<A: Actor> = ();

    fn cast<A: Actor>(handle: &LocalHandle<A>, message: A::Message) {
        let process = handle.address.resolve().expect("`idle_timeout` is the process's own");
        Cell::set_idle(&process, handle.after, message);
    }
}

impl Mode for Next {
    type Handle<A: Actor> = LocalHandle<A>;
    type Cast<A: Actor> = ();

    fn cast<A: Actor>(handle: &LocalHandle<A>, message: A::Message) {
        let process = handle.address.resolve().expect("`next` is the process's own");
        Cell::put_first(&process, message);
    }
}

/// The calling process itself: not to be given to another.
#[doc(hidden)]
pub struct LocalHandle<A: Actor> {
    pub(crate) address: Address<A>,
    pub(crate) after: Duration,
    /// Keeps it in the turn that made it.
    pub(crate) here: PhantomData<*const ()>,
}

impl<A: Actor> Clone for LocalHandle<A> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), after: self.after, here: PhantomData }
    }
}

impl<A: Actor> fmt::Debug for LocalHandle<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl Mode for Build {
    type Handle<A: Actor> = ();
    type Cast<A: Actor> = A::Message;

    fn cast<A: Actor>((): &(), message: A::Message) -> A::Message {
        message
    }
}

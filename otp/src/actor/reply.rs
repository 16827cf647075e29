//! The right to answer a call.

#![allow(unsafe_code, reason = "an answer that can be put in can be sent to another thread")]

use std::{fmt, sync::Arc};

use crate::cell::{Pid, current, header::PendingCall, lanes, reply::Part};

/// The right to answer one call, once, now or later, from anywhere.
///
/// A handler takes it as a parameter instead of returning a value. Dropped unanswered, the caller gets
/// [`CallError::NoReply`](crate::CallError::NoReply); when the callee ends before the answer, wherever the `ReplyTo` is
/// then, the caller gets its reason. An answer that comes after the caller has given up is dropped.
/// `gen_server:reply/2` and its `From`.
///
/// ```
/// use otp::prelude::*;
///
/// /// A gate that those who came before it opens wait at.
/// pub struct Gate { waiting: Vec<ReplyTo<&'static str>> }
///
/// #[actor]
/// impl Gate {
///     #[init]
///     fn init() -> Self { Self { waiting: Vec::new() } }
///
///     /// Answered when the gate opens.
///     #[handle_call]
///     pub fn pass(&mut self, reply: ReplyTo<&'static str>) { self.waiting.push(reply) }
///
///     #[handle_cast]
///     pub fn open(&mut self) { self.waiting.drain(..).for_each(|reply| reply.send("come in")) }
/// }
///
/// let gate = Gate::start()?;
/// let pass = gate.request().pass();
/// gate.open();
/// assert_eq!(pass.wait(), Ok("come in"));
/// # Ok::<(), StartError>(())
/// ```
pub struct ReplyTo<T: 'static> {
    slot: Option<Part<T>>,
}

impl<T: 'static> ReplyTo<T> {
    #[inline]
    pub(crate) fn new(slot: Part<T>) -> Self {
        Self { slot: Some(slot) }
    }

    #[inline]
    fn slot(&self) -> &Part<T> {
        self.slot.as_ref().expect("it is taken only by `send` and `drop`")
    }

    /// Answers the call. Nothing happens when the caller is gone or waits no longer.
    ///
    /// It may be called in another process: one that works while the server goes on.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Square;
    /// # #[actor]
    /// # impl Square {
    /// #     #[init] fn init() -> Self { Self }
    /// #[handle_call]
    /// pub fn of(&self, n: u32, reply: ReplyTo<u32>) {
    ///     process::spawn_link(move |_| reply.send(n * n));
    /// }
    /// # }
    ///
    /// assert_eq!(Square::start()?.of(7)?, 49);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn send(mut self, answer: T) {
        if let Some(slot) = self.slot.take() {
            // An answer of the lost is none.
            drop(slot.complete((!current::is_lost()).then_some(answer)));
        }
    }

    /// The answer, to be sent by a call of what is returned.
    pub(crate) fn prepare(self, answer: T) -> Box<dyn FnOnce() + Send> {
        struct Prepared<T: 'static>(ReplyTo<T>, T);
        // SAFETY: `T: Send`, which `ReplySlot::pair` and `ReplySlot::new` ask for: without a slot there is no
        // `ReplyTo<T>`. That itself is `Send`.
        unsafe impl<T> Send for Prepared<T> {}
        impl<T> Prepared<T> {
            #[inline]
            fn send(self) {
                self.0.send(self.1);
            }
        }
        let prepared = Prepared(self, answer);
        Box::new(move || prepared.send())
    }

    /// Whether the caller still waits for the answer.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.slot().is_pending()
    }

    /// Who waits for the answer; `None` when that is no process.
    #[must_use]
    pub fn caller(&self) -> Option<Pid> {
        self.slot().caller()
    }

    /// Says that the handler begins: what an [`Actor`](crate::Actor) written by hand does first with a call. False when
    /// the caller's time is over; the handler must not run then, since the caller was told so.
    ///
    /// `#[actor]` does it by itself. [`Actor`](crate::Actor) has an example.
    #[must_use = "a call that was taken back must not be handled"]
    #[inline]
    pub fn begin(&self) -> bool {
        self.slot().begin()
    }

    /// For generated code: what to give to [`Context::deferred`](crate::Context::deferred).
    #[doc(hidden)]
    #[must_use]
    pub fn tracker(&self) -> ReplyTracker {
        ReplyTracker(Arc::new(self.slot().clone()))
    }
}

impl<T: 'static> Drop for ReplyTo<T> {
    fn drop(&mut self) {
        let Some(slot) = self.slot.take() else { return };
        if lanes::is_refusing(slot.callee()) && slot.is_queued() {
            return slot.refuse();
        }
        // In the last moments of its callee the caller is told the reason, which is not known yet.
        let kept = current::try_with(|me| {
            let is_callee = me.pid() == slot.callee() || slot.was_left();
            let dying = is_callee && (std::thread::panicking() || me.header().life.is_ending());
            if dying {
                me.own().keep_orphan(Arc::new(slot.clone()));
            }
            dying
        });
        if kept != Some(true) {
            slot.complete(None);
        }
    }
}

impl<T: 'static> fmt::Debug for ReplyTo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyTo(..)")
    }
}

/// A call whose reply may be deferred; for generated code.
#[doc(hidden)]
pub struct ReplyTracker(pub(crate) Arc<dyn PendingCall>);

impl Drop for ReplyTracker {
    fn drop(&mut self) {
        // Its handler has not returned: the process ends, and tells the caller then, wherever the `ReplyTo` is.
        let unwinds = std::thread::panicking();
        current::try_with(|me| {
            if unwinds || me.header().life.is_ending() {
                me.own().keep_orphan(Arc::clone(&self.0));
            }
        });
    }
}

impl fmt::Debug for ReplyTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyTracker(..)")
    }
}

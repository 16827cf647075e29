//! The right to answer a call.

#![allow(unsafe_code, reason = "an answer that can be put in can be sent to another thread")]

use std::{fmt, sync::Arc};

use crate::cell::{Pid, common::PendingCall, current, lanes, reply::Part};

/// The right to answer one call, once, now or later, from anywhere.
///
/// A handler takes it as a parameter instead of returning a value. Dropped unanswered, the caller gets
/// [`CallError::NoReply`](crate::CallError::NoReply); when the callee ends before the answer, wherever the `ReplyTo` is
/// then, the caller gets its reason. An answer that comes after the caller has given up is dropped.
/// `gen_server:reply/2` and its `From`.
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
        // SAFETY: `T: Send`, which `ReplySlot::pair` and `ReplySlot::new` ask for: without a slot there is no `ReplyTo<T>`. That
        // itself is `Send`.
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
    pub fn is_awaited(&self) -> bool {
        self.slot().is_pending()
    }

    /// Who waits for the answer; `None` when that is no process.
    pub fn caller(&self) -> Option<Pid> {
        self.slot().caller()
    }

    /// For generated code: the handler is about to run. False when the call has timed out, and it must not.
    #[doc(hidden)]
    #[inline]
    pub fn begin(&self) -> bool {
        self.slot().begin()
    }

    /// For generated code: what to give to [`Context::deferred`](crate::Context::deferred).
    #[doc(hidden)]
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
            let dying = is_callee && (std::thread::panicking() || me.common().life.is_ending());
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
            if unwinds || me.common().life.is_ending() {
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

//! What only the turns of a process touch.

use std::{cell::Cell, error::Error, mem, sync::Arc};

use super::PendingCall;
use crate::{
    cell::{
        ExitReason, Pid,
        dictionary::Dictionary,
        failed_call::{FailedCall, FailedCalls, KeptCall},
    },
    time::TimerKey,
};

/// What becomes of the rest of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It is made when others had their turn.
    Later,
    /// It is made by another thread: it may be long, and others wait on this one.
    Elsewhere,
}

/// A receive may remember up to where it has looked through the mail.
pub(crate) const HAS_MARK: u8 = 1;
/// Its own handlers have asked for something to do with its mail.
pub(crate) const HAS_EXTRAS: u8 = 2;
/// It has a mailbox of its own kind.
pub(crate) const HAS_LANES: u8 = 4;

/// What only its own turns touch.
#[derive(Default)]
pub(crate) struct Own {
    pub(crate) trap_exit: Cell<bool>,
    /// The number of calls that its code waits for, as of the last time that it was polled, as far as it can be
    /// counted.
    pub(crate) calls: Cell<u16>,
    /// That number when it was polled before.
    pub(crate) calls_before: Cell<u8>,
    /// It is no server and did not start by the protocol: an exit that its code calls for is its own affair.
    pub(crate) plain: Cell<bool>,
    /// It has looked at its inbox since its turn began and since messages wake it again.
    pub(in crate::cell) looked: Cell<bool>,
    /// Why its next message is not simply the first of its queue. Here, since it is looked at for each message, and
    /// what senders write should be left to them.
    detours: Cell<u8>,
    /// It may have to end, hold calls whose replies were dropped, or run measured code: what its server looks for after
    /// each message.
    troubled: Cell<bool>,
    /// How its turn is to end, if it has more to do.
    pub(crate) rest: Cell<Option<Rest>>,
    pub(super) armed: Cell<Option<TimerKey>>,
    rare: Cell<Option<Box<OwnRest>>>,
}

/// What most processes never need.
#[derive(Default)]
struct OwnRest {
    dictionary: Dictionary,
    /// The ancestors of those that it starts.
    lineage: Option<Arc<Vec<Pid>>>,
    /// It has to end, for this reason.
    fatal: Option<ExitReason>,
    /// That reason came with an exit signal.
    signalled: bool,
    /// It is ending already, for this reason, which is no clean one.
    failure: Option<ExitReason>,
    /// It has ended, for this reason, and its end is made in its next turn.
    end: Option<ExitReason>,
    /// Calls whose replies were dropped by then.
    orphans: Vec<Arc<dyn PendingCall>>,
    /// Its last calls that have failed.
    failed_calls: FailedCalls,
}

impl OwnRest {
    /// It has to end for this reason, if there is none yet; else the reason comes back.
    fn end_for(&mut self, reason: ExitReason) -> Option<ExitReason> {
        if self.fatal.is_some() {
            return Some(reason);
        }
        self.fatal = Some(reason);
        None
    }
}

impl Own {
    pub(super) fn new(detours: u8) -> Self {
        Self { detours: Cell::new(detours), ..Self::default() }
    }

    /// Calls `f` with the rare things; none of the user's code may run in it.
    fn rare<R>(&self, f: impl FnOnce(&mut OwnRest) -> R) -> R {
        let mut rare = self.rare.take().unwrap_or_default();
        let result = f(&mut rare);
        self.rare.set(Some(rare));
        result
    }

    /// As [`rare`](Own::rare), if there are any.
    #[inline]
    fn if_rare<R>(&self, f: impl FnOnce(&mut OwnRest) -> R) -> Option<R> {
        let mut rare = self.rare.take()?;
        let result = f(&mut rare);
        self.rare.set(Some(rare));
        Some(result)
    }

    /// Whether its next message may be another than the first of its queue.
    #[inline]
    pub(crate) fn has_detours(&self) -> bool {
        self.detours.get() != 0
    }

    pub(crate) fn add_detour(&self, why: u8) {
        self.detours.set(self.detours.get() | why);
    }

    /// Takes one away; false if it was not there.
    #[inline]
    pub(super) fn remove_detour(&self, why: u8) -> bool {
        let before = self.detours.get();
        self.detours.set(before & !why);
        before & why != 0
    }

    /// Why it has to end, if it has to.
    #[inline]
    pub(crate) fn fatal(&self) -> Option<ExitReason> {
        if !self.troubled.get() {
            return None;
        }
        self.if_rare(|rare| rare.fatal.clone()).flatten()
    }

    /// Why it is ending already, if that is a failure.
    pub(super) fn failure(&self) -> Option<ExitReason> {
        self.if_rare(|rare| rare.failure.clone()).flatten()
    }

    /// It is ending, for this reason; unless that is a clean one it is not forgotten, whatever comes.
    pub(crate) fn set_failure(&self, reason: &ExitReason) {
        if !reason.is_clean() {
            let before = self.rare(|rare| rare.failure.replace(reason.clone()));
            drop(before);
        }
    }

    /// Its end is to be made in its next turn, which is its last.
    pub(in crate::cell) fn put_off_end(&self, reason: ExitReason) {
        self.troubled.set(true);
        let before = self.rare(|rare| rare.end.replace(reason));
        drop(before);
    }

    /// The reason of the end that was put off until now.
    #[inline]
    pub(in crate::cell) fn take_end(&self) -> Option<ExitReason> {
        if !self.troubled.get() {
            return None;
        }
        self.if_rare(|rare| rare.end.take()).flatten()
    }

    /// That reason, which is acted on now.
    pub(super) fn take_fatal(&self) -> Option<ExitReason> {
        self.if_rare(|rare| rare.fatal.take()).flatten()
    }

    /// It has to end for this reason, if there is none yet.
    pub(crate) fn set_fatal(&self, reason: ExitReason) {
        self.troubled.set(true);
        // One that is not taken is dropped when the rare things are back.
        drop(self.rare(|rare| rare.end_for(reason)));
    }

    /// As [`set_fatal`](Own::set_fatal), because of an exit signal.
    pub(crate) fn set_signalled(&self, reason: ExitReason) {
        self.troubled.set(true);
        drop(self.rare(|rare| {
            rare.signalled = true;
            rare.end_for(reason)
        }));
    }

    /// Whether it has to end because of an exit signal.
    pub(super) fn is_signalled(&self) -> bool {
        self.if_rare(|rare| rare.signalled) == Some(true)
    }

    /// The ancestors of those that it starts, which `make` makes once.
    pub(super) fn lineage(&self, make: impl FnOnce() -> Arc<Vec<Pid>>) -> Arc<Vec<Pid>> {
        self.rare(|rare| Arc::clone(rare.lineage.get_or_insert_with(make)))
    }

    /// Calls `f` with its dictionary; none of the user's code may run in it.
    pub(crate) fn dictionary<R>(&self, f: impl FnOnce(&mut Dictionary) -> R) -> R {
        self.rare(|rare| f(&mut rare.dictionary))
    }

    /// As [`dictionary`](Own::dictionary), if it may have one.
    pub(crate) fn if_dictionary<R: Default>(&self, f: impl FnOnce(&mut Dictionary) -> R) -> R {
        self.if_rare(|rare| f(&mut rare.dictionary)).unwrap_or_default()
    }

    /// Keeps a call that has failed.
    pub(in crate::cell) fn keep_failed_call(&self, call: KeptCall) {
        let oldest = self.rare(|rare| rare.failed_calls.keep(call));
        drop(oldest);
    }

    /// The last call that has failed with this error.
    pub(in crate::cell) fn failed_call(&self, error: &(dyn Error + 'static)) -> Option<FailedCall> {
        self.if_rare(|rare| rare.failed_calls.find(error)).flatten()
    }

    /// The last call whose error this message of a panic shows.
    pub(in crate::cell) fn unwrapped_call(&self, message: &str) -> Option<FailedCall> {
        self.if_rare(|rare| rare.failed_calls.find_unwrapped(message)).flatten()
    }

    /// Keeps a call until the process has ended.
    pub(crate) fn keep_orphan(&self, call: Arc<dyn PendingCall>) {
        self.troubled.set(true);
        self.rare(|rare| rare.orphans.push(call));
    }

    /// Whose call it was that a handler left by a panic.
    pub(crate) fn client(&self) -> Option<Pid> {
        self.if_rare(|rare| rare.orphans.iter().find_map(|call| call.client())).flatten()
    }

    /// The code that it runs is measured.
    pub(crate) fn is_measured(&self) {
        self.troubled.set(true);
    }

    /// Whether there may be anything to do after a message.
    #[inline]
    pub(crate) fn is_troubled(&self) -> bool {
        self.troubled.get()
    }

    /// What was to be done after a message was done.
    pub(crate) fn calm_down(&self) {
        let rest = self.if_rare(|rare| rare.fatal.is_some() || !rare.orphans.is_empty());
        self.troubled.set(rest == Some(true));
    }

    #[inline]
    pub(crate) fn take_orphans(&self) -> Vec<Arc<dyn PendingCall>> {
        if !self.troubled.get() {
            return Vec::new();
        }
        self.if_rare(|rare| mem::take(&mut rare.orphans)).unwrap_or_default()
    }
}

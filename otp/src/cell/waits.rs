//! Whom a process waits for, and deadlocks: processes that wait for one another in a cycle.
//!
//! A process that waits for one other process, and for nothing else, publishes an *edge* to it: for its reply, or for
//! it to have started, to have ended, or to let a message into its full mailbox. Whoever publishes one follows the
//! edges from there; where they lead back to itself, its wait fails as a deadlock.
//!
//! **No deadlock is missed.** Each process publishes its edge before it follows those of others, and all of that is
//! `SeqCst`: so of the processes of a cycle the last to publish finds all edges. Whether a call is all that a process
//! waits for is known only when its code has been polled to its end, since it may make another call after it. So where
//! a first poll finds an edge behind its callee, it has its process polled once more; calls are counted from poll to
//! poll.
//!
//! **None is made up.** Who answers takes the edge of its caller away before the answer can be seen, who starts or lets
//! a message in does so before the other can go on, and a process that runs takes its own away: so an edge that stands
//! is of one that waits. The edges of a cycle are read one after the other, and one may go and come back in between. So
//! a cycle is looked at twice: a process that has gone on in between has broken it.
//!
//! **Not seen** are cycles through several nodes (an edge is a token, which says nothing of the node), through
//! processes that wait for several replies, and through futures that another executor polls: their calls end by their
//! time limits.

use super::{AnyProcess, Pid, Running, current, header::Header, reply::ReplySlot};
use crate::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, Release, SeqCst},
};

/// The edge of a process: tokens, 0 for none.
#[repr(C)]
pub(crate) struct Waits {
    /// Of whose reply it waits for.
    reply: AtomicU64,
    /// Of whom it waits for to have started, ended, or let its message in.
    process: AtomicU64,
}

impl Waits {
    pub(super) fn new() -> Self {
        Self { reply: AtomicU64::new(0), process: AtomicU64::new(0) }
    }

    /// The token of the process that it waits for, and for no other; 0 for none.
    #[inline]
    pub(crate) fn token(&self) -> u64 {
        match self.process.load(SeqCst) {
            0 => self.reply.load(SeqCst),
            token => token,
        }
    }

    /// It does not wait for a reply of `callee`, as far as one call goes: by now it may wait for another's.
    pub(super) fn end_for_reply(&self, callee: Pid) {
        let _ = self.reply.compare_exchange(callee.token(), 0, SeqCst, Relaxed);
    }

    /// As [`end_for_reply`](Waits::end_for_reply), said by one who wakes it next: should it say meanwhile that it waits
    /// for another's, which may be lost, it says so anew when it runs.
    #[inline]
    pub(super) fn has_reply_of(&self, callee: Pid) {
        if self.reply.load(SeqCst) == callee.token() {
            self.reply.store(0, Release);
        }
    }

    /// It does not wait for `other`, which has started, or has let its message in.
    pub(super) fn end_for_process(&self, other: Pid) {
        let _ = self.process.compare_exchange(other.token(), 0, SeqCst, Relaxed);
    }
}

impl Header {
    /// Its code runs: it waits for no call until it says so again.
    pub(crate) fn waits_for_no_call(&self, me: &Running) {
        let own = self.own(me);
        let (calls, before) = (own.calls.get(), own.calls_before.get());
        // Most often there were none, and nothing is written.
        if (calls, before) == (0, 0) {
            return;
        }
        own.calls.set(0);
        own.calls_before.set(u8::try_from(calls).unwrap_or(u8::MAX));
        if calls > 0 {
            self.waits.reply.store(0, Release);
        }
    }

    /// Whether of several calls that it waited for one is left, so that its code is to be polled once more: only then
    /// is it known to be the only one.
    #[inline]
    pub(super) fn is_left_with_one_call(&self, me: &Running) -> bool {
        let own = self.own(me);
        own.calls.get() == 1 && own.calls_before.get() > 1
    }
}

/// Publishes that `me` waits for a reply of `callee`, if this is the only call that it waits for; gives the processes
/// that wait for one another, if that closes a cycle. `again`: the same call was polled before by `me`.
#[inline]
pub(crate) fn for_reply<T: 'static>(
    me: &Running,
    slot: &ReplySlot<T>,
    callee: &AnyProcess,
    again: bool,
) -> Option<Vec<Pid>> {
    let header = me.header();
    let own = me.own();
    let calls = own.calls.get().saturating_add(1);
    own.calls.set(calls);
    if calls > 1 || callee.pid().node != header.pid.node {
        header.waits.reply.store(0, SeqCst);
        return None;
    }
    header.waits.reply.store(callee.pid().token(), SeqCst);
    if !slot.is_owed() {
        header.waits.reply.store(0, SeqCst);
        return None;
    }
    if callee.header().waits.token() == 0 {
        return None;
    }
    if !again {
        me.task().wake();
        return None;
    }
    if own.calls_before.get() > 1 {
        return None;
    }
    deadlock(me, callee)
}

/// Publishes, while it lives, that the current process waits for another one to start, to end, or to let its message
/// in.
pub(crate) struct WaitsFor(());

impl WaitsFor {
    pub(crate) fn process(other: Pid) -> Self {
        current::with(|me| {
            if other.node == me.pid().node {
                me.header().waits.process.store(other.token(), SeqCst);
            }
        });
        Self(())
    }
}

impl Drop for WaitsFor {
    #[inline]
    fn drop(&mut self) {
        current::try_with(|me| {
            me.header().waits.process.store(0, Release);
        });
    }
}

/// The processes that wait for one another, if `me` waiting for `callee` closes a cycle.
pub(crate) fn deadlock(me: &AnyProcess, callee: &AnyProcess) -> Option<Vec<Pid>> {
    if callee.header().waits.token() == 0 {
        return None;
    }
    let seen = cycle(me, callee)?;
    (cycle(me, callee)? == seen).then_some(seen)
}

fn cycle(me: &AnyProcess, callee: &AnyProcess) -> Option<Vec<Pid>> {
    let own = me.pid();
    let mut path = vec![own];
    let mut at = callee.clone();
    loop {
        let token = at.header().waits.token();
        if token == 0 {
            return None;
        }
        path.push(at.pid());
        if token == own.token() {
            return Some(path);
        }
        let next = Pid::from_token(at.pid().node, token).filter(|next| !path.contains(next))?;
        at = at.header().node.find(next)?;
    }
}

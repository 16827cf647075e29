//! The slot in which one reply is put: that of a call, or of a start.
//!
//! | state | meaning | who sets it |
//! |---|---|---|
//! | `QUEUED` | the request is on its way or in the inbox | the caller, at first |
//! | `STARTED` | its handler runs | the callee, from `QUEUED` |
//! | `DEFERRED` | its handler has returned without an answer | the callee, from `STARTED` |
//! | `WRITING` | the answer, or that there is none, is being put in | the one who answers, from those above |
//! | `DONE` | the answer may be taken by the caller | the one who answers, from `WRITING` |
//! | `CANCELLED` | the caller has taken the request back; an answer is dropped by whoever has it | the caller, from `QUEUED`, `STARTED` or `DEFERRED` |
//! | `FORGOTTEN` | the caller is gone; the request is handled, an answer is dropped by whoever has it | the caller, from the same |
//!
//! Beside the state stands `OTHER`, once somebody who is not the calling process has left a waker, and `LEFT`, when the
//! request was left for a process to come: whoever takes it is its callee.
//!
//! `WRITING` excludes everybody else from the answer; `DONE` gives it to the caller. Nobody touches it in other states.
//!
//! Who has a reference to a slot may answer, ask, or say that there will be no answer: the state says who comes first.
//! The answer is taken through [`Asking`], of which a slot has one.

#![allow(unsafe_code, reason = "the value is handed over by the state, without a lock")]

use std::{
    cell::Cell,
    marker::PhantomData,
    mem,
    ops::Deref,
    ptr::NonNull,
    task::{Context, Waker},
};

use super::{AnyProcess, Pid, aside, current, header::PendingCall};
use crate::sync::{
    Mutex, UnsafeCell,
    atomic::{
        AtomicU8, AtomicU32,
        Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
    },
    lock, spin_loop,
};

const QUEUED: u8 = 0;
const STARTED: u8 = 1;
const WRITING: u8 = 2;
const DONE: u8 = 3;
const CANCELLED: u8 = 4;
const DEFERRED: u8 = 5;
const FORGOTTEN: u8 = 6;
const OTHER: u8 = 8;
const LEFT: u8 = 16;
const BESIDE: u8 = OTHER | LEFT;

pub(crate) struct ReplySlot<T> {
    state: AtomicU8,
    /// How many [`Part`]s there are.
    parts: AtomicU32,
    callee: Pid,
    /// The process that made the call, if it was one.
    caller: Option<AnyProcess>,
    /// Whoever polls and is not that process.
    other: Mutex<Option<Waker>>,
    answer: UnsafeCell<Answer<T>>,
    _live: Live,
}

// SAFETY: 1. the answer is touched by one at a time: by who has set `WRITING`, then, in `DONE`, by the one `Asking`,
// which asks by `&mut`; the orderings of the state hand it over. 2. It moves between threads, and so may the last
// reference, which drops it: `T: Send`, which `new` asks for. 3. All else is `Sync`.
unsafe impl<T> Sync for ReplySlot<T> {}
// SAFETY: `T: Send`, which `new` asks for; all else is `Send`.
unsafe impl<T> Send for ReplySlot<T> {}

/// What leads to a slot, and keeps it.
pub(crate) trait HasSlot {
    type Reply: 'static;
    fn slot(&self) -> &ReplySlot<Self::Reply>;
}

/// The caller's side of a slot, of which there is one: only this takes the answer, or gives it up. It is made with the
/// slot, and can't be copied.
pub(crate) struct Asking<S>(S);

impl<S> Deref for Asking<S> {
    type Target = S;

    #[inline]
    fn deref(&self) -> &S {
        &self.0
    }
}

impl<S: HasSlot> Asking<S> {
    /// That of a new slot, which `keep` puts where it stays; what `keep` gives leads there.
    pub(crate) fn keeping(slot: ReplySlot<S::Reply>, keep: impl FnOnce(ReplySlot<S::Reply>) -> S) -> Self {
        Self(keep(slot))
    }

    /// How the call stands; whoever polls is woken when that changes.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Answer<S::Reply> {
        // SAFETY: this is the slot's one `Asking`, which is borrowed mutably.
        unsafe { self.0.slot().poll(cx) }
    }

    /// The caller takes the request back: `Ok(started)`, or the answer that came at the last moment.
    pub(crate) fn cancel(&mut self) -> Result<bool, Answer<S::Reply>> {
        self.give_up(CANCELLED)
    }

    /// The caller waits no longer, and the request stands; gives the answer that came at the last moment.
    pub(crate) fn forget(&mut self) -> Result<bool, Answer<S::Reply>> {
        self.give_up(FORGOTTEN)
    }

    fn give_up(&mut self, as_one: u8) -> Result<bool, Answer<S::Reply>> {
        let slot = self.0.slot();
        loop {
            let given_up = |state| is_pending(state).then_some(as_one);
            match slot.state.fetch_update(AcqRel, Acquire, given_up) {
                Ok(before) => return Ok(before & !BESIDE != QUEUED),
                Err(state) => match state & !BESIDE {
                    WRITING => spin_loop(),
                    // SAFETY: it is `DONE`; and as in `poll`.
                    DONE => return Err(unsafe { slot.take() }),
                    _ => return Ok(true),
                },
            }
        }
    }
}

/// A part in a slot, which goes with the last of them. It is an `Arc` that is made twice at once, and that whoever has
/// the last one drops without telling anybody.
pub(crate) struct Part<T>(NonNull<ReplySlot<T>>, PhantomData<Box<ReplySlot<T>>>);

impl<T: 'static> HasSlot for Part<T> {
    type Reply = T;

    #[inline]
    fn slot(&self) -> &ReplySlot<T> {
        self
    }
}

// SAFETY: as `Arc<ReplySlot<T>>`: it shares the slot, and may drop it, which is `Send` and `Sync`.
unsafe impl<T> Send for Part<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Part<T> {}

impl<T> Deref for Part<T> {
    type Target = ReplySlot<T>;

    #[inline]
    fn deref(&self) -> &ReplySlot<T> {
        // SAFETY: the slot lives while there is a part of it, and nobody has a `&mut` of it before the last is dropped.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Clone for Part<T> {
    #[inline]
    fn clone(&self) -> Self {
        // Ordering: a new part is made from one that is held, as in `Arc`. There are never many.
        self.parts.fetch_add(1, Relaxed);
        Self(self.0, PhantomData)
    }
}

impl<T> Drop for Part<T> {
    #[inline]
    fn drop(&mut self) {
        // Ordering: both see all that other parts were used for, as in `Arc`. Nobody can clone the only one but its
        // holder.
        if self.parts.load(Acquire) == 1 || self.parts.fetch_sub(1, AcqRel) == 1 {
            // SAFETY: it is the last part, what others did with theirs is seen, and the pointer is the one that `pair`
            // leaked.
            drop(unsafe { Box::from_raw(self.0.as_ptr()) });
        }
    }
}

std::thread_local! {
    /// How many slots the calling thread has made and nobody has dropped, in builds with debug assertions.
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

/// How many slots there are, for tests: of a simulation, whose slots all come from one thread and are dropped by it.
pub(crate) fn live() -> isize {
    LIVE.get()
}

/// Counts in [`LIVE`].
struct Live;

impl Live {
    #[inline]
    fn new() -> Self {
        count(1);
        Self
    }
}

impl Drop for Live {
    #[inline]
    fn drop(&mut self) {
        count(-1);
    }
}

#[inline]
fn count(change: isize) {
    if cfg!(debug_assertions) {
        // A slot may be dropped with the thread's last locals.
        let _ = LIVE.try_with(|live| live.set(live.get() + change));
    }
}

/// How a call stands, as its caller sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    Pending,
    Given(T),
    /// Nobody will answer.
    None,
    /// Nobody will answer: the mailbox of the callee is full.
    Full,
}

/// Whether there may still be an answer.
#[inline]
fn is_pending(state: u8) -> bool {
    matches!(state & !BESIDE, QUEUED | STARTED | DEFERRED)
}

impl<T: 'static> ReplySlot<T> {
    /// Both sides of a call to `callee` by `caller`, if that is a process.
    #[inline]
    pub(crate) fn pair(callee: Pid, caller: Option<AnyProcess>) -> (Asking<Part<T>>, Part<T>)
    where
        T: Send,
    {
        // Made where it stays: so it is not moved just after it was written.
        let slot = NonNull::from(Box::leak(Box::write(Box::new_uninit(), Self::new(callee, caller))));
        (Asking(Part(slot, PhantomData)), Part(slot, PhantomData))
    }

    /// One for what is shared in another way: see [`Asking::keeping`].
    #[inline]
    pub(crate) fn new(callee: Pid, caller: Option<AnyProcess>) -> Self
    where
        T: Send,
    {
        Self {
            state: AtomicU8::new(QUEUED),
            parts: AtomicU32::new(2),
            callee,
            caller,
            other: Mutex::new(None),
            answer: UnsafeCell::new(Answer::None),
            _live: Live::new(),
        }
    }

    pub(crate) fn callee(&self) -> Pid {
        self.callee
    }

    /// Who made the call, if that was a process.
    pub(crate) fn caller(&self) -> Option<Pid> {
        self.caller.as_ref().map(AnyProcess::pid)
    }

    /// Whether there may still be an answer.
    #[inline]
    pub(crate) fn is_pending(&self) -> bool {
        is_pending(self.state.load(Relaxed))
    }

    /// Whether its request waits for its handler to begin.
    pub(crate) fn is_queued(&self) -> bool {
        self.state.load(Acquire) & !BESIDE == QUEUED
    }

    /// The callee begins to handle the request; false when the caller has taken it back.
    #[inline]
    pub(crate) fn begin(&self) -> bool {
        self.advance(QUEUED, STARTED) || self.state.load(Relaxed) & !BESIDE == FORGOTTEN
    }

    /// Goes from one state to another, whether or not there is another waker.
    fn advance(&self, from: u8, to: u8) -> bool {
        let next = |state| (state & !BESIDE == from).then_some(to | state & BESIDE);
        self.state.fetch_update(SeqCst, Relaxed, next).is_ok()
    }

    /// Puts the answer in, or that there is none. Gives it back when the caller has given up.
    #[inline]
    pub(crate) fn complete(&self, value: Option<T>) -> Option<T> {
        match self.close(value.map_or(Answer::None, Answer::Given)) {
            Err(Answer::Given(value)) => Some(value),
            Err(Answer::Pending | Answer::None | Answer::Full) | Ok(()) => None,
        }
    }

    /// The callee's mailbox is full, and does not take the request.
    pub(crate) fn refuse(&self) {
        // A caller who has given up need not know.
        let _ = self.close(Answer::Full);
    }

    #[inline]
    fn close(&self, answer: Answer<T>) -> Result<(), Answer<T>> {
        let writing = |state| is_pending(state).then_some(WRITING);
        let Ok(before) = self.state.fetch_update(SeqCst, Relaxed, writing) else { return Err(answer) };
        // SAFETY: we are the one who set `WRITING`, from a state in which nobody touches the answer; until we set
        // `DONE` nobody else does.
        self.answer.with_mut(|put| unsafe { *put = answer });
        // As in `unpublish`; before `DONE`, so that who has the answer is not seen to wait for it.
        if let Some(caller) = &self.caller {
            caller.header().waits.has_reply_of(self.callee);
        }
        // Nobody changes the state in `WRITING`.
        self.state.store(DONE, Release);
        if let Some(caller) = &self.caller {
            caller.task().wake();
        }
        if before & OTHER != 0 {
            let waker = lock(&self.other).take();
            if let Some(waker) = waker {
                aside::wake(waker);
            }
        }
        Ok(())
    }

    /// Takes what was put in.
    ///
    /// # Safety
    /// The state was seen to be `DONE`, with `Acquire`, and the caller has the slot's [`Asking`] for itself.
    unsafe fn take(&self) -> Answer<T> {
        // SAFETY: who has put it in is done with it, which we have seen, and never comes again; no other takes it
        // meanwhile.
        self.answer.with_mut(|answer| mem::replace(unsafe { &mut *answer }, Answer::None))
    }

    /// As [`Asking::poll`].
    ///
    /// # Safety
    /// The caller has the slot's [`Asking`] for itself.
    #[inline]
    unsafe fn poll(&self, cx: &Context<'_>) -> Answer<T> {
        let mut state = self.state.load(Acquire);
        if state & !BESIDE != DONE && !self.caller.as_ref().is_some_and(|caller| caller.task().owns(cx.waker())) {
            // A waker may be anybody's: it is neither cloned nor dropped under the lock.
            let waker = cx.waker().clone();
            let before = lock(&self.other).replace(waker);
            drop(before);
            state = self.note_other();
        }
        if state & !BESIDE != DONE || current::ends_first() {
            return Answer::Pending;
        }
        // SAFETY: it is `DONE`, and of the `Asking` the caller says so.
        unsafe { self.take() }
    }

    /// Says that another waker is there, unless the answer is; returns the state before.
    fn note_other(&self) -> u8 {
        loop {
            let noted = |state| (state & !BESIDE != WRITING).then_some(state | OTHER);
            match self.state.fetch_update(AcqRel, Relaxed, noted) {
                Ok(before) => return before,
                Err(_) => spin_loop(),
            }
        }
    }

    /// Whether the callee itself has to come to it, or to come back from it, before there is an answer. Of one that was
    /// left, the callee is not known.
    pub(crate) fn is_owed(&self) -> bool {
        matches!(self.state.load(SeqCst) & !OTHER, QUEUED | STARTED)
    }

    /// The request is left for whoever will come.
    pub(crate) fn leave(&self) {
        self.state.fetch_or(LEFT, SeqCst);
    }

    pub(crate) fn was_left(&self) -> bool {
        self.state.load(Relaxed) & LEFT != 0
    }

    /// The caller does not wait for the callee, as far as this call goes.
    ///
    /// Ordering: whoever changes the state does so, then comes here; the caller says that it waits, then looks at the
    /// state.
    pub(crate) fn unpublish(&self) {
        if let Some(caller) = &self.caller {
            caller.header().waits.end_for_reply(self.callee);
        }
    }

    /// As [`unpublish`](ReplySlot::unpublish), of one who waits for a process to start.
    pub(crate) fn unpublish_start(&self) {
        if let Some(caller) = &self.caller {
            caller.header().waits.end_for_process(self.callee);
        }
    }
}

impl<T: 'static> PendingCall for Part<T> {
    fn abandon(&self) {
        self.complete(None);
    }

    fn is_pending(&self) -> bool {
        ReplySlot::is_pending(self)
    }

    fn client(&self) -> Option<Pid> {
        let runs = self.state.load(Relaxed) & !BESIDE == STARTED;
        self.caller.as_ref().filter(|_| runs).map(AnyProcess::pid)
    }

    fn is_queued(&self) -> bool {
        ReplySlot::is_queued(self)
    }

    fn deferred(&self) {
        // A caller whose reply was deferred does not wait for the callee to come back, so it closes no cycle.
        self.advance(STARTED, DEFERRED);
        self.unpublish();
    }
}

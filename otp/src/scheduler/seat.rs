//! The shared side of a core: what other threads may touch.
//!
//! A seat belongs to one thread for its whole life. While it is *on duty* the thread is one of the cores: it takes
//! tasks from its queue and from others'. A seat that is *off duty* serves only the stacks that are parked on it; see
//! [`duty`](super::duty).

use std::time::Duration;

use super::{queue::RunQueue, slice::Slices, task::AnyTask};
use crate::sync::{
    Condvar, Mutex,
    atomic::{
        AtomicBool, AtomicU64,
        Ordering::{AcqRel, Acquire, Relaxed, Release},
    },
    lock,
};

/// A parked stack that can go on, and the token of its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) stack: u32,
    pub(crate) token: u64,
}

pub(crate) struct Seat {
    pub(crate) number: u32,
    pub(crate) queue: RunQueue,
    /// Parked stacks that can go on, told by other threads.
    ready: Mutex<Vec<Ready>>,
    /// Whether there are any, for a look without the lock.
    has_ready: AtomicBool,
    parker: Parker,
    /// Counts turns; the watchdog compares.
    turn: AtomicU64,
    /// The token of the task whose turn it is; 0 between turns.
    token: AtomicU64,
    off_duty: AtomicBool,
    /// Its thread is to look at the timers and at what came from outside: the watchdog says so now and then.
    looks_outside: AtomicBool,
    /// It is off duty because what is parked on it has been so for a while.
    aged: AtomicBool,
    /// The task that its thread alone runs, when it is queued.
    bound: Mutex<Option<AnyTask>>,
    /// Set when its thread is in code that does not come back.
    lost: AtomicBool,
    /// Those of its thread.
    pub(super) slices: Slices,
}

impl Seat {
    pub(crate) fn new(number: u32) -> Self {
        Self {
            number,
            queue: RunQueue::new(),
            ready: Mutex::new(Vec::new()),
            has_ready: AtomicBool::new(false),
            parker: Parker::new(),
            turn: AtomicU64::new(0),
            token: AtomicU64::new(0),
            off_duty: AtomicBool::new(true),
            looks_outside: AtomicBool::new(false),
            aged: AtomicBool::new(false),
            bound: Mutex::new(None),
            lost: AtomicBool::new(false),
            slices: Slices::default(),
        }
    }

    /// Queues the task that its thread alone runs.
    pub(crate) fn queue_bound(&self, task: AnyTask) {
        *lock(&self.bound) = Some(task);
        self.parker.unpark();
    }

    pub(crate) fn take_bound(&self) -> Option<AnyTask> {
        lock(&self.bound).take()
    }

    /// Says that a parked stack of this seat can go on.
    pub(crate) fn make_ready(&self, stack: Ready) {
        {
            let mut ready = lock(&self.ready);
            ready.push(stack);
            self.has_ready.store(true, Release);
        }
        self.parker.unpark();
    }

    #[inline]
    pub(crate) fn has_ready(&self) -> bool {
        self.has_ready.load(Acquire)
    }

    pub(crate) fn take_ready(&self) -> Vec<Ready> {
        let mut ready = lock(&self.ready);
        self.has_ready.store(false, Release);
        std::mem::take(&mut *ready)
    }

    /// Those that its thread has not taken yet.
    pub(crate) fn waiting(&self) -> Vec<Ready> {
        lock(&self.ready).clone()
    }

    #[inline]
    pub(crate) fn begin_turn(&self, token: u64) {
        self.token.store(token, Relaxed);
        self.turn.store(self.turn.load(Relaxed).wrapping_add(1), Release);
    }

    #[inline]
    pub(crate) fn end_turn(&self) {
        self.token.store(0, Relaxed);
    }

    /// The number of the running turn and its task's token.
    pub(crate) fn current(&self) -> (u64, u64) {
        (self.turn.load(Acquire), self.token.load(Relaxed))
    }

    /// Ends its duty; false when it had none.
    pub(crate) fn end_duty(&self) -> bool {
        !self.off_duty.swap(true, AcqRel)
    }

    pub(crate) fn begin_duty(&self) {
        self.off_duty.store(false, Release);
    }

    #[inline]
    pub(crate) fn is_off_duty(&self) -> bool {
        self.off_duty.load(Acquire)
    }

    /// Says whether it is off duty because what is parked on it has been so for a while; false when it was said before.
    pub(crate) fn set_aged(&self, aged: bool) -> bool {
        self.aged.swap(aged, Relaxed) != aged
    }

    pub(crate) fn look_outside(&self) {
        self.looks_outside.store(true, Relaxed);
    }

    /// Whether its thread is to look outside now.
    #[inline]
    pub(crate) fn looks_outside(&self) -> bool {
        self.looks_outside.load(Relaxed) && self.looks_outside.swap(false, Relaxed)
    }

    pub(crate) fn lose(&self) {
        self.lost.store(true, Release);
    }

    /// False when it was not lost.
    pub(crate) fn find(&self) -> bool {
        self.lost.swap(false, AcqRel)
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Acquire)
    }

    pub(crate) fn parker(&self) -> &Parker {
        &self.parker
    }
}

/// One thread waits, any thread wakes it; a wake that comes first is not lost.
pub(crate) struct Parker {
    token: Mutex<bool>,
    woken: Condvar,
}

impl Parker {
    pub(crate) fn new() -> Self {
        Self { token: Mutex::new(false), woken: Condvar::new() }
    }

    /// Waits for [`Parker::unpark`], at most for `limit`.
    pub(crate) fn park(&self, limit: Option<Duration>) {
        let mut token = lock(&self.token);
        while !*token {
            token = match limit {
                None => self.woken.wait(token).unwrap_or_else(std::sync::PoisonError::into_inner),
                Some(limit) => {
                    let (token, _) =
                        self.woken.wait_timeout(token, limit).unwrap_or_else(std::sync::PoisonError::into_inner);
                    drop(token);
                    *lock(&self.token) = false;
                    return;
                }
            };
        }
        *token = false;
    }

    pub(crate) fn unpark(&self) {
        let mut token = lock(&self.token);
        if !*token {
            *token = true;
            self.woken.notify_one();
        }
    }
}

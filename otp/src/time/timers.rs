//! The wheel shared by threads: who may turn it, and what they may hold meanwhile.
//!
//! A mutex guards the wheel. It is never held while a target runs or is dropped, since both may be user code. A word
//! beside it says when the wheel must next be looked at, so that a busy core asks with a single load.
//! It doesn't know who sleeps until then; it only says when a sleeper must be told.

use std::sync::Arc;

use super::{
    Moment, Owner, TimerKey,
    wheel::{Advance, Wheel},
};
use crate::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
    lock,
};

/// What happens when the time has come.
pub(crate) trait Expire: Send + Sync {
    /// Runs once `now` has reached the deadline, without a lock. `Some(later)` re-arms the same entry.
    ///
    /// `later` may have passed already: then it is due at once. Each deadline of an entry is at least a nanosecond
    /// after the one before.
    fn expire(self: Arc<Self>, now: Moment) -> Option<Moment>;

    /// Whether somebody has set it as a timer; else it ends a wait.
    fn is_timer(&self) -> bool {
        true
    }
}

/// Targets and their deadlines.
pub(crate) struct Timers {
    wheel: Mutex<Wheel<Arc<dyn Expire>>>,
    /// Nanoseconds of a moment at or before every deadline, written under the lock.
    next: AtomicU64,
    /// Somebody is expiring.
    turning: AtomicBool,
}

impl Timers {
    pub(crate) fn new() -> Self {
        Self {
            wheel: Mutex::new(Wheel::new()),
            next: AtomicU64::new(Moment::FAR.as_nanos()),
            turning: AtomicBool::new(false),
        }
    }

    /// Adds an entry; one at [`Moment::FAR`] never expires, but counts and can be cancelled.
    ///
    /// Also returns whether [`next`](Self::next) is now earlier than before, so that whoever sleeps until then must be
    /// told. For that to be seen in time, a sleeper announces itself before it reads `next`, an inserter looks for
    /// sleepers after this call, and both put a sequentially consistent fence in between.
    pub(crate) fn insert(&self, at: Moment, what: Arc<dyn Expire>) -> (TimerKey, bool) {
        let mut wheel = lock(&self.wheel);
        let key = wheel.insert(at, what);
        (key, self.is_next(at))
    }

    /// As [`insert`](Self::insert), of an entry that is cancelled with those of its owner.
    ///
    /// # Errors
    /// Gives the target back when these were cancelled.
    pub(crate) fn insert_for(
        &self,
        owner: Owner,
        at: Moment,
        what: Arc<dyn Expire>,
    ) -> Result<(TimerKey, bool), Arc<dyn Expire>> {
        let mut wheel = lock(&self.wheel);
        let key = wheel.insert_for(owner, at, what)?;
        Ok((key, self.is_next(at)))
    }

    /// Whether a deadline is earlier than all others, which is noted; under the lock.
    fn is_next(&self, at: Moment) -> bool {
        let earlier = at.as_nanos() < self.next.load(Ordering::Relaxed);
        if earlier {
            self.next.store(at.as_nanos(), Ordering::Release);
        }
        earlier
    }

    /// An owner for entries that are cancelled together; it takes room until they are.
    pub(crate) fn new_owner(&self) -> Owner {
        lock(&self.wheel).new_owner()
    }

    /// Takes out all entries of an owner, which is none any more. Returns their targets, to be dropped without a lock.
    pub(crate) fn cancel_all(&self, owner: Owner) -> Vec<Arc<dyn Expire>> {
        let mut targets = Vec::new();
        // The lock is for others as well.
        while !lock(&self.wheel).cancel_some(owner, &mut targets) {}
        targets
    }

    /// Takes an entry out and returns its deadline and its target, which then never runs.
    ///
    /// Returns `None` if the entry has expired or was cancelled. If its target is just running, or about to, it isn't
    /// re-armed after that.
    pub(crate) fn cancel(&self, key: TimerKey) -> Option<(Moment, Arc<dyn Expire>)> {
        lock(&self.wheel).cancel(key)
    }

    /// The deadline of an entry that waits for it.
    pub(crate) fn deadline(&self, key: TimerKey) -> Option<Moment> {
        lock(&self.wheel).deadline(key)
    }

    /// A moment at or before every deadline: when to call [`expire`](Self::expire) next.
    ///
    /// It is exact unless the next entries were cancelled, or are many and far.
    pub(crate) fn next(&self) -> Moment {
        Moment::from_nanos(self.next.load(Ordering::Acquire))
    }

    /// The first deadline. May look at many entries, and holds the lock meanwhile.
    pub(crate) fn earliest(&self) -> Option<Moment> {
        lock(&self.wheel).earliest()
    }

    /// Runs every target that is due at `now`, and says how many.
    ///
    /// They run by deadline, and equal ones in the order they were added or re-armed. What is added meanwhile, with a
    /// deadline that has come, runs too. If somebody else is expiring, or this is called by a target, it returns 0 at
    /// once; `next` says when to come again.
    pub(crate) fn expire(&self, now: Moment) -> usize {
        if now < self.next() || self.turning.swap(true, Ordering::Acquire) {
            return 0;
        }
        let mut turn = ExpiryGuard { timers: self, running: None };
        let mut fired = 0;
        while let Some(what) = turn.advance(now) {
            fired += 1;
            let again = Arc::clone(&what);
            if let Some(later) = what.expire(now) {
                turn.rearm(later, again);
            }
        }
        fired
    }

    /// How many entries wait for their deadline.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn len(&self) -> usize {
        lock(&self.wheel).len()
    }

    /// How many of them were set as timers. Looks at all.
    pub(crate) fn count(&self) -> usize {
        lock(&self.wheel).iter().filter(|what| what.is_timer()).count()
    }

    /// Cancels every entry. A target that is just running isn't re-armed.
    pub(crate) fn clear(&self) {
        let mut wheel = lock(&self.wheel);
        let cleared = wheel.clear();
        self.next.store(Moment::FAR.as_nanos(), Ordering::Release);
        drop(wheel);
        drop(cleared);
    }
}

/// The right to expire. Given back on drop, so that a target that panics doesn't stop the time.
struct ExpiryGuard<'a> {
    timers: &'a Timers,
    /// The entry whose target runs or has run, until it is known whether it goes on.
    running: Option<TimerKey>,
}

impl ExpiryGuard<'_> {
    /// The next target that is due.
    fn advance(&mut self, now: Moment) -> Option<Arc<dyn Expire>> {
        loop {
            let mut wheel = lock(&self.timers.wheel);
            if let Some(key) = self.running.take() {
                wheel.finish(key);
            }
            match wheel.step(now) {
                Advance::Due(key, what) => {
                    self.running = Some(key);
                    return Some(what);
                }
                Advance::More => {}
                Advance::Idle => return None,
            }
        }
    }

    fn rearm(&mut self, later: Moment, what: Arc<dyn Expire>) {
        if let Some(key) = self.running.take() {
            let cancelled = lock(&self.timers.wheel).rearm(key, later, what);
            drop(cancelled);
        }
    }
}

impl Drop for ExpiryGuard<'_> {
    fn drop(&mut self) {
        let mut wheel = lock(&self.timers.wheel);
        if let Some(key) = self.running.take() {
            wheel.finish(key);
        }
        self.timers.next.store(wheel.bound().as_nanos(), Ordering::Release);
        self.timers.turning.store(false, Ordering::Release);
    }
}

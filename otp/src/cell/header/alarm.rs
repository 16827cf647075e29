//! Waking a process at a moment.

use std::{sync::Arc, time::Duration};

use super::Header;
use crate::{
    cell::{AnyProcess, Running},
    sync::atomic::Ordering::{AcqRel, Relaxed, Release, SeqCst},
    time::{Expire, Moment},
};

impl Header {
    /// Asks to be woken at a moment, if not before.
    ///
    /// An entry in the timers stays when its wait is over: the next wait, which most often is for a later moment, finds
    /// it there and pays nothing. It may cause one look too many when it expires.
    #[inline]
    pub(crate) fn wake_at(&self, me: &Running, at: Moment) {
        if at.as_nanos() < self.limit.load(Relaxed) {
            self.limit.store(at.as_nanos(), Relaxed);
        }
        if at.as_nanos() >= self.wake_at.load(Relaxed) {
            return;
        }
        // Ordering: we say when, then look at the entry; the entry that expires says so, then looks when.
        self.wake_at.store(at.as_nanos(), SeqCst);
        if self.armed_at.load(SeqCst) > at.as_nanos() {
            self.arm(me, at);
        }
    }

    /// Puts an entry in the timers that expires at a moment.
    #[cold]
    fn arm(&self, me: &Running, at: Moment) {
        let armed = &self.own(me).armed;
        if let Some(before) = armed.take() {
            self.node.scheduler.timers().cancel(before);
        }
        self.armed_at.store(at.as_nanos(), SeqCst);
        let (key, next) = self.node.scheduler.timers().insert(at, Arc::new(Alarm(AnyProcess::clone(me))));
        armed.set(Some(key));
        if next {
            self.node.scheduler.timer_is_next();
        }
    }

    /// Waits by `park` for the moment that [`wake_at`](Header::wake_at) was asked for; false when that came back
    /// before.
    pub(in crate::cell) fn alarm_is_over(&self, park: impl FnOnce(Duration)) -> bool {
        let at = self.wake_at.load(SeqCst);
        let left = Moment::from_nanos(at).saturating_duration_since(self.node.scheduler.now());
        if !left.is_zero() {
            park(left);
            return false;
        }
        self.wake_at.store(Moment::FAR.as_nanos(), SeqCst);
        true
    }

    pub(in crate::cell) fn disarm(&self, me: &Running) {
        if let Some(key) = self.own(me).armed.take() {
            self.node.scheduler.timers().cancel(key);
        }
    }

    /// The moment when a wait of so long from now is over.
    #[inline]
    pub(crate) fn deadline(&self, after: Option<Duration>) -> Moment {
        after.map_or(Moment::FAR, |after| self.node.scheduler.now().saturating_add(after))
    }
}

/// Wakes a process; see [`Header::wake_at`].
struct Alarm(AnyProcess);

impl Expire for Alarm {
    fn expire(self: Arc<Self>, now: Moment) -> Option<Moment> {
        let header = self.0.header();
        header.armed_at.store(Moment::FAR.as_nanos(), SeqCst);
        let at = header.wake_at.load(SeqCst);
        if at == Moment::FAR.as_nanos() || header.life.is_dead() {
            return None;
        }
        if at > now.as_nanos() {
            header.armed_at.store(at, Release);
            return Some(Moment::from_nanos(at));
        }
        // A moment that was said meanwhile is later than now: its process saw no entry and made one.
        let _ = header.wake_at.compare_exchange(at, Moment::FAR.as_nanos(), AcqRel, Relaxed);
        self.0.task().wake();
        None
    }

    fn is_timer(&self) -> bool {
        false
    }
}

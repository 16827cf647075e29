//! A moment at which a future wants to be polled again.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{Running, aside, current, node::NodeInner};
use crate::time::{Expire, Moment, TimerKey};

/// A future that is ready at `at`, for the current process or any other executor's task.
pub(crate) async fn until(at: Moment) {
    let mut timer = WakeUp::new();
    poll_fn(|cx| timer.poll(cx, at)).await;
}

/// Wakes the task that polls it at a moment: by the process's own alarm where the process itself polls, else by an
/// entry of its own.
pub(crate) struct WakeUp {
    /// Whether the alarm was set: before that there is no need to look at the clock.
    set: bool,
    entry: Option<(Arc<NodeInner>, TimerKey, Arc<WakerEntry>)>,
}

struct WakerEntry {
    node: Weak<NodeInner>,
    waker: Mutex<Waker>,
}

impl WakerEntry {
    /// Has another waker woken; the one before comes back.
    fn replace(&self, waker: Waker) -> Waker {
        std::mem::replace(&mut *self.waker.lock().unwrap_or_else(PoisonError::into_inner), waker)
    }
}

impl Expire for WakerEntry {
    fn expire(self: Arc<Self>, _now: Moment) -> Option<Moment> {
        // Not the process's own, which has its alarm: so it may be anybody's.
        let waker = self.replace(Waker::noop().clone());
        if let Some(node) = self.node.upgrade() {
            aside::each(&node, [waker], aside::wake);
        }
        None
    }

    fn is_timer(&self) -> bool {
        false
    }
}

impl WakeUp {
    pub(crate) fn new() -> Self {
        Self { set: false, entry: None }
    }

    /// For a wait of at most `limit`. One of nothing is over when it has looked, without a timer. `after 0`.
    pub(crate) fn within(limit: Option<Duration>) -> Self {
        Self { set: limit == Some(Duration::ZERO), entry: None }
    }

    /// From now on each poll looks at the clock, the first one too.
    pub(crate) fn look(&mut self) {
        self.set = true;
    }

    /// Ready at `at` or later, on the clock of the current process.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &Context<'_>, at: Moment) -> Poll<()> {
        current::with(|me| self.poll_on(&me.header().node, cx, at))
    }

    /// Ready at `at` or later, on the clock of `node`.
    pub(crate) fn poll_on(&mut self, node: &Arc<NodeInner>, cx: &Context<'_>, at: Moment) -> Poll<()> {
        let by_alarm = |me: &Running| me.task().owns(cx.waker()).then(|| self.poll_as(Some(me), node, cx, at));
        current::try_with(by_alarm).flatten().unwrap_or_else(|| self.poll_as(None, node, cx, at))
    }

    /// As [`poll_on`](WakeUp::poll_on), for the running process, if the waker is its own.
    #[inline]
    pub(crate) fn poll_as(
        &mut self,
        me: Option<&Running>,
        node: &Arc<NodeInner>,
        cx: &Context<'_>,
        at: Moment,
    ) -> Poll<()> {
        if at == Moment::FAR {
            return Poll::Pending;
        }
        if std::mem::replace(&mut self.set, true) && node.scheduler.now() >= at {
            return Poll::Ready(());
        }
        match me {
            Some(me) if Arc::ptr_eq(&me.header().node, node) => me.header().wake_at(me, at),
            _ => self.set_entry(node, cx, at),
        }
        Poll::Pending
    }

    fn set_entry(&mut self, node: &Arc<NodeInner>, cx: &Context<'_>, at: Moment) {
        if let Some((_, _, entry)) = &self.entry {
            let before = entry.replace(cx.waker().clone());
            drop(before);
        } else {
            let entry = Arc::new(WakerEntry { node: Arc::downgrade(node), waker: Mutex::new(cx.waker().clone()) });
            let (key, next) = node.scheduler.timers().insert(at, entry.clone());
            if next {
                node.scheduler.timer_is_next();
            }
            self.entry = Some((node.clone(), key, entry));
        }
    }
}

impl Drop for WakeUp {
    fn drop(&mut self) {
        if let Some((node, key, _)) = &self.entry {
            drop(node.scheduler.timers().cancel(*key));
        }
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;
    use crate::{Sim, process::Node, scheduler::Scheduler};

    fn entries(node: &Node) -> usize {
        node.inner().scheduler.timers().len()
    }

    #[test]
    fn who_waits_with_a_waker_of_anybody_has_one_entry_and_takes_it_along() {
        Sim::run(1, |t| {
            let mut wait = WakeUp::new();
            let at = t.node().inner().scheduler.now().saturating_add(Duration::from_secs(1));
            for _ in 0..2 {
                assert!(wait.poll(&Context::from_waker(Waker::noop()), at).is_pending());
                assert_eq!(entries(t.node()), 1);
            }
            drop(wait);
            assert_eq!(entries(t.node()), 0);
        });
    }

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Wakes(Mutex<u32>);

    impl std::task::Wake for Wakes {
        fn wake(self: Arc<Self>) {
            *self.0.lock().unwrap() += 1;
        }
    }

    #[test]
    fn who_polled_last_is_woken() {
        Sim::run(1, |t| {
            let wakes = [Arc::new(Wakes::default()), Arc::new(Wakes::default())];
            let mut wait = WakeUp::new();
            let at = t.node().inner().scheduler.now().saturating_add(Duration::from_secs(1));
            for waker in wakes.clone().map(Waker::from) {
                assert!(wait.poll(&Context::from_waker(&waker), at).is_pending());
            }
            t.advance(Duration::from_secs(1));
            assert_eq!(wakes.map(|wakes| *wakes.0.lock().unwrap()), [0, 1]);
        });
    }

    #[test]
    fn who_waits_by_the_clock_of_another_node_waits_there() {
        Sim::run(1, |t| {
            let there = Node::with_scheduler(Arc::new(Scheduler::unserved()));
            let mut wait = WakeUp::new();
            let at = there.inner().scheduler.now().saturating_add(Duration::from_secs(1));
            let polled = current::with(|me| {
                me.task().with_waker(|waker| wait.poll_on(there.inner(), &Context::from_waker(waker), at))
            });
            assert!(polled.is_pending());
            assert_eq!((entries(&there), entries(t.node())), (1, 0));
        });
    }
}

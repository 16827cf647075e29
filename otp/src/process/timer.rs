//! Timers of processes: a message later, a message again and again, a waker at a moment.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{
    cell::Cell,
    current,
    node::NodeInner,
    signal::{Item, Timed},
};
use crate::{
    scheduler::TaskRef,
    time::{Expire, Key, Moment},
};

/// A timer that was set; it can be cancelled and asked how long it will take.
///
/// Dropping it changes nothing. A timer ends with the process that it is for.
#[derive(Clone)]
pub struct TimerRef {
    node: Arc<NodeInner>,
    key: Arc<Mutex<Option<Key>>>,
    /// Gone when it has expired, was cancelled, or its process has ended: what it holds is not kept by this.
    timer: Weak<dyn Cancel>,
}

/// The side of a timer that its [`TimerRef`] sees.
trait Cancel: Send + Sync {
    /// From now on it delivers nothing; true when it would have.
    fn cancel(&self) -> bool;
}

impl TimerRef {
    /// Cancels: the message will not arrive any more, even if it is already on its way.
    ///
    /// Returns the time that was left, which is zero when the message was on its way, or `None` when it has been
    /// delivered or was cancelled before. `erlang:cancel_timer/1`.
    pub fn cancel(&self) -> Option<Duration> {
        let left = self.left();
        let timer = self.timer.upgrade();
        let key = self.key().take();
        if let Some(key) = key {
            // The target is dropped here, outside of every lock.
            drop(self.node.scheduler.timers().cancel(key));
        }
        timer.is_some_and(|timer| timer.cancel()).then(|| left.unwrap_or_default())
    }

    /// How long it will take, or `None` when it has expired or was cancelled. `erlang:read_timer/1`.
    pub fn left(&self) -> Option<Duration> {
        let key = (*self.key())?;
        let at = self.node.scheduler.timers().deadline(key)?;
        Some(at.saturating_duration_since(self.node.scheduler.now()))
    }

    fn key(&self) -> std::sync::MutexGuard<'_, Option<Key>> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TimerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimerRef").field("left", &self.left()).finish()
    }
}

/// A message to be delivered once.
struct Once<M> {
    to: TaskRef<Cell<M>>,
    message: Mutex<Option<M>>,
}

impl<M: Send + 'static> Once<M> {
    fn take(&self) -> Option<M> {
        self.message.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<M: Send + 'static> Expire for Once<M> {
    fn expire(self: Arc<Self>, _now: Moment) -> Option<Moment> {
        let to = self.to.clone();
        // A process that has ended needs no message.
        let _ = Cell::push(&to, Item::Timed(self));
        None
    }
}

impl<M: Send + 'static> Timed<M> for Once<M> {
    fn deliver(self: Arc<Self>) -> Option<M> {
        self.take()
    }
}

impl<M: Send + 'static> Cancel for Once<M> {
    fn cancel(&self) -> bool {
        self.take().is_some()
    }
}

/// A message to be made and delivered at each tick.
struct Every<M, F> {
    to: TaskRef<Cell<M>>,
    period: Duration,
    next: Mutex<Moment>,
    make: F,
    cancelled: AtomicBool,
}

impl<M: Send + 'static, F: Fn() -> M + Send + Sync + 'static> Expire for Every<M, F> {
    fn expire(self: Arc<Self>, now: Moment) -> Option<Moment> {
        if self.cancelled.load(Relaxed) {
            return None;
        }
        // Ticks stand at start + k * period, however late one of them was noticed.
        let next = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            while *next <= now {
                *next = next.saturating_add(self.period.max(Duration::from_nanos(1)));
            }
            *next
        };
        let to = self.to.clone();
        Cell::push(&to, Item::Timed(self)).is_ok().then_some(next)
    }
}

impl<M: Send + 'static, F: Fn() -> M + Send + Sync + 'static> Timed<M> for Every<M, F> {
    fn deliver(self: Arc<Self>) -> Option<M> {
        (!self.cancelled.load(Relaxed)).then(|| (self.make)())
    }
}

impl<M: Send + 'static, F: Fn() -> M + Send + Sync + 'static> Cancel for Every<M, F> {
    fn cancel(&self) -> bool {
        !self.cancelled.swap(true, Relaxed)
    }
}

/// Sends `message` to `to` after a while. `erlang:send_after/3`.
pub(crate) fn send_after<M: Send + 'static>(to: &TaskRef<Cell<M>>, after: Duration, message: M) -> TimerRef {
    let at = to.common().deadline(Some(after));
    let timer = Arc::new(Once { to: to.clone(), message: Mutex::new(Some(message)) });
    set(to, at, timer)
}

/// Sends what `make` makes, in the process itself, every `period`, the first time after one. `timer:send_interval/3`.
pub(crate) fn send_every<M: Send + 'static>(
    to: &TaskRef<Cell<M>>,
    period: Duration,
    make: impl Fn() -> M + Send + Sync + 'static,
) -> TimerRef {
    let at = to.common().deadline(Some(period));
    let timer =
        Arc::new(Every { to: to.clone(), period, next: Mutex::new(at), make, cancelled: AtomicBool::new(false) });
    set(to, at, timer)
}

fn set<M: Send + 'static>(to: &TaskRef<Cell<M>>, at: Moment, timer: Arc<impl Expire + Cancel + 'static>) -> TimerRef {
    let node = &to.common().node;
    let (key, next) = node.scheduler.timers().insert(at, timer.clone());
    if next {
        node.scheduler.timer_is_next();
    }
    to.common().own_timer(key);
    let timer = Arc::downgrade(&timer);
    TimerRef { node: node.clone(), key: Arc::new(Mutex::new(Some(key))), timer }
}

/// Wakes the task that polls it at a moment: by the process's own alarm where the process itself polls, else by an
/// entry of its own.
pub(crate) struct WakeUp {
    /// Whether the alarm was set: before that there is no need to look at the clock.
    set: bool,
    entry: Option<(Arc<NodeInner>, Key, Arc<Entry>)>,
}

struct Entry {
    waker: Mutex<Waker>,
}

impl Expire for Entry {
    fn expire(self: Arc<Self>, _now: Moment) -> Option<Moment> {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).clone();
        waker.wake();
        None
    }
}

impl WakeUp {
    pub(crate) fn new() -> Self {
        Self { set: false, entry: None }
    }

    /// Ready at `at` or later, on the clock of the current process.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &Context<'_>, at: Moment) -> Poll<()> {
        current::with(|me| self.poll_on(&me.common().node, cx, at))
    }

    /// Ready at `at` or later, on the clock of `node`.
    pub(crate) fn poll_on(&mut self, node: &Arc<NodeInner>, cx: &Context<'_>, at: Moment) -> Poll<()> {
        if at == Moment::FAR {
            return Poll::Pending;
        }
        if std::mem::replace(&mut self.set, true) && node.scheduler.now() >= at {
            return Poll::Ready(());
        }
        let by_alarm = current::try_with(|me| {
            let own = me.task().owns(cx.waker()) && Arc::ptr_eq(&me.common().node, node);
            if own {
                me.common().wake_at(me, at);
            }
            own
        });
        if by_alarm == Some(true) {
            return Poll::Pending;
        }
        if let Some((_, _, entry)) = &self.entry {
            let before =
                std::mem::replace(&mut *entry.waker.lock().unwrap_or_else(PoisonError::into_inner), cx.waker().clone());
            drop(before);
        } else {
            let entry = Arc::new(Entry { waker: Mutex::new(cx.waker().clone()) });
            let (key, next) = node.scheduler.timers().insert(at, entry.clone());
            if next {
                node.scheduler.timer_is_next();
            }
            self.entry = Some((node.clone(), key, entry));
        }
        Poll::Pending
    }
}

impl Drop for WakeUp {
    fn drop(&mut self) {
        if let Some((node, key, _)) = &self.entry {
            drop(node.scheduler.timers().cancel(*key));
        }
    }
}

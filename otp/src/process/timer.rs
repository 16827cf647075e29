//! Timers of processes: something later, something again and again.
//!
//! Whoever finds that the time has come is no process: a core between two turns, which must neither run nor drop what
//! is the user's. So a message is handed to its receiver as it is, and all else happens in a process of its own.

use std::{
    fmt,
    mem::needs_drop,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use super::{Hibernate, Subject, Termination, outcome::go_on, subject::Letter};
use crate::{
    cell::{
        ExitReason, Pid, birth, current,
        header::Header,
        node::NodeInner,
        signal::{Item, Timed},
        typed::Cell,
    },
    guard,
    scheduler::TaskRef,
    time::{Expire, Moment, TimerKey},
};

/// A timer that was set; it can be cancelled and asked how long it will take, by any process.
///
/// Dropping it changes nothing. A timer ends with the process that it is for. Two are equal when they stand for the
/// same timer.
#[derive(Clone)]
pub struct TimerRef {
    node: Arc<NodeInner>,
    key: Arc<Mutex<Option<TimerKey>>>,
    /// Gone when it has expired, was cancelled, or its process has ended: what it holds is not kept by this.
    timer: Weak<dyn Cancel>,
}

/// The side of a timer that its [`TimerRef`] sees.
trait Cancel: Send + Sync {
    /// From now on it delivers nothing; true when it would have.
    fn cancel(&self) -> bool;
}

impl TimerRef {
    fn unset(node: &Arc<NodeInner>, timer: Weak<impl Cancel + 'static>) -> Self {
        Self { node: node.clone(), key: Arc::default(), timer }
    }

    /// Sets the timer; it ends with `owner`, if it has one, and is cancelled if that has ended.
    fn arm(&self, owner: Option<&Header>, at: Moment, timer: Arc<dyn Expire>) {
        let timers = self.node.scheduler.timers();
        let set = match owner {
            _ if current::is_lost() => Err(timer),
            Some(owner) => owner.set_timer(at, timer),
            None => Ok(timers.insert(at, timer)),
        };
        match set {
            Ok((key, next)) => {
                *self.key() = Some(key);
                if next {
                    self.node.scheduler.timer_is_next();
                }
            }
            Err(refused) => {
                self.cancel();
                drop(refused);
            }
        }
    }

    /// Cancels: the message will not arrive any more, even if it is already on its way.
    ///
    /// Returns the time that was left, which is zero when the message was on its way, or `None` when it has been
    /// delivered or was cancelled before; a message for a subject is delivered when it is in its owner's mailbox. Of a
    /// timer that goes on and on, it returns the time that was left to the next tick. `erlang:cancel_timer/1`.
    ///
    /// ```
    /// use otp::{prelude::*, timer};
    ///
    /// Sim::run(1, |t| {
    ///     let bell = process::current().subject();
    ///     let timer = timer::send_after(Duration::from_secs(60), &bell, "ring");
    ///     t.advance(Duration::from_secs(20));
    ///     assert_eq!(timer.cancel(), Some(Duration::from_secs(40)));
    ///     assert_eq!(timer.cancel(), None);
    ///     assert_eq!(bell.receive(Duration::from_secs(60)), None);
    /// });
    /// ```
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
    ///
    /// ```
    /// use otp::{prelude::*, timer};
    ///
    /// Sim::run(1, |t| {
    ///     let timer = timer::apply_after(Duration::from_secs(60), || ());
    ///     t.advance(Duration::from_secs(20));
    ///     assert_eq!(timer.left(), Some(Duration::from_secs(40)));
    ///     t.advance(Duration::from_secs(40));
    ///     assert_eq!(timer.left(), None);
    /// });
    /// ```
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let key = (*self.key())?;
        let at = self.node.scheduler.timers().deadline(key)?;
        Some(at.saturating_duration_since(self.node.scheduler.now()))
    }

    fn key(&self) -> MutexGuard<'_, Option<TimerKey>> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PartialEq for TimerRef {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.key, &other.key)
    }
}

impl Eq for TimerRef {}

impl fmt::Debug for TimerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimerRef").field("left", &self.left()).finish()
    }
}

/// What a timer holds of the user's, until it is used or the timer is cancelled.
///
/// Wherever the last reference to the timer goes, what is left here is dropped by a process: by the one that runs
/// there, or by one of its own.
struct Held<T: Send + 'static> {
    node: Weak<NodeInner>,
    thing: Mutex<Option<T>>,
}

impl<T: Send + 'static> Held<T> {
    fn new(node: &Arc<NodeInner>, thing: T) -> Self {
        Self { node: Arc::downgrade(node), thing: Mutex::new(Some(thing)) }
    }

    fn thing(&self) -> MutexGuard<'_, Option<T>> {
        self.thing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<T> {
        self.thing().take()
    }

    fn is_there(&self) -> bool {
        self.thing().is_some()
    }

    /// Calls `f` unless the timer was cancelled, which has to wait meanwhile: nothing of the user's may run in it.
    fn unless_cancelled<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        let thing = self.thing();
        if thing.is_some() {
            return Some(f());
        }
        // What is not called is dropped without the lock.
        drop(thing);
        None
    }
}

impl<T: Clone + Send + 'static> Held<T> {
    fn get(&self) -> Option<T> {
        self.thing().clone()
    }
}

impl<T: Send + 'static> Drop for Held<T> {
    fn drop(&mut self) {
        let Some(thing) = self.take() else { return };
        if !needs_drop::<T>() || current::is_process() {
            return drop(thing);
        }
        match self.node.upgrade().filter(|node| !node.scheduler.is_stopping()) {
            Some(node) => alone(&node, move || {
                drop(thing);
                Err(ExitReason::Normal)
            }),
            None => guard::contain(|| drop(thing)),
        }
    }
}

/// What reports call the processes of timers.
const LABEL: &str = "timer";

/// Runs code in a process of its own.
fn alone<C: FnOnce() -> Result<Hibernate, ExitReason> + Send + 'static>(node: &Arc<NodeInner>, code: C) {
    birth::alone::<C>(node, LABEL, Box::pin(async move { go_on(code()).await }));
}

/// A timer: what it holds of the user's, and what is done with it.
struct Timer<T: Send + 'static, How> {
    held: Held<T>,
    how: How,
}

impl<T: Send + 'static, How> Timer<T, How> {
    fn new(node: &Arc<NodeInner>, thing: T, how: How) -> Self {
        Self { held: Held::new(node, thing), how }
    }
}

impl<T: Send + 'static, How: Send + Sync> Cancel for Timer<T, How> {
    fn cancel(&self) -> bool {
        self.held.take().is_some()
    }
}

/// Ticks that stand at start + k * period, however late one of them was noticed.
struct Beat {
    /// In nanoseconds, at least one.
    period: u64,
    next: Mutex<Moment>,
}

impl Beat {
    fn new(first: Moment, period: Duration) -> Self {
        let period = Moment::START.saturating_add(period).as_nanos().max(1);
        Self { period, next: Mutex::new(first) }
    }

    /// The first tick after `now`. Those that were missed are not made up for.
    fn after(&self, now: Moment) -> Moment {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(late) = now.as_nanos().checked_sub(next.as_nanos()) {
            let ticks = Duration::from_nanos((late / self.period + 1).saturating_mul(self.period));
            *next = next.saturating_add(ticks);
        }
        *next
    }
}

/// Gives a message of its own type to a process, once.
struct Once<M> {
    to: TaskRef<Cell<M>>,
    urgent: bool,
}

impl<M: Send + 'static> Expire for Timer<M, Once<M>> {
    fn expire(self: Arc<Self>, _now: Moment) -> Option<Moment> {
        let to = self.how.to.clone();
        // A process that has ended needs no message.
        let _ = Cell::push(&to, Item::Timed(self));
        None
    }
}

impl<M: Send + 'static> Timed<M> for Timer<M, Once<M>> {
    fn deliver(self: Arc<Self>) -> Option<M> {
        self.held.take()
    }

    fn is_urgent(&self) -> bool {
        self.how.urgent
    }
}

/// Gives a process a message of its own type at each tick; it is made there.
struct Every<M> {
    to: TaskRef<Cell<M>>,
    beat: Beat,
}

impl<M: Send + 'static, F: Fn() -> M + Send + Sync + 'static> Expire for Timer<Arc<F>, Every<M>> {
    fn expire(self: Arc<Self>, now: Moment) -> Option<Moment> {
        if !self.held.is_there() {
            return None;
        }
        let next = self.how.beat.after(now);
        let to = self.how.to.clone();
        Cell::push(&to, Item::Timed(self)).is_ok().then_some(next)
    }
}

impl<M: Send + 'static, F: Fn() -> M + Send + Sync + 'static> Timed<M> for Timer<Arc<F>, Every<M>> {
    fn deliver(self: Arc<Self>) -> Option<M> {
        self.held.get().map(|make| make())
    }
}

/// Sends a letter.
struct Post;

impl Timer<Letter, Post> {
    fn send(&self, node: &Arc<NodeInner>) {
        let Some(letter) = self.held.take() else { return };
        let receiver = letter.receiver(node);
        if let Err(undelivered) = letter.post(node, receiver.as_ref()) {
            drop(Held::new(node, undelivered));
        }
    }
}

impl Expire for Timer<Letter, Post> {
    fn expire(self: Arc<Self>, _now: Moment) -> Option<Moment> {
        let node = self.held.node.upgrade()?;
        if self.held.thing().as_ref().is_some_and(Letter::asks) {
            let here = Arc::clone(&node);
            alone(&node, move || {
                self.send(&here);
                Err(ExitReason::Normal)
            });
        } else {
            self.send(&node);
        }
        None
    }
}

/// Calls a function, in a process of its own.
struct Apply;

impl<F: FnOnce() -> O + Send + 'static, O: Termination + 'static> Expire for Timer<F, Apply> {
    fn expire(self: Arc<Self>, _now: Moment) -> Option<Moment> {
        if let Some(node) = self.held.node.upgrade() {
            alone(&node, move || match self.held.take() {
                Some(f) => f().into_next(),
                None => Err(ExitReason::Normal),
            });
        }
        None
    }
}

/// What is done at a tick, in a process of its own.
type Tick<T> = fn(Arc<T>, &Held<Arc<T>>) -> Result<Hibernate, ExitReason>;

/// Does something at each tick, each time in a process of its own.
struct Repeat<T: Send + Sync + 'static> {
    beat: Beat,
    tick: Tick<T>,
}

impl<T: Send + Sync + 'static> Expire for Timer<Arc<T>, Repeat<T>> {
    fn expire(self: Arc<Self>, now: Moment) -> Option<Moment> {
        let node = self.held.node.upgrade().filter(|_| self.held.is_there())?;
        let next = self.how.beat.after(now);
        alone(&node, move || match self.held.get() {
            Some(thing) => (self.how.tick)(thing, &self.held),
            None => Err(ExitReason::Normal),
        });
        Some(next)
    }
}

/// When a timer expires for the first time.
#[derive(Clone, Copy)]
pub(crate) enum When {
    After(Duration),
    /// So long after the start of the node.
    At(Duration),
}

impl When {
    fn on(self, node: &NodeInner) -> Moment {
        match self {
            Self::After(after) => node.scheduler.now().saturating_add(after),
            Self::At(at) => Moment::START.saturating_add(at),
        }
    }
}

/// Sends `message` to `to` after a while. `erlang:send_after/3`.
pub(crate) fn send_after<M: Send + 'static>(to: &TaskRef<Cell<M>>, after: Duration, message: M) -> TimerRef {
    let node = &to.header().node;
    let urgent = to.is_urgent(&message);
    let timer = Timer::new(node, message, Once { to: to.clone(), urgent });
    set(node, Some(to.header()), When::After(after).on(node), timer)
}

/// Sends what `make` makes, in the process itself, every `period`, the first time after one. `timer:send_interval/3`.
pub(crate) fn send_every<M: Send + 'static>(
    to: &TaskRef<Cell<M>>,
    period: Duration,
    make: impl Fn() -> M + Send + Sync + 'static,
) -> TimerRef {
    let node = &to.header().node;
    let at = When::After(period).on(node);
    let timer = Timer::new(node, Arc::new(make), Every { to: to.clone(), beat: Beat::new(at, period) });
    set(node, Some(to.header()), at, timer)
}

/// Sends to a subject what `message` makes of the timer. Ends with the process that the subject belongs to; who has the
/// name of a named one is seen when it expires.
pub(crate) fn post<T: Send + 'static>(
    when: When,
    subject: &Subject<T>,
    message: impl FnOnce(TimerRef) -> T,
) -> TimerRef {
    for_process(subject.process(), |node, owner| {
        let mut reference = None;
        let timer = Arc::new_cyclic(|timer: &Weak<Timer<Letter, Post>>| {
            let timer = reference.insert(TimerRef::unset(node, timer.clone()));
            Timer::new(node, subject.letter(message(timer.clone())), Post)
        });
        let reference = reference.expect("it was made with the timer");
        reference.arm(owner, when.on(node), timer);
        reference
    })
}

/// Sends a message to a subject every `period`, the first time after one. Ends with its owner, which for a named one is
/// who has the name now.
pub(crate) fn post_every<T: Clone + Send + Sync + 'static>(
    period: Duration,
    subject: &Subject<T>,
    message: T,
) -> TimerRef {
    let Some(owner) = subject.owner() else { return for_nobody() };
    let subject = subject.clone();
    repeat(owner, period, (subject, message), |what, held| {
        let (subject, message) = &*what;
        let letter = subject.letter(message.clone());
        let node = current::with(|me| Arc::clone(&me.header().node));
        let receiver = letter.receiver(&node);
        // When a cancel returns, no letter is on its way.
        let undelivered = held.unless_cancelled(|| letter.post(&node, receiver.as_ref()));
        drop(undelivered);
        Err(ExitReason::Normal)
    })
}

/// Calls `f` after a while. Ends with `owner`, if it has one.
pub(crate) fn apply<O: Termination + 'static>(
    owner: Option<Pid>,
    after: Duration,
    f: impl FnOnce() -> O + Send + 'static,
) -> TimerRef {
    for_process(owner, |node, owner| set(node, owner, When::After(after).on(node), Timer::new(node, f, Apply)))
}

/// Calls `f` every `period`, the first time after one. Ends with `owner`.
pub(crate) fn apply_every<O: Termination + 'static>(
    owner: Pid,
    period: Duration,
    f: impl Fn() -> O + Send + Sync + 'static,
) -> TimerRef {
    repeat(owner, period, f, |f, _| f().into_next())
}

fn repeat<T: Send + Sync + 'static>(owner: Pid, period: Duration, thing: T, tick: Tick<T>) -> TimerRef {
    for_process(Some(owner), |node, owner| {
        let at = When::After(period).on(node);
        set(node, owner, at, Timer::new(node, Arc::new(thing), Repeat { beat: Beat::new(at, period), tick }))
    })
}

/// Has `f` set a timer that ends with `owner`, if it has one, on the node of that process. One for a process that has
/// ended has ended too.
fn for_process(owner: Option<Pid>, f: impl FnOnce(&Arc<NodeInner>, Option<&Header>) -> TimerRef) -> TimerRef {
    current::with(|me| {
        let here = &me.header().node;
        let Some(owner) = owner else { return f(here, None) };
        match here.find(owner) {
            Some(owner) => f(&owner.header().node, Some(owner.header())),
            None => for_nobody(),
        }
    })
}

/// A timer that has ended.
fn for_nobody() -> TimerRef {
    current::with(|me| TimerRef::unset(&me.header().node, Weak::<Timer<Letter, Post>>::new()))
}

fn set(node: &Arc<NodeInner>, owner: Option<&Header>, at: Moment, timer: impl Expire + Cancel + 'static) -> TimerRef {
    let timer = Arc::new(timer);
    let weak = Arc::downgrade(&timer);
    let reference = TimerRef::unset(node, weak);
    reference.arm(owner, at, timer);
    reference
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;
    use crate::{Sim, scheduler::THREAD};

    /// Whether a process dropped what was, each time that something was.
    #[derive(Clone, Default)]
    struct Dropped(Arc<Mutex<Vec<bool>>>);

    impl Dropped {
        fn take(&self) -> Vec<bool> {
            std::mem::take(&mut *self.0.lock().unwrap())
        }
    }

    /// Notes that it was dropped, and panics.
    struct Loud(Dropped);

    impl Drop for Loud {
        fn drop(&mut self) {
            self.0.0.lock().unwrap().push(current::is_process());
            panic!("it is dropped");
        }
    }

    /// What a core does that took a timer out just before its process ended.
    fn expires_too_late<T: Expire + 'static>(make: impl FnOnce(&Arc<NodeInner>, Loud) -> T) {
        Sim::run(1, |t| {
            let dropped = Dropped::default();
            let timer = Arc::new(make(t.node().inner(), Loud(dropped.clone())));
            // As in `Timers::expire`.
            current::as_nobody(|| {
                let again = Arc::clone(&timer);
                assert_eq!(timer.expire(Moment::START), None);
                drop(again);
                assert_eq!(dropped.take(), [], "not on the core");
            });
            t.settle();
            assert_eq!(dropped.take(), [true]);
            let crashes = t.crashes();
            assert_eq!((crashes.len(), crashes[0].label), (1, LABEL));
            assert_eq!(crashes[0].reason.as_panic().expect("it panics").message, "it is dropped");
        });
    }

    /// A process that has ended.
    fn gone<M: Send + 'static>() -> TaskRef<Cell<M>> {
        let (process, monitor) =
            birth::run::<M>(&THREAD, birth::Relation::Monitor, birth::Carrier::Cores, None, |_, _| {
                Box::pin(async { ExitReason::Normal })
            });
        crate::process::current().receive_down(monitor.expect("it was asked for"), None);
        process
    }

    #[test]
    fn a_message_that_comes_too_late_is_dropped_by_a_process_of_its_own() {
        expires_too_late(|node, it| Timer::new(node, it, Once { to: gone(), urgent: false }));
    }

    #[test]
    fn a_function_that_makes_messages_too_late_is_dropped_by_a_process_of_its_own() {
        expires_too_late(|node, it| {
            let beat = Beat::new(Moment::START, Duration::from_secs(1));
            let make = move || {
                let Loud(_) = std::convert::identity(&it);
            };
            Timer::new(node, Arc::new(make), Every { to: gone(), beat })
        });
    }

    #[test]
    fn what_is_left_when_nobody_runs_is_dropped_where_it_is() {
        let dropped = Dropped::default();
        let left = Sim::run(1, |t| Held::new(t.node().inner(), Loud(dropped.clone())));
        drop(left);
        assert_eq!(dropped.take(), [false]);
    }

    #[test]
    fn late_ticks_come_once_and_leave_the_next_where_it_was() {
        let at = Moment::from_nanos;
        let beat = Beat::new(at(10), Duration::from_nanos(10));
        assert_eq!(beat.after(at(9)), at(10));
        assert_eq!(beat.after(at(10)), at(20));
        assert_eq!(beat.after(at(19)), at(20));
        assert_eq!(beat.after(at(20)), at(30));
        assert_eq!(beat.after(at(57)), at(60));
        assert_eq!(beat.after(at(60)), at(70));
        // However many were missed.
        assert_eq!(beat.after(at(u64::MAX / 2)).as_nanos() / 10, u64::MAX / 20 + 1);
        assert_eq!(beat.after(Moment::FAR), Moment::FAR);
        assert_eq!(Beat::new(at(5), Duration::ZERO).after(at(7)), at(8));
        assert_eq!(Beat::new(at(5), Duration::MAX).after(at(7)), Moment::FAR);
    }
}

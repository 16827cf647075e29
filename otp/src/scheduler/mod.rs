//! The scheduler: cores that run tasks, the clock and the timers they keep, and the simulation of all that.
//!
//! It knows what it runs only as [`task::Run`]. A scheduler has either threads of its own, one for each core, or one
//! driven core on the thread of a test, where a seed makes every choice and the clock is virtual.

mod core;
#[cfg(all(test, loom))]
mod loom_tests;
mod queue;
mod rng;
mod seat;
mod sleep;
mod stack;
pub(crate) mod task;
mod watch;

use std::{
    io, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{
            AtomicBool, AtomicU32, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
            fence,
        },
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use self::{core::Core, queue::RunQueue, seat::Seat, sleep::Sleep};
pub(crate) use self::{
    core::{can_drive, hand_over, park},
    seat::{Parker, Place},
    task::{Run, Task, TaskRef, Turn},
    watch::{Verdict, Watch},
};
use crate::{
    sync::{Mutex, lock},
    time::{Clock, Moment, Timers},
};

/// What stands for a seat beside the watchdog's thread.
const WATCHDOG: u32 = 0;

pub(crate) struct Scheduler {
    clock: Clock,
    timers: Timers,
    stack_size: usize,
    cores: usize,
    /// The seats that are served; a seat given up stands in `detached`.
    seats: RwLock<Vec<Arc<Seat>>>,
    detached: Mutex<Vec<Arc<Seat>>>,
    seats_made: AtomicU32,
    /// What was queued by threads that are no cores of this scheduler.
    injector: RunQueue,
    sleep: Sleep,
    stopping: AtomicBool,
    /// By seat.
    threads: Mutex<Vec<(u32, JoinHandle<()>)>>,
    /// Threads lost in code that has not come back.
    lost: AtomicUsize,
    watchdog: Parker,
    watchdog_sleeps: AtomicBool,
}

impl Scheduler {
    /// A scheduler with threads of its own; [`Scheduler::start`] starts them.
    pub(crate) fn new(cores: usize, stack_size: usize) -> Self {
        Self::with_clock(Clock::real(), cores, stack_size)
    }

    /// A scheduler that runs nothing: only its timers are of use, on a clock that is moved by hand.
    pub(crate) fn unserved() -> Self {
        Self::with_clock(Clock::simulated(), 0, 0)
    }

    fn with_clock(clock: Clock, cores: usize, stack_size: usize) -> Self {
        Self {
            clock,
            timers: Timers::new(),
            stack_size,
            cores,
            seats: RwLock::new(Vec::new()),
            detached: Mutex::new(Vec::new()),
            seats_made: AtomicU32::new(0),
            injector: RunQueue::new(),
            sleep: Sleep::new(),
            stopping: AtomicBool::new(false),
            threads: Mutex::new(Vec::new()),
            lost: AtomicUsize::new(0),
            watchdog: Parker::new(),
            watchdog_sleeps: AtomicBool::new(false),
        }
    }

    /// Starts the cores and the watchdog, which asks `watch` about tasks that hold a core for long.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn start(self: &Arc<Self>, watch: Box<dyn Watch>) -> io::Result<()> {
        for _ in 0..self.cores {
            self.start_core()?;
        }
        let scheduler = Arc::clone(self);
        let thread =
            thread::Builder::new().name("otp-watchdog".into()).spawn(move || watch::watch(&scheduler, &*watch))?;
        lock(&self.threads).push((WATCHDOG, thread));
        Ok(())
    }

    fn start_core(self: &Arc<Self>) -> io::Result<()> {
        let seat = self.new_seat();
        let (scheduler, own) = (Arc::clone(self), Arc::clone(&seat));
        let name = format!("otp-core-{}", seat.number);
        match thread::Builder::new().name(name).spawn(move || Core::serve(scheduler, own)) {
            Ok(thread) => lock(&self.threads).push((seat.number, thread)),
            Err(error) => {
                self.seats_mut().retain(|other| other.number != seat.number);
                return Err(error);
            }
        }
        Ok(())
    }

    fn new_seat(&self) -> Arc<Seat> {
        let seat = Arc::new(Seat::new(self.seats_made.fetch_add(1, Relaxed) + 1));
        self.seats_mut().push(Arc::clone(&seat));
        seat
    }

    fn seats_mut(&self) -> std::sync::RwLockWriteGuard<'_, Vec<Arc<Seat>>> {
        self.seats.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn seats(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Seat>>> {
        self.seats.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up a seat: its queue goes to the others and a new thread takes its part.
    fn replace(self: &Arc<Self>, seat: &Arc<Seat>) {
        if !seat.detach() {
            return;
        }
        lock(&self.detached).push(Arc::clone(seat));
        self.seats_mut().retain(|other| !Arc::ptr_eq(other, seat));
        self.empty(seat);
        // If its turn is over after all, it may have gone to sleep as one of many: it must look who it is.
        seat.parker().unpark();
        if let Err(error) = self.start_core() {
            // With no thread to be had the other cores go on; the node has one core less.
            crate::report::core_not_replaced(&error);
        }
    }

    /// Queues a task on the seat of the calling core. Returns the length of its queue.
    #[inline]
    fn push_on(&self, seat: &Seat, task: Task, push: impl FnOnce(&RunQueue, Task) -> usize) -> usize {
        let len = push(&seat.queue, task);
        // Its seat may have been given up meanwhile: [`RunQueue::drain`] says who finds the task.
        if seat.is_detached() {
            self.empty(seat);
        }
        len
    }

    /// The seats that were given up and whose threads have not ended.
    fn given_up(&self) -> Vec<Arc<Seat>> {
        lock(&self.detached).clone()
    }

    /// The thread of a seat ends.
    fn leave(&self, seat: &Seat) {
        lock(&self.detached).retain(|other| other.number != seat.number);
        self.find(seat);
    }

    /// The thread of a seat has come back, or was not lost.
    fn find(&self, seat: &Seat) {
        if seat.find() {
            self.lost.fetch_sub(1, Relaxed);
        }
    }

    /// The thread of a seat is lost until it comes back.
    fn lose(&self, seat: &Seat) {
        seat.lose();
        self.lost.fetch_add(1, Relaxed);
    }

    /// Gives the queue of a seat that was given up to the others.
    fn empty(&self, seat: &Seat) {
        for task in seat.queue.drain() {
            self.injector.push_last(task);
        }
        self.notify();
    }

    /// Ends all cores; returns when their threads have ended. Called when no task is left.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Relaxed);
        // The watchdog first: while it lives, it may give a core up.
        self.watchdog.unpark();
        self.join(|seat| seat == WATCHDOG);
        let detached = lock(&self.detached).clone();
        let seats = self.seats().clone();
        for seat in seats.iter().chain(&detached) {
            seat.parker().unpark();
        }
        // A thread that was given up may never come back.
        self.join(|seat| !detached.iter().any(|given_up| given_up.number == seat));
        self.timers.clear();
    }

    /// Waits for the ends of some threads.
    fn join(&self, which: impl Fn(u32) -> bool) {
        let threads: Vec<_> = lock(&self.threads).extract_if(.., |(seat, _)| which(*seat)).collect();
        for (_, thread) in threads {
            if thread.thread().id() != thread::current().id() {
                // A core does not panic; if it did, it has ended all the same.
                let _ = thread.join();
            }
        }
    }

    #[inline]
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    /// The number of threads lost in code that has not come back.
    pub(crate) fn lost(&self) -> usize {
        self.lost.load(Relaxed)
    }

    #[inline]
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    #[inline]
    pub(crate) fn timers(&self) -> &Timers {
        &self.timers
    }

    fn stack_size(&self) -> usize {
        self.stack_size
    }

    pub(crate) fn cores(&self) -> usize {
        self.cores
    }

    fn sleep(&self) -> &Sleep {
        &self.sleep
    }

    fn injector(&self) -> &RunQueue {
        &self.injector
    }

    /// Queues a task that was just woken.
    #[inline]
    fn schedule(&self, task: Task) {
        self.queue(task, RunQueue::push_next);
    }

    /// Queues a task that gave way to others.
    fn schedule_last(&self, task: Task) {
        self.queue(task, RunQueue::push_last);
    }

    #[inline]
    fn queue(&self, task: Task, push: impl FnOnce(&RunQueue, Task) -> usize) {
        match core::with_core_of(self, task, |core, task| self.push_on(core.seat(), task, push)) {
            Ok(..=1) => {}
            Ok(_) => self.notify(),
            Err(task) => self.inject(task),
        }
    }

    /// Queues a task for whichever core comes first.
    #[cold]
    fn inject(&self, task: Task) {
        self.refuse_foreign();
        self.injector.push_last(task);
        self.notify();
    }

    fn refuse_foreign(&self) {
        assert!(
            !self.clock.is_virtual() || self.is_stopping(),
            "a simulated node was used by another thread: its run would not be a function of its seed"
        );
    }

    /// Whether the calling thread serves one of its cores, or drives it.
    pub(crate) fn is_here(&self) -> bool {
        core::with_core_of(self, (), |_, ()| ()).is_ok()
    }

    /// Says that a parked stack can go on.
    fn make_ready(&self, place: Place) {
        let own = core::with_core_of(self, (), |core, ()| {
            let own = core.seat().number == place.seat;
            if own {
                core.make_ready(place.stack);
            }
            own
        });
        if own == Ok(true) {
            return;
        }
        self.refuse_foreign();
        let seat = self.seats().iter().find(|seat| seat.number == place.seat).map(Arc::clone);
        let seat = seat.or_else(|| lock(&self.detached).iter().find(|seat| seat.number == place.seat).map(Arc::clone));
        if let Some(seat) = seat {
            seat.make_ready(place.stack);
        }
    }

    #[cfg(all(test, loom))]
    pub(crate) fn take_injected(&self) -> Option<Task> {
        self.injector.pop()
    }

    /// Wakes a core for work that can be shared, unless one is looking already.
    #[inline]
    fn notify(&self) {
        if let Some(seat) = self.sleep.notify() {
            self.unpark(seat);
        }
    }

    fn unpark(&self, number: u32) {
        if let Some(seat) = self.seats().iter().find(|seat| seat.number == number) {
            seat.parker().unpark();
        }
    }

    /// A core is awake: from now on the watchdog looks.
    fn wake_watchdog(&self) {
        // Ordering: a core is counted awake before it looks whether the watchdog sleeps; it says so before it counts.
        fence(SeqCst);
        if self.watchdog_sleeps.load(Relaxed) && self.watchdog_sleeps.swap(false, Relaxed) {
            self.watchdog.unpark();
        }
    }

    fn has_work(&self) -> bool {
        self.injector.len() > 0 || self.seats().iter().any(|seat| seat.queue.len() > 1)
    }

    /// The turn that each seat is in.
    fn turns(&self) -> Vec<(u32, u64)> {
        self.seats().iter().map(|seat| (seat.number, seat.current().0)).collect()
    }

    /// Takes work from another seat; from one that is still in its turn of `turns`, also what it woke last.
    fn steal_into(&self, thief: &Seat, turns: &[(u32, u64)]) -> bool {
        self.seats()
            .iter()
            .filter(|seat| seat.number != thief.number)
            .any(|seat| seat.queue.steal_into(&thief.queue, turns.contains(&(seat.number, seat.current().0))) > 0)
    }

    /// Runs the timers that are due.
    #[inline]
    pub(crate) fn expire_timers(&self) {
        if self.timers.next() != Moment::FAR {
            let now = self.now();
            if self.timers.next() <= now {
                // A foreign waker, or the drop of one, may panic; its payload might, too, and is not dropped.
                if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.timers.expire(now))) {
                    mem::forget(payload);
                }
            }
        }
    }

    /// Moves a virtual clock to the next timer, but not beyond `limit`; false when there is none up to there.
    pub(crate) fn next_timer(&self, limit: Moment) -> bool {
        match self.timers.earliest() {
            Some(at) if at <= limit => {
                self.clock.advance_to(at);
                self.timers.expire(self.now());
                true
            }
            _ => false,
        }
    }

    /// Says that the timer just set is the next to expire.
    pub(crate) fn timer_is_next(&self) {
        if let Some(seat) = self.sleep.timekeeper() {
            self.unpark(seat);
        }
    }

    /// How long the timekeeper may sleep: `None` not at all, `Some(None)` without limit.
    fn until_next_timer(&self) -> Option<Option<Duration>> {
        match self.timers.next() {
            Moment::FAR => Some(None),
            next => {
                let limit = next.saturating_duration_since(self.now());
                (limit > Duration::ZERO).then_some(Some(limit))
            }
        }
    }
}

/// A scheduler with one core, driven step by step on the thread that made it.
pub(crate) struct Simulation {
    scheduler: Arc<Scheduler>,
    core: Rc<Core>,
}

/// The right to make a simulation go on.
#[derive(Clone)]
pub(crate) struct Driver(Rc<Core>);

impl Simulation {
    pub(crate) fn new(seed: u64, stack_size: usize) -> Self {
        let scheduler = Arc::new(Scheduler::with_clock(Clock::simulated(), 1, stack_size));
        let core = Core::driven(Arc::clone(&scheduler), scheduler.new_seat(), seed);
        Self { scheduler, core }
    }

    pub(crate) fn driver(&self) -> Driver {
        Driver(Rc::clone(&self.core))
    }

    pub(crate) fn scheduler(&self) -> &Arc<Scheduler> {
        &self.scheduler
    }
}

impl Driver {
    /// Of the simulation that the calling code belongs to.
    pub(crate) fn current() -> Option<Self> {
        core::driven().map(Self)
    }

    /// Makes one step at the present moment; false when nothing is runnable.
    pub(crate) fn step(&self) -> bool {
        self.0.step()
    }

    /// Moves the clock to the next timer, but not beyond `limit`; false when there is none up to there.
    pub(crate) fn next_timer(&self, limit: Moment) -> bool {
        self.0.scheduler().next_timer(limit)
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        self.scheduler.stopping.store(true, Relaxed);
        self.core.end();
        self.scheduler.timers.clear();
    }
}

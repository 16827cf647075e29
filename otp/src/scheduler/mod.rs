//! The scheduler: cores that run tasks, the clock and the timers they keep, and the simulation of all that.
//!
//! It knows what it runs only as [`task::Run`]. A scheduler has either threads of its own, one for each core, or one
//! driven core on the thread of a test, where a seed makes every choice and the clock is virtual.

mod code;
mod core;
mod duty;
#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(feature = "stacks", unix, not(loom), not(miri)))]
mod overflow;
mod parked;
mod pool;
mod queue;
mod report;
mod rng;
mod seat;
mod simulation;
#[cfg(all(feature = "stacks", unix, not(loom), not(miri)))]
mod slab;
mod sleep;
mod slice;
mod stack;
pub(crate) mod task;
mod watch;

use std::{
    fmt, io, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU32, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
            fence,
        },
    },
    thread,
    time::Duration,
};

pub use self::code::Code;
pub(crate) use self::code::{Program, THREAD, UnderWay};
pub(crate) use self::{
    core::{begin, can_drive, give_way, hand_over, is_held_back, measure, measured, must_move, park},
    pool::{JobId, MAX_THREADS, Pool},
    seat::Parker,
    simulation::{Driver, Simulation},
    task::{AnyTask, InTurn, ParkedAt, Run, TaskRef, Turn},
    watch::{Diagnosis, Watch},
};
use self::{
    duty::{Threads, Why},
    queue::RunQueue,
    seat::{Ready, Seat},
    sleep::Sleep,
    stack::Stacks,
};
use crate::time::{Clock, Moment, Timers};

/// Has overflows of stacks told, with what `describe` says of the code that the calling thread runs; it must not
/// allocate, lock, or wait.
pub(crate) fn tell_overflows(describe: fn(&mut dyn fmt::Write) -> fmt::Result) {
    #[cfg(all(feature = "stacks", unix, not(loom), not(miri)))]
    overflow::install(describe);
    let _ = describe;
}

/// What stands for a seat beside the watchdog's thread.
const WATCHDOG: u32 = 0;

pub(crate) struct Scheduler {
    clock: Clock,
    timers: Timers,
    stacks: Arc<Stacks>,
    cores: usize,
    threads: Threads,
    /// What was queued by threads that are no cores of this scheduler.
    injector: RunQueue,
    sleep: Sleep,
    stopping: AtomicBool,
    /// Threads lost in code that has not come back.
    lost: AtomicUsize,
    /// Counts the looks of the watchdog: how long a wait was, without a look at the clock.
    ticks: AtomicU32,
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
            stacks: Arc::new(Stacks::new(stack_size)),
            cores,
            threads: Threads::new(),
            injector: RunQueue::new(),
            sleep: Sleep::new(),
            stopping: AtomicBool::new(false),
            lost: AtomicUsize::new(0),
            ticks: AtomicU32::new(0),
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
            self.start_thread(None)?;
        }
        let scheduler = Arc::clone(self);
        let thread =
            thread::Builder::new().name("otp-watchdog".into()).spawn(move || watch::watch(&scheduler, &*watch))?;
        self.threads.add_handle(WATCHDOG, thread);
        Ok(())
    }

    /// Queues a task on the seat of the calling core. Returns the length of its queue.
    #[inline]
    fn push_on(&self, seat: &Seat, task: AnyTask, push: impl FnOnce(&RunQueue, AnyTask) -> usize) -> usize {
        let len = push(&seat.queue, task);
        // Its duty may have ended meanwhile: [`RunQueue::drain`] says who finds the task.
        if seat.is_off_duty() {
            self.empty(seat);
        }
        len
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

    /// Ends all cores; returns when their threads have ended. Called when no task is left.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Relaxed);
        // The watchdog first: while it lives, it may pass the duty of a core.
        self.watchdog.unpark();
        self.threads.join(|number| number == WATCHDOG);
        let seats = self.threads.all();
        for seat in &seats {
            seat.parker().unpark();
        }
        // A thread that is lost may never come back.
        self.threads.join(|number| !seats.iter().any(|seat| seat.number == number && seat.is_lost()));
        self.timers.clear();
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

    fn stacks(&self) -> &Arc<Stacks> {
        &self.stacks
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
    fn schedule(&self, task: AnyTask) {
        self.queue(task, RunQueue::push_next);
    }

    /// Queues a task that gave way to others.
    fn schedule_last(&self, task: AnyTask) {
        self.queue(task, RunQueue::push_last);
    }

    /// Queues a task that has had its core for long.
    fn schedule_tired(&self, task: AnyTask) {
        self.queue(task, RunQueue::push_tired);
    }

    #[inline]
    fn queue(&self, task: AnyTask, push: impl FnOnce(&RunQueue, AnyTask) -> usize) {
        if task.bound_to() != 0 {
            return self.queue_bound(task);
        }
        match core::with_core_of(self, task, |core, task| self.push_on(core.seat(), task, push)) {
            Ok(..=1) => {}
            Ok(_) => self.notify(),
            Err(task) => self.inject(task),
        }
    }

    /// Queues a task that has a thread of its own.
    #[cold]
    fn queue_bound(&self, task: AnyTask) {
        self.threads.with(task.bound_to(), |seat| seat.queue_bound(task));
    }

    /// Queues a task for whichever core comes first.
    #[cold]
    fn inject(&self, task: AnyTask) {
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
    fn make_ready(&self, place: ParkedAt, task: &AnyTask) {
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
        self.threads.with(place.seat, |seat| seat.make_ready(Ready { stack: place.stack, token: task.token() }));
    }

    #[cfg(all(test, loom))]
    pub(crate) fn take_injected(&self) -> Option<AnyTask> {
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
        self.threads.with(number, |seat| seat.parker().unpark());
    }

    #[inline]
    fn ticks(&self) -> u32 {
        self.ticks.load(Relaxed)
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
        self.injector.len() > 0 || self.threads.on_duty().iter().any(|seat| seat.queue.len() > 1)
    }

    /// The turn that each seat is in.
    fn turns(&self) -> Vec<(u32, u64)> {
        self.threads.on_duty().iter().map(|seat| (seat.number, seat.current().0)).collect()
    }

    /// Takes work from another seat; from one that is still in its turn of `turns`, also what it woke last.
    fn steal_into(&self, thief: &Seat, turns: &[(u32, u64)]) -> bool {
        self.threads
            .on_duty()
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

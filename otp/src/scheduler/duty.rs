//! Which threads are the cores.
//!
//! Stacks don't move between threads, so a thread that runs code which keeps its core for long keeps all stacks that
//! are parked on it from going on. Therefore as many threads as there are cores are *on duty*, and others are *apart*:
//! they serve only what is parked on them. A thread passes its duty to another one
//!
//! * before it runs code that is doubtful, or anything at all when a stack has been parked on it for a while: so those
//!   that are parked on it stay alone with one another;
//! * before it sleeps, when stacks are parked on it that wait long;
//! * when doubtful code waits on it: so that stays alone;
//! * when others wait and a turn holds it: the watchdog passes its duty then.
//!
//! A thread that is apart goes on as soon as one of its stacks can: it needs no core for that, the system shares the
//! processors. One whose code is short, as its waits are, asks for duty, and gets it from a core that has nothing to do
//! with stacks. A thread without parked stacks is *spare*: it waits for duty, and ends when none comes.
//!
//! Each thread counts once: on duty, apart, or spare. All changes are made under the lock of the spare ones.

use std::{
    io,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    Scheduler,
    core::Core,
    queue::RunQueue,
    report,
    seat::Seat,
    task::{AnyTask, InTurn, Run, TaskRef},
};
use crate::sync::{Mutex, MutexGuard, lock};

/// So many threads may be apart because what is parked on them has been so for a while. For each further one it must
/// have been so twice as long.
const MAX_AGED: usize = 32;
/// So many may be apart before doubtful code waits where others do.
const MAX_APART: usize = 256;
/// So many may be apart because a turn holds them.
const MAX_HELD: usize = 512;
/// A spare thread ends after so long.
const SPARE_FOR: Duration = Duration::from_secs(2);

/// Why a thread passes its duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// What is parked on it has been so for a while.
    Aged,
    /// Doubtful code waits on it, or is to run.
    Doubtful,
    /// It is held by a turn, or about to be.
    Held,
    /// It is lost in code that does not come back.
    Lost,
}

/// The threads of a scheduler.
pub(super) struct Threads {
    /// By number; that of the watchdog is nobody's.
    all: RwLock<Vec<Option<Arc<Seat>>>>,
    on_duty: RwLock<Vec<Arc<Seat>>>,
    spare: Mutex<Vec<Arc<Seat>>>,
    /// How many are apart.
    apart: AtomicUsize,
    /// How many of them are so because what is parked on them has been so for a while.
    aged: AtomicUsize,
    /// Those that are apart and want duty.
    askers: Mutex<Vec<Arc<Seat>>>,
    /// Whether there are any, for a look without the lock.
    asked: AtomicBool,
    handles: Mutex<Vec<(u32, JoinHandle<()>)>>,
}

impl Threads {
    pub(super) fn new() -> Self {
        Self {
            all: RwLock::new(vec![None]),
            on_duty: RwLock::default(),
            spare: Mutex::new(Vec::new()),
            apart: AtomicUsize::new(0),
            aged: AtomicUsize::new(0),
            askers: Mutex::new(Vec::new()),
            asked: AtomicBool::new(false),
            handles: Mutex::new(Vec::new()),
        }
    }

    /// A seat that is off duty, under a number of its own.
    pub(super) fn new_seat(&self) -> Arc<Seat> {
        let mut all = write(&self.all);
        let free = all.iter().skip(1).position(Option::is_none).map(|index| index + 1);
        let number = free.unwrap_or_else(|| {
            all.push(None);
            all.len() - 1
        });
        let seat = Arc::new(Seat::new(number as u32));
        all[number] = Some(Arc::clone(&seat));
        seat
    }

    /// Puts a new seat on duty.
    pub(super) fn enlist(&self, seat: &Arc<Seat>) {
        seat.begin_duty();
        write(&self.on_duty).push(Arc::clone(seat));
    }

    pub(super) fn on_duty(&self) -> RwLockReadGuard<'_, Vec<Arc<Seat>>> {
        self.on_duty.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn all(&self) -> Vec<Arc<Seat>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).iter().flatten().cloned().collect()
    }

    pub(super) fn with<R>(&self, number: u32, f: impl FnOnce(&Seat) -> R) -> Option<R> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.get(number as usize)?.as_deref().map(f)
    }

    /// How many are apart.
    pub(super) fn apart(&self) -> usize {
        self.apart.load(Relaxed)
    }

    /// By how many powers of two a stack has to be parked for longer before the duty is passed because of that.
    #[inline]
    pub(super) fn reluctance(&self) -> usize {
        self.aged.load(Relaxed).saturating_sub(MAX_AGED - 1).min(16)
    }

    /// Whether somebody asks for duty.
    #[inline]
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Relaxed)
    }

    /// A seat is apart.
    fn leaves(&self, seat: &Seat, why: Why) {
        self.apart.fetch_add(1, Relaxed);
        if why == Why::Aged && seat.set_aged(true) {
            self.aged.fetch_add(1, Relaxed);
        }
    }

    /// A seat is not apart any more.
    fn comes_back(&self, seat: &Seat) {
        self.apart.fetch_sub(1, Relaxed);
        if seat.set_aged(false) {
            self.aged.fetch_sub(1, Relaxed);
        }
    }

    /// Puts `next` on duty in place of `seat`.
    fn exchange(&self, seat: &Seat, next: &Arc<Seat>) {
        next.begin_duty();
        let mut on_duty = write(&self.on_duty);
        on_duty.retain(|other| other.number != seat.number);
        on_duty.push(Arc::clone(next));
    }

    fn strike(&self, seat: &Seat) {
        write(&self.on_duty).retain(|other| other.number != seat.number);
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Arc<Seat>>> {
        lock(&self.spare)
    }

    /// False when it has asked before.
    fn ask(&self, seat: &Arc<Seat>) -> bool {
        let mut askers = lock(&self.askers);
        let is_new = !askers.iter().any(|asker| Arc::ptr_eq(asker, seat));
        if is_new {
            askers.push(Arc::clone(seat));
            self.asked.store(true, Relaxed);
        }
        is_new
    }

    fn next_asker(&self) -> Option<Arc<Seat>> {
        let mut askers = lock(&self.askers);
        let asker = askers.pop();
        self.asked.store(!askers.is_empty(), Relaxed);
        asker
    }

    fn asks_no_more(&self, seat: &Seat) {
        let mut askers = lock(&self.askers);
        askers.retain(|asker| asker.number != seat.number);
        self.asked.store(!askers.is_empty(), Relaxed);
    }

    /// Waits for the ends of some threads.
    pub(super) fn join(&self, which: impl Fn(u32) -> bool) {
        let threads: Vec<_> = lock(&self.handles).extract_if(.., |(seat, _)| which(*seat)).collect();
        for (_, thread) in threads {
            if thread.thread().id() != thread::current().id() {
                // A core does not panic; if it did, it has ended all the same.
                let _ = thread.join();
            }
        }
    }

    pub(super) fn add_handle(&self, number: u32, handle: JoinHandle<()>) {
        lock(&self.handles).push((number, handle));
    }
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl Scheduler {
    /// Starts a thread that is on duty from its beginning, in place of `before` if there is one.
    ///
    /// # Errors
    /// When the system refuses it.
    pub(super) fn start_thread(self: &Arc<Self>, before: Option<&Seat>) -> io::Result<Arc<Seat>> {
        let seat = self.threads.new_seat();
        seat.begin_duty();
        self.spawn(&seat, "core", Core::serve)?;
        match before {
            Some(before) => self.threads.exchange(before, &seat),
            None => self.threads.enlist(&seat),
        }
        Ok(seat)
    }

    /// Starts a task on a thread that runs nothing else; in a simulation on its one core.
    ///
    /// # Errors
    /// Gives it back when the system refuses the thread.
    pub(crate) fn start_on_own_thread<R: Run>(
        self: &Arc<Self>,
        task: InTurn<R>,
    ) -> Result<TaskRef<R>, (InTurn<R>, io::Error)> {
        if self.clock.is_virtual() {
            return Ok(task.start());
        }
        let seat = self.threads.new_seat();
        match self.spawn(&seat, "own", Core::serve_one) {
            Ok(()) => Ok(task.start_on(&seat)),
            Err(error) => Err((task, error)),
        }
    }

    /// Starts the thread of a new seat, which is gone when that fails.
    fn spawn(self: &Arc<Self>, seat: &Arc<Seat>, kind: &str, serve: fn(Arc<Self>, Arc<Seat>)) -> io::Result<()> {
        let (scheduler, own) = (Arc::clone(self), Arc::clone(seat));
        let thread = thread::Builder::new().name(format!("otp-{kind}-{}", seat.number));
        match thread.spawn(move || serve(scheduler, own)) {
            Ok(thread) => {
                self.threads.add_handle(seat.number, thread);
                Ok(())
            }
            Err(error) => {
                write(&self.threads.all)[seat.number as usize] = None;
                Err(error)
            }
        }
    }

    /// Has another thread take the duty of `seat`, with all that is queued on it; that thread's seat. `None` when it
    /// had none, or too many threads are apart already, or there is no other.
    pub(super) fn pass_duty(self: &Arc<Self>, seat: &Seat, why: Why) -> Option<Arc<Seat>> {
        let next = {
            let mut spare = self.threads.spare();
            let is_enough = match why {
                Why::Aged | Why::Doubtful => self.threads.apart() >= MAX_APART,
                Why::Held => self.threads.apart() >= MAX_HELD,
                Why::Lost => false,
            };
            if is_enough || self.is_stopping() || seat.is_off_duty() {
                return None;
            }
            let next = match spare.pop() {
                Some(next) => {
                    self.threads.exchange(seat, &next);
                    Ok(next)
                }
                None => self.start_thread(Some(seat)),
            };
            match next {
                Ok(next) => {
                    seat.end_duty();
                    self.threads.leaves(seat, why);
                    next
                }
                Err(error) if why == Why::Lost => {
                    seat.end_duty();
                    self.threads.leaves(seat, why);
                    self.threads.strike(seat);
                    drop(spare);
                    self.empty(seat);
                    // With no thread to be had the other cores go on; the node has one core less.
                    report::core_not_replaced(&error);
                    return None;
                }
                Err(_) => return None,
            }
        };
        for task in seat.queue.drain() {
            next.queue.push_last(task);
        }
        next.parker().unpark();
        // Another thread's turn may be over after all; then it has gone to sleep as one of many, and must look who it
        // is.
        seat.parker().unpark();
        Some(next)
    }

    /// The thread of a seat that is apart wants duty.
    pub(super) fn ask_for_duty(&self, seat: &Arc<Seat>) {
        if self.threads.ask(seat) {
            self.notify();
        }
    }

    /// Gives the duty of a seat without parked stacks to one that asks for it, and is apart from then on; false when
    /// none does.
    pub(super) fn give_duty(&self, seat: &Seat) -> bool {
        let given = {
            let _spare = self.threads.spare();
            if seat.is_off_duty() {
                return false;
            }
            // One that asked just as it was given duty has it: to give it once more would be to lose it.
            let asker = loop {
                match self.threads.next_asker() {
                    Some(asker) if asker.is_off_duty() => break asker,
                    Some(_) => {}
                    None => return false,
                }
            };
            self.threads.exchange(seat, &asker);
            seat.end_duty();
            self.threads.comes_back(&asker);
            self.threads.leaves(seat, Why::Held);
            asker
        };
        for task in seat.queue.drain() {
            given.queue.push_last(task);
        }
        given.parker().unpark();
        true
    }

    /// Waits as a spare thread; false when it is to end. Called by the thread of a seat that was apart, on which
    /// nothing is parked any more.
    pub(super) fn wait_for_duty(&self, seat: &Arc<Seat>) -> bool {
        {
            let mut spare = self.threads.spare();
            self.threads.asks_no_more(seat);
            if !seat.is_off_duty() {
                return true;
            }
            self.threads.comes_back(seat);
            spare.push(Arc::clone(seat));
        }
        let since = Instant::now();
        loop {
            if !self.is_stopping() {
                seat.parker().park(Some(SPARE_FOR));
            }
            let mut spare = self.threads.spare();
            if !seat.is_off_duty() {
                return true;
            }
            if self.is_stopping() || since.elapsed() >= SPARE_FOR {
                spare.retain(|other| other.number != seat.number);
                return false;
            }
        }
    }

    /// The thread of a seat ends.
    pub(super) fn leave(&self, seat: &Seat) {
        self.find(seat);
        self.threads.strike(seat);
        write(&self.threads.all)[seat.number as usize] = None;
        if !self.is_stopping() {
            // Nobody waits for its end.
            drop(lock(&self.threads.handles).extract_if(.., |(number, _)| *number == seat.number).collect::<Vec<_>>());
        }
    }

    /// Queues a task on a seat that has taken duty over.
    pub(super) fn queue_on(&self, seat: &Seat, task: AnyTask) {
        self.push_on(seat, task, RunQueue::push_last);
        seat.parker().unpark();
    }

    /// Gives what is queued on a seat that is off duty to the others.
    pub(super) fn empty(&self, seat: &Seat) {
        let tasks = seat.queue.drain();
        if !tasks.is_empty() {
            for task in tasks {
                self.injector.push_last(task);
            }
            self.notify();
        }
    }
}

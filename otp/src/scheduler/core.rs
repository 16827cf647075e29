//! One core: the thread-bound side of a seat, its stacks and its loop.
//!
//! The thread's own stack holds a small *root* loop; the scheduling loop runs on stacks from a pool. When a task waits
//! in the middle of its turn, its stack leaves as `Parked` and the root goes on with another. When the task is woken,
//! the scheduling loop, between two turns, gives way to it; the task finishes its turn and the loop below it goes on
//! from there. A parked stack only ever runs on the thread that it was parked on.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io, ptr,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Scheduler,
    rng::Rng,
    seat::{Place, Seat},
    sleep::Sleeper,
    stack::{Left, Stack, leave},
    task::Task,
};

/// How many stacks in a row may go on before a queued task has its turn.
const READY_STREAK: u32 = 16;
/// Every so many turns a busy core looks at the timers and at what came from outside.
const LOOK_OUTSIDE: u32 = 61;
/// How long a core that ran dry searches before it sleeps: about what a wake-up would cost.
const SEARCH: Duration = Duration::from_micros(40);
/// How many free stacks a core keeps; what is beyond is given back to the system.
const SPARE_STACKS: usize = 64;

pub(crate) struct Core {
    scheduler: Arc<Scheduler>,
    seat: Arc<Seat>,
    /// Parked stacks that can go on.
    ready: RefCell<VecDeque<u32>>,
    parked: RefCell<Slots>,
    /// Stacks with nothing on them but the scheduling loop.
    spare: RefCell<Vec<Stack>>,
    rng: RefCell<Rng>,
    turns: Cell<u32>,
    ready_streak: Cell<u32>,
    /// A driven core makes one step at a time, as its simulation says.
    driven: bool,
    /// Tells the scheduling loop of the spare stack that is resumed next to return.
    surplus: Cell<bool>,
}

/// Parked stacks by number; a number is reserved before its stack has left.
#[derive(Default)]
struct Slots {
    stacks: Vec<Option<Stack>>,
    free: Vec<u32>,
    taken: usize,
}

enum Step {
    Run(Task),
    GoOn(u32),
    Quiet,
    Stop,
}

thread_local! {
    static CORE: RefCell<Option<Rc<Core>>> = const { RefCell::new(None) };
}

/// Calls `f` with the core that the calling thread serves, if it serves one of `scheduler`; else gives `with` back.
#[inline]
pub(super) fn with_core_of<T, R>(scheduler: &Scheduler, with: T, f: impl FnOnce(&Core, T) -> R) -> Result<R, T> {
    let mut with = Some(with);
    let called = CORE.try_with(|core| match &*core.borrow() {
        Some(core) if ptr::eq(&raw const *core.scheduler, scheduler) => with.take().map(|with| f(core, with)),
        _ => None,
    });
    match called {
        Ok(Some(result)) => Ok(result),
        _ => Err(with.take().expect("it is given to `f`, which has returned then")),
    }
}

fn current() -> Option<Rc<Core>> {
    CORE.try_with(|core| core.borrow().clone()).ok().flatten()
}

/// Parks the running stack until `task`, whose turn it is, is woken. Returns at once if it was woken already.
///
/// # Errors
/// When the system has no further stack for the core to go on with.
pub(crate) fn park(task: &Task) -> io::Result<()> {
    let core = current().expect("a task's turn is on a core");
    core.reserve_stack()?;
    let stack = core.parked.borrow_mut().reserve();
    if task.park(Some(Place { seat: core.seat.number, stack })) {
        core.seat.end_turn();
        leave(Left::Parked(stack));
        task.resume();
        core.seat.begin_turn(task.token());
    } else {
        core.parked.borrow_mut().release(stack);
    }
    Ok(())
}

/// Whether the calling thread may have a core of its own: it has none, and is not about to end.
pub(crate) fn can_drive() -> bool {
    CORE.try_with(|core| core.borrow().is_none()).unwrap_or(false)
}

/// The driven core that the calling code is on, or that its thread drives.
pub(super) fn driven() -> Option<Rc<Core>> {
    current().filter(|core| core.driven)
}

/// Gives the calling core's seat to a new thread, so that the calling thread may block. Its turn goes on, and the stacks
/// parked on it go on when it is over. False when the core is driven, and nobody could take over.
pub(crate) fn hand_over() -> bool {
    let core = current().expect("a task's turn is on a core");
    if core.driven {
        return false;
    }
    core.scheduler.replace(&core.seat);
    true
}

impl Core {
    /// Serves a seat on the calling thread until the scheduler stops.
    pub(super) fn serve(scheduler: Arc<Scheduler>, seat: Arc<Seat>) {
        let core = Rc::new(Self::new(scheduler, seat, 0, false));
        CORE.set(Some(Rc::clone(&core)));
        let mut stack = core.first_stack();
        loop {
            match stack.resume() {
                Left::Parked(number) => {
                    core.parked.borrow_mut().keep(number, stack);
                    stack = core.next_stack();
                }
                Left::GiveWay(number) => {
                    core.put_spare(stack);
                    stack = core.parked.borrow_mut().take(number);
                }
                Left::Finished => break,
                Left::Stepped | Left::Quiet => {}
            }
        }
        core.finish_spares();
        core.scheduler.leave(&core.seat);
        CORE.set(None);
    }

    /// The one core of a simulation, on the calling thread.
    pub(super) fn driven(scheduler: Arc<Scheduler>, seat: Arc<Seat>, seed: u64) -> Rc<Self> {
        let core = Rc::new(Self::new(scheduler, seat, seed, true));
        CORE.set(Some(Rc::clone(&core)));
        core
    }

    pub(super) fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// One step of a driven core: a turn, or the rest of one. False when nothing was runnable.
    pub(super) fn step(self: &Rc<Self>) -> bool {
        let mut stack = self.next_stack();
        loop {
            match stack.resume() {
                Left::Parked(number) => {
                    self.parked.borrow_mut().keep(number, stack);
                    return true;
                }
                Left::GiveWay(number) => {
                    self.put_spare(stack);
                    stack = self.parked.borrow_mut().take(number);
                }
                Left::Stepped => {
                    self.put_spare(stack);
                    return true;
                }
                Left::Quiet => {
                    self.put_spare(stack);
                    return false;
                }
                Left::Finished => return false,
            }
        }
    }

    /// Ends a driven core.
    pub(super) fn end(&self) {
        self.finish_spares();
        CORE.set(None);
    }

    fn new(scheduler: Arc<Scheduler>, seat: Arc<Seat>, seed: u64, driven: bool) -> Self {
        Self {
            scheduler,
            seat,
            ready: RefCell::default(),
            parked: RefCell::default(),
            spare: RefCell::default(),
            rng: RefCell::new(Rng::new(seed)),
            turns: Cell::new(0),
            ready_streak: Cell::new(0),
            driven,
            surplus: Cell::new(false),
        }
    }

    /// The loop at the bottom of every stack.
    fn run(self: &Rc<Self>) {
        while !self.surplus.take() {
            match self.next() {
                Step::Run(task) => {
                    self.seat.begin_turn(task.token());
                    task.run();
                    self.seat.end_turn();
                    if self.driven {
                        leave(Left::Stepped);
                    }
                }
                Step::GoOn(stack) => leave(Left::GiveWay(stack)),
                Step::Quiet => leave(Left::Quiet),
                Step::Stop => return,
            }
        }
    }

    fn next(&self) -> Step {
        if self.driven {
            return self.next_by_seed();
        }
        let turns = self.turns.get().wrapping_add(1);
        self.turns.set(turns);
        if turns.is_multiple_of(LOOK_OUTSIDE) {
            self.scheduler.expire_timers();
            self.scheduler.injector().steal_into(&self.seat.queue, true);
        }
        loop {
            if self.seat.has_ready() {
                self.ready.borrow_mut().extend(self.seat.take_ready());
            }
            if let Some(stack) = self.next_ready() {
                return Step::GoOn(stack);
            }
            if self.seat.is_detached() {
                // What this thread has put in just before that, it sees for certain.
                self.scheduler.empty(&self.seat);
            } else if let Some(task) = self.seat.queue.pop() {
                self.ready_streak.set(0);
                return Step::Run(task);
            }
            // The tasks that had a right to run before the next stack were taken by another core.
            self.ready_streak.set(0);
            if !self.ready.borrow().is_empty() {
                continue;
            }
            if self.scheduler.is_stopping() || (self.seat.is_detached() && self.parked.borrow().taken == 0) {
                return Step::Stop;
            }
            if self.seat.is_detached() {
                self.seat.parker().park(None);
            } else {
                self.scheduler.sleep().await_work(self.scheduler.cores(), self);
            }
        }
    }

    fn next_by_seed(&self) -> Step {
        if self.scheduler.is_stopping() {
            return Step::Stop;
        }
        let (tasks, stacks) = (self.seat.queue.len(), self.ready.borrow().len());
        let mut rng = self.rng.borrow_mut();
        match rng.below(tasks + stacks) {
            None => Step::Quiet,
            Some(choice) if choice < stacks => {
                let stack = self.ready.borrow_mut().swap_remove_back(choice);
                Step::GoOn(stack.expect("chosen below its length"))
            }
            Some(_) => Step::Run(self.seat.queue.pop_any(&mut rng).expect("it is not empty")),
        }
    }

    fn next_ready(&self) -> Option<u32> {
        let streak = self.ready_streak.get();
        if streak >= READY_STREAK && self.seat.queue.len() > 0 {
            return None;
        }
        let stack = self.ready.borrow_mut().pop_front()?;
        self.ready_streak.set(streak + 1);
        Some(stack)
    }

    /// Whether a parked stack can go on.
    fn has_ready(&self) -> bool {
        !self.ready.borrow().is_empty() || self.seat.has_ready()
    }

    /// One look at the timers and at the other queues; true when there is something to do now. A core that is still in
    /// the turn it was in at `turns` gives away even the task it woke last: it is too busy to begin it soon.
    fn look_around(&self, turns: Option<&[(u32, u64)]>) -> bool {
        self.scheduler.expire_timers();
        self.seat.queue.len() > 0
            || self.has_ready()
            || self.scheduler.injector().steal_into(&self.seat.queue, true) > 0
            || self.scheduler.steal_into(&self.seat, turns.unwrap_or_default())
    }

    pub(super) fn seat(&self) -> &Seat {
        &self.seat
    }

    pub(super) fn make_ready(&self, stack: u32) {
        self.ready.borrow_mut().push_back(stack);
    }

    fn new_stack(self: &Rc<Self>) -> io::Result<Stack> {
        let core = Rc::clone(self);
        Stack::new(self.scheduler.stack_size(), move || {
            CORE.set(Some(Rc::clone(&core)));
            core.run();
        })
    }

    fn first_stack(self: &Rc<Self>) -> Stack {
        self.new_stack().expect("the system has no memory for the first stack of a core")
    }

    /// What to go on with when a stack was parked: another that is ready, or a spare one.
    fn next_stack(self: &Rc<Self>) -> Stack {
        if !self.driven
            && let Some(number) = self.next_ready()
        {
            return self.parked.borrow_mut().take(number);
        }
        let spare = self.spare.borrow_mut().pop();
        spare.unwrap_or_else(|| self.first_stack())
    }

    fn reserve_stack(self: &Rc<Self>) -> io::Result<()> {
        if self.spare.borrow().is_empty() {
            let stack = self.new_stack()?;
            self.spare.borrow_mut().push(stack);
        }
        Ok(())
    }

    fn put_spare(&self, stack: Stack) {
        if self.spare.borrow().len() < SPARE_STACKS {
            self.spare.borrow_mut().push(stack);
        } else {
            self.finish(stack);
        }
    }

    /// Lets the scheduling loops of the spare stacks return.
    fn finish_spares(&self) {
        loop {
            let Some(stack) = self.spare.borrow_mut().pop() else { return };
            self.finish(stack);
        }
    }

    /// Gives a stack with nothing on it but the scheduling loop back to the system.
    fn finish(&self, mut stack: Stack) {
        self.surplus.set(true);
        let left = stack.resume();
        debug_assert_eq!(left, Left::Finished, "the loop returns when it is told to");
    }
}

impl Sleeper for Core {
    fn number(&self) -> u32 {
        self.seat.number
    }

    fn search(&self) -> bool {
        let began = Instant::now();
        let turns = self.scheduler.turns();
        loop {
            if Sleeper::look_around(self) {
                return true;
            }
            for _ in 0..64 {
                if self.scheduler.has_work() || self.has_ready() || self.scheduler.is_stopping() {
                    break;
                }
                std::hint::spin_loop();
            }
            if self.scheduler.is_stopping() {
                return false;
            }
            if began.elapsed() > SEARCH {
                return Core::look_around(self, Some(&turns));
            }
        }
    }

    fn look_around(&self) -> bool {
        Core::look_around(self, None)
    }

    fn has_work(&self) -> bool {
        self.seat.queue.len() > 0 || self.has_ready() || self.scheduler.has_work() || self.scheduler.is_stopping()
    }

    fn sleep(&self, keeps_time: bool) {
        let limit = if keeps_time { self.scheduler.until_next_timer() } else { Some(None) };
        if let Some(limit) = limit {
            self.seat.parker().park(limit);
        }
    }

    fn awake(&self) {
        self.scheduler.wake_watchdog();
    }

    fn share(&self) {
        if self.scheduler.has_work() {
            self.scheduler.notify();
        }
    }
}

impl Slots {
    fn reserve(&mut self) -> u32 {
        self.taken += 1;
        self.free.pop().unwrap_or_else(|| {
            self.stacks.push(None);
            self.stacks.len() as u32 - 1
        })
    }

    fn release(&mut self, number: u32) {
        self.taken -= 1;
        self.free.push(number);
    }

    fn keep(&mut self, number: u32, stack: Stack) {
        self.stacks[number as usize] = Some(stack);
    }

    fn take(&mut self, number: u32) -> Stack {
        self.release(number);
        self.stacks[number as usize].take().expect("a stack is ready only while it is parked")
    }
}

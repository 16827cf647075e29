//! One core: the thread-bound side of a seat, its stacks and its loop.
//!
//! The thread's own stack holds a small *root* loop; the scheduling loop runs on stacks from a pool. When a task waits
//! in the middle of its turn, its stack leaves as `Parked` and the root goes on with another. When the task is woken,
//! the scheduling loop, between two turns, gives way to it; the task finishes its turn and the loop below it goes on
//! from there. A parked stack only ever runs on the thread that it was parked on: which code may run there meanwhile is
//! decided here, by what [`duty`](super::duty) says.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io, ptr,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Scheduler, Why,
    code::{Code, UnderWay},
    parked::ParkedStacks,
    rng::Rng,
    seat::Seat,
    sleep::Sleeper,
    stack::{Stack, Yielded, leave},
    task::{ParkedAt, Ran, Task},
};
use crate::report::set_silent;

/// How many stacks in a row may go on before a queued task has its turn.
const READY_STREAK: u32 = 16;
/// Every so many turns a busy core looks at the timers and at what came from outside.
const LOOK_OUTSIDE: u32 = 61;
/// How long a core that ran dry searches before it sleeps: about what a wake-up would cost.
const SEARCH: Duration = Duration::from_micros(40);
/// How many free stacks a core keeps; what is beyond is given back to the system.
const SPARE_STACKS: usize = 64;
/// How many of them it keeps when it has slept for a while.
const KEPT_STACKS: usize = 4;
const KEPT_FOR: Duration = Duration::from_secs(1);
/// A wait of so many ticks is long: it has cost more than passing the duty of the thread would have.
pub(super) const LONG_WAIT: u32 = 8;
/// A wait of code whose waits are long is so after so many: those that begin at once are to be parked together.
const KNOWN_LONG_WAIT: u32 = 2;

pub(crate) struct Core {
    scheduler: Arc<Scheduler>,
    seat: Arc<Seat>,
    /// Parked stacks that can go on.
    ready: RefCell<VecDeque<u32>>,
    parked: RefCell<ParkedStacks>,
    /// Stacks with nothing on them but the scheduling loop.
    spare: RefCell<Vec<Stack>>,
    rng: RefCell<Rng>,
    turns: Cell<u32>,
    ready_streak: Cell<u32>,
    kind: CoreKind,
    /// The one task that it runs, if it runs one alone, is done.
    is_done: Cell<bool>,
    /// Tells the scheduling loop of the spare stack that is resumed next to return.
    surplus: Cell<bool>,
    /// The doubtful code that runs.
    measured: Cell<Option<Measured>>,
    /// The code whose only stack here waits apart from all others.
    apart: Cell<Option<&'static Code>>,
    /// Who has taken the duty over, for the task that must not run here.
    successor: RefCell<Option<Arc<Seat>>>,
}

/// What a core is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CoreKind {
    /// It runs what comes.
    Shared,
    /// It runs one task, which no other runs.
    Bound,
    /// It makes one step at a time, as its simulation says.
    Driven,
}

/// Code that is measured while it runs.
#[derive(Clone, Copy)]
struct Measured {
    code: &'static Code,
    since: Instant,
    /// It has waited before.
    waited: bool,
}

enum NextAction {
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

/// Parks the running stack until `task`, whose turn it is and which runs `code`, is woken. Returns at once if it was
/// woken already.
///
/// # Errors
/// When the system has no further stack for the core to go on with.
pub(crate) fn park(task: &Task, code: &'static Code) -> io::Result<()> {
    let core = current().expect("a task's turn is on a core");
    core.reserve_stack()?;
    core.set_aside(task, code, false);
    Ok(())
}

/// Lets others have a turn before `task`, whose turn it is and which runs `code`, goes on.
///
/// # Errors
/// When the system has no further stack for the core to go on with.
pub(crate) fn give_way(task: &Task, code: &'static Code) -> io::Result<()> {
    let core = current().expect("a task's turn is on a core");
    if core.is_driven() {
        return Ok(());
    }
    core.look_outside();
    if core.seat.queue.len() == 0 && !core.has_ready() {
        return Ok(());
    }
    // A task that waits comes before it, though it is ready at once.
    core.ready_streak.set(READY_STREAK);
    core.reserve_stack()?;
    core.set_aside(task, code, true);
    Ok(())
}

/// Whether the running turn must be made elsewhere, since it is about to run code that is doubtful, and others wait on
/// its thread.
pub(crate) fn must_move() -> bool {
    current().is_some_and(|core| core.must_move(Why::Doubtful))
}

/// Whether doubtful code is to begin later.
pub(crate) fn is_held_back(code: &Code) -> bool {
    current().is_some_and(|core| core.kind == CoreKind::Shared && code.is_held_back(core.scheduler.ticks()))
}

/// A run of doubtful code begins, which is over when the guard is dropped.
pub(crate) fn begin(code: &'static Code) -> UnderWay {
    code.begin(current().map_or(0, |core| core.scheduler.ticks()))
}

/// Measures doubtful code that the running turn begins.
pub(crate) fn measure(code: &'static Code) {
    if let Some(core) = current().filter(|core| !core.is_driven()) {
        core.begin_measure(code, false);
    }
}

/// That code is over.
pub(crate) fn measured() {
    if let Some(core) = current() {
        core.end_measure(true);
    }
}

/// Whether the calling thread may have a core of its own: it has none, and is not about to end.
pub(crate) fn can_drive() -> bool {
    CORE.try_with(|core| core.borrow().is_none()).unwrap_or(false)
}

/// The driven core that the calling code is on, or that its thread drives.
pub(super) fn driven() -> Option<Rc<Core>> {
    current().filter(|core| core.is_driven())
}

/// Gives the calling core's seat to a new thread, so that the calling thread may block. Its turn goes on, and the stacks
/// parked on it go on when it is over. False when the core is driven, and nobody could take over.
pub(crate) fn hand_over() -> bool {
    let core = current().expect("a task's turn is on a core");
    if core.is_driven() {
        return false;
    }
    core.scheduler.pass_duty(&core.seat, Why::Lost);
    true
}

impl Core {
    /// Serves a seat on the calling thread until the scheduler stops.
    pub(super) fn serve(scheduler: Arc<Scheduler>, seat: Arc<Seat>) {
        Self::serve_as(CoreKind::Shared, scheduler, seat);
    }

    /// Serves on the calling thread the one task that is bound to a seat, until it is done.
    pub(super) fn serve_one(scheduler: Arc<Scheduler>, seat: Arc<Seat>) {
        Self::serve_as(CoreKind::Bound, scheduler, seat);
    }

    fn serve_as(kind: CoreKind, scheduler: Arc<Scheduler>, seat: Arc<Seat>) {
        seat.slices.begin();
        let core = Rc::new(Self::new(scheduler, seat, 0, kind));
        CORE.set(Some(Rc::clone(&core)));
        let mut stack = core.first_stack();
        loop {
            match stack.resume() {
                Yielded::Parked(number) => {
                    core.parked.borrow_mut().keep(number, stack);
                    stack = core.next_stack();
                }
                Yielded::GiveWay(number) => {
                    core.put_spare(stack);
                    stack = core.parked.borrow_mut().take(number);
                }
                Yielded::Finished => break,
                Yielded::Stepped | Yielded::Quiet => {}
            }
        }
        core.finish_spares(0);
        core.scheduler.leave(&core.seat);
        CORE.set(None);
    }

    /// The one core of a simulation, on the calling thread.
    pub(super) fn driven(scheduler: Arc<Scheduler>, seat: Arc<Seat>, seed: u64) -> Rc<Self> {
        let core = Rc::new(Self::new(scheduler, seat, seed, CoreKind::Driven));
        CORE.set(Some(Rc::clone(&core)));
        set_silent(true);
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
                Yielded::Parked(number) => {
                    self.parked.borrow_mut().keep(number, stack);
                    return true;
                }
                Yielded::GiveWay(number) => {
                    self.put_spare(stack);
                    stack = self.parked.borrow_mut().take(number);
                }
                Yielded::Stepped => {
                    self.put_spare(stack);
                    return true;
                }
                Yielded::Quiet => {
                    self.put_spare(stack);
                    return false;
                }
                Yielded::Finished => return false,
            }
        }
    }

    /// Ends a driven core.
    pub(super) fn end(&self) {
        self.finish_spares(0);
        CORE.set(None);
        set_silent(false);
    }

    fn new(scheduler: Arc<Scheduler>, seat: Arc<Seat>, seed: u64, kind: CoreKind) -> Self {
        Self {
            scheduler,
            seat,
            ready: RefCell::default(),
            parked: RefCell::default(),
            spare: RefCell::default(),
            rng: RefCell::new(Rng::new(seed)),
            turns: Cell::new(0),
            ready_streak: Cell::new(0),
            kind,
            is_done: Cell::new(false),
            surplus: Cell::new(false),
            measured: Cell::new(None),
            apart: Cell::new(None),
            successor: RefCell::default(),
        }
    }

    /// The loop at the bottom of every stack.
    fn run(self: &Rc<Self>) {
        while !self.surplus.take() {
            match self.next() {
                NextAction::Run(task) => {
                    if let Some(why) = self.holds_up(&task)
                        && self.must_move(why)
                    {
                        self.move_on(task);
                        continue;
                    }
                    self.seat.begin_turn(task.token());
                    let ran = task.run();
                    self.seat.end_turn();
                    self.end_measure(true);
                    match ran {
                        Ran::Rests => {}
                        Ran::Elsewhere(task) => self.move_on(task),
                        Ran::Done => self.is_done.set(true),
                    }
                    if self.is_driven() {
                        leave(Yielded::Stepped);
                    }
                }
                NextAction::GoOn(stack) => leave(Yielded::GiveWay(stack)),
                NextAction::Quiet => leave(Yielded::Quiet),
                NextAction::Stop => return,
            }
        }
    }

    fn next(&self) -> NextAction {
        if self.is_driven() {
            return self.next_by_seed();
        }
        let turns = self.turns.get().wrapping_add(1);
        self.turns.set(turns);
        if turns.is_multiple_of(LOOK_OUTSIDE) || self.seat.looks_outside() {
            self.look_outside();
        }
        loop {
            if self.seat.has_ready() {
                self.ready.borrow_mut().extend(self.seat.take_ready().iter().map(|ready| ready.stack));
            }
            if let Some(stack) = self.next_ready() {
                return NextAction::GoOn(stack);
            }
            if self.kind == CoreKind::Bound {
                if let Some(task) = self.seat.take_bound() {
                    return NextAction::Run(task);
                }
                if self.is_done.get() {
                    return NextAction::Stop;
                }
            } else if self.seat.is_off_duty() {
                // What this thread has put in just before that, it sees for certain.
                self.scheduler.empty(&self.seat);
            } else if let Some(task) = self.seat.queue.pop() {
                self.ready_streak.set(0);
                return NextAction::Run(task);
            }
            // The tasks that had a right to run before the next stack were taken by another core.
            self.ready_streak.set(0);
            if !self.ready.borrow().is_empty() {
                continue;
            }
            if self.scheduler.is_stopping() {
                return NextAction::Stop;
            }
            if !self.seat.is_off_duty() {
                if self.passes_duty_at_rest() {
                    continue;
                }
                self.scheduler.sleep().await_work(self.scheduler.cores(), self);
            } else if self.kind == CoreKind::Shared && self.is_clear() {
                if !self.scheduler.wait_for_duty(&self.seat) {
                    return NextAction::Stop;
                }
            } else {
                self.seat.parker().park(None);
            }
        }
    }

    fn is_driven(&self) -> bool {
        self.kind == CoreKind::Driven
    }

    /// Whether nothing is parked here.
    fn is_clear(&self) -> bool {
        let is_clear = self.parked.borrow().taken() == 0;
        if is_clear && let Some(code) = self.apart.take() {
            code.join();
        }
        is_clear
    }

    /// Sets the running stack aside until its task is woken; until others had a turn, when it `gives_way`.
    fn set_aside(&self, task: &Task, code: &'static Code, gives_way: bool) {
        let began = self.scheduler.ticks();
        let stack = self.parked.borrow_mut().reserve(began, !gives_way && code.waits_long());
        while !task.park(Some(ParkedAt { seat: self.seat.number, stack })) {
            if !gives_way {
                return self.parked.borrow_mut().release(stack);
            }
        }
        self.seat.end_turn();
        self.end_measure(false);
        if gives_way {
            task.wake();
        } else if code.is_doubtful() {
            self.set_apart(code);
        }
        leave(Yielded::Parked(stack));
        task.resume();
        if !gives_way {
            code.waited(self.scheduler.ticks().wrapping_sub(began) >= LONG_WAIT);
        }
        if code.is_doubtful() {
            self.begin_measure(code, true);
        } else if self.kind == CoreKind::Shared && self.seat.is_off_duty() && !code.waits_long() {
            self.ask_for_duty();
        }
        self.seat.begin_turn(task.token());
    }

    /// Why those that are parked here should not have to wait for a turn of `task`, if they shouldn't: it may run doubtful
    /// code, or theirs is no short wait.
    #[inline]
    fn holds_up(&self, task: &Task) -> Option<Why> {
        let mut parked = self.parked.borrow_mut();
        let oldest = parked.oldest()?;
        if self.is_driven() {
            return None;
        }
        if !task.runs_beside_others() {
            return Some(Why::Doubtful);
        }
        let age = self.scheduler.ticks().wrapping_sub(oldest);
        let patience = if parked.any_long() { KNOWN_LONG_WAIT } else { LONG_WAIT };
        (age >> self.scheduler.threads.reluctance() >= patience).then_some(Why::Aged)
    }

    /// Has another thread take the duty, if others are parked here: what they should not be kept waiting by must run there.
    fn must_move(&self, why: Why) -> bool {
        if self.kind != CoreKind::Shared || self.is_clear() {
            return false;
        }
        if !self.seat.is_off_duty() {
            let Some(successor) = self.scheduler.pass_duty(&self.seat, why) else { return false };
            self.successor.replace(Some(successor));
        }
        true
    }

    /// Has another thread take the duty before this one sleeps, if others are parked here that wait long: what comes next
    /// may come just when they wait anew.
    fn passes_duty_at_rest(&self) -> bool {
        let parked = self.parked.borrow();
        parked.any_long()
            && self.kind == CoreKind::Shared
            // The more threads are apart because of that, the more stacks it takes.
            && parked.taken() >> self.scheduler.threads.reluctance() > 0
            && self.scheduler.pass_duty(&self.seat, Why::Aged).is_some()
    }

    /// Gives a task to the thread that has the duty.
    fn move_on(&self, task: Task) {
        match self.successor.take() {
            Some(successor) => self.scheduler.queue_on(&successor, task),
            None => self.scheduler.inject(task),
        }
    }

    /// The running stack, which is about to wait, is to wait alone: the thread's duty goes to another one.
    fn set_apart(&self, code: &'static Code) {
        if self.kind != CoreKind::Shared
            || self.seat.is_off_duty()
            || self.parked.borrow().taken() > 1
            || !code.set_apart()
        {
            return;
        }
        if self.scheduler.pass_duty(&self.seat, Why::Doubtful).is_some() {
            self.apart.set(Some(code));
        } else {
            code.join();
        }
    }

    /// The stack that goes on runs code that is short and whose waits are short: where it waits for others, they had
    /// better run on this thread.
    fn ask_for_duty(&self) {
        let mut parked = self.parked.borrow_mut();
        let is_young = |oldest| self.scheduler.ticks().wrapping_sub(oldest) < LONG_WAIT;
        if !parked.any_long() && parked.oldest().is_none_or(is_young) {
            self.scheduler.ask_for_duty(&self.seat);
        }
    }

    /// Gives the duty to a thread that asks for it, if nothing is parked here.
    fn give_duty(&self) -> bool {
        self.scheduler.threads.is_asked() && self.is_clear() && self.scheduler.give_duty(&self.seat)
    }

    #[cold]
    fn begin_measure(&self, code: &'static Code, waited: bool) {
        if !self.is_driven() {
            self.measured.set(Some(Measured { code, since: Instant::now(), waited }));
        }
    }

    /// The code that is measured is over, or waits.
    #[inline]
    fn end_measure(&self, is_over: bool) {
        if let Some(Measured { code, since, waited }) = self.measured.get() {
            self.measured.set(None);
            // How it begins says little of what comes after its wait.
            code.ran(since.elapsed(), is_over || waited);
        }
    }

    /// Looks at the timers, at what came from outside, and at who wants the duty.
    fn look_outside(&self) {
        self.scheduler.expire_timers();
        if !self.seat.is_off_duty() {
            self.scheduler.injector().steal_into(&self.seat.queue, true);
            self.give_duty();
        }
    }

    fn next_by_seed(&self) -> NextAction {
        if self.scheduler.is_stopping() {
            return NextAction::Stop;
        }
        let (tasks, stacks) = (self.seat.queue.len(), self.ready.borrow().len());
        let mut rng = self.rng.borrow_mut();
        match rng.below(tasks + stacks) {
            None => NextAction::Quiet,
            Some(choice) if choice < stacks => {
                let stack = self.ready.borrow_mut().swap_remove_back(choice);
                NextAction::GoOn(stack.expect("chosen below its length"))
            }
            Some(_) => NextAction::Run(self.seat.queue.pop_any(&mut rng).expect("it is not empty")),
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
            || self.give_duty()
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
        Stack::new(self.scheduler.stacks(), move || {
            CORE.set(Some(Rc::clone(&core)));
            core.run();
        })
    }

    fn first_stack(self: &Rc<Self>) -> Stack {
        self.new_stack().expect("the system has no memory for the first stack of a core")
    }

    /// What to go on with when a stack was parked: another that is ready, or a spare one.
    fn next_stack(self: &Rc<Self>) -> Stack {
        if !self.is_driven()
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

    /// Lets the scheduling loops of the spare stacks return, but for so many.
    fn finish_spares(&self, kept: usize) {
        while self.spare.borrow().len() > kept {
            let Some(stack) = self.spare.borrow_mut().pop() else { return };
            self.finish(stack);
        }
    }

    /// Gives a stack with nothing on it but the scheduling loop back to the system.
    fn finish(&self, mut stack: Stack) {
        self.surplus.set(true);
        let left = stack.resume();
        debug_assert_eq!(left, Yielded::Finished, "the loop returns when it is told to");
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
                if Sleeper::has_work(self) {
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
        self.seat.queue.len() > 0
            || self.has_ready()
            || self.scheduler.has_work()
            || self.scheduler.threads.is_asked()
            || self.scheduler.is_stopping()
    }

    fn sleep(&self, keeps_time: bool) {
        let limit = if keeps_time { self.scheduler.until_next_timer() } else { Some(None) };
        let Some(limit) = limit else { return };
        if self.spare.borrow().len() <= KEPT_STACKS {
            return self.seat.parker().park(limit);
        }
        let began = Instant::now();
        self.seat.parker().park(Some(limit.map_or(KEPT_FOR, |limit| limit.min(KEPT_FOR))));
        if began.elapsed() >= KEPT_FOR {
            self.finish_spares(KEPT_STACKS);
            self.scheduler.stacks().cool_all();
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

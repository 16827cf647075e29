//! One core: the thread-bound side of a seat, its stacks and its loop.
//!
//! The thread's own stack holds a small *root* loop; the scheduling loop runs on stacks from a pool. When a task waits
//! in the middle of its turn, its stack leaves as `Parked` and the root goes on with another. When the task is woken,
//! the scheduling loop, between two turns, gives way to it; the task finishes its turn and the loop below it goes on
//! from there. A parked stack only ever runs on the thread that it was parked on: which code may run there meanwhile is
//! decided in `isolation`, by what [`duty`](super::duty) says.

mod isolation;
mod measure;
mod next;
mod park;
mod stacks;

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    ptr,
    rc::Rc,
    sync::Arc,
};

pub(super) use self::isolation::LONG_WAIT;
pub(crate) use self::{
    isolation::{hand_over, is_held_back, must_move},
    measure::{begin, measure, measured},
    park::{give_way, park},
};
use self::{measure::Measured, next::NextAction};
use super::{
    Scheduler,
    code::Code,
    parked::ParkedStacks,
    rng::Rng,
    seat::Seat,
    stack::{Stack, Yielded, leave},
    task::Ran,
};
use crate::report::set_silent;

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

/// Whether the calling thread may have a core of its own: it has none, and is not about to end.
pub(crate) fn can_drive() -> bool {
    CORE.try_with(|core| core.borrow().is_none()).unwrap_or(false)
}

/// The driven core that the calling code is on, or that its thread drives.
pub(super) fn driven() -> Option<Rc<Core>> {
    current().filter(|core| core.is_driven())
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

    fn is_driven(&self) -> bool {
        self.kind == CoreKind::Driven
    }

    pub(super) fn seat(&self) -> &Seat {
        &self.seat
    }

    pub(super) fn make_ready(&self, stack: u32) {
        self.ready.borrow_mut().push_back(stack);
    }
}

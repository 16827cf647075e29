//! What the scheduler runs: a counted pointer to one heap cell, and the state machine that decides who may run it.
//!
//! A cell begins with a [`Head`] and goes on with a body that the floor above defines. [`TaskRef`] knows the body's
//! type, [`Task`] does not; both are one word and count as one reference. The body decides what a turn does ([`Run`]);
//! this file decides that two turns never overlap and that no wake-up is lost.
//!
//! | state | meaning | who sets it |
//! |---|---|---|
//! | `0` | idle: nobody has a reason to run it | the turn that found nothing more to do |
//! | `WOKEN` | queued: exactly one queue has it | the waker that found it idle |
//! | `RUNNING` | a turn is on a core, or was and is the last | the core that took it from a queue |
//! | `RUNNING + WOKEN` | woken during its turn, which must look again | a waker |
//! | `PARKED` | waits in the middle of a turn; its stack is set aside | the turn itself |
//! | `PARKED + WOKEN` | its stack is on its core's ready list | the waker |
//! | `BLOCKED` | waits in the middle of a turn; its thread is blocked | the turn itself |
//! | `BLOCKED + WOKEN` | its thread was, or is being, unparked | the waker |
//!
//! Every wake is one `fetch_or`: it either sees a state that obliges somebody to look again, or makes the change that
//! does. Because both sides use read-modify-writes on one word, what the waker wrote before is seen by the turn.
//!
//! A task that was started counts as one reference to itself until it is done, so that queuing and running it counts
//! nothing. That reference is the queue's in `WOKEN`, the turn's while there is one, and nobody's while it is idle.

#![allow(unsafe_code, reason = "a thin, counted, type-erased pointer; each block states its premises")]

use std::{
    any::TypeId,
    marker::PhantomData,
    mem::{self, ManuallyDrop},
    ops::Deref,
    ptr::{self, NonNull},
    task::{RawWaker, RawWakerVTable, Waker},
};

use super::{Scheduler, seat::Seat};
use crate::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

const WOKEN: u32 = 1;
const RUNNING: u32 = 2;
const PARKED: u32 = 4;
const BLOCKED: u32 = 8;

/// Where a parked stack is: the seat's number and the stack's number on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ParkedAt {
    pub(crate) seat: u32,
    pub(crate) stack: u32,
}

impl ParkedAt {
    pub(super) fn to_bits(self) -> u64 {
        u64::from(self.seat) << 32 | u64::from(self.stack)
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self { seat: (bits >> 32) as u32, stack: bits as u32 }
    }
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing to do until somebody wakes it.
    Idle,
    /// There is more to do, when others had their turn.
    Later,
    /// There is more to do, which must not be done on this thread.
    Elsewhere,
    /// It will never run again.
    Done,
}

/// What became of a task that was run.
pub(crate) enum Ran {
    /// It is queued, or idle.
    Rests,
    /// Another thread must go on with it.
    Elsewhere(Task),
    /// It will never run again.
    Done,
}

/// The body of a task.
pub(crate) trait Run: Send + Sync + Sized + 'static {
    /// Runs one turn on the calling core.
    fn run(this: &TaskRef<Self>) -> Turn;
    /// The scheduler that it belongs to.
    fn scheduler(&self) -> &Scheduler;
    /// A number by which the watchdog can ask about it.
    fn token(&self) -> u64;
    /// Wakes the thread that waits inside this task, where no core runs it.
    fn unpark_thread(&self);
    /// Whether its next turn may run on a thread on which others wait, as far as is known.
    fn runs_beside_others(&self) -> bool;
}

struct VTable {
    run: unsafe fn(&Task) -> Turn,
    scheduler: unsafe fn(&Task) -> &Scheduler,
    token: unsafe fn(&Task) -> u64,
    unpark_thread: unsafe fn(&Task),
    runs_beside_others: unsafe fn(&Task) -> bool,
    release: unsafe fn(NonNull<Head>),
    body: fn() -> TypeId,
}

/// The untyped beginning of every cell.
struct Head {
    references: AtomicUsize,
    state: AtomicU32,
    /// The seat whose thread alone runs it; 0 for any core.
    bound_to: AtomicU32,
    /// Where the parked stack is; meaningful in `PARKED`.
    place: AtomicU64,
    vtable: &'static VTable,
}

#[repr(C)]
struct Cell<R> {
    head: Head,
    body: R,
}

/// A counted reference to a cell whose body's type is not known.
pub(crate) struct Task(NonNull<Head>);

/// A counted reference to a cell with a body of type `R`.
pub(crate) struct TaskRef<R> {
    task: Task,
    body: PhantomData<R>,
}

// SAFETY: a `Task` shares an `R: Run`, which is `Send + Sync + 'static`; `Head` is made of atomics.
unsafe impl Send for Task {}
// SAFETY: as above.
unsafe impl Sync for Task {}
// SAFETY: as above: one is only made for an `R: Run`. The bound is not repeated here, so that a message type may hold
// references to the processes that receive it without going in circles.
unsafe impl<R> Send for TaskRef<R> {}
// SAFETY: as above.
unsafe impl<R> Sync for TaskRef<R> {}

struct Of<R>(PhantomData<R>);

impl<R: Run> Of<R> {
    const VTABLE: VTable = VTable {
        // SAFETY (all five): the vtable is only ever stored in the head of a `Cell<R>`.
        run: |task| R::run(unsafe { task.assume::<R>() }),
        scheduler: |task| unsafe { task.assume::<R>() }.scheduler(),
        token: |task| unsafe { task.assume::<R>() }.token(),
        unpark_thread: |task| unsafe { task.assume::<R>() }.unpark_thread(),
        runs_beside_others: |task| unsafe { task.assume::<R>() }.runs_beside_others(),
        // SAFETY: called once, by whoever dropped the last reference, with the pointer that `Box::leak` gave.
        release: |head| drop(unsafe { Box::from_raw(head.cast::<Cell<R>>().as_ptr()) }),
        body: TypeId::of::<R>,
    };
}

impl<R: Run> TaskRef<R> {
    /// A new cell in the state `RUNNING`: whoever makes it says what comes next, by [`Task::start`] or by being its
    /// thread.
    pub(crate) fn new(body: R) -> Self {
        let cell = Box::new(Cell {
            head: Head {
                references: AtomicUsize::new(1),
                state: AtomicU32::new(RUNNING),
                bound_to: AtomicU32::new(0),
                place: AtomicU64::new(0),
                vtable: &Of::<R>::VTABLE,
            },
            body,
        });
        Self { task: Task(NonNull::from(Box::leak(cell)).cast()), body: PhantomData }
    }

    #[inline]
    pub(crate) fn task(&self) -> &Task {
        &self.task
    }

    #[inline]
    pub(crate) fn into_task(self) -> Task {
        self.task
    }
}

impl<R> Clone for TaskRef<R> {
    #[inline]
    fn clone(&self) -> Self {
        Self { task: self.task.clone(), body: PhantomData }
    }
}

impl<R> Deref for TaskRef<R> {
    type Target = R;

    #[inline]
    fn deref(&self) -> &R {
        // SAFETY: a `TaskRef<R>` is only made for a `Cell<R>`, which lives while a reference to it does.
        unsafe { &self.task.0.cast::<Cell<R>>().as_ref().body }
    }
}

impl Clone for Task {
    #[inline]
    fn clone(&self) -> Self {
        // Ordering: a new reference is made from one that is held, as in `Arc`.
        let before = self.head().references.fetch_add(1, Relaxed);
        if before > usize::MAX / 2 {
            std::process::abort();
        }
        Self(self.0)
    }
}

impl Drop for Task {
    #[inline]
    fn drop(&mut self) {
        let head = self.head();
        if head.references.fetch_sub(1, Release) == 1 {
            // Ordering: pairs with the `Release` of every other drop, as in `Arc`.
            head.references.load(Acquire);
            let release = head.vtable.release;
            // SAFETY: this was the last reference, and the pointer is the one that `TaskRef::new` leaked.
            unsafe { release(self.0) };
        }
    }
}

impl Task {
    #[inline]
    fn head(&self) -> &Head {
        // SAFETY: a `Task` is a counted reference, so the cell is alive.
        unsafe { self.0.as_ref() }
    }

    /// # Safety
    /// The cell must be a `Cell<R>`.
    #[inline]
    unsafe fn assume<R>(&self) -> &TaskRef<R> {
        // SAFETY: `TaskRef<R>` is a `Task` and a zero-sized marker.
        unsafe { &*ptr::from_ref(self).cast::<TaskRef<R>>() }
    }

    /// The task with its body's type, if that is `R`.
    #[inline]
    pub(crate) fn downcast<R: Run>(&self) -> Option<&TaskRef<R>> {
        // SAFETY: the cell's own vtable says that its body is an `R`.
        ((self.head().vtable.body)() == TypeId::of::<R>()).then(|| unsafe { self.assume::<R>() })
    }

    /// A second `Task` that counts as no reference.
    ///
    /// # Safety
    /// It must be forgotten, not dropped, before `self` ends.
    #[inline]
    pub(crate) unsafe fn uncounted(&self) -> Self {
        Self(self.0)
    }

    #[inline]
    fn scheduler(&self) -> &Scheduler {
        // SAFETY: the vtable belongs to this cell.
        unsafe { (self.head().vtable.scheduler)(self) }
    }

    /// The number by which the watchdog can ask about it.
    #[inline]
    pub(crate) fn token(&self) -> u64 {
        // SAFETY: the vtable belongs to this cell.
        unsafe { (self.head().vtable.token)(self) }
    }

    /// Whether its next turn may run on a thread on which others wait.
    pub(crate) fn runs_beside_others(&self) -> bool {
        // SAFETY: the vtable belongs to this cell.
        unsafe { (self.head().vtable.runs_beside_others)(self) }
    }

    /// Queues a new task for its first turn.
    pub(crate) fn start(&self) {
        self.head().state.store(WOKEN, Release);
        self.scheduler().schedule(self.clone());
    }

    /// As [`start`](Task::start), on the thread of this seat alone for as long as it lives.
    pub(super) fn start_on(&self, seat: &Seat) {
        self.head().bound_to.store(seat.number, Relaxed);
        self.start();
    }

    /// The seat whose thread alone runs it; 0 for any core.
    ///
    /// Ordering: it is written before the task is first queued.
    #[inline]
    pub(super) fn bound_to(&self) -> u32 {
        self.head().bound_to.load(Relaxed)
    }

    /// Makes sure that the task looks again at whatever it waits for.
    #[inline]
    pub(crate) fn wake(&self) {
        match self.head().state.fetch_or(WOKEN, AcqRel) {
            // The reference that was nobody's.
            0 => self.scheduler().schedule(Self(self.0)),
            state => self.wake_waiting(state),
        }
    }

    /// As [`wake`](Task::wake), of one that waits in the middle of a turn, or need not be woken.
    #[inline(never)]
    fn wake_waiting(&self, state: u32) {
        match state {
            PARKED => self.scheduler().make_ready(ParkedAt::from_bits(self.head().place.load(Relaxed)), self),
            // SAFETY: the vtable belongs to this cell.
            BLOCKED => unsafe { (self.head().vtable.unpark_thread)(self) },
            _ => {}
        }
    }

    /// [`Task::wake`] for one who has just left a lock that each turn takes after it began.
    ///
    /// Ordering: if the turn that will take the lock next has not begun, the state still says `WOKEN` and that turn
    /// sees what was put under the lock; if it has taken the lock before us, its `RUNNING` is visible to us.
    #[inline]
    pub(crate) fn wake_after_lock(&self) {
        if self.head().state.load(Relaxed) & WOKEN == 0 {
            self.wake();
        }
    }

    /// Runs one turn and does with the task what the turn says.
    #[inline]
    pub(crate) fn run(self) -> Ran {
        let state = &self.head().state;
        state.swap(RUNNING, AcqRel);
        // SAFETY: the vtable belongs to this cell.
        match unsafe { (self.head().vtable.run)(&self) } {
            Turn::Idle => {
                if state.compare_exchange(RUNNING, 0, AcqRel, Relaxed).is_ok() {
                    mem::forget(self);
                } else {
                    self.again();
                }
            }
            Turn::Later => {
                state.swap(WOKEN, AcqRel);
                self.scheduler().schedule_tired(self.clone());
            }
            Turn::Elsewhere => {
                state.swap(WOKEN, AcqRel);
                return Ran::Elsewhere(self);
            }
            // It stays as it is, in which nobody queues it.
            Turn::Done => return Ran::Done,
        }
        Ran::Rests
    }

    #[inline]
    fn again(self) {
        // Ordering: a swap, so that what a waker wrote during this turn is passed on to the next.
        self.head().state.swap(WOKEN, AcqRel);
        self.scheduler().schedule_last(self.clone());
    }

    /// Goes from `RUNNING` to `PARKED`, or to `BLOCKED` when there is no stack to set aside; false when it was woken
    /// meanwhile, and must look again instead of waiting.
    #[inline]
    pub(crate) fn park(&self, place: Option<ParkedAt>) -> bool {
        let head = self.head();
        if let Some(place) = place {
            head.place.store(place.to_bits(), Relaxed);
        }
        let waits = if place.is_some() { PARKED } else { BLOCKED };
        let parked = head.state.compare_exchange(RUNNING, waits, AcqRel, Relaxed).is_ok();
        if !parked {
            head.state.swap(RUNNING, AcqRel);
        }
        parked
    }

    /// Whether somebody has woken it since it parked.
    #[inline]
    pub(crate) fn is_woken(&self) -> bool {
        self.head().state.load(Acquire) & WOKEN != 0
    }

    /// Goes from `PARKED + WOKEN` or `BLOCKED + WOKEN` back to `RUNNING`.
    #[inline]
    pub(crate) fn resume(&self) {
        self.head().state.swap(RUNNING, AcqRel);
    }

    /// Calls `f` with a waker of this task that counts as no reference.
    #[inline]
    pub(crate) fn with_waker<T>(&self, f: impl FnOnce(&Waker) -> T) -> T {
        let data = self.0.as_ptr().cast_const().cast();
        // SAFETY: the data is the pointer of a live task, and is not given up: the waker is never dropped.
        let waker = ManuallyDrop::new(unsafe { Waker::new(data, &WAKER) });
        f(&waker)
    }

    /// Whether `waker` is one of this task's.
    #[inline]
    pub(crate) fn owns(&self, waker: &Waker) -> bool {
        ptr::eq(waker.data(), self.0.as_ptr().cast()) && ptr::eq(waker.vtable(), &WAKER)
    }
}

/// A place for one task, which one thread puts in and any may take out.
pub(crate) struct TaskSlot(AtomicPtr<Head>);

// A pointer in the slot is a `Task` that the slot owns; taking it out takes that ownership.
impl TaskSlot {
    pub(crate) fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Whether it was empty a moment ago.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.load(Relaxed).is_null()
    }

    /// Puts a task in; returns what was there.
    #[inline]
    pub(crate) fn put(&self, task: Task) -> Option<Task> {
        let task = ManuallyDrop::new(task).0.as_ptr();
        if self.is_empty() {
            // Ordering: all others only take, so an empty slot stays so until this store.
            self.0.store(task, Release);
            return None;
        }
        NonNull::new(self.0.swap(task, AcqRel)).map(Task)
    }

    #[inline]
    pub(crate) fn take(&self) -> Option<Task> {
        if self.is_empty() {
            return None;
        }
        NonNull::new(self.0.swap(ptr::null_mut(), AcqRel)).map(Task)
    }
}

impl Drop for TaskSlot {
    #[inline]
    fn drop(&mut self) {
        drop(self.take());
    }
}

static WAKER: RawWakerVTable = RawWakerVTable::new(
    // SAFETY (all): `data` is the pointer of a `Task` that the waker owns, so borrowing it as one is sound while the
    // waker lives, and taking it is sound in `wake` and `drop`, which consume the waker.
    |data| raw_waker(unsafe { borrow(&data) }.clone()),
    |data| unsafe { take(data) }.wake(),
    |data| unsafe { borrow(&data) }.wake(),
    |data| drop(unsafe { take(data) }),
);

#[inline]
fn raw_waker(task: Task) -> RawWaker {
    let data = task.0.as_ptr().cast_const().cast();
    mem::forget(task);
    RawWaker::new(data, &WAKER)
}

/// # Safety
/// `data` must be the pointer of a live `Task`.
#[inline]
unsafe fn borrow(data: &*const ()) -> &Task {
    // SAFETY: a `Task` is one non-null pointer.
    unsafe { &*ptr::from_ref(data).cast::<Task>() }
}

/// # Safety
/// `data` must be the pointer of a live `Task` that is given up by its holder.
#[inline]
unsafe fn take(data: *const ()) -> Task {
    // SAFETY: it came from a `NonNull`.
    Task(unsafe { NonNull::new_unchecked(data.cast_mut().cast()) })
}

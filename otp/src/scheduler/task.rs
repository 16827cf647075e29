//! What the scheduler runs: a counted pointer to one heap cell, and the state machine that decides who may run it.
//!
//! A cell begins with a [`Head`] and goes on with a body that the floor above defines. [`TaskRef`] knows the body's
//! type, [`AnyTask`] does not; both are one word and count as one reference. The body decides what a turn does ([`Run`]);
//! this file decides that two turns never overlap and that no wake-up is lost. That it is a task's turn is a value,
//! [`InTurn`]: what only turns may touch asks for it.
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
    Elsewhere(AnyTask),
    /// It will never run again.
    Done,
}

/// The body of a task.
pub(crate) trait Run: Send + Sync + Sized + 'static {
    /// Runs one turn on the calling core.
    fn run(this: &InTurn<Self>) -> Turn;
    /// The scheduler that it belongs to.
    fn scheduler(&self) -> &Scheduler;
    /// A number by which the watchdog can ask about it.
    fn token(&self) -> u64;
    /// Wakes the thread that waits inside this task, where no core runs it.
    fn unpark_thread(&self);
    /// Whether its next turn may run on a thread on which others wait, as far as is known.
    fn runs_beside_others(&self) -> bool;
}

/// To be called with a task whose own cell has this in its head; `run` when its turn begins, `release` with the last
/// reference.
struct VTable {
    run: unsafe fn(&AnyTask) -> Turn,
    scheduler: unsafe fn(&AnyTask) -> &Scheduler,
    token: unsafe fn(&AnyTask) -> u64,
    unpark_thread: unsafe fn(&AnyTask),
    runs_beside_others: unsafe fn(&AnyTask) -> bool,
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
struct TaskCell<R> {
    head: Head,
    body: R,
}

/// A counted reference to a cell whose body's type is not known.
///
/// One word, since it is the data of a waker and stands in a [`TaskSlot`].
#[repr(transparent)]
pub(crate) struct AnyTask(NonNull<Head>);

/// A counted reference to a cell with a body of type `R`; in memory it is a [`AnyTask`].
#[repr(transparent)]
pub(crate) struct TaskRef<R> {
    task: AnyTask,
    body: PhantomData<R>,
}

/// A task whose turn it is on the calling thread, in `RUNNING`, `PARKED` or `BLOCKED`: nobody else runs it while this
/// is there. In memory it is a [`AnyTask`].
///
/// Whoever makes a task has it, until the task is [started](InTurn::start); then each turn lends one to [`Run::run`].
/// It stays on its thread, can't be copied, and goes with the turn, since that only lends it.
#[repr(transparent)]
pub(crate) struct InTurn<R> {
    task: TaskRef<R>,
    /// Neither `Send` nor `Sync`.
    here: PhantomData<*const ()>,
}

// SAFETY: a `AnyTask` shares a `Cell<R>`, and may be the last that drops it: its body is `Send + Sync + 'static`, since
// `InTurn::new`, which makes the first `AnyTask` of a cell, asks for `R: Run`; its head is made of atomics and a reference
// to what nobody writes.
unsafe impl Send for AnyTask {}
// SAFETY: as above.
unsafe impl Sync for AnyTask {}
// SAFETY: as above; beside the `AnyTask` there is only a marker. The bound is not repeated here, so that a message type
// may hold references to the processes that receive it without going in circles.
unsafe impl<R> Send for TaskRef<R> {}
// SAFETY: as above.
unsafe impl<R> Sync for TaskRef<R> {}

struct Of<R>(PhantomData<R>);

impl<R: Run> Of<R> {
    const VTABLE: VTable = VTable {
        // SAFETY (of `assume`, all five): the caller says that this vtable is in the head of the task's cell, and it is
        // only ever stored in the head of a `Cell<R>`. SAFETY (of `in_turn`): the caller, `AnyTask::run`, has just gone to
        // `RUNNING` from a state in which nobody runs it.
        run: |task| R::run(unsafe { task.in_turn::<R>() }),
        scheduler: |task| unsafe { task.assume::<R>() }.scheduler(),
        token: |task| unsafe { task.assume::<R>() }.token(),
        unpark_thread: |task| unsafe { task.assume::<R>() }.unpark_thread(),
        runs_beside_others: |task| unsafe { task.assume::<R>() }.runs_beside_others(),
        // SAFETY: called once, by whoever dropped the last reference, with the pointer that `Box::leak` gave for a
        // `Cell<R>`: so nobody else has the cell, and the box is whole.
        release: |head| drop(unsafe { Box::from_raw(head.cast::<TaskCell<R>>().as_ptr()) }),
        body: TypeId::of::<R>,
    };
}

impl<R: Run> TaskRef<R> {
    #[inline]
    pub(crate) fn task(&self) -> &AnyTask {
        &self.task
    }

    #[inline]
    pub(crate) fn into_task(self) -> AnyTask {
        self.task
    }
}

impl<R: Run> InTurn<R> {
    /// A new cell in the state `RUNNING`: whoever makes it says what comes next, by [`InTurn::start`] or by being its
    /// thread.
    pub(crate) fn new(body: R) -> Self {
        let cell = Box::new(TaskCell {
            head: Head {
                references: AtomicUsize::new(1),
                state: AtomicU32::new(RUNNING),
                bound_to: AtomicU32::new(0),
                place: AtomicU64::new(0),
                vtable: &Of::<R>::VTABLE,
            },
            body,
        });
        let task = TaskRef { task: AnyTask(NonNull::from(Box::leak(cell)).cast()), body: PhantomData };
        // Nobody else has a reference to it; in `RUNNING` no waker queues it, and only what was queued is run.
        Self { task, here: PhantomData }
    }

    /// Queues a new task for its first turn.
    pub(crate) fn start(self) -> TaskRef<R> {
        self.task.task.start();
        self.task
    }

    /// As [`start`](InTurn::start), on the thread of this seat alone for as long as it lives.
    pub(super) fn start_on(self, seat: &Seat) -> TaskRef<R> {
        self.task.task.head().bound_to.store(seat.number, Relaxed);
        self.start()
    }

    /// The task, which will never have a turn.
    pub(crate) fn into_ref(self) -> TaskRef<R> {
        self.task
    }
}

impl<R> Deref for InTurn<R> {
    type Target = TaskRef<R>;

    #[inline]
    fn deref(&self) -> &TaskRef<R> {
        &self.task
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
        // SAFETY: a `TaskRef<R>` is only made for a `Cell<R>`, by `InTurn::new`, `clone` and `assume`; the cell lives
        // while a reference to it does, nobody has a `&mut` of it before the last is dropped, and the pointer is good
        // for all of it, being the one that `new` leaked.
        unsafe { &self.task.0.cast::<TaskCell<R>>().as_ref().body }
    }
}

impl Clone for AnyTask {
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

impl Drop for AnyTask {
    #[inline]
    fn drop(&mut self) {
        let head = self.head();
        if head.references.fetch_sub(1, Release) == 1 {
            // Ordering: pairs with the `Release` of every other drop, as in `Arc`.
            head.references.load(Acquire);
            let release = head.vtable.release;
            // SAFETY: this was the last reference, what the others did is seen, and the pointer is the one that
            // `InTurn::new` leaked for the cell that this vtable is of.
            unsafe { release(self.0) };
        }
    }
}

impl AnyTask {
    #[inline]
    fn head(&self) -> &Head {
        // SAFETY: a `AnyTask` is a counted reference, or stands for one (`uncounted`, the data of a waker), so the cell is
        // alive; it begins with its head, by `repr(C)`; and all of a head but the vtable, which is never written, is
        // atomic.
        unsafe { self.0.as_ref() }
    }

    /// # Safety
    /// The cell must be a `Cell<R>`.
    #[inline]
    unsafe fn assume<R>(&self) -> &TaskRef<R> {
        // SAFETY: `TaskRef<R>` is a `AnyTask` in memory, by `repr(transparent)`, and what it says of the cell is true.
        unsafe { &*ptr::from_ref(self).cast::<TaskRef<R>>() }
    }

    /// # Safety
    /// The cell must be a `Cell<R>`, and it is its turn on the calling thread while the reference is used.
    #[inline]
    unsafe fn in_turn<R>(&self) -> &InTurn<R> {
        // SAFETY: `InTurn<R>` is a `TaskRef<R>`, and that a `AnyTask`, in memory, by `repr(transparent)`; what it says of
        // the cell and of its turn is true. It does not leave the thread, being neither `Send` nor `Sync`, and
        // `Run::run` can keep no reference that it was lent.
        unsafe { &*ptr::from_ref(self).cast::<InTurn<R>>() }
    }

    /// The task with its body's type, if that is `R`.
    #[inline]
    pub(crate) fn downcast<R: Run>(&self) -> Option<&TaskRef<R>> {
        // SAFETY: the cell's own vtable says that its body is an `R`, whose `TypeId` no other type has.
        ((self.head().vtable.body)() == TypeId::of::<R>()).then(|| unsafe { self.assume::<R>() })
    }

    /// A second `AnyTask` that counts as no reference.
    ///
    /// # Safety
    /// It must be forgotten, not dropped, before `self` ends.
    #[inline]
    pub(crate) unsafe fn uncounted(&self) -> Self {
        Self(self.0)
    }

    #[inline]
    fn scheduler(&self) -> &Scheduler {
        // SAFETY: the vtable is that of this task's own cell.
        unsafe { (self.head().vtable.scheduler)(self) }
    }

    /// The number by which the watchdog can ask about it.
    #[inline]
    pub(crate) fn token(&self) -> u64 {
        // SAFETY: the vtable is that of this task's own cell.
        unsafe { (self.head().vtable.token)(self) }
    }

    /// Whether its next turn may run on a thread on which others wait.
    pub(crate) fn runs_beside_others(&self) -> bool {
        // SAFETY: the vtable is that of this task's own cell.
        unsafe { (self.head().vtable.runs_beside_others)(self) }
    }

    /// Queues a new task for its first turn.
    fn start(&self) {
        self.head().state.store(WOKEN, Release);
        self.scheduler().schedule(self.clone());
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

    /// As [`wake`](AnyTask::wake), of one that waits in the middle of a turn, or need not be woken.
    #[inline(never)]
    fn wake_waiting(&self, state: u32) {
        match state {
            PARKED => self.scheduler().make_ready(ParkedAt::from_bits(self.head().place.load(Relaxed)), self),
            // SAFETY: the vtable is that of this task's own cell.
            BLOCKED => unsafe { (self.head().vtable.unpark_thread)(self) },
            _ => {}
        }
    }

    /// [`AnyTask::wake`] for one who has just left a lock that each turn takes after it began.
    ///
    /// Ordering: if the turn that will take the lock next has not begun, the state still says `WOKEN` and that turn
    /// sees what was put under the lock; if it has taken the lock before us, its `RUNNING` is visible to us.
    #[inline]
    pub(crate) fn wake_after_lock(&self) {
        if self.head().state.load(Relaxed) & WOKEN == 0 {
            self.wake();
        }
    }

    /// Runs one turn of a task that was taken from its queue, and does with it what the turn says.
    #[inline]
    pub(crate) fn run(self) -> Ran {
        let state = &self.head().state;
        let before = state.swap(RUNNING, AcqRel);
        debug_assert_eq!(before, WOKEN, "only a task that was queued is run");
        // SAFETY: the vtable is that of this task's own cell. Nobody else runs it: it was in `WOKEN`, in which one
        // queue has it, and has given it to us; whoever wakes it from now on finds `RUNNING` and does not queue it.
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
        // SAFETY: `WAKER` takes the pointer of a live task as its data, which this is: `self` outlives the waker. It
        // counts as no reference, and is not given up: only `drop` and `wake` would do that, and a waker that is lent
        // in a `ManuallyDrop` is neither dropped nor woken by value.
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

// A pointer in the slot is a `AnyTask` that the slot owns; taking it out, which one does alone by a swap, takes that
// ownership. The `AnyTask`s made below say nothing else of the pointer than that it was one.
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
    pub(crate) fn put(&self, task: AnyTask) -> Option<AnyTask> {
        let task = ManuallyDrop::new(task).0.as_ptr();
        if self.is_empty() {
            // Ordering: all others only take, so an empty slot stays so until this store.
            self.0.store(task, Release);
            return None;
        }
        NonNull::new(self.0.swap(task, AcqRel)).map(AnyTask)
    }

    #[inline]
    pub(crate) fn take(&self) -> Option<AnyTask> {
        if self.is_empty() {
            return None;
        }
        NonNull::new(self.0.swap(ptr::null_mut(), AcqRel)).map(AnyTask)
    }
}

impl Drop for TaskSlot {
    #[inline]
    fn drop(&mut self) {
        drop(self.take());
    }
}

static WAKER: RawWakerVTable = RawWakerVTable::new(
    // SAFETY (all): `data` is what `raw_waker` has made of a `AnyTask`, which the waker owns from then on, or what
    // `AnyTask::with_waker` has lent it. Borrowing it as a task is sound while the waker lives; taking it is sound in
    // `wake` and `drop`, which consume the waker and are not called on one that was lent.
    |data| raw_waker(unsafe { borrow(&data) }.clone()),
    |data| unsafe { take(data) }.wake(),
    |data| unsafe { borrow(&data) }.wake(),
    |data| drop(unsafe { take(data) }),
);

#[inline]
fn raw_waker(task: AnyTask) -> RawWaker {
    let data = task.0.as_ptr().cast_const().cast();
    mem::forget(task);
    RawWaker::new(data, &WAKER)
}

/// # Safety
/// `data` must be the pointer of a live `AnyTask`.
#[inline]
unsafe fn borrow(data: &*const ()) -> &AnyTask {
    // SAFETY: a `AnyTask` is one non-null pointer in memory, by `repr(transparent)`; this is one, of a task that lives.
    unsafe { &*ptr::from_ref(data).cast::<AnyTask>() }
}

/// # Safety
/// `data` must be the pointer of a live `AnyTask` that is given up by its holder.
#[inline]
unsafe fn take(data: *const ()) -> AnyTask {
    // SAFETY: the pointer of a `AnyTask` is not null. That the task is ours to drop the caller says.
    AnyTask(unsafe { NonNull::new_unchecked(data.cast_mut().cast()) })
}

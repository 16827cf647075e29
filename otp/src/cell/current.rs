//! The process that the calling code is, and how it waits.
//!
//! Code on a core is the process whose turn it is. Any other thread becomes a process of its own on first use: it is
//! *adopted*, and ends as one when the thread does. A wait sets the stack aside on a core, blocks an adopted thread,
//! and drives the scheduler in a simulation.

#![allow(unsafe_code, reason = "the running process is named by a pointer that its turn keeps alive")]

use std::{
    cell::{Cell as StdCell, RefCell},
    convert::Infallible,
    fmt,
    future::Future,
    io,
    pin::pin,
    ptr::NonNull,
    sync::Arc,
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use super::{AnyProcess, ExitReason, Running, header::Home, locals, node::NodeInner, served, typed::Cell};
use crate::{
    report::Spans,
    scheduler::{self, Driver, THREAD, TaskRef},
    time::Moment,
};

/// How long an adopted thread looks for its answer before it blocks: about what waking it would cost.
const SPIN: Duration = Duration::from_micros(50);

thread_local! {
    static CURRENT: StdCell<Option<NonNull<Running>>> = const { StdCell::new(None) };
    static ADOPTED: RefCell<Option<Adopted>> = const { RefCell::new(None) };
    /// The next one, which the thread becomes when it still runs destructors of its locals and the first has ended.
    static LAST: RefCell<Option<Adopted>> = const { RefCell::new(None) };
}

/// The process that a thread became; it ends with the thread.
struct Adopted(Running);

impl Drop for Adopted {
    #[inline]
    fn drop(&mut self) {
        let reason = if thread::panicking() { ExitReason::Killed } else { ExitReason::Normal };
        self.0.process().end(&self.0, reason);
    }
}

/// Why a wait ended without what it waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// The process is ending, and its code is being unwound.
    Exiting,
    /// The system has no stack to set this one aside for.
    Resources,
}

/// Makes `process` the current one until the guard is dropped.
#[inline]
pub(crate) fn enter(process: &Running) -> Entered<'_> {
    Entered { before: CURRENT.replace(Some(NonNull::from(process))), process: std::marker::PhantomData }
}

pub(crate) struct Entered<'a> {
    before: Option<NonNull<Running>>,
    process: std::marker::PhantomData<&'a Running>,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        // After a park the thread-local may name another process; what was there before this turn is right again.
        CURRENT.set(self.before);
    }
}

/// Calls `f` with the current process, if the calling code is one already.
#[inline(always)]
pub(crate) fn try_with<R>(f: impl FnOnce(&Running) -> R) -> Option<R> {
    let adopted;
    let process = match CURRENT.try_with(StdCell::get) {
        // SAFETY: 1. `enter` sets it, whose guard borrows the process and takes it away before that ends; no guard is
        // leaked.
        // 2. What parks on this thread, or drives a simulation on it, names its process again before it goes on
        //    (`aside`,
        // `step`): so it names the process in whose turn the calling code is, until `f` returns.
        Ok(Some(process)) => unsafe { process.as_ref() },
        _ => {
            adopted = adopted_before()?;
            // SAFETY: as `adopted_before` says.
            unsafe { Running::of(&adopted) }
        }
    };
    Some(f(process))
}

/// The process that the calling thread became: one that no other thread runs.
#[cold]
fn adopted_before() -> Option<AnyProcess> {
    let kept =
        |adopted: &RefCell<Option<Adopted>>| adopted.borrow().as_ref().map(|adopted| AnyProcess::clone(&adopted.0));
    ADOPTED.try_with(kept).or_else(|_| LAST.try_with(kept)).ok().flatten()
}

/// Whether the process that the calling code is was declared dead: what it does has no effect any more.
#[inline]
pub(crate) fn is_lost() -> bool {
    // SAFETY: as in `try_with`.
    matches!(CURRENT.try_with(StdCell::get), Ok(Some(process)) if unsafe { process.as_ref() }.header().life.is_lost())
}

/// Whether the process that the calling code is, on a core, has to end: asked before it takes an answer, so that an
/// exit signal which was sent before that comes first.
#[inline]
pub(crate) fn ends_first() -> bool {
    let Ok(Some(process)) = CURRENT.try_with(StdCell::get) else { return false };
    // SAFETY: as in `try_with`.
    let process = unsafe { process.as_ref() };
    process.header().must_end(process)
}

/// Says which process the calling code is, without memory or locks.
pub(super) fn describe(out: &mut dyn fmt::Write) -> fmt::Result {
    // SAFETY: as in `try_with`.
    let Ok(Some(process)) = CURRENT.try_with(StdCell::get) else { return out.write_str("no process") };
    let header = unsafe { process.as_ref() }.header();
    write!(out, "process {} ({})", header.pid, header.program.label)?;
    header.handler.name().map_or(Ok(()), |name| write!(out, ", in `{name}`"))
}

/// The node of the current process; of a thread that is none yet, the one that it would be adopted by.
pub(crate) fn node() -> Arc<NodeInner> {
    try_with(|me| me.header().node.clone()).or_else(served::node).unwrap_or_else(|| NodeInner::default_node().clone())
}

/// Whether the calling code is a process already; a core between two turns is none.
pub(crate) fn is_process() -> bool {
    try_with(|_| ()).is_some()
}

/// The time on the clock of the current process's node.
pub(crate) fn now() -> Moment {
    with(|me| me.header().node.scheduler.now())
}

/// Calls `f` with the current process; a thread that is none yet is adopted by the default node.
#[inline(always)]
pub(crate) fn with<R>(f: impl FnOnce(&Running) -> R) -> R {
    let adopted;
    let process = match CURRENT.try_with(StdCell::get) {
        // SAFETY: as in `try_with`.
        Ok(Some(process)) => unsafe { process.as_ref() },
        _ => {
            adopted = adopted_process();
            // SAFETY: as `adopted_process` says.
            unsafe { Running::of(&adopted.0) }
        }
    };
    f(process)
}

/// As [`with`], of code that only turns run, so that there is no thread to adopt.
#[inline(always)]
pub(crate) fn in_turn<R>(f: impl FnOnce(&Running) -> R) -> R {
    let process = CURRENT.get().expect("a turn names its process");
    // SAFETY: as in `try_with`.
    f(unsafe { process.as_ref() })
}

/// The process of the calling thread, which no other thread runs; the second part ends it when it cannot be kept.
#[cold]
fn adopted_process() -> (AnyProcess, Option<Adopted>) {
    if let Some(process) = adopted_before() {
        return (process, None);
    }
    let served = served::node();
    let node = served.as_ref().unwrap_or_else(|| NodeInner::default_node());
    let adopted = Adopted(adopt(node, Home::Thread(thread::current())));
    let process = AnyProcess::clone(&adopted.0);
    // A thread whose locals are gone cannot be adopted for good; its process ends with this call.
    let mut temporary = Some(adopted);
    let mut keep = |adopted: &RefCell<Option<Adopted>>| *adopted.borrow_mut() = temporary.take();
    let _ = ADOPTED.try_with(&mut keep).or_else(|_| LAST.try_with(keep));
    (process, temporary)
}

/// Makes the calling thread a process of `node`. It traps exits.
fn adopt(node: &Arc<NodeInner>, home: Home) -> Running {
    let cell = node.table.insert(|pid| Cell::<Infallible>::new(pid, None, node.clone(), &THREAD, home, None));
    let me = Running::thread(cell);
    me.own().trap_exit.set(true);
    me
}

/// A process, if its home is the calling thread: it was adopted by it, or a test of handlers has made it.
pub(crate) fn at_home(process: &AnyProcess) -> Option<&Running> {
    // SAFETY: a process whose home is a thread is never started: whoever makes one of those keeps its `InTurn`, or
    // drops it. So it has no turns, and all who act for it ask for its home, here, or are the thread that was adopted.
    process.header().is_tested_here().then(|| unsafe { Running::of(process) })
}

/// Calls `f` with the process of `cell`, if the calling code is that or tests it.
pub(crate) fn as_itself<M: Send + 'static, R>(cell: &TaskRef<Cell<M>>, f: impl FnOnce(&Running) -> R) -> Option<R> {
    if cell.header().is_tested_here() {
        return at_home(&AnyProcess::new(cell)).map(f);
    }
    try_with(|me| (me.pid() == cell.header().pid).then(|| f(me))).flatten()
}

/// Calls `f` on a thread that is no process; should it become one meanwhile, that ends with `f`.
pub(crate) fn visiting<R>(f: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            drop(ADOPTED.take());
        }
    }
    let _leave = Leave;
    f()
}

/// Whether the calling code is a process on a core.
pub(crate) fn on_core() -> bool {
    // SAFETY: as in `try_with`.
    matches!(CURRENT.try_with(StdCell::get), Ok(Some(process)) if matches!(unsafe { process.as_ref() }.header().home, Home::Core))
}

/// Makes the calling thread a process of `node` for the length of `f`.
pub(crate) fn adopted_by<R>(node: &Arc<NodeInner>, f: impl FnOnce() -> R) -> R {
    let scheduler = &node.scheduler;
    let is_simulated = scheduler.clock().is_virtual();
    assert!(
        !is_simulated || scheduler.is_here(),
        "a simulated node can be entered by the thread of its simulation alone, while that runs"
    );
    // Whoever waits on the thread of a simulation has to drive it.
    let adopted = Adopted(adopt(node, if is_simulated { Home::Driver } else { Home::Thread(thread::current()) }));
    let _entered = enter(&adopted.0);
    f()
}

/// Makes the calling thread, which drives a simulation, a process of its node, for the length of `f`.
pub(crate) fn driving<R>(node: &Arc<NodeInner>, f: impl FnOnce(&Running) -> R) -> R {
    let process = adopt(node, Home::Driver);
    let result = {
        let _entered = enter(&process);
        f(&process)
    };
    process.process().end(&process, ExitReason::Normal);
    result
}

/// Waits for `future` in the current process.
///
/// # Errors
/// See [`Interrupted`]. A process that has to end while it waits does not return: its stack is unwound.
pub(crate) fn block_on<F: Future>(future: F) -> Result<F::Output, Interrupted> {
    let mut future = pin!(future);
    with(|me| {
        let _waiting = WaitGuard { me, deaf: me.header().set_deaf(me, true) };
        if me.header().gives_way() {
            give_way(me);
        }
        loop {
            if me.header().must_end(me) {
                if thread::panicking() {
                    break Err(Interrupted::Exiting);
                }
                me.header().unwind(me);
            }
            me.header().waits_for_no_call(me);
            me.header().waits_without_limit();
            if let Poll::Ready(output) =
                me.task().with_waker(|waker| future.as_mut().poll(&mut Context::from_waker(waker)))
            {
                break Ok(output);
            }
            if me.header().is_left_with_one_call(me) {
                continue;
            }
            if park(me).is_err() {
                break Err(Interrupted::Resources);
            }
        }
    })
}

/// A wait; when it is over, or unwound, the process is again what it was before.
struct WaitGuard<'a> {
    me: &'a Running,
    deaf: bool,
}

impl Drop for WaitGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        self.me.header().set_deaf(self.me, self.deaf);
        self.me.header().waits_for_no_call(self.me);
    }
}

fn park(me: &Running) -> io::Result<()> {
    match &me.header().home {
        Home::Core if thread::panicking() => park_unwinding(me),
        Home::Core => {
            return aside(me, || scheduler::park(me.task(), me.header().handler.code()));
        }
        Home::Thread(_) => {
            let began = Instant::now();
            while !me.task().is_woken() && began.elapsed() < SPIN {
                std::hint::spin_loop();
            }
            park_thread(me);
        }
        Home::Driver => {
            if me.task().park(None) {
                drive(|| me.task().is_woken());
                me.task().resume();
            }
        }
    }
    Ok(())
}

/// Lets others have the core: its turn has lasted for long without a wait.
fn give_way(me: &Running) {
    if matches!(me.header().home, Home::Core) && !thread::panicking() {
        // With no stack to be had it goes on.
        let _ = aside(me, || scheduler::give_way(me.task(), me.header().handler.code()));
    }
}

/// Calls `f`, in which others run on this thread.
fn aside<R>(me: &Running, f: impl FnOnce() -> R) -> R {
    let locals = locals::park(me);
    let spans = Spans::leave();
    // Between turns the thread is no process.
    CURRENT.set(None);
    let result = f();
    CURRENT.set(Some(NonNull::from(me)));
    spans.enter();
    if let Some(locals) = locals {
        locals.resume();
    }
    result
}

/// Waits in a `Drop` of a process that is unwinding but goes on to live: its stack cannot be set aside, since a thread
/// counts its panics, so the thread blocks and its core is handed over.
fn park_unwinding(me: &AnyProcess) {
    me.header().relate(|relations| relations.belongings().blocked = Some(thread::current()));
    if scheduler::hand_over() {
        park_thread(me);
    } else if me.task().park(None) {
        drive(|| me.task().is_woken());
        me.task().resume();
    }
}

fn park_thread(me: &AnyProcess) {
    if me.task().park(None) {
        while !me.task().is_woken() {
            // Where no core keeps the time any more the thread does it itself.
            if !me.header().node.is_stopped() {
                thread::park();
            } else if me.header().alarm_is_over(thread::park_timeout) {
                break;
            }
        }
        me.task().resume();
    }
}

/// Runs the simulation of the calling thread until `done`.
///
/// # Panics
/// When nothing can happen any more that would change it.
fn drive(done: impl Fn() -> bool) {
    let driver = Driver::current().expect("only its own code drives a simulation");
    while !done() {
        if !step(&driver) && !next_timer(&driver, Moment::FAR) {
            panic!("this wait would never end: nothing is runnable and no timer is set");
        }
    }
}

/// Makes one step of the simulation that the calling thread drives; false when nothing is runnable.
pub(crate) fn step(driver: &Driver) -> bool {
    let spans = Spans::leave();
    let current = CURRENT.get();
    let stepped = driver.step();
    // A process that parked in this step has left its name.
    CURRENT.set(current);
    spans.enter();
    stepped
}

/// Moves the clock of a simulation to its next timer, which expires where no process is, as on a core; false when there
/// is none up to `limit`.
pub(crate) fn next_timer(driver: &Driver, limit: Moment) -> bool {
    as_nobody(|| driver.next_timer(limit))
}

/// Calls `f` as a core does between two turns.
pub(crate) fn as_nobody<R>(f: impl FnOnce() -> R) -> R {
    let _before = Entered { before: CURRENT.take(), process: std::marker::PhantomData };
    f()
}

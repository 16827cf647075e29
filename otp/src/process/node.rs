//! A node: a scheduler with its own processes and names.

use std::{
    collections::BTreeMap,
    fmt, io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak,
        atomic::{
            AtomicBool, AtomicU32, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    AnyProcess, Down, ExitReason, MonitorRef, Pid, blocking,
    common::{Home, PendingCall},
    current, locals,
    names::Names,
    nobody::Nobody,
    overdue::{KILL_GRACE, Overdue},
    panic::install_panic_hook,
    report::{self, Crash},
    signal::Signal,
    table::Table,
};
use crate::{
    passed::pass,
    scheduler::{self, Scheduler},
};

/// How long [`Node::stop`] lets processes end by themselves, since the last of them did.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// All nodes of this program; a pid says which is its own.
static NODES: RwLock<BTreeMap<u32, Weak<NodeInner>>> = RwLock::new(BTreeMap::new());
static NODES_MADE: AtomicU32 = AtomicU32::new(0);

/// A scheduler with its own processes and names.
///
/// There is a default node, started on first use with a core for each CPU. Programs that want several, or another
/// number of cores, build them. Dropping a `Node` does not stop it; see [`Node::stop`].
#[derive(Clone)]
pub struct Node(Arc<NodeInner>);

/// Who crashed, what reports call it, and why.
pub(crate) type CrashRecord = (Pid, &'static str, ExitReason);

pub(crate) struct NodeInner {
    pub(crate) number: u32,
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) table: Table,
    pub(crate) names: Names,
    pub(crate) nobody: Nobody,
    /// The threads that [`blocking`](fn@super::blocking) has.
    pub(super) pool: Arc<blocking::Pool>,
    pub(super) late_calls: LateCalls,
    pub(super) checks: locals::Checks,
    counter: AtomicU64,
    /// The crashes so far, where somebody wants to know.
    crashes: Mutex<Option<Vec<CrashRecord>>>,
    stopping: AtomicBool,
    /// Nothing runs in it any more.
    stopped: AtomicBool,
    ends: Mutex<()>,
    ended: Condvar,
}

/// How a node is to be.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `start`"]
pub struct NodeBuilder {
    cores: usize,
    stack_size: usize,
    max_blocking_threads: usize,
    check_locals: bool,
}

impl NodeBuilder {
    /// The number of cores, at least 1; by default one for each CPU.
    pub fn cores(mut self, cores: usize) -> Self {
        self.cores = cores.max(1);
        self
    }

    /// The address space of a handler's stack in bytes, by default 1 MiB. Memory is used as the stack is.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes.max(64 * 1024);
        self
    }

    /// How many closures of [`blocking`](fn@super::blocking) may run at once, at least 1; by default 512. Threads are
    /// started when they are needed.
    pub fn max_blocking_threads(mut self, threads: usize) -> Self {
        self.max_blocking_threads = threads.max(1);
        self
    }

    /// Whether plain handlers that wait are checked for thread-locals that they have left changed, of those that
    /// [`watch_local`](super::watch_local) knows; each is reported. By default no, in a debug build with
    /// `OTP_CHECK=locals` in its environment yes.
    pub fn check_locals(mut self, check: bool) -> Self {
        self.check_locals = check;
        self
    }

    /// Starts the node.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(self) -> io::Result<Node> {
        let scheduler = Arc::new(Scheduler::new(self.cores, self.stack_size));
        let node = Node::new(scheduler, self.max_blocking_threads, self.check_locals);
        node.0.scheduler.start(Box::new(Overdue::new(Arc::downgrade(&node.0))))?;
        Ok(node)
    }
}

pub(crate) const STACK_SIZE: usize = 1 << 20;

impl Node {
    /// Describes a new node.
    pub fn builder() -> NodeBuilder {
        NodeBuilder {
            cores: thread::available_parallelism().map_or(1, usize::from),
            stack_size: STACK_SIZE,
            max_blocking_threads: blocking::MAX_THREADS,
            check_locals: locals::by_environment(),
        }
    }

    /// The node of the current process; the default node, if the calling thread is no process yet.
    pub fn current() -> Self {
        current::try_with(|me| Self(me.common().node.clone()))
            .or_else(blocking::served)
            .unwrap_or_else(|| Self::default_node().clone())
    }

    pub(crate) fn default_node() -> &'static Self {
        static DEFAULT: OnceLock<Node> = OnceLock::new();
        DEFAULT.get_or_init(|| Self::builder().start().expect("the system has threads for the default node"))
    }

    pub(crate) fn with_scheduler(scheduler: Arc<Scheduler>) -> Self {
        Self::new(scheduler, blocking::MAX_THREADS, locals::by_environment())
    }

    fn new(scheduler: Arc<Scheduler>, max_blocking_threads: usize, check_locals: bool) -> Self {
        install_panic_hook();
        scheduler::tell_overflows(current::describe);
        let number = NODES_MADE.fetch_add(1, Relaxed);
        let inner = Arc::new(NodeInner {
            number,
            scheduler,
            table: Table::new(number),
            names: Names::default(),
            nobody: Nobody::default(),
            pool: Arc::new(blocking::Pool::new(max_blocking_threads)),
            late_calls: LateCalls::default(),
            checks: locals::Checks::new(check_locals),
            counter: AtomicU64::new(0),
            crashes: Mutex::new(None),
            stopping: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            ends: Mutex::new(()),
            ended: Condvar::new(),
        });
        NODES.write().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::downgrade(&inner));
        Self(inner)
    }

    pub(crate) fn inner(&self) -> &Arc<NodeInner> {
        &self.0
    }

    /// Makes the calling thread a process of this node while `f` runs: what `f` starts belongs to this node.
    ///
    /// A wait in `f` blocks the thread: in a handler its core, in a simulation all of it. So what it waits for must not
    /// depend on that simulation.
    ///
    /// # Panics
    /// When it is the node of a [simulation](crate::Sim) that another thread runs, or that is over.
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        current::adopted_by(self, f)
    }

    /// The pids of all its processes that are alive, adopted threads among them. `erlang:processes/0`.
    pub fn processes(&self) -> Vec<Pid> {
        // What runs in its own farewell finds itself gone.
        let ending = current::try_with(|me| me.common().is_ending().then(|| me.pid())).flatten();
        self.0.table.all().iter().map(AnyProcess::pid).filter(|pid| Some(*pid) != ending).collect()
    }

    /// The number of cores that run its processes. `erlang:system_info(schedulers_online)`.
    pub fn cores(&self) -> usize {
        self.0.scheduler.cores()
    }

    /// The number of its processes.
    pub fn len(&self) -> usize {
        self.0.table.len()
    }

    /// Whether it has no process.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of threads that are lost in code which did not come back when its process was killed.
    pub fn lost_threads(&self) -> usize {
        self.0.scheduler.lost()
    }

    /// How many messages and exits of its processes went to names that nobody had: to subjects, by `exit`, by casts, by
    /// timers. Whoever is told so itself is not counted, as by `try_send` or a call. The first to each name is reported,
    /// where OTP raises an error: to a subject, or by `exit`.
    pub fn undelivered(&self) -> u64 {
        self.0.nobody.undelivered()
    }

    /// The number of threads that its pool for [`blocking`](fn@super::blocking) has now, busy and idle ones.
    pub fn blocking_threads(&self) -> usize {
        self.0.pool.threads()
    }

    /// The number of closures for [`blocking`](fn@super::blocking) that no thread has begun.
    pub fn blocking_queue_len(&self) -> usize {
        self.0.pool.queue_len()
    }

    /// The number of timers that are set.
    pub fn timers(&self) -> usize {
        self.0.scheduler.timers().len()
    }

    /// Stops the node: asks each process that no other process started to shut down, waits as long as one of them ends
    /// every 5 seconds, kills what is left, and ends the cores. When it returns nothing of the node is running, save
    /// threads lost in code that does not come back, and closures of [`blocking`](fn@super::blocking) that have begun; one
    /// that an OS thread waits for is done. What is started in it from then on ends at once with `Shutdown`, and no timer
    /// of it expires. A second call
    /// does nothing. Shut trees down before, where their order matters: `init:stop/0`.
    ///
    /// # Panics
    /// When a process of the node calls it, or the test of a simulation, which stops its node by itself.
    pub fn stop(&self) {
        let node = &self.0;
        assert!(
            !node.scheduler.is_here(),
            "a node cannot be stopped from one of its own cores: it would have to wait for itself"
        );
        if node.stopping.swap(true, SeqCst) {
            return;
        }
        let roots = node.on_cores().filter(|process| {
            let parent = process.common().parent();
            parent.and_then(|pid| node.table.get(pid)).is_none_or(|parent| !matches!(parent.common().home, Home::Core))
        });
        for process in roots.collect::<Vec<_>>() {
            let from = process.common().parent().unwrap_or(process.pid());
            let _ = process.signal(Signal::Exit { from, reason: ExitReason::Shutdown, link: false });
        }
        node.await_end(STOP_GRACE);
        node.kill_all();
        // What a thread has started meanwhile is found below, and what it starts from now on finds the flag.
        node.stopped.store(true, SeqCst);
        node.kill_all();
        node.scheduler.stop();
        node.pool.close();
        // Threads that wait have had cores to keep the time.
        node.table.all().iter().for_each(|process| process.task().wake());
    }
}

impl Drop for NodeInner {
    fn drop(&mut self) {
        self.pool.close();
        NODES.write().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("number", &self.0.number).field("processes", &self.len()).finish_non_exhaustive()
    }
}

/// Calls that came to processes while these told others of their end.
#[derive(Default)]
pub(super) struct LateCalls {
    calls: Mutex<BTreeMap<Pid, Vec<Arc<dyn PendingCall>>>>,
    /// Whether there are any, for a look without the lock.
    any: AtomicBool,
}

impl LateCalls {
    fn calls(&self) -> MutexGuard<'_, BTreeMap<Pid, Vec<Arc<dyn PendingCall>>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    pub(super) fn push(&self, callee: Pid, call: Arc<dyn PendingCall>) {
        let mut calls = self.calls();
        calls.entry(callee).or_default().push(call);
        self.any.store(true, Relaxed);
    }

    /// Those of one process, to which no more can come.
    ///
    /// Ordering: its last `push` was made under a lock of its own that the caller has taken since.
    pub(super) fn take(&self, callee: Pid) -> Vec<Arc<dyn PendingCall>> {
        if !self.any.load(Relaxed) {
            return Vec::new();
        }
        let mut calls = self.calls();
        let taken = calls.remove(&callee).unwrap_or_default();
        self.any.store(!calls.is_empty(), Relaxed);
        taken
    }
}

impl NodeInner {
    fn crashes(&self) -> MutexGuard<'_, Option<Vec<CrashRecord>>> {
        self.crashes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on handlers that wait are checked, or are not.
    pub(crate) fn check_locals(&self, check: bool) {
        self.checks.switch(check);
    }

    /// From now on crashes are recorded.
    pub(crate) fn record_crashes(&self) {
        *self.crashes() = Some(Vec::new());
    }

    /// The crashes recorded since the last call.
    pub(crate) fn take_crashes(&self) -> Vec<CrashRecord> {
        self.crashes().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Forgets the crash of a process.
    pub(crate) fn forgive(&self, pid: Pid) {
        if let Some(crashes) = self.crashes().as_mut() {
            crashes.retain(|(crashed, ..)| *crashed != pid);
        }
    }

    /// A process has crashed.
    pub(crate) fn crashed(&self, crash: Crash) {
        let common = crash.process.common();
        if let Some(crashes) = self.crashes().as_mut() {
            crashes.push((common.pid, common.program.label, crash.reason.clone()));
        }
        if crash.is_reported {
            report::crashed(crash);
        }
    }

    pub(crate) fn on_cores(&self) -> impl Iterator<Item = AnyProcess> {
        self.table.all().into_iter().filter(|process| matches!(process.common().home, Home::Core))
    }

    /// Whether nothing runs in it any more.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(SeqCst)
    }

    fn kill_all(&self) {
        while self.table.on_cores() > 0 {
            for process in self.on_cores() {
                self.exit(process.pid(), process.pid(), ExitReason::Kill);
            }
            self.await_end(KILL_GRACE);
        }
    }

    /// Waits until nothing runs on its cores; until they have not become fewer for so long.
    fn await_end(&self, patience: Duration) {
        let (mut fewest, mut until) = (usize::MAX, Instant::now());
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (left, now) = (self.table.on_cores(), Instant::now());
            if left < fewest {
                (fewest, until) = (left, now + patience);
            }
            match until.checked_duration_since(now) {
                Some(wait) if left > 0 => {
                    ends = self.ended.wait_timeout(ends, wait).unwrap_or_else(PoisonError::into_inner).0;
                }
                _ => return,
            }
        }
    }

    /// Called by each process when it has ended and is in the table no more.
    pub(crate) fn ended(&self, pid: Pid) {
        // Whoever waits is woken for the last one, not for each.
        if self.stopping.load(SeqCst) && self.table.is_idle_beside(pid) {
            drop(self.ends.lock().unwrap_or_else(PoisonError::into_inner));
            self.ended.notify_all();
        }
    }

    /// A number that this node gives once.
    pub(crate) fn unique(&self) -> u64 {
        self.counter.fetch_add(1, Relaxed) + 1
    }

    pub(crate) fn new_monitor(&self, watcher: Pid) -> MonitorRef {
        MonitorRef::new(watcher, self.unique())
    }

    /// Finds a process of any node.
    pub(crate) fn find(&self, pid: Pid) -> Option<AnyProcess> {
        if pid.node == self.number { self.table.get(pid) } else { Self::find_anywhere(pid) }
    }

    /// The node of a process, while there is that.
    pub(super) fn of(pid: Pid) -> Option<Arc<Self>> {
        NODES.read().unwrap_or_else(PoisonError::into_inner).get(&pid.node)?.upgrade()
    }

    /// Finds a process, for one who is of no node.
    pub(crate) fn find_anywhere(pid: Pid) -> Option<AnyProcess> {
        Self::of(pid)?.table.get(pid)
    }

    /// Sends a signal; one that finds nobody is answered as OTP answers it.
    pub(crate) fn signal(&self, to: Pid, signal: Signal) {
        match self.find(to) {
            Some(process) => self.signal_to(&process, signal),
            None => self.bounce(to, signal, ExitReason::NoProc),
        }
    }

    /// As [`signal`](NodeInner::signal), for one that was found.
    pub(crate) fn signal_to(&self, process: &AnyProcess, signal: Signal) {
        if current::is_lost() {
            return;
        }
        if let Err(signal) = process.signal(signal) {
            process.common().act_late(signal);
        }
    }

    /// What comes back from a process that is gone, for this reason as far as its sender may know.
    pub(crate) fn bounce(&self, gone: Pid, signal: Signal, reason: ExitReason) {
        match signal {
            Signal::Link { from } => {
                self.signal(from, Signal::Exit { from: gone, reason, link: true });
            }
            Signal::Monitor { monitor, .. } => {
                self.signal(monitor.watcher, Signal::Down(Down::new(monitor, gone, reason)));
            }
            Signal::Unlink { from, number } => self.signal(from, Signal::UnlinkAck { from: gone, number }),
            Signal::Exit { .. }
            | Signal::UnlinkAck { .. }
            | Signal::Demonitor { .. }
            | Signal::Down(_)
            | Signal::Trapped(_)
            | Signal::Foreign { .. }
            | Signal::Dropped(_)
            | Signal::Fatal(_)
            | Signal::Terminate(_)
            | Signal::System(_)
            | Signal::Ask(_) => {}
        }
    }

    /// Sends an exit signal. `erlang:exit/2`.
    pub(crate) fn exit(&self, from: Pid, to: Pid, reason: ExitReason) {
        if current::is_lost() {
            return;
        }
        let Some(process) = self.find(to) else { return };
        if matches!(reason, ExitReason::Kill) {
            process.common().doom();
        }
        // A process that has ended needs no exit signal.
        let _ = process.signal(Signal::Exit { from, reason, link: false });
    }
}

impl NodeInner {
    /// Has every process look again at whom it waits for: callers may belong to any node.
    pub(super) fn wake_waiting(&self) {
        let nodes: Vec<_> = {
            let nodes = NODES.read().unwrap_or_else(PoisonError::into_inner);
            nodes.values().inspect(|_| pass(1)).filter_map(Weak::upgrade).collect()
        };
        // A simulation has no callers elsewhere, and is not to be touched by another thread.
        for node in nodes.iter().filter(|node| !node.scheduler.clock().is_virtual()) {
            node.table.all().iter().for_each(|process| process.task().wake());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, sync::Arc};

    use super::{LateCalls, Pid};
    use crate::process::reply::ReplySlot;

    #[test]
    fn late_calls_are_kept_until_their_own_callee_takes_them() {
        let callees = [0, 1].map(|index| Pid { node: 0, index, serial: NonZeroU32::MIN });
        let late = LateCalls::default();
        for callee in callees {
            late.push(callee, Arc::new(ReplySlot::<()>::pair(callee, None).0));
        }
        assert_eq!(callees.map(|callee| late.take(callee).len()), [1, 1]);
    }
}

//! What a node is: a scheduler with its own processes and names.

use std::{
    any::Any,
    collections::BTreeMap,
    io,
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

use self::{
    names::Names,
    nobody::Nobody,
    overdue::{KILL_GRACE, Overdue},
    table::Table,
};
use super::{
    AnyProcess, Crash, Down, ExitReason, MonitorRef, Pid,
    attached::Attached,
    crash::Crashes,
    current,
    header::{Home, PendingCall},
    locals,
    panic::install_panic_hook,
    report::{self, CrashReport},
    signal::Signal,
};
use crate::{
    passed::pass,
    scheduler::{self, MAX_THREADS, Pool, Scheduler},
};

pub(crate) mod names;
mod nobody;
mod overdue;
mod table;

/// How long [`NodeInner::stop`] lets processes end by themselves, since the last of them did.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// All nodes of this program; a pid says which is its own.
static NODES: RwLock<BTreeMap<u32, Weak<NodeInner>>> = RwLock::new(BTreeMap::new());
static NODES_MADE: AtomicU32 = AtomicU32::new(0);

pub(crate) struct NodeInner {
    pub(crate) number: u32,
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) table: Table,
    pub(crate) names: Names,
    pub(crate) nobody: Nobody,
    /// Threads for code that blocks.
    pub(crate) pool: Arc<Pool>,
    pub(super) late_calls: LateCalls,
    pub(super) checks: locals::Checks,
    counter: AtomicU64,
    pub(crate) crashes: Crashes,
    /// What rooms above keep here.
    attached: Mutex<Attached>,
    stopping: AtomicBool,
    /// Nothing runs in it any more.
    stopped: AtomicBool,
    ends: Mutex<()>,
    ended: Condvar,
}

/// How a node is to be.
#[derive(Debug, Clone)]
pub(crate) struct NodeConfig {
    pub(crate) cores: usize,
    /// In bytes of address space.
    pub(crate) stack_size: usize,
    pub(crate) max_blocking_threads: usize,
    pub(crate) check_locals: bool,
}

pub(crate) const STACK_SIZE: usize = 1 << 20;
const MIN_STACK_SIZE: usize = 64 * 1024;

impl NodeConfig {
    fn check(&self) -> io::Result<()> {
        let wrong = |what| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        match self {
            Self { cores: 0, .. } => wrong("a node has at least one core"),
            Self { stack_size: ..MIN_STACK_SIZE, .. } => wrong("the stack of a handler has at least 64 KiB"),
            Self { max_blocking_threads: 0, .. } => wrong("a node has at least one thread for code that blocks"),
            _ => Ok(()),
        }
    }
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            cores: thread::available_parallelism().map_or(1, usize::from),
            stack_size: STACK_SIZE,
            max_blocking_threads: MAX_THREADS,
            check_locals: locals::by_environment(),
        }
    }
}

impl NodeInner {
    /// Starts a node.
    ///
    /// # Errors
    /// When the system refuses a thread, or the configuration makes no sense.
    pub(crate) fn start(config: &NodeConfig) -> io::Result<Arc<Self>> {
        config.check()?;
        let scheduler = Arc::new(Scheduler::new(config.cores, config.stack_size));
        let node = Self::new(scheduler, config.max_blocking_threads, config.check_locals);
        node.scheduler.start(Box::new(Overdue::new(Arc::downgrade(&node))))?;
        Ok(node)
    }

    /// The node of threads that were given no other.
    pub(crate) fn default_node() -> &'static Arc<Self> {
        static DEFAULT: OnceLock<Arc<NodeInner>> = OnceLock::new();
        DEFAULT
            .get_or_init(|| Self::start(&NodeConfig::default()).expect("the system has threads for the default node"))
    }

    pub(crate) fn with_scheduler(scheduler: Arc<Scheduler>) -> Arc<Self> {
        Self::new(scheduler, MAX_THREADS, locals::by_environment())
    }

    fn new(scheduler: Arc<Scheduler>, max_blocking_threads: usize, check_locals: bool) -> Arc<Self> {
        install_panic_hook();
        scheduler::tell_overflows(current::describe);
        let number = NODES_MADE.fetch_add(1, Relaxed);
        let node = Arc::new(Self {
            number,
            scheduler,
            table: Table::new(number),
            names: Names::default(),
            nobody: Nobody::default(),
            pool: Arc::new(Pool::new(max_blocking_threads)),
            late_calls: LateCalls::default(),
            checks: locals::Checks::new(check_locals),
            counter: AtomicU64::new(0),
            crashes: Crashes::default(),
            attached: Mutex::default(),
            stopping: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            ends: Mutex::new(()),
            ended: Condvar::new(),
        });
        NODES.write().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::downgrade(&node));
        node
    }

    /// Asks its processes to shut down, kills what is left, and ends the cores.
    pub(crate) fn stop(&self) {
        assert!(
            !self.scheduler.is_here(),
            "a node cannot be stopped from one of its own cores: it would have to wait for itself"
        );
        if self.stopping.swap(true, SeqCst) {
            return;
        }
        let roots = self.on_cores().filter(|process| {
            let parent = process.header().parent();
            parent.and_then(|pid| self.table.get(pid)).is_none_or(|parent| !matches!(parent.header().home, Home::Core))
        });
        for process in roots.collect::<Vec<_>>() {
            let from = process.header().parent().unwrap_or(process.pid());
            let _ = process.signal(Signal::Exit { from, reason: ExitReason::Shutdown, link: false });
        }
        self.await_end(STOP_GRACE);
        self.kill_all();
        // What a thread has started meanwhile is found below, and what it starts from now on finds the flag.
        self.stopped.store(true, SeqCst);
        self.kill_all();
        self.scheduler.stop();
        self.pool.close();
        // Threads that wait have had cores to keep the time.
        self.table.all().iter().for_each(|process| process.task().wake());
    }
}

impl Drop for NodeInner {
    fn drop(&mut self) {
        self.pool.close();
        NODES.write().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
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
    /// From now on handlers that wait are checked, or are not.
    pub(crate) fn check_locals(&self, check: bool) {
        self.checks.switch(check);
    }

    /// A process has crashed.
    pub(crate) fn crashed(&self, crash: CrashReport) {
        let header = crash.process.header();
        self.crashes.push(|| Crash {
            pid: header.pid,
            label: header.program.label,
            reason: crash.reason.clone(),
            remains: crash.remains.clone(),
        });
        if crash.is_reported {
            report::crashed(crash);
        }
    }

    pub(crate) fn on_cores(&self) -> impl Iterator<Item = AnyProcess> {
        self.table.all().into_iter().filter(|process| matches!(process.header().home, Home::Core))
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

    /// What a room above keeps for this node: made when it is asked for first.
    pub(crate) fn attached<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        self.attached.lock().unwrap_or_else(PoisonError::into_inner).get_or_make(make)
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
            process.header().act_late(signal);
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
            process.header().life.doom();
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
    use crate::cell::reply::ReplySlot;

    #[test]
    fn late_calls_are_kept_until_their_own_callee_takes_them() {
        let callees = [0, 1].map(|index| Pid { node: 0, index, serial: NonZeroU32::MIN });
        let late = LateCalls::default();
        for callee in callees {
            late.push(callee, Arc::new(ReplySlot::<()>::pair(callee, None).1));
        }
        assert_eq!(callees.map(|callee| late.take(callee).len()), [1, 1]);
    }
}

//! A node: a scheduler with its own processes and names.

use std::{fmt, io, sync::Arc};

use crate::{
    cell::{
        AnyProcess, Crash, Pid, current,
        node::{NodeConfig, NodeInner},
    },
    scheduler::Scheduler,
};

/// A scheduler with its own processes and names.
///
/// There is a default node, started on first use with a core for each CPU. Programs that want several, or another
/// number of cores, build them. Dropping a `Node` does not stop it; see [`Node::stop`].
///
/// ```
/// use otp::{Node, prelude::*};
///
/// let node = Node::builder().cores(1).start()?;
/// let pid = node.enter(|| process::spawn(|_| otp::timer::sleep_forever()));
/// assert!(node.processes().contains(&pid));
/// assert!(!Node::current().processes().contains(&pid));          // the thread is of the default node
/// node.stop();                                                   // asks `pid` to shut down, and waits
/// assert!(node.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Node(Arc<NodeInner>);

/// Describes a node that is to be started; [`start`](NodeBuilder::start) says what is wrong with it.
///
/// ```
/// use otp::Node;
///
/// let node = Node::builder().cores(2).stack_size(256 * 1024).max_blocking_threads(8).start()?;
/// assert_eq!(node.cores(), 2);
/// node.stop();
///
/// let none = Node::builder().cores(0).start();
/// assert_eq!(none.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `start`"]
pub struct NodeBuilder(NodeConfig);

impl NodeBuilder {
    /// Describes a node as it is by default.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of cores, at least 1; by default one for each CPU.
    pub fn cores(mut self, cores: usize) -> Self {
        self.0.cores = cores;
        self
    }

    /// The address space of a handler's stack in bytes, at least 64 KiB, by default 1 MiB. Memory is used as the stack
    /// is.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.0.stack_size = bytes;
        self
    }

    /// How many closures of [`blocking`](fn@super::blocking) may run at once, at least 1; by default 512. Threads are
    /// started when they are needed.
    pub fn max_blocking_threads(mut self, threads: usize) -> Self {
        self.0.max_blocking_threads = threads;
        self
    }

    /// Whether plain handlers that wait are checked for thread-locals that they have left changed, of those that
    /// [`watch_local`](crate::cell::watch_local) knows; each is reported. By default no, in a debug build with
    /// `OTP_CHECK=locals` in its environment yes.
    ///
    /// [`watch_local`](crate::cell::watch_local) has an example.
    pub fn check_locals(mut self, check: bool) -> Self {
        self.0.check_locals = check;
        self
    }

    /// Starts the node.
    ///
    /// # Errors
    /// When the system refuses a thread; [`io::ErrorKind::InvalidInput`] when a number is too small.
    pub fn start(self) -> io::Result<Node> {
        NodeInner::start(&self.0).map(Node)
    }
}

impl Node {
    /// Describes a new node.
    pub fn builder() -> NodeBuilder {
        NodeBuilder::new()
    }

    /// The node of the current process; the default node, if the calling thread is no process yet.
    ///
    /// ```
    /// use otp::Node;
    ///
    /// let me = otp::self_pid();
    /// assert!(Node::current().processes().contains(&me));
    /// ```
    ///
    /// # Panics
    /// When the system has no threads for the default node.
    #[must_use]
    pub fn current() -> Self {
        Self(current::node())
    }

    pub(crate) fn with_scheduler(scheduler: Arc<Scheduler>) -> Self {
        Self(NodeInner::with_scheduler(scheduler))
    }

    pub(crate) fn inner(&self) -> &Arc<NodeInner> {
        &self.0
    }

    /// Makes the calling thread a process of this node while `f` runs: what `f` starts belongs to this node.
    ///
    /// A wait in `f` blocks the thread: in a handler its core, in a simulation all of it. So what it waits for must not
    /// depend on that simulation.
    ///
    /// ```
    /// use otp::Node;
    ///
    /// let node = Node::builder().cores(1).start()?;
    /// let here = otp::self_pid();
    /// assert_ne!(node.enter(otp::self_pid), here);   // the thread is another process there
    /// assert_eq!(otp::self_pid(), here);
    /// # node.stop();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    /// When it is the node of a [simulation](crate::Sim) that another thread runs, or that is over.
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        current::adopted_by(&self.0, f)
    }

    /// The pids of all its processes that are alive, adopted threads among them. `erlang:processes/0`.
    ///
    /// ```
    /// use otp::{Node, process};
    ///
    /// let pid = process::spawn(|_| otp::timer::sleep_forever());
    /// assert!(Node::current().processes().contains(&pid));
    /// ```
    pub fn processes(&self) -> Vec<Pid> {
        // What runs in its own farewell finds itself gone.
        let ending = current::try_with(|me| me.header().life.is_ending().then(|| me.pid())).flatten();
        self.0.table.all().iter().map(AnyProcess::pid).filter(|pid| Some(*pid) != ending).collect()
    }

    /// The number of cores that run its processes. `erlang:system_info(schedulers_online)`.
    #[must_use]
    pub fn cores(&self) -> usize {
        self.0.scheduler.cores()
    }

    /// The number of its processes.
    ///
    /// ```
    /// use otp::prelude::*;
    ///
    /// Sim::run(1, |t| {
    ///     assert_eq!(t.node().len(), 1);             // the test
    ///     process::spawn(|_| otp::timer::sleep_forever());
    ///     assert_eq!(t.node().len(), 2);
    /// });
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.table.len()
    }

    /// Whether it has no process.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// From now on the crashes of its processes are recorded, for [`crashes`](Node::crashes): in a test on real cores,
    /// say, which is to fail when anything has crashed.
    ///
    /// ```
    /// use otp::{Node, prelude::*};
    ///
    /// Node::current().record_crashes();
    /// // what is tested
    /// assert_eq!(Node::current().crashes(), []);
    /// ```
    pub fn record_crashes(&self) {
        self.0.crashes.record();
    }

    /// The crashes since the last look, oldest first: the last 1000 of them, and none from before they were
    /// [recorded](Node::record_crashes). For a process that was seen to end, by a monitor or a call that failed, its
    /// crash is there. [`Sim::crashes`](crate::Sim::crashes) for real cores.
    ///
    /// ```
    /// use otp::{Node, process};
    ///
    /// let node = Node::builder().cores(1).start()?;
    /// node.record_crashes();
    /// node.enter(|| {
    ///     let (_, monitor) = process::spawn_monitor(|_| panic!("off by one"));
    ///     process::current().receive_down(monitor, None);
    /// });
    /// let [crash] = &node.crashes()[..] else { panic!("it crashed once") };
    /// assert_eq!(crash.reason.as_panic().unwrap().message, "off by one");
    /// assert!(node.crashes().is_empty());
    /// # node.stop();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn crashes(&self) -> Vec<Crash> {
        self.0.crashes.take()
    }

    /// The number of threads that are lost in code which did not come back when its process was killed.
    #[must_use]
    pub fn lost_threads(&self) -> usize {
        self.0.scheduler.lost()
    }

    /// How many messages and exits of its processes went to names that nobody had: to subjects, by `exit`, by casts, by
    /// timers. Whoever is told so itself is not counted, as by `try_send` or a call. The first to each name is
    /// reported, where OTP raises an error: to a subject, or by `exit`.
    ///
    /// ```
    /// use otp::{prelude::*, process::Subject};
    ///
    /// Sim::run(1, |t| {
    ///     Subject::named("nobody").send("a letter");
    ///     otp::process::exit("nobody", ExitReason::Shutdown);
    ///     assert_eq!(t.node().undelivered(), 2);
    /// });
    /// ```
    #[must_use]
    pub fn undelivered(&self) -> u64 {
        self.0.nobody.undelivered()
    }

    /// The number of threads that its pool for [`blocking`](fn@super::blocking) has now, busy and idle ones.
    ///
    /// ```
    /// use otp::Node;
    ///
    /// assert_eq!(Node::current().blocking_threads(), 0);
    /// otp::blocking(|| ());
    /// assert_eq!(Node::current().blocking_threads(), 1);     // it stays for ten seconds
    /// ```
    #[must_use]
    pub fn blocking_threads(&self) -> usize {
        self.0.pool.threads()
    }

    /// The number of closures for [`blocking`](fn@super::blocking) that no thread has begun.
    #[must_use]
    pub fn blocking_queue_len(&self) -> usize {
        self.0.pool.queue_len()
    }

    /// The number of timers that are set: those that a [`TimerRef`](crate::process::TimerRef) stands for. It looks at
    /// all of them.
    ///
    /// ```
    /// use otp::{prelude::*, timer};
    ///
    /// Sim::run(1, |t| {
    ///     let timer = timer::apply_after(Duration::from_secs(60), || ());
    ///     assert_eq!(t.node().timers(), 1);
    ///     timer.cancel();
    ///     assert_eq!(t.node().timers(), 0);
    /// });
    /// ```
    #[must_use]
    pub fn timers(&self) -> usize {
        self.0.scheduler.timers().count()
    }

    /// Stops the node: asks each process that no other process started to shut down, waits as long as one of them ends
    /// every 5 seconds, kills what is left, and ends the cores. When it returns nothing of the node is running, save
    /// threads lost in code that does not come back, and closures of [`blocking`](fn@super::blocking) that have begun;
    /// one that an OS thread waits for is done. What is started in it from then on ends at once with `Shutdown`, and no
    /// timer of it expires. A second call does nothing. Shut trees down before, where their order matters:
    /// `init:stop/0`.
    ///
    /// ```
    /// use otp::{ExitReason, Node, process};
    ///
    /// let node = Node::builder().cores(1).start()?;
    /// node.enter(|| process::spawn(|_| otp::timer::sleep_forever()));
    /// node.stop();
    /// assert_eq!(node.len(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    /// When a process of the node calls it, or the test of a simulation, which stops its node by itself.
    pub fn stop(&self) {
        self.0.stop();
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("number", &self.0.number).field("processes", &self.len()).finish_non_exhaustive()
    }
}

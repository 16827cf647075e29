//! Simulation: a node on the test's own thread, where a seed makes every choice and time is virtual.

use std::{
    error::Error,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Duration,
};

use crate::{
    actor::{ChildId, Place, StartError, ToPid},
    cell::{Crash, ExitReason, STACK_SIZE, current},
    process::{self, Node},
    scheduler::{self, Driver, Simulation},
    supervisor::{Child, ChildSpec, SupervisorRef},
    time::Moment,
};

/// After so many turns without a pause a simulation is taken not to settle.
const SETTLE_LIMIT: usize = 10_000_000;

/// A node that a test drives: one core, a virtual clock, and a seed that chooses what runs next.
///
/// `#[otp::test]` makes one for each seed. The test itself is a process of the node that traps exits. When it waits,
/// others run; when nothing is runnable, the clock jumps to the next timer. Nothing happens while it does not wait.
///
/// A process that crashes fails the test, unless the test [expected](Sim::crashes) it.
///
/// ```
/// use otp::prelude::*;
///
/// Sim::run(1, |t| {
///     let bell = process::current().subject();
///     let ring = bell.clone();
///     process::spawn(move |_| {
///         otp::sleep(Duration::from_secs(3600));
///         ring.send("an hour is over");
///     });
///     assert_eq!(bell.receive(None), Some("an hour is over"));        // at once, in real time
///     assert_eq!(t.now(), Duration::from_secs(3600));
/// });
/// ```
pub struct Sim {
    driver: Driver,
    node: Node,
    seed: u64,
}

impl Sim {
    /// Runs `test` in a simulation with a seed.
    ///
    /// What `test` returns is returned. It may be a `Result`, so that `?` can be used.
    ///
    /// ```
    /// use otp::prelude::*;
    ///
    /// /// Who of two is first.
    /// fn race(seed: u64) -> u32 {
    ///     Sim::run(seed, |_| {
    ///         let line = process::current().subject();
    ///         for runner in 1..=2 {
    ///             let line = line.clone();
    ///             process::spawn(move |_| line.send(runner));
    ///         }
    ///         line.receive(None).unwrap()
    ///     })
    /// }
    ///
    /// assert_eq!(race(7), race(7));                                       // a seed decides it
    /// assert!((0..100).map(race).any(|first| first == 2));                // in another one it is the other
    /// ```
    ///
    /// # Panics
    /// When a process crashed that the test did not expect, or when processes are left that can't be ended. When it is
    /// called in a process on a core, as a handler is, or in another simulation: it takes a thread of its own.
    pub fn run<R>(seed: u64, test: impl FnOnce(&mut Sim) -> R) -> R {
        assert!(
            scheduler::can_drive(),
            "a simulation takes a thread of its own, and this one runs processes or another simulation, or is about to \
             end: run it on a new thread (`std::thread::spawn`)"
        );
        let simulation = Simulation::new(seed, STACK_SIZE);
        let node = Node::with_scheduler(simulation.scheduler().clone());
        node.record_crashes();
        let mut sim = Sim { driver: simulation.driver(), node: node.clone(), seed };
        let outcome = current::driving(node.inner(), |_| {
            let outcome = catch_unwind(AssertUnwindSafe(|| test(&mut sim)));
            let crashes = sim.crashes();
            sim.end();
            (outcome, crashes)
        });
        match outcome {
            (Err(payload), crashes) => {
                // They are often why the test failed.
                crashes.iter().for_each(|crash| eprintln!("crashed: {crash}"));
                resume_unwind(payload)
            }
            (Ok(_), crashes) if !crashes.is_empty() => {
                let crashes: Vec<String> = crashes.iter().map(ToString::to_string).collect();
                panic!("crashed, which the test did not expect: {}", crashes.join("; "));
            }
            (Ok(value), _) => value,
        }
    }

    /// Kills what the test has left.
    fn end(&self) {
        let inner = self.node.inner();
        for process in inner.on_cores() {
            inner.exit(process.pid(), process.pid(), ExitReason::Kill);
        }
        self.settle();
        assert!(inner.table.on_cores() == 0, "a process has survived its kill");
        // The crashes of the end are nobody's concern.
        drop(inner.crashes.take());
    }

    /// The seed of this run.
    ///
    /// ```
    /// otp::Sim::run(7, |t| assert_eq!(t.seed(), 7));
    /// ```
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The node that it drives: its processes, timers, undelivered messages.
    ///
    /// ```
    /// use otp::prelude::*;
    ///
    /// Sim::run(1, |t| {
    ///     process::spawn(|_| otp::sleep(Duration::from_secs(1)));
    ///     assert_eq!(t.node().len(), 2);             // the test is one
    ///     t.advance(Duration::from_secs(1));
    ///     assert_eq!(t.node().len(), 1);
    /// });
    /// ```
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Whether plain handlers that wait are checked from now on for thread-locals that they have left changed, of those
    /// that [`process::watch_local`] knows: such a wait panics, and so fails the test. `OTP_CHECK=locals` in the
    /// environment of a debug build does it from the beginning.
    ///
    /// [`process::watch_local`] has an example.
    pub fn check_locals(&self, check: bool) {
        self.node.inner().check_locals(check);
    }

    /// The virtual time since the start.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// Sim::run(1, |t| {
    ///     assert_eq!(t.now(), Duration::ZERO);
    ///     otp::sleep(Duration::from_millis(20));
    ///     assert_eq!(t.now(), Duration::from_millis(20));
    /// });
    /// ```
    #[must_use]
    pub fn now(&self) -> Duration {
        self.node.inner().scheduler.now().saturating_duration_since(Moment::START)
    }

    /// Lets everything run until nothing is runnable; the clock stands still.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// Sim::run(1, |t| {
    ///     let pid = process::spawn(|_| ());
    ///     assert!(t.node().processes().contains(&pid));      // nothing ran yet
    ///     t.settle();
    ///     assert!(!t.node().processes().contains(&pid));
    ///     assert_eq!(t.now(), Duration::ZERO);
    /// });
    /// ```
    ///
    /// # Panics
    /// When it goes on for ten million turns.
    pub fn settle(&self) {
        for _ in 0..SETTLE_LIMIT {
            if !current::step(&self.driver) {
                return;
            }
        }
        panic!("the simulation does not settle: processes wake one another for ever");
    }

    /// Lets `duration` pass: what is runnable runs, and timers expire in their order.
    ///
    /// ```
    /// # use otp::{prelude::*, timer};
    /// Sim::run(1, |t| {
    ///     let bell = process::current().subject();
    ///     timer::send_interval(Duration::from_secs(1), &bell, ());
    ///     t.advance(Duration::from_secs(90));
    ///     assert_eq!(bell.flush(), 90);
    ///     assert_eq!(t.now(), Duration::from_secs(90));
    /// });
    /// ```
    ///
    /// # Panics
    /// As [`settle`](Sim::settle).
    pub fn advance(&self, duration: Duration) {
        let scheduler = &self.node.inner().scheduler;
        let until = scheduler.now().saturating_add(duration);
        self.settle();
        while current::next_timer(&self.driver, until) {
            self.settle();
        }
        scheduler.clock().advance_to(until);
        self.settle();
    }

    /// Starts a child spec as a supervisor would, linked to the test.
    ///
    /// Nobody restarts it. When it ends, the test, which traps exits, is told so by the link.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Counter(u32);
    /// # #[actor]
    /// # impl Counter {
    /// #     #[init] fn init() -> Self { Self(0) }
    /// #     #[handle_call] pub fn add(&mut self) -> u32 { self.0 += 1; self.0 }
    /// #     #[handle_cast] pub fn bug(&mut self) { panic!("off by one") }
    /// # }
    /// Sim::run(1, |t| {
    ///     let counter = t.start(Counter::child_spec()).unwrap();
    ///     assert_eq!(counter.add(), Ok(1));
    /// });
    /// ```
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start<C: Child>(&self, spec: ChildSpec<C>) -> Result<C::Client, StartError> {
        let place = Place::root();
        spec.start(&place)?;
        Ok(C::client(place))
    }

    /// Kills the process that a client, a name or a pid stands for now, and waits until it is gone.
    ///
    /// This end does not fail the test.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Counter(u32);
    /// # #[actor]
    /// # impl Counter {
    /// #     #[init] fn init() -> Self { Self(0) }
    /// #     #[handle_call] pub fn add(&mut self) -> u32 { self.0 += 1; self.0 }
    /// #     #[handle_cast] pub fn bug(&mut self) { panic!("off by one") }
    /// # }
    /// # supervisor! { pub App<one_for_one> { counter: Counter(); } }
    /// Sim::run(1, |t| {
    ///     let app = App::start().unwrap();
    ///     assert_eq!(app.counter().add(), Ok(1));
    ///     t.kill(&app.counter());
    ///     t.settle();
    ///     assert_eq!(app.counter().add(), Ok(1));    // a new incarnation
    /// });
    /// ```
    ///
    /// # Panics
    /// When that is nobody.
    #[track_caller]
    pub fn kill<Kind>(&self, target: &(impl ToPid<Kind> + ?Sized)) {
        let pid = target.to_pid().expect("there is a process to kill");
        let (mark, monitor) = (process::me::mark(), process::monitor(pid));
        process::exit(pid, ExitReason::Kill);
        // A test that is about to end is not waited for.
        let _ = process::me::try_receive_down(mark, monitor, None);
    }

    /// How often a child of a tree was started again.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Counter(u32);
    /// # #[actor]
    /// # impl Counter {
    /// #     #[init] fn init() -> Self { Self(0) }
    /// #     #[handle_call] pub fn add(&mut self) -> u32 { self.0 += 1; self.0 }
    /// #     #[handle_cast] pub fn bug(&mut self) { panic!("off by one") }
    /// # }
    /// # supervisor! { pub App<one_for_one> { counter: Counter(); } }
    /// Sim::run(1, |t| {
    ///     let app = App::start().unwrap();
    ///     assert_eq!(t.restarts(&app, "counter"), 0);
    ///     t.kill(&app.counter());
    ///     t.settle();
    ///     assert_eq!(t.restarts(&app, "counter"), 1);
    /// });
    /// ```
    ///
    /// # Panics
    /// When the tree has no such child, or is gone.
    #[track_caller]
    pub fn restarts(&self, tree: &impl AsRef<SupervisorRef>, child: impl Into<ChildId>) -> u64 {
        tree.as_ref().restarts(child).expect("the tree has this child")
    }

    /// The crashes since the last look; what was looked at does not fail the test.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Counter(u32);
    /// # #[actor]
    /// # impl Counter {
    /// #     #[init] fn init() -> Self { Self(0) }
    /// #     #[handle_call] pub fn add(&mut self) -> u32 { self.0 += 1; self.0 }
    /// #     #[handle_cast] pub fn bug(&mut self) { panic!("off by one") }
    /// # }
    /// Sim::run(1, |t| {
    ///     Counter::start().unwrap().bug();
    ///     t.settle();
    ///     let [crash] = &t.crashes()[..] else { panic!("it crashed once") };
    ///     assert_eq!(crash.label, "Counter");
    ///     assert_eq!(crash.reason.as_panic().unwrap().message, "off by one");
    /// });
    /// ```
    pub fn crashes(&self) -> Vec<Crash> {
        self.node.crashes()
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").field("seed", &self.seed).field("now", &self.now()).finish_non_exhaustive()
    }
}

/// Why a test that returns a `Result` has failed.
pub type TestError = Box<dyn Error + Send + Sync>;

/// What a test that has a return type of its own came to.
#[doc(hidden)]
pub fn outcome<E: fmt::Debug>(result: Result<(), E>) -> Result<(), TestError> {
    result.map_err(|error| format!("{error:?}").into())
}

/// Runs a test under each of a number of seeds; says which one failed. `OTP_SEED` chooses one.
///
/// # Panics
/// When the test does, or `OTP_SEED` is no seed.
#[doc(hidden)]
pub fn simulate(name: &str, seeds: u64, test: impl Fn(&mut Sim) -> Result<(), TestError>) {
    match std::env::var_os("OTP_SEED") {
        Some(chosen) => match chosen.to_str().and_then(|seed| seed.parse().ok()) {
            Some(seed) => simulate_seed(name, seed, test),
            None => panic!("`OTP_SEED` is the number of one seed, such as 7, not `{}`", chosen.display()),
        },
        None => (0..seeds).for_each(|seed| simulate_seed(name, seed, &test)),
    }
}

/// Runs a test under one seed.
///
/// # Panics
/// When the test does.
#[doc(hidden)]
pub fn simulate_seed(name: &str, seed: u64, test: impl Fn(&mut Sim) -> Result<(), TestError>) {
    match catch_unwind(AssertUnwindSafe(|| Sim::run(seed, |sim| test(sim)))) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{name} failed with seed {seed}: {error}\nto replay it: OTP_SEED={seed}"),
        Err(payload) => {
            eprintln!("{name} failed with seed {seed}\nto replay it: OTP_SEED={seed}");
            resume_unwind(payload);
        }
    }
}

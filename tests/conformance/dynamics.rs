//! What the tests of dynamic supervisors have in common: a worker that begins and ends as it is told.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use otp::{
    prelude::*,
    supervisor::{ChildCount, DynamicChild, DynamicRef, DynamicSupervisor},
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// What a worker does from its next start on.
#[derive(Clone)]
pub(crate) enum Mood {
    Works,
    /// It traps exits, and takes so long to terminate.
    Lingers(Duration),
    /// It traps exits, and ends for a reason of its own when it is asked to end.
    Answers(ExitReason),
    Ignores,
    Fails,
    Exits,
    Panics,
}

/// What a worker is started with.
#[derive(Clone)]
pub(crate) struct Plan {
    mood: Arc<Mutex<Mood>>,
    starts: Arc<AtomicU32>,
}

impl Plan {
    pub(crate) fn new(mood: Mood) -> Self {
        Self { mood: Arc::new(Mutex::new(mood)), starts: Arc::default() }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().expect("no worker panics with it") = mood;
    }

    fn mood(&self) -> Mood {
        self.mood.lock().expect("no worker panics with it").clone()
    }

    /// How often workers were started with it.
    pub(crate) fn starts(&self) -> u32 {
        self.starts.load(SeqCst)
    }

    /// How many hold it.
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.starts)
    }
}

pub(crate) struct Worker(Mood);

#[actor]
impl Worker {
    #[init]
    fn init(plan: Plan, ctx: &mut Context<Self>) -> Init<Self> {
        plan.starts.fetch_add(1, SeqCst);
        let mood = plan.mood();
        match &mood {
            Mood::Works => {}
            Mood::Lingers(_) => {
                ctx.trap_exit(true);
            }
            Mood::Answers(reason) => {
                ctx.trap_exit(true);
                ctx.init_ack();
                process::current().receive_exit(None);
                return Init::Stop(reason.clone());
            }
            Mood::Ignores => return Init::Ignore,
            Mood::Fails => return Init::Error(no_start()),
            Mood::Exits => return Init::Stop(no_start()),
            Mood::Panics => panic!("no start"),
        }
        Init::Ok(Self(mood))
    }

    /// Ends by itself.
    #[handle_cast]
    pub(crate) fn end(&mut self, reason: ExitReason, ctx: &mut Context<Self>) {
        ctx.stop(reason);
    }

    #[terminate]
    fn linger(&mut self) {
        if let Mood::Lingers(time) = self.0 {
            otp::sleep(time);
        }
    }
}

pub(crate) type Workers = DynamicRef<Worker, Plan>;

/// Of workers that are restarted so, and may be as often as they like.
pub(crate) fn workers(restart: Restart) -> DynamicSupervisor<Worker, Plan> {
    workers_as(move |spec| spec.restart(restart))
}

/// Of workers whose spec says what `change` makes of it.
pub(crate) fn workers_as(
    change: impl Fn(ChildSpec<Worker>) -> ChildSpec<Worker> + Send + Sync + 'static,
) -> DynamicSupervisor<Worker, Plan> {
    DynamicSupervisor::template(move |plan: Plan| change(Worker::child_spec(plan))).intensity(u32::MAX, SECOND)
}

pub(crate) fn works() -> Plan {
    Plan::new(Mood::Works)
}

pub(crate) fn no_start() -> ExitReason {
    ExitReason::other("no start")
}

pub(crate) fn abnormal() -> ExitReason {
    ExitReason::other("abnormal")
}

/// Specs, active children, supervisors and workers.
pub(crate) fn counts(supervisor: &impl AsRef<SupervisorRef>) -> [usize; 4] {
    let count = supervisor.as_ref().count_children();
    let ChildCount { specs, active, supervisors, workers, .. } = count.expect("the supervisor lives");
    [specs, active, supervisors, workers]
}

/// Lets a worker end by itself, and its supervisor do what it does then. A crash is expected.
pub(crate) fn end(t: &Sim, worker: &WorkerRef, reason: ExitReason) {
    worker.end(reason);
    t.settle();
    t.crashes();
}

/// Kills a worker, and lets its supervisor do what it does then.
pub(crate) fn kill(t: &Sim, worker: &WorkerRef) {
    t.kill(worker);
    t.settle();
}

pub(crate) fn pid(worker: &WorkerRef) -> Pid {
    worker.pid().expect("the worker runs")
}

/// Why processes end that are watched, in the order of the monitors.
pub(crate) fn reasons(monitors: impl IntoIterator<Item = MonitorRef>) -> Vec<ExitReason> {
    let me = process::current();
    let down = |monitor| me.receive_down(monitor, None).expect("there is no limit").reason;
    monitors.into_iter().map(down).collect()
}

/// Ends a supervisor as its parent does, which the test is; says why it ended.
pub(crate) fn shut_down<C: DynamicChild, A>(supervisor: &DynamicRef<C, A>) -> ExitReason {
    let pid = supervisor.pid().expect("the supervisor lives");
    process::exit(pid, ExitReason::Shutdown);
    exit_of(pid)
}

/// Why a supervisor ended that the test has started.
pub(crate) fn exit_of(supervisor: Pid) -> ExitReason {
    let exit = process::current().receive_exit(None).expect("there is no limit");
    assert_eq!(exit.from, supervisor);
    exit.reason
}

//! `supervisor_SUITE`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod dynamic;
#[cfg(feature = "stacks")]
mod report;
mod restart;
mod significant;
mod start;
mod strategy;

use std::sync::{
    Arc, Mutex,
    atomic::{
        AtomicBool, AtomicU32,
        Ordering::{Relaxed, SeqCst},
    },
};

use otp::{
    prelude::*,
    supervisor::{ChildCount, ChildState},
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// What happened, in order: `+a` when worker `a` is up, `!a` when its start fails, `-a` when it is gone.
#[derive(Clone, Default)]
pub(crate) struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn note(&self, mark: char, id: &str) {
        self.0.lock().unwrap().push(format!("{mark}{id}"));
    }

    /// What happened since the last look.
    pub(crate) fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(" ")
    }

    pub(crate) fn worker(&self, id: &'static str) -> Plan {
        Plan { id, journal: self.clone(), ..Plan::default() }
    }

    pub(crate) fn spec(&self, id: &'static str) -> ChildSpec<Worker> {
        self.worker(id).spec()
    }
}

/// How a worker behaves.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    id: &'static str,
    journal: Journal,
    /// So many starts fail.
    failures: Arc<AtomicU32>,
    ignores: Arc<AtomicBool>,
    /// It traps exits, and its `terminate` takes so long.
    lingers: Duration,
}

impl Plan {
    pub(crate) fn spec(&self) -> ChildSpec<Worker> {
        let plan = self.clone();
        Worker::spec(move || (plan.clone(),))
    }

    /// From now on every start fails.
    fn breaks(&self) {
        self.failures.store(u32::MAX, Relaxed);
    }
}

pub(crate) struct Worker(Plan);

#[actor]
impl Worker {
    #[init]
    fn init(plan: Plan, ctx: &mut Context<Self>) -> Init<Self> {
        if plan.failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            plan.journal.note('!', plan.id);
            return Init::Error(no_start());
        }
        if plan.ignores.load(Relaxed) {
            return Init::Ignore;
        }
        ctx.trap_exit(!plan.lingers.is_zero());
        plan.journal.note('+', plan.id);
        Init::Ok(Self(plan))
    }

    #[handle_call]
    pub(crate) fn id(&self) -> &'static str {
        self.0.id
    }

    /// Ends by itself.
    #[handle_cast]
    pub(crate) fn end(&mut self, reason: ExitReason, ctx: &mut Context<Self>) {
        ctx.stop(reason);
    }

    /// Does something of its own.
    #[handle_cast]
    pub(crate) fn run(&mut self, run: Box<dyn FnOnce() + Send>) {
        run();
    }

    #[terminate]
    fn linger(&mut self) {
        if !self.0.lingers.is_zero() {
            otp::sleep(self.0.lingers);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.journal.note('-', self.0.id);
    }
}

/// Why the start of a worker fails.
fn no_start() -> ExitReason {
    ExitReason::other("no start")
}

fn abnormal() -> ExitReason {
    ExitReason::other("abnormal")
}

/// A supervisor that has no children yet, linked to the test.
fn supervisor(strategy: Strategy) -> SupervisorRef {
    Supervisor::new(strategy).intensity(2, HOUR).start_link().unwrap()
}

/// Ends a supervisor as its parent does; says why it ended.
fn shut_down(supervisor: &SupervisorRef) -> ExitReason {
    let pid = supervisor.pid().unwrap();
    process::exit(pid, ExitReason::Shutdown);
    exit_of(pid)
}

/// Why the supervisor ended that is linked to the test.
fn exit_of(supervisor: Pid) -> ExitReason {
    let exit = process::current().receive_exit(None).unwrap();
    assert_eq!(exit.from, supervisor);
    exit.reason
}

/// Lets a worker end by itself, and its supervisor do what it does then. A crash is expected.
fn end(t: &Sim, supervisor: &SupervisorRef, id: &str, reason: ExitReason) {
    supervisor.child::<Worker>(id).end(reason);
    t.settle();
    t.crashes();
}

/// The workers that run, by their pids.
fn pids<const N: usize>(supervisor: &SupervisorRef, ids: [&str; N]) -> [Option<Pid>; N] {
    ids.map(|id| supervisor.child::<Worker>(id).pid())
}

/// Specs, active children, supervisors and workers.
fn counts(supervisor: &SupervisorRef) -> [usize; 4] {
    let ChildCount { specs, active, supervisors, workers, .. } = supervisor.count_children().unwrap();
    [specs, active, supervisors, workers]
}

/// Ids and pids of its children, in the order in which it tells them.
fn listed(supervisor: &SupervisorRef) -> Vec<(String, Option<Pid>)> {
    let pid = |state| match state {
        ChildState::Running(pid) => Some(pid),
        _ => None,
    };
    let children = supervisor.which_children().unwrap();
    children.into_iter().map(|child| (child.id.to_string(), pid(child.state))).collect()
}

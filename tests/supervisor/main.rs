//! Supervisors, each test named after what it promises. Time is virtual where the node is simulated.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod admin;
mod clients;
mod info;
mod own;
mod printed;
#[cfg(all(feature = "stacks", feature = "tracing"))]
mod reported;
mod requests;
mod restarts;
mod retries;
mod shutdown;
mod signals;
mod significant;
mod starts;
mod stuck;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicBool, AtomicU32,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};

use otp::{
    Actor, ActorRef, Context, ExitReason, Pid, ReplyTo, Sim,
    actor::{Handled, Init},
    mode::Mode,
    process,
    supervisor::{Child, ChildSpec, ChildState, Strategy, Supervisor, SupervisorRef},
};

const SECOND: Duration = Duration::from_secs(1);

/// What happened, in order: `+a` when worker `a` is up, `!a` when its start fails, `-a` when it is gone.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn note(&self, mark: char, id: &str) {
        self.0.lock().unwrap().push(format!("{mark}{id}"));
    }

    /// What happened since the last look.
    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(" ")
    }
}

/// A worker to be.
#[derive(Clone)]
struct Plan {
    id: &'static str,
    journal: Journal,
    /// So many starts fail.
    failures: Arc<AtomicU32>,
    /// How long a start takes.
    slow: Duration,
    ignores: Arc<AtomicBool>,
    traps: bool,
    /// How long its `terminate` takes.
    lingers: Duration,
    /// Runs in its `init` and in its `terminate`.
    asks: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Journal {
    fn worker(&self, id: &'static str) -> Plan {
        Plan {
            id,
            journal: self.clone(),
            failures: Arc::default(),
            slow: Duration::ZERO,
            ignores: Arc::default(),
            traps: false,
            lingers: Duration::ZERO,
            asks: None,
        }
    }

    fn spec(&self, id: &'static str) -> ChildSpec<Worker> {
        self.worker(id).spec()
    }
}

impl Plan {
    fn spec(&self) -> ChildSpec<Worker> {
        let plan = self.clone();
        Worker::spec(move || plan.clone())
    }
}

struct Worker(Plan);

enum Message {
    Get(ReplyTo<&'static str>),
    End(ExitReason),
    Run(Box<dyn FnOnce() + Send>),
}

impl Actor for Worker {
    type Args = Plan;
    type Message = Message;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "Worker";

    fn init(plan: Plan, ctx: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        if !plan.slow.is_zero() {
            otp::sleep(plan.slow);
        }
        ctx.trap_exit(plan.traps);
        if let Some(asks) = &plan.asks {
            asks();
        }
        if plan.failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            plan.journal.note('!', plan.id);
            return Handled::Done(Init::Error(ExitReason::other("no start")));
        }
        if plan.ignores.load(Relaxed) {
            return Handled::Done(Init::Ignore);
        }
        plan.journal.note('+', plan.id);
        Handled::Done(Init::Ok(Worker(plan)))
    }

    fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match message {
            Message::Get(reply) => {
                if reply.begin() {
                    ctx.reply(reply, self.0.id);
                }
            }
            Message::End(reason) => return Handled::Done(Err(reason)),
            Message::Run(run) => run(),
        }
        Handled::Done(Ok(()))
    }

    fn terminate<'a>(&'a mut self, _: &'a ExitReason, _: &'a mut Context<Self>) -> Handled<'a, ()> {
        if !self.0.lingers.is_zero() {
            otp::sleep(self.0.lingers);
        }
        if let Some(asks) = &self.0.asks {
            asks();
        }
        Handled::Done(())
    }

    fn message_name(_: &Message) -> &'static str {
        "message"
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.journal.note('-', self.0.id);
    }
}

/// Runs a test in simulations with some seeds.
fn simulated(test: impl Fn(&mut Sim)) {
    (0..10).for_each(|seed| Sim::run(seed, &test));
}

fn kill(t: &Sim, supervisor: &SupervisorRef, id: &str) {
    process::exit(supervisor.place().child(id).pid().unwrap(), ExitReason::Kill);
    t.settle();
}

fn end(t: &Sim, supervisor: &SupervisorRef, id: &str, reason: ExitReason) {
    supervisor.child::<Worker>(id).cast(Message::End(reason));
    t.settle();
}

fn state(supervisor: &SupervisorRef, id: &str) -> Option<ChildState> {
    supervisor.which_child(id).ok().map(|child| child.state)
}

fn is_running(supervisor: &SupervisorRef, id: &str) -> bool {
    matches!(state(supervisor, id), Some(ChildState::Running(pid)) if process::is_alive(pid))
}

/// Why a process ends, once it does.
fn reason_of(pid: Pid) -> ExitReason {
    let monitor = process::monitor(pid);
    process::current().receive_down(monitor, None).unwrap().reason
}

/// `a`, `b`, `c` and `d`, all permanent.
fn four(strategy: Strategy, journal: &Journal) -> Supervisor {
    ["a", "b", "c", "d"]
        .into_iter()
        .fold(Supervisor::new(strategy), |supervisor, id| supervisor.child(id, journal.spec(id)))
}

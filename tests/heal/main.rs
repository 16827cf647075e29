//! What heals beyond OTP: back-off, mailboxes that outlive a crash, clients that wait for a restart, stuck children.

#![cfg(all(feature = "macros", feature = "tracing"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod backoff;
mod declared;
mod kept;
mod left;
mod patience;
mod stuck;

#[path = "../common/listener.rs"]
mod listener;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use otp::{prelude::*, supervisor::ChildState};

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Notes what happens, and fails as it is told.
#[derive(Clone, Default)]
struct World {
    /// What happened, with the virtual time in milliseconds at which it did.
    log: Arc<Mutex<Vec<String>>>,
    /// So many starts fail.
    failures: Arc<AtomicU32>,
    /// How many children were started.
    starts: Arc<AtomicU32>,
}

impl World {
    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

/// Something that is sent, which may not be dropped well.
struct Load(#[expect(dead_code, reason = "it is counted")] Arc<()>, bool);

impl Drop for Load {
    fn drop(&mut self) {
        assert!(!self.1, "a load is dropped");
    }
}

struct Worker {
    world: World,
    id: &'static str,
    start: u32,
}

#[actor]
impl Worker {
    #[init]
    fn init(world: World, id: &'static str) -> Result<Self, ExitReason> {
        if world.failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            world.note(format!("!{id}"));
            return Err(ExitReason::other("no start"));
        }
        world.note(format!("+{id}"));
        let start = world.starts.fetch_add(1, SeqCst);
        Ok(Self { world, id, start })
    }

    /// Which incarnation it is.
    #[handle_call]
    fn which(&self) -> u32 {
        self.start
    }

    #[handle_cast]
    fn note(&self, what: u32) {
        self.world.note(format!("{}{}: {what}", self.id, self.start));
    }

    #[handle_call]
    fn noted(&self, what: u32) -> u32 {
        self.note(what);
        self.start
    }

    /// Takes a while and then crashes.
    #[handle_cast]
    fn crash(&mut self, after: Duration) -> Result<(), ExitReason> {
        if !after.is_zero() {
            otp::sleep(after);
        }
        Err(ExitReason::other("crash"))
    }

    /// Crashes before it comes to what it has said to itself.
    #[handle_cast]
    fn crash_first(&mut self, ctx: &mut Context<Self>) -> Result<(), ExitReason> {
        ctx.next().go_on();
        ctx.next().go_on();
        Err(ExitReason::other("crash"))
    }

    #[handle_continue]
    fn go_on(&self) {
        self.world.note("goes on");
    }

    /// Crashes and owes an answer.
    #[handle_call]
    fn crash_unanswered(&mut self, after: Duration) {
        otp::sleep(after);
        panic!("no answer");
    }

    /// Crashes when somebody else takes the answer.
    #[handle_call]
    fn keep(&mut self, to: mpsc::Sender<ReplyTo<u32>>, reply: ReplyTo<u32>) {
        to.send(reply).unwrap();
    }

    #[handle_call]
    fn ask(&self, at: WorkerRef, ctx: &mut Context<Self>) -> Result<(), CallError> {
        at.no_timeout().wait_for_restart().answer_and_call(ctx.client())
    }

    /// Has its caller look again at what it waits for, answers, and calls it before it goes on.
    #[handle_call]
    fn answer_and_call(&self, caller: WorkerRef, reply: ReplyTo<()>) {
        process::monitor(caller.pid().unwrap());
        otp::sleep(millis(1));
        reply.send(());
        self.world.note(format!("called: {}", caller.which().is_ok()));
    }

    #[handle_cast]
    fn carry(&mut self, load: Load) {
        drop(load);
    }

    #[handle_call]
    fn fetch(&mut self, load: Load) {
        drop(load);
    }

    #[handle_cast]
    fn trap(&mut self, ctx: &mut Context<Self>) {
        ctx.trap_exit(true);
    }

    #[handle_cast]
    fn finish(&mut self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::Normal);
    }

    #[terminate]
    fn bye(&mut self, reason: &ExitReason) {
        if matches!(reason, ExitReason::Shutdown | ExitReason::Panic(_)) {
            otp::sleep(millis(10));
        }
    }
}

impl World {
    fn spec(&self, id: &'static str) -> ChildSpec<Worker> {
        let world = self.clone();
        Worker::spec(move || (world.clone(), id))
    }
}

fn kill(t: &Sim, child: &WorkerRef) {
    t.kill(child);
    t.settle();
}

fn state(supervisor: &SupervisorRef, id: &str) -> ChildState {
    supervisor.which_child(id).unwrap().state
}

fn is_running(supervisor: &SupervisorRef, id: &str) -> bool {
    matches!(state(supervisor, id), ChildState::Running(_))
}

const STRATEGIES: [Strategy; 3] = [Strategy::OneForOne, Strategy::RestForOne, Strategy::OneForAll];

/// `a`, `b` and `c`; `b` waits for a second when it fails twice.
fn three(world: &World, strategy: Strategy) -> Supervisor {
    Supervisor::new(strategy)
        .intensity(9, secs(5))
        .child("a", world.spec("a"))
        .child("b", world.spec("b").backoff(secs(1)..=secs(8)))
        .child("c", world.spec("c"))
}

/// Does nothing.
struct Idle;

#[actor(restart = transient, shutdown = brutal_kill)]
impl Idle {
    #[init]
    fn init(_id: usize) -> Self {
        Self
    }

    #[handle_call]
    fn ping(&self) {}
}

//! What heals beyond OTP: back-off, mailboxes that outlive a crash, clients that wait for a restart, stuck children.

#![cfg(all(feature = "macros", feature = "tracing"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use listener::{Report, listen};
use otp::{
    Dynamic, Reply, SpecError,
    prelude::*,
    supervisor::{ChildError, ChildState, MailboxOnRestart, Shutdown},
};
use tracing::Level;

#[path = "common/listener.rs"]
mod listener;

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
    t.kill(child.clone());
    t.settle();
}

fn state(supervisor: &SupervisorRef, id: &str) -> ChildState {
    supervisor.which_child(id).unwrap().state
}

fn is_running(supervisor: &SupervisorRef, id: &str) -> bool {
    matches!(state(supervisor, id), ChildState::Running(_))
}

/// When each of the next starts is, since now.
fn starts(t: &mut Sim, world: &World, step: Duration, until: Duration) -> Vec<u128> {
    let begin = t.now();
    let mut seen = Vec::new();
    world.take();
    while t.now() - begin < until {
        t.advance(step);
        seen.extend(world.take().iter().map(|_| (t.now() - begin).as_millis()));
    }
    seen
}

#[otp::test(seeds = 20)]
fn the_first_restart_is_at_once_and_the_next_wait_longer_and_longer(t: &mut Sim) {
    let world = World::default();
    let spec = world.spec("a").backoff(millis(100)..=millis(350));
    let supervisor = Supervisor::new(Strategy::OneForOne).intensity(100, secs(5)).child("a", spec).start()?;
    let a = supervisor.child::<Worker>("a");
    world.take();
    kill(t, &a);
    assert_eq!(world.take(), ["+a"], "at once");
    for wait in [100, 200, 350, 350] {
        kill(t, &a);
        assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
        assert_eq!(supervisor.count_children()?.active, 0);
        t.advance(millis(wait) - Duration::from_nanos(1));
        assert_eq!(world.take(), [""; 0], "not before {wait} ms");
        t.advance(Duration::from_nanos(1));
        assert_eq!(world.take(), ["+a"]);
    }
    // Almost quiet.
    t.advance(secs(5) - Duration::from_nanos(1));
    kill(t, &a);
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
    t.advance(millis(350));
    assert!(is_running(&supervisor, "a"));
    // Quiet for as long as the supervisor counts.
    t.advance(secs(5));
    kill(t, &a);
    assert!(is_running(&supervisor, "a"), "at once again");
    kill(t, &a);
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
    t.advance(millis(100));
    assert!(is_running(&supervisor, "a"), "from the beginning");
}

#[otp::test(seeds = 20)]
fn a_long_back_off_asks_for_a_long_quiet_time(t: &mut Sim) {
    let world = World::default();
    let spec = world.spec("a").backoff(secs(1)..=secs(30));
    let supervisor = Supervisor::new(Strategy::OneForOne).child("a", spec).start()?;
    let a = supervisor.child::<Worker>("a");
    kill(t, &a);
    t.advance(secs(30) - Duration::from_nanos(1));
    kill(t, &a);
    assert!(!is_running(&supervisor, "a"));
    t.advance(secs(1));
    assert!(is_running(&supervisor, "a"));
    t.advance(secs(30));
    kill(t, &a);
    assert!(is_running(&supervisor, "a"));
}

#[otp::test(seeds = 20)]
fn restarts_that_fail_are_spaced_too_and_each_try_counts(t: &mut Sim) {
    let world = World::default();
    let spec = world.spec("a").backoff(millis(100)..=secs(1));
    let supervisor = Supervisor::new(Strategy::OneForOne).intensity(4, secs(1)).child("a", spec).start()?;
    let a = supervisor.child::<Worker>("a");
    world.failures.store(4, SeqCst);
    t.kill(a.clone());
    assert_eq!(starts(t, &world, millis(50), secs(2)), [50, 100, 300, 700, 1500], "the first one came at once");
    assert!(is_running(&supervisor, "a"));
    assert_eq!(supervisor.restarts("a")?, 1);

    // With an intensity that does not allow it, the tries are too many.
    let spec = world.spec("a").backoff(millis(100)..=secs(1));
    let supervisor = Supervisor::new(Strategy::OneForOne).intensity(2, secs(1)).child("a", spec).start()?;
    world.failures.store(10, SeqCst);
    let (a, pid) = (supervisor.child::<Worker>("a"), supervisor.pid().unwrap());
    t.kill(a.clone());
    t.advance(millis(299));
    assert!(otp::is_alive(pid), "two tries");
    t.advance(millis(1));
    assert!(!otp::is_alive(pid), "and one too many");
    assert!(supervisor.gave_up());
    assert_eq!(t.crashes().len(), 4 + 2);
}

#[otp::test(seeds = 20)]
fn without_back_off_there_is_none(t: &mut Sim) {
    let world = World::default();
    let supervisor = Supervisor::new(Strategy::OneForOne).intensity(50, secs(5)).child("a", world.spec("a")).start()?;
    world.failures.store(20, SeqCst);
    let before = t.now();
    kill(t, &supervisor.child::<Worker>("a"));
    assert!(is_running(&supervisor, "a"));
    assert_eq!(t.now(), before);
    assert_eq!(t.crashes().len(), 20);
}

#[otp::test(seeds = 20)]
fn a_child_that_waits_can_be_terminated_and_others_are_served(t: &mut Sim) {
    let world = World::default();
    let spec = world.spec("a").backoff(secs(1)..=secs(1));
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .intensity(9, secs(1))
        .child("a", spec)
        .child("b", world.spec("b"))
        .start()?;
    let (a, b) = (supervisor.child::<Worker>("a"), supervisor.child::<Worker>("b"));
    kill(t, &a);
    kill(t, &a);
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
    assert_eq!(supervisor.restart_child("a"), Err(ChildError::Restarting));
    assert_eq!(supervisor.delete_child("a"), Err(ChildError::Restarting));
    let count = supervisor.count_children()?;
    assert_eq!((count.specs, count.active), (2, 1));
    let before = b.which()?;
    kill(t, &b);
    assert_ne!(b.which()?, before, "another child is restarted meanwhile");

    supervisor.terminate_child("a")?;
    t.advance(secs(10));
    assert_eq!(state(&supervisor, "a"), ChildState::Stopped);
    // By hand it starts from the beginning, and what was to start it before does not come any more.
    supervisor.restart_child("a")?;
    kill(t, &a);
    assert!(is_running(&supervisor, "a"), "at once");
    kill(t, &a);
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
    t.advance(millis(400));
    supervisor.terminate_child("a")?;
    supervisor.restart_child("a")?;
    kill(t, &a);
    kill(t, &a);
    t.advance(millis(600));
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting, "the timer of its last wait is cancelled");
    t.advance(millis(400));
    assert!(is_running(&supervisor, "a"));
    // A supervisor that ends does not wait for it.
    kill(t, &a);
    let before = t.now();
    supervisor.stop()?;
    assert!(t.now() - before < secs(1));
}

#[otp::test(seeds = 20)]
fn a_group_waits_for_the_one_that_failed(t: &mut Sim) {
    for (strategy, rest) in [(Strategy::RestForOne, &["c"][..]), (Strategy::OneForAll, &["a", "c"])] {
        let world = World::default();
        let supervisor = Supervisor::new(strategy)
            .intensity(9, secs(1))
            .child("a", world.spec("a"))
            .child("b", world.spec("b").backoff(secs(1)..=secs(4)))
            .child("c", world.spec("c"))
            .start()?;
        let b = supervisor.child::<Worker>("b");
        kill(t, &b);
        assert!(["a", "b", "c"].iter().all(|id| is_running(&supervisor, id)), "at once");
        world.take();
        kill(t, &b);
        assert_eq!(state(&supervisor, "b"), ChildState::Restarting);
        for id in rest {
            assert_eq!(state(&supervisor, id), ChildState::Stopped, "{id} needs it");
        }
        assert_eq!(is_running(&supervisor, "a"), strategy == Strategy::RestForOne);
        assert_eq!(world.take(), [""; 0]);
        t.advance(secs(1));
        assert!(["a", "b", "c"].iter().all(|id| is_running(&supervisor, id)));
        let expected: &[&str] = if strategy == Strategy::RestForOne { &["+b", "+c"] } else { &["+a", "+b", "+c"] };
        assert_eq!(world.take(), expected);
        // When it is told not to come back, the others stay as they are.
        kill(t, &b);
        let c = supervisor.child::<Worker>("c").wait_for_restart().as_async();
        let waiting = c.which();
        supervisor.terminate_child("b")?;
        assert_eq!(waiting.wait(), Err(CallError::NoProc));
        t.advance(secs(10));
        assert_eq!(state(&supervisor, "c"), ChildState::Stopped);
        supervisor.stop()?;
    }
}

#[otp::test(seeds = 1)]
fn a_back_off_that_is_no_range_is_refused(_: &mut Sim) {
    for range in [Duration::ZERO..=secs(1), secs(2)..=secs(1)] {
        let world = World::default();
        let refused = Supervisor::new(Strategy::OneForOne).child("a", world.spec("a").backoff(range)).start();
        assert_eq!(refused.err(), Some(StartError::Spec(SpecError::Backoff("a".into()))));
    }
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

#[otp::test(seeds = 20)]
fn a_plain_call_fails_at_once_and_a_patient_one_waits_for_the_next_incarnation(t: &mut Sim) {
    for strategy in STRATEGIES {
        let world = World::default();
        let supervisor = three(&world, strategy).start()?;
        let (b, c) = (supervisor.child::<Worker>("b"), supervisor.child::<Worker>("c"));
        kill(t, &b);
        let before = b.which()?;
        let whoever = [b.wait_for_restart(), c.wait_for_restart()];
        kill(t, &b);
        let at = t.now();
        assert_eq!(b.which(), Err(CallError::NoProc), "plain");
        assert_eq!(c.which().is_ok(), strategy == Strategy::OneForOne);
        assert_eq!(t.now(), at);

        // Blocking, as a future, as a request; in order with a cast that waits for nobody.
        let (request, future) = (whoever[0].request().noted(1), whoever[0].as_async().noted(2));
        whoever[0].note(3);
        let other = whoever[1].which()?;
        assert_eq!(t.now() - at, if strategy == Strategy::OneForOne { Duration::ZERO } else { secs(1) });
        let now = whoever[0].noted(4)?;
        assert_eq!(t.now() - at, secs(1));
        assert!(now > before && other != before);
        assert_eq!((request.wait()?, future.wait()?), (now, now));
        let notes = world.take().into_iter().filter(|note| note.starts_with('b')).collect::<Vec<_>>();
        assert_eq!(notes, [1, 2, 3, 4].map(|what| format!("b{now}: {what}")));
        supervisor.stop()?;
    }
}

#[otp::test(seeds = 50)]
fn a_patient_call_never_reaches_one_that_has_ended_or_is_being_ended(t: &mut Sim) {
    for strategy in STRATEGIES {
        let world = World::default();
        let supervisor = three(&world, strategy).start()?;
        let [a, b, c] = ["a", "b", "c"].map(|id| supervisor.child::<Worker>(id).wait_for_restart());
        [&a, &b, &c].iter().for_each(|child| child.trap());
        t.settle();
        // Calls at each moment of a restart, which takes a while.
        b.crash(millis(1));
        let mut calls = Vec::new();
        t.advance(millis(2));
        for _ in 0..40 {
            calls.extend([a.as_async().which(), b.as_async().which(), c.as_async().which()]);
            t.advance(millis(1));
        }
        for call in calls {
            let which = call.wait();
            assert!(which.is_ok(), "{strategy:?}: {which:?}");
        }
        assert_eq!(t.crashes().len(), 1);
        supervisor.stop()?;
    }
}

#[otp::test(seeds = 20)]
fn a_patient_call_waits_no_longer_than_its_timeout(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let b = supervisor.child::<Worker>("b");
    kill(t, &b);
    kill(t, &b);
    let at = t.now();
    let patient = b.timeout(millis(300)).wait_for_restart();
    assert_eq!(patient.noted(1), Err(CallError::Timeout { started: false }));
    assert_eq!(t.now() - at, millis(300));
    drop(patient.request().noted(2));
    t.advance(secs(2));
    assert!(b.which().is_ok());
    assert!(!world.take().iter().any(|note| note.starts_with('b')), "what was given up is not handled");
}

#[otp::test(seeds = 20)]
fn a_place_that_is_gone_for_good_is_nobody_at_once(t: &mut Sim) {
    let world = World::default();
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .child("transient", world.spec("transient").restart(Restart::Transient))
        .child("temporary", world.spec("temporary").restart(Restart::Temporary))
        .child("told", world.spec("told"))
        .child("deleted", world.spec("deleted"))
        .child("late", world.spec("late").backoff(secs(60)..=secs(60)))
        .start()?;
    let child = |id: &str| supervisor.child::<Worker>(id).no_timeout().wait_for_restart();
    let [transient, temporary, told, deleted, late] = ["transient", "temporary", "told", "deleted", "late"].map(child);
    let at = t.now();
    assert_eq!(child("never").which(), Err(CallError::NoProc), "there was nobody");
    transient.finish();
    temporary.finish();
    // Asked while it ends: who left it there is told when it is clear that nobody comes.
    let asked = [transient.request().which(), temporary.request().which()];
    for asked in asked {
        assert!(matches!(asked.wait(), Err(CallError::Exited(ExitReason::Normal) | CallError::NoProc)));
    }
    supervisor.terminate_child("told")?;
    supervisor.terminate_child("deleted")?;
    supervisor.delete_child("deleted")?;
    for gone in [&transient, &temporary, &told, &deleted] {
        assert_eq!(gone.which(), Err(CallError::NoProc));
        let undelivered = |id| supervisor.slot().child(id).undelivered();
        gone.note(0);
        assert!(undelivered("told") <= 1);
    }
    assert!(t.now() - at < millis(100));
    supervisor.restart_child("told")?;
    assert!(told.which().is_ok());

    // Who waits is told when the child is told to stay away, and when its supervisor ends.
    kill(t, &late);
    kill(t, &late);
    let (first, at) = (late.request().which(), t.now());
    supervisor.terminate_child("late")?;
    assert_eq!(first.wait(), Err(CallError::NoProc));
    supervisor.restart_child("late")?;
    kill(t, &late);
    kill(t, &late);
    let second = late.request().which();
    supervisor.stop()?;
    assert_eq!(second.wait(), Err(CallError::NoProc));
    assert_eq!(late.which(), Err(CallError::NoProc));
    assert_eq!(t.now(), at);
    // A client of one process has nothing to wait for.
    let alone = Worker::start(world, "alone")?;
    kill(t, &alone);
    assert_eq!(alone.wait_for_restart().which(), Err(CallError::NoProc));
}

#[otp::test(seeds = 20)]
fn patient_clients_follow_restarts_of_nested_supervisors(t: &mut Sim) {
    for strategy in STRATEGIES {
        let world = World::default();
        let inner = world.clone();
        let nested = Supervisor::spec(move || three(&inner, strategy)).backoff(secs(1)..=secs(1));
        let supervisor = Supervisor::new(strategy)
            .intensity(9, secs(1))
            .child("before", world.spec("before"))
            .child("nested", nested)
            .child("after", world.spec("after"))
            .start()?;
        let nested = supervisor.child::<Supervisor>("nested");
        let [a, b, after] = [(&nested, "a"), (&nested, "b"), (&supervisor, "after")]
            .map(|(at, id)| at.child::<Worker>(id).wait_for_restart());
        for restarts in 1..4 {
            t.settle();
            let kills = nested.pid().unwrap();
            t.kill(kills);
            t.settle();
            let at = t.now();
            let calls = [&a, &b, &after].map(|client| client.as_async().which());
            let plain = nested.child::<Worker>("a").which();
            assert_eq!(plain.is_ok(), restarts == 1, "it waits from the second time on");
            for call in calls {
                assert!(call.wait().is_ok());
            }
            assert_eq!(t.now() - at, if restarts == 1 { Duration::ZERO } else { secs(1) });
        }
        // The outermost one is nobody's child: when it is gone, so is all below it.
        let pid = supervisor.pid().unwrap();
        t.kill(pid);
        t.settle();
        let at = t.now();
        for client in [&a, &b, &after] {
            assert_eq!(client.which(), Err(CallError::NoProc));
        }
        assert_eq!(t.now(), at);
        assert_eq!(supervisor.which_children(), Err(ChildError::Gone(CallError::NoProc)));
    }
}

#[otp::test(seeds = 20)]
fn a_supervisor_that_gives_up_and_comes_back_is_waited_for(t: &mut Sim) {
    let world = World::default();
    let inner = world.clone();
    let nested = Supervisor::spec(move || {
        Supervisor::new(Strategy::OneForAll)
            .intensity(0, secs(1))
            .child("a", inner.spec("a"))
            .child("b", inner.spec("b"))
    });
    let supervisor = Supervisor::new(Strategy::OneForOne).child("nested", nested).start()?;
    let nested = supervisor.child::<Supervisor>("nested");
    let [a, b] = ["a", "b"].map(|id| nested.child::<Worker>(id).wait_for_restart());
    b.trap();
    t.settle();
    t.kill(a.clone());
    let (first, second) = (a.as_async().which(), b.as_async().which());
    assert!(first.wait().is_ok());
    assert!(second.wait().is_ok());
    assert_eq!(supervisor.restarts("nested")?, 1);
}

#[otp::test(seeds = 20)]
fn what_becomes_of_a_request_that_was_left_is_told(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let b = supervisor.child::<Worker>("b").no_timeout();
    kill(t, &b);
    kill(t, &b);
    // Whoever takes it crashes over it, drops it, or hands it on.
    let patient = b.wait_for_restart();
    let (to, from) = mpsc::channel();
    let deferred = patient.request().keep(to);
    let (blocked, (tell, told)) = (patient.clone(), mpsc::channel());
    process::spawn(move |_| tell.send(blocked.crash_unanswered(millis(1))).unwrap());
    t.settle();
    let queued = patient.request().which();
    let mut next = patient.request().which();
    assert_eq!(next.check(), None);
    t.advance(millis(1011));
    assert_eq!(t.crashes().len(), 1);
    let told = told.recv().unwrap();
    assert!(matches!(told, Err(CallError::Exited(ExitReason::Panic(_)))), "when it is known why: {told:?}");
    for lost in [deferred.wait(), queued.wait(), next.wait()] {
        assert!(matches!(lost, Err(CallError::Exited(ExitReason::Panic(_)))), "{lost:?}");
    }
    assert!(!from.try_recv().unwrap().is_awaited());
    t.advance(secs(2));
    let (to, from) = mpsc::channel();
    kill(t, &b);
    let dropped = patient.request().keep(to);
    t.advance(secs(10));
    drop(from);
    t.settle();
    assert_eq!(dropped.wait(), Err(CallError::NoReply));
}

#[otp::test(seeds = 20)]
fn who_was_answered_by_one_who_came_later_closes_no_cycle(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let [a, b] = ["a", "b"].map(|id| supervisor.child::<Worker>(id).no_timeout());
    kill(t, &b);
    kill(t, &b);
    assert_eq!(a.ask(b)?, Ok(()));
    t.settle();
    assert_eq!(world.take().last().map(String::as_str), Some("called: true"));
}

#[otp::test(seeds = 20)]
fn a_deferred_answer_to_a_request_that_was_left_fails_with_whoever_took_it(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let b = supervisor.child::<Worker>("b").no_timeout();
    kill(t, &b);
    kill(t, &b);
    let (patient, (to, from), (tell, told)) = (b.wait_for_restart(), mpsc::channel(), mpsc::channel());
    process::spawn(move |_| tell.send(patient.keep(to)).unwrap());
    t.advance(secs(1));
    let reply = from.recv().unwrap();
    assert!(told.try_recv().is_err() && reply.is_awaited());
    kill(t, &b);
    assert_eq!(told.try_recv(), Ok(Err(CallError::Exited(ExitReason::Killed))), "wherever the `ReplyTo` is");
}

#[otp::test(seeds = 2)]
fn requests_that_were_given_up_do_not_pile_up_where_they_were_left(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let b = supervisor.child::<Worker>("b");
    kill(t, &b);
    kill(t, &b);
    let (to, _from) = mpsc::channel();
    let token = Arc::new(());
    let patient = b.wait_for_restart();
    (0..2).for_each(|_| patient.carry(Load(Arc::clone(&token), true)));
    for request in 0..1000 {
        drop(patient.request().fetch(Load(Arc::clone(&token), request < 2)));
    }
    assert!(Arc::strong_count(&token) < 100, "{} are left", Arc::strong_count(&token));
    // What is not dropped well is nobody's harm, neither the sender's nor the supervisor's.
    let kept = patient.request().keep(to);
    supervisor.terminate_child("b")?;
    assert_eq!((Arc::strong_count(&token), kept.wait()), (1, Err(CallError::NoProc)));
    assert!(supervisor.restart_child("b")?.is_some());
}

#[otp::test(seeds = 20)]
fn a_client_of_another_type_has_nothing_to_wait_for(t: &mut Sim) {
    // Whatever is at this place, it is another thing each time.
    let (world, starts) = (World::default(), Arc::new(AtomicU32::new(0)));
    let inner = world.clone();
    let nested = Supervisor::spec(move || {
        let supervisor = Supervisor::new(Strategy::OneForOne).intensity(9, secs(1));
        match starts.fetch_add(1, SeqCst) {
            0 => supervisor.child("a", inner.spec("a").backoff(secs(1)..=secs(1))),
            _ => supervisor.child("a", Idle::child_spec(1)),
        }
    });
    let top = Supervisor::new(Strategy::OneForOne).child("nested", nested).start()?;
    let nested = top.child::<Supervisor>("nested");
    let (worker, idle) = (nested.child::<Worker>("a"), nested.child::<Idle>("a").wait_for_restart());
    assert_eq!(idle.ping(), Err(CallError::NoProc));
    kill(t, &worker);
    kill(t, &worker);
    let at = t.now();
    assert_eq!((idle.ping(), t.now()), (Err(CallError::NoProc), at));
    let left = worker.wait_for_restart().request().which();
    t.advance(secs(1));
    assert!(left.wait().is_ok());
    kill(t, &worker);
    let left = worker.wait_for_restart().request().which();
    let pid = nested.pid().unwrap();
    t.kill(pid);
    t.settle();
    assert_eq!((left.wait(), idle.ping()), (Err(CallError::NoProc), Ok(())));
}

#[otp::test(seeds = 20)]
fn one_of_two_that_wait_may_be_terminated(t: &mut Sim) {
    let world = World::default();
    let slow = |id| world.spec(id).backoff(secs(1)..=secs(1));
    let supervisor = Supervisor::new(Strategy::RestForOne)
        .intensity(9, secs(1))
        .child("a", slow("a"))
        .child("b", slow("b"))
        .child("c", world.spec("c"))
        .start()?;
    let [a, b] = ["a", "b"].map(|id| supervisor.child::<Worker>(id));
    kill(t, &a);
    kill(t, &a);
    supervisor.restart_child("b")?;
    kill(t, &b);
    kill(t, &b);
    assert_eq!(["a", "b"].map(|id| state(&supervisor, id)), [ChildState::Restarting; 2]);
    supervisor.terminate_child("a")?;
    let c = supervisor.child::<Worker>("c").wait_for_restart();
    assert!(c.which().is_ok(), "it comes with `b`");
    assert_eq!(state(&supervisor, "a"), ChildState::Stopped);
}

#[otp::test(seeds = 20)]
fn nobody_waits_for_a_child_of_a_dynamic_supervisor_that_has_ended(t: &mut Sim) {
    let world = World::default();
    let workers = Dynamic::<Worker>::spec(Dynamic::new).backoff(secs(1)..=secs(1));
    let top = Supervisor::new(Strategy::OneForOne).intensity(9, secs(1)).child("workers", workers).start()?;
    let workers = top.child::<Dynamic<Worker>>("workers");
    let (one, two) = (workers.start_child((world.clone(), "one"))?, workers.start_child((world.clone(), "two"))?);
    let patient = one.wait_for_restart();
    kill(t, &one);
    assert!(patient.which().is_ok());

    // As soon as it is to end, while others take their time.
    two.trap();
    t.settle();
    let stopping = workers.clone();
    process::spawn(move |_| stopping.stop());
    t.settle();
    let at = t.now();
    assert!(workers.pid().is_some() && two.is_alive());
    for patient in [patient, two.wait_for_restart()] {
        assert_eq!((patient.which(), t.now()), (Err(CallError::NoProc), at));
    }

    // Or when the supervisor is killed, while the next one is waited for.
    t.advance(millis(10));
    let three = workers.start_child((world, "three"))?.wait_for_restart();
    t.kill(workers.pid().unwrap());
    t.settle();
    assert_eq!((workers.pid(), three.is_alive()), (None, false));
    let at = t.now();
    assert_eq!((three.which(), t.now()), (Err(CallError::NoProc), at));
}

/// Is ready, and ends before it has handled a message, as often as it is told.
struct Fickle {
    notes: Arc<Mutex<Vec<u32>>>,
}

#[actor]
impl Fickle {
    #[init]
    fn init(notes: Arc<Mutex<Vec<u32>>>, ends: Arc<AtomicU32>, ctx: &mut Context<Self>) -> Self {
        if ends.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            ctx.next().end();
        }
        Self { notes }
    }

    #[handle_continue]
    fn end(&mut self) -> Result<(), ExitReason> {
        Err(ExitReason::other("fickle"))
    }

    #[handle_call]
    fn note(&mut self, what: u32) -> u32 {
        self.notes.lock().unwrap().push(what);
        what
    }
}

#[otp::test(seeds = 50)]
fn what_was_left_is_not_lost_with_one_that_ends_before_it_has_taken_it(t: &mut Sim) {
    for ends in 1..4 {
        let (notes, left) = (Arc::default(), Arc::new(AtomicU32::new(0)));
        let args = (Arc::clone(&notes), Arc::clone(&left));
        let spec = Fickle::spec(move || args.clone()).backoff(secs(1)..=secs(1));
        let supervisor = Supervisor::new(Strategy::OneForOne).intensity(9, secs(1)).child("a", spec).start()?;
        let a = supervisor.child::<Fickle>("a");
        let patient = a.no_timeout().wait_for_restart();
        t.kill(a.clone());
        t.settle();
        t.kill(a.clone());
        t.settle();
        left.store(ends, SeqCst);
        let calls: Vec<_> = (0..5).map(|what| patient.request().note(what)).collect();
        assert!(calls.into_iter().map(Reply::wait).eq((0..5).map(Ok)));
        assert_eq!(*notes.lock().unwrap(), [0, 1, 2, 3, 4], "in their order");
        assert_eq!((left.load(SeqCst), t.crashes().len()), (0, usize::try_from(ends)?));

        // When no other one comes, it was nobody who had them.
        t.kill(a.clone());
        t.settle();
        left.store(1, SeqCst);
        let calls: Vec<_> = (0..5).map(|what| patient.request().note(what)).collect();
        t.advance(secs(1));
        assert_eq!((state(&supervisor, "a"), t.crashes().len()), (ChildState::Restarting, 1));
        supervisor.terminate_child("a")?;
        for call in calls {
            assert_eq!(call.wait(), Err(CallError::NoProc));
        }
        supervisor.stop()?;
    }
}

/// `a`, which keeps its mailbox or not, under a supervisor that waits for two seconds when it fails twice.
fn keeper(world: &World, mailbox: MailboxOnRestart) -> Supervisor {
    let spec = world.spec("a").mailbox_on_restart(mailbox).backoff(secs(2)..=secs(2));
    Supervisor::new(Strategy::OneForOne).intensity(9, secs(1)).child("a", spec)
}

#[otp::test(seeds = 50)]
fn queued_messages_are_dropped_at_a_restart_unless_they_are_kept(t: &mut Sim) {
    for keeps in [false, true] {
        let world = World::default();
        let mailbox = if keeps { MailboxOnRestart::Keep } else { MailboxOnRestart::Drop };
        let supervisor = keeper(&world, mailbox).start()?;
        let a = supervisor.child::<Worker>("a");
        let crashes = a.request().crash_unanswered(millis(100));
        a.note(1);
        let second = a.request().noted(2);
        let short = a.timeout(millis(50)).as_async().noted(3);
        a.note(4);
        let last = a.as_async().noted(5);
        assert_eq!(short.wait(), Err(CallError::Timeout { started: false }));
        t.advance(millis(60));
        let is_crash = |reply: &Result<_, CallError>| matches!(reply, Err(CallError::Exited(ExitReason::Panic(_))));
        assert!(matches!(crashes.wait(), Err(CallError::Exited(ExitReason::Panic(_)))), "it was being handled");
        a.note(6);
        let (second, last) = (second.wait(), last.wait());
        t.settle();
        let notes = world.take();
        if keeps {
            assert_eq!((second, last), (Ok(1), Ok(1)));
            assert_eq!(notes, ["+a", "+a", "a1: 1", "a1: 2", "a1: 4", "a1: 5", "a1: 6"]);
        } else {
            assert!(is_crash(&second) && is_crash(&last));
            assert_eq!(notes, ["+a", "+a", "a1: 6"]);
        }
        assert_eq!(t.crashes().len(), 1);
        supervisor.stop()?;
    }
}

#[otp::test(seeds = 20)]
fn what_a_process_has_said_to_itself_is_not_kept(t: &mut Sim) {
    let world = World::default();
    let supervisor = keeper(&world, MailboxOnRestart::Keep).start()?;
    let a = supervisor.child::<Worker>("a");
    a.crash_first();
    a.note(1);
    a.note(2);
    t.settle();
    assert_eq!(world.take(), ["+a", "+a", "a1: 1", "a1: 2"]);
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn a_deferred_call_is_not_kept(t: &mut Sim) {
    let world = World::default();
    let supervisor = keeper(&world, MailboxOnRestart::Keep).start()?;
    let a = supervisor.child::<Worker>("a");
    let (to, replies) = mpsc::channel();
    let deferred = a.request().keep(to);
    t.settle();
    t.kill(a);
    assert_eq!(deferred.wait(), Err(CallError::Exited(ExitReason::Killed)));
    assert!(!replies.recv().unwrap().is_awaited());
}

#[otp::test(seeds = 50)]
fn kept_messages_come_before_what_was_left_and_outlive_several_crashes(t: &mut Sim) {
    let world = World::default();
    let supervisor = keeper(&world, MailboxOnRestart::Keep).start()?;
    let a = supervisor.child::<Worker>("a");
    kill(t, &a);
    a.crash(millis(10));
    a.note(1);
    a.crash(Duration::ZERO);
    a.note(2);
    let call = a.request().noted(3);
    t.advance(millis(10));
    assert_eq!(t.crashes().len(), 1);
    let patient = a.wait_for_restart();
    patient.note(4);
    let left = patient.request().noted(5);
    a.note(0);
    assert_eq!(supervisor.slot().child("a").undelivered(), 1, "a plain cast into the gap is dropped as ever");
    t.advance(secs(2));
    assert_eq!(t.crashes().len(), 1, "the second crash was kept, too");
    assert!(!is_running(&supervisor, "a"));
    t.advance(secs(2));
    assert_eq!((call.wait(), left.wait()), (Ok(3), Ok(3)));
    let notes = world.take().into_iter().filter(|note| note.starts_with('a')).collect::<Vec<_>>();
    assert_eq!(notes, ["a2: 1", "a3: 2", "a3: 3", "a3: 4", "a3: 5"]);
}

#[otp::test(seeds = 50)]
fn kept_messages_of_a_child_that_does_not_come_back_are_dropped_and_their_callers_told(t: &mut Sim) {
    let world = World::default();
    for end in 0..5 {
        let spec = world.spec("a").mailbox_on_restart(MailboxOnRestart::Keep).backoff(secs(60)..=secs(60));
        let spec = if end == 0 { spec.restart(Restart::Temporary) } else { spec };
        let supervisor = Supervisor::new(Strategy::OneForOne).child("a", spec).start()?;
        let a = supervisor.child::<Worker>("a").no_timeout();
        if end > 0 {
            kill(t, &a);
        }
        a.crash(millis(1));
        let calls = [a.request().noted(1), a.request().noted(2)];
        let at = t.now();
        if end == 4 {
            // With messages that it has not come to.
            let pid = supervisor.pid().unwrap();
            t.kill(pid);
            t.settle();
            for call in calls {
                assert_eq!(call.wait(), Err(CallError::Exited(ExitReason::Killed)));
            }
            continue;
        }
        t.advance(millis(1));
        assert_eq!(t.crashes().len(), 1);
        match end {
            0 => {}
            1 => supervisor.terminate_child("a")?,
            2 => supervisor.stop()?,
            _ => {
                let pid = supervisor.pid().unwrap();
                t.kill(pid);
            }
        }
        for call in calls {
            assert_eq!(call.wait(), Err(CallError::Exited(ExitReason::other("crash"))), "{end}");
        }
        assert!(t.now() - at < millis(100));
        if end < 2 {
            supervisor.stop()?;
        }
    }
    assert!(!world.take().iter().any(|note| note.starts_with('a')));
}

#[otp::test(seeds = 50)]
fn kept_messages_outlive_restarts_of_supervisors_and_of_groups(t: &mut Sim) {
    for strategy in STRATEGIES {
        let world = World::default();
        let inner = world.clone();
        let nested = Supervisor::spec(move || {
            let kept = |id| inner.spec(id).mailbox_on_restart(MailboxOnRestart::Keep);
            Supervisor::new(strategy).child("a", kept("a")).child("b", kept("b"))
        });
        let supervisor = Supervisor::new(strategy).child("nested", nested).start()?;
        let nested = supervisor.child::<Supervisor>("nested");
        let [a, b] = ["a", "b"].map(|id| nested.child::<Worker>(id));
        // It is stopped with the one that crashes, while it is busy; or it goes on.
        b.trap();
        b.crash(millis(20));
        t.advance(millis(1));
        let call = b.request().noted(1);
        t.kill(a.clone());
        t.advance(millis(50));
        assert!(call.wait().is_ok());
        t.crashes();
        // The supervisor ends, and its children with it.
        a.crash(millis(20));
        t.advance(millis(1));
        let call = a.request().noted(2);
        let pid = nested.pid().unwrap();
        t.kill(pid);
        assert!(call.wait().is_ok());
        supervisor.stop()?;
    }
}

/// On real cores: callers on threads and in processes, a server that crashes all the time, every call answered once.
#[test]
fn no_call_is_lost_between_incarnations() {
    let node = otp::Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let world = World::default();
        let spec = world.spec("a").mailbox_on_restart(MailboxOnRestart::Keep);
        let supervisor =
            Supervisor::new(Strategy::OneForOne).intensity(u32::MAX, secs(1)).child("a", spec).start().unwrap();
        let a = supervisor.child::<Worker>("a").no_timeout().wait_for_restart();
        let callers = (0..4).map(|caller| {
            let (a, node) = (a.clone(), node.clone());
            std::thread::spawn(move || {
                node.enter(|| {
                    for call in 0..200 {
                        let (what, limit) = (caller * 1000 + call, secs(60));
                        if call % 10 == 3 {
                            a.crash(Duration::ZERO);
                        }
                        let answer = if caller % 2 == 0 {
                            a.noted(what)
                        } else {
                            let (to, from) = mpsc::channel();
                            let a = a.clone();
                            process::spawn(move |_| to.send(a.noted(what)).unwrap());
                            from.recv_timeout(limit).unwrap()
                        };
                        assert!(answer.is_ok(), "{answer:?}");
                    }
                });
            })
        });
        callers.collect::<Vec<_>>().into_iter().for_each(|caller| caller.join().unwrap());
        let mut notes = world.take();
        notes.retain(|note| note.starts_with('a'));
        let mut notes = notes.iter().map(|note| note.split(": ").nth(1).unwrap()).collect::<Vec<_>>();
        notes.sort_unstable();
        notes.dedup();
        assert_eq!(notes.len(), 800);
        supervisor.stop().unwrap();
    });
    node.stop();
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

supervisor! {
    Yard<rest_for_one>(world: World, idlers: usize) {
        intensity: 9 in 1s;
        auto_shutdown: all_significant;

        worker:  Worker(world.clone(), "worker") { backoff: 100ms..=30s, mailbox_on_restart: keep };
        idlers:  supervisor<one_for_one> {
            idler: [Idle(i) for i in 0..*idlers] { mailbox_on_restart: drop };
            #[cfg(any())]
            gone: Nowhere();
        } { shutdown: 1m, restart: transient, significant };
        inner:   Inner();
        crowd:   dynamic<Idle> { restart: temporary, backoff: 1s..=2s };
        extra:   = Idle::child_spec(7);
    }
}

supervisor! {
    Inner<one_for_all> {
        tree: Idle(1) { restart: temporary, shutdown: infinity };
    }
}

#[test]
fn the_shape_of_a_tree_is_known_before_anything_runs() {
    let tree = Yard::tree();
    let expected = "\
Yard rest_for_one, 9 restarts in 1s, all_significant
  worker: Worker permanent, backoff 100ms..=30s, mailbox kept
  idlers: YardIdlers one_for_one, 3 restarts in 5s, transient, shutdown 60s, significant
    idler[0..*idlers]: Idle transient, brutal_kill
  inner: Inner one_for_all, 3 restarts in 5s, permanent
    tree: Idle temporary, shutdown infinity
  crowd: dynamic<Idle> temporary, brutal_kill, backoff 1s..=2s
  extra: made at its start";
    assert_eq!(tree.to_string(), expected);
    assert_eq!(tree.children[0].backoff, Some(millis(100)..=secs(30)));
    assert_eq!(tree.children[1].tree, Some(YardIdlers::tree()));
    assert_eq!((tree.strategy, tree.restarts, tree.children.len()), (Strategy::RestForOne, 9, 5));
}

#[otp::test(seeds = 20)]
fn a_declared_tree_heals_as_it_says(t: &mut Sim) {
    let world = World::default();
    let yard = t.start(Yard::child_spec(world.clone(), 2))?;
    let worker = yard.worker();
    kill(t, &worker);
    worker.crash(millis(1));
    let kept = worker.request().noted(1);
    t.advance(millis(1));
    assert_eq!(t.crashes().len(), 1);
    assert_eq!(state(yard.supervisor(), "worker"), ChildState::Restarting);
    let idle = yard.idlers().idler()[1].wait_for_restart();
    let at = t.now();
    assert_eq!(idle.ping(), Ok(()));
    assert_eq!(t.now() - at, millis(100));
    assert_eq!(kept.wait(), Ok(2));
    t.settle();
    // A child called `tree` has the accessor of that name.
    assert_eq!(yard.inner().tree().ping(), Ok(()));
}

/// Does not come back until it is let go.
struct Stuck(Arc<AtomicBool>);

#[actor]
impl Stuck {
    #[init]
    fn init(let_go: Arc<AtomicBool>) -> Self {
        Self(let_go)
    }

    #[handle_cast]
    fn get_stuck(&mut self, running: mpsc::Sender<()>) {
        running.send(()).unwrap();
        while !self.0.load(SeqCst) {
            std::hint::spin_loop();
        }
    }

    #[handle_call]
    fn ping(&self) {}
}

/// On real cores: the one who has taken a request that was left never comes to it.
#[test]
fn a_request_that_was_left_is_not_lost_with_a_stuck_child() {
    let node = otp::Node::builder().cores(1).start().unwrap();
    let let_go = Arc::new(AtomicBool::new(false));
    node.enter(|| {
        let args = Arc::clone(&let_go);
        let spec = Stuck::spec(move || (Arc::clone(&args),)).backoff(millis(100)..=millis(100));
        let tree = Supervisor::new(Strategy::OneForOne).child("a", spec).start().unwrap();
        let a = tree.child::<Stuck>("a").timeout(secs(60)).wait_for_restart();
        for _ in 0..2 {
            a.ping().unwrap();
            let end = a.monitor().unwrap();
            otp::exit(a.pid().unwrap(), ExitReason::Kill);
            process::current().receive_down(end, None).unwrap();
        }
        let (running, is_running) = mpsc::channel();
        a.get_stuck(running);
        let queued = a.request().ping();
        is_running.recv().unwrap();
        otp::exit(a.pid().unwrap(), ExitReason::Kill);
        assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::Killed)));
        tree.stop().unwrap();
    });
    let_go.store(true, SeqCst);
    node.stop();
}

/// On real cores: a handler that never returns.
#[test]
fn a_stuck_child_is_declared_dead_and_its_tree_goes_on() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&reports);
    listen(move |event| {
        if *event.metadata().level() == Level::ERROR {
            heard.lock().unwrap().push(Report::of(event).fields);
        }
    });
    let node = otp::Node::builder().cores(1).start().unwrap();
    let let_go = Arc::new(AtomicBool::new(false));
    node.enter(|| {
        let spec = || {
            let let_go = Arc::clone(&let_go);
            Stuck::spec(move || (Arc::clone(&let_go),)).shutdown(Shutdown::After(millis(50)))
        };
        let tree = Supervisor::new(Strategy::OneForOne)
            .child("first", spec().mailbox_on_restart(MailboxOnRestart::Keep))
            .child("second", spec())
            .child("other", spec())
            .start()
            .unwrap();
        let [first, second, other] = ["first", "second", "other"].map(|id| tree.child::<Stuck>(id).timeout(secs(60)));
        let mut lost = BTreeMap::new();

        // At kill: it is started again, its queue is not kept, and who waits for its restart reaches the next one.
        let (running, is_running) = mpsc::channel();
        first.get_stuck(running.clone());
        is_running.recv().unwrap();
        let (queued, before) = (first.request().ping(), first.pid().unwrap());
        otp::exit(before, ExitReason::Kill);
        assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::Killed)));
        assert_eq!(first.wait_for_restart().ping(), Ok(()));
        assert_ne!(first.pid(), Some(before));
        assert_eq!(node.lost_threads(), 1);
        lost.insert(before.to_string(), ());

        // At its shutdown timeout.
        second.get_stuck(running);
        is_running.recv().unwrap();
        lost.insert(second.pid().unwrap().to_string(), ());
        tree.terminate_child("second").unwrap();
        assert_eq!(node.lost_threads(), 2);
        assert_eq!(second.wait_for_restart().ping(), Err(CallError::NoProc));
        tree.restart_child("second").unwrap();
        for child in [&first, &second, &other] {
            assert_eq!(child.ping(), Ok(()), "the thread was replaced");
        }

        // People may hear of it later than those who watch it.
        let mut dead = Vec::new();
        while dead.len() < 2 {
            let reports = std::mem::take(&mut *reports.lock().unwrap());
            let is_ours = |report: &BTreeMap<_, String>| {
                report["message"].contains("get_stuck") && lost.contains_key(&report["pid"])
            };
            dead.extend(reports.into_iter().filter(is_ours));
            std::thread::yield_now();
        }
        for report in dead {
            assert!(report["process"].contains("Stuck") && !report["running"].is_empty(), "{report:?}");
        }
        tree.stop().unwrap();
    });
    let_go.store(true, SeqCst);
    node.stop();
}

/// Notes what it is told.
struct Notes(mpsc::Sender<u32>);

#[actor]
impl Notes {
    #[init]
    fn init(notes: mpsc::Sender<u32>) -> Self {
        Self(notes)
    }

    #[handle_cast]
    fn end(&mut self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::other("over"));
    }

    #[handle_cast]
    fn note(&self, what: u32) {
        let _ = self.0.send(what);
    }

    #[handle_call]
    fn ping(&self) {}
}

/// A message that is not dropped until it is let go.
struct Heavy {
    dropping: mpsc::Sender<()>,
    let_go: Arc<AtomicBool>,
}

impl Drop for Heavy {
    fn drop(&mut self) {
        let _ = self.dropping.send(());
        while !self.let_go.load(SeqCst) {
            std::hint::spin_loop();
        }
    }
}

/// What it had taken in is not handed on when it comes back: its successor is at work.
#[test]
fn one_that_was_declared_dead_at_its_end_keeps_nothing() {
    let node = otp::Node::builder().cores(1).start().unwrap();
    let let_go = Arc::new(AtomicBool::new(false));
    let (notes, noted) = mpsc::channel();
    node.enter(|| {
        let spec = Notes::spec(move || (notes.clone(),)).mailbox_on_restart(MailboxOnRestart::Keep);
        let tree = Supervisor::new(Strategy::OneForOne).child("a", spec).start().unwrap();
        let a = tree.child::<Notes>("a").timeout(secs(60));
        // The core is held, so that it takes all at once.
        let (free, held) = mpsc::channel::<()>();
        process::spawn(move |_| {
            let _ = held.recv();
        });
        a.end();
        a.note(1);
        let mut queued = a.request().ping();
        assert_eq!(queued.check(), None);
        let (dropping, is_dropping) = mpsc::channel();
        process::send(a.pid().unwrap(), Heavy { dropping, let_go: Arc::clone(&let_go) });
        drop(free);
        is_dropping.recv().unwrap();
        otp::exit(a.pid().unwrap(), ExitReason::Kill);
        assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::Killed)));
        assert_eq!(a.wait_for_restart().ping(), Ok(()));
        let_go.store(true, SeqCst);
        while node.lost_threads() > 0 {
            std::thread::yield_now();
        }
        a.note(2);
        assert_eq!(noted.recv(), Ok(2), "no news of the dead");
        tree.stop().unwrap();
    });
    node.stop();
}

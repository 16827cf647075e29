//! Supervisors, each test named after what it promises. Time is virtual where the node is simulated.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicBool, AtomicU32,
            Ordering::{Relaxed, SeqCst},
        },
        mpsc,
    },
    time::Duration,
};

use Strategy::{OneForAll, OneForOne, RestForOne};
use otp::{
    Actor, CallError, ClientExt, Context, ExitReason, Handled, Init, Mode, Pid, Ref, ReplyTo, Restart, Shutdown, Sim,
    Slot, SpecError, StartError, process,
    supervisor::{
        AutoShutdown, Child, ChildError, ChildKind, ChildSpec, ChildState, Strategy, Supervisor, SupervisorRef,
    },
};

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

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
    type Client<M: Mode> = Ref<Self, M>;
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
    process::exit(supervisor.slot().child(id).pid().unwrap(), ExitReason::Kill);
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
    matches!(state(supervisor, id), Some(ChildState::Running(pid)) if otp::is_alive(pid))
}

/// Why a process ends, once it does.
fn reason_of(pid: Pid) -> ExitReason {
    let monitor = otp::monitor(pid);
    process::current().receive_down(monitor, None).unwrap().reason
}

/// `a`, `b`, `c` and `d`, all permanent.
fn four(strategy: Strategy, journal: &Journal) -> Supervisor {
    ["a", "b", "c", "d"]
        .into_iter()
        .fold(Supervisor::new(strategy), |supervisor, id| supervisor.child(id, journal.spec(id)))
}

#[test]
fn strategies_restart_whom_they_say_in_order() {
    for (strategy, expected) in
        [(OneForOne, "-b +b"), (RestForOne, "-b -d -c +b +c +d"), (OneForAll, "-b -d -c -a +a +b +c +d")]
    {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = four(strategy, &journal).start().unwrap();
            assert_eq!(journal.take(), "+a +b +c +d");
            kill(t, &supervisor, "b");
            assert_eq!(journal.take(), expected, "{strategy:?}");
            let restarts = ["a", "b", "c", "d"].map(|id| supervisor.restarts(id).unwrap());
            assert_eq!(restarts, ["a", "b", "c", "d"].map(|id| u64::from(expected.contains(&format!("+{id}")))));
            supervisor.stop().unwrap();
            assert_eq!(journal.take(), "-d -c -b -a");
        });
    }
}

#[test]
fn a_group_restart_starts_those_that_had_stopped_and_forgets_the_temporary() {
    for strategy in [RestForOne, OneForAll] {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = Supervisor::new(strategy)
                .child("a", journal.spec("a"))
                .child("b", journal.spec("b").restart(Restart::Temporary))
                .child("c", journal.spec("c").restart(Restart::Transient))
                .child("d", journal.spec("d"))
                .start()
                .unwrap();
            end(t, &supervisor, "c", ExitReason::Normal);
            supervisor.terminate_child("d").unwrap();
            assert_eq!(journal.take(), "+a +b +c +d -c -d");
            kill(t, &supervisor, "a");
            assert_eq!(journal.take(), "-a -b +a +c +d", "{strategy:?}");
            assert_eq!(state(&supervisor, "b"), None);
        });
    }
}

#[test]
fn a_temporary_crash_leaves_its_siblings_alone() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForAll)
            .intensity(0, SECOND)
            .child("a", journal.spec("a"))
            .child("b", journal.spec("b").restart(Restart::Temporary))
            .start()
            .unwrap();
        journal.take();
        kill(t, &supervisor, "b");
        assert_eq!(journal.take(), "-b");
        assert!(is_running(&supervisor, "a"));
    });
}

#[test]
fn restart_types() {
    let shutdown_with = || ExitReason::shutdown_with("enough");
    for (restart, reason, again, kept) in [
        (Restart::Permanent, ExitReason::Normal, true, true),
        (Restart::Permanent, ExitReason::Killed, true, true),
        (Restart::Transient, ExitReason::Normal, false, true),
        (Restart::Transient, ExitReason::Shutdown, false, true),
        (Restart::Transient, shutdown_with(), false, true),
        (Restart::Transient, ExitReason::Killed, true, true),
        (Restart::Temporary, ExitReason::Normal, false, false),
        (Restart::Temporary, ExitReason::Killed, false, false),
    ] {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = Supervisor::new(OneForOne).child("a", journal.spec("a").restart(restart)).start().unwrap();
            end(t, &supervisor, "a", reason.clone());
            assert_eq!(is_running(&supervisor, "a"), again, "{restart:?} {reason:?}");
            assert_eq!(state(&supervisor, "a").is_some(), kept, "{restart:?} {reason:?}");
        });
    }
}

#[test]
fn intensity_counts_to_the_nanosecond() {
    for (wait, survives) in [(5 * SECOND, false), (5 * SECOND + NANO, true)] {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = four(OneForOne, &journal).intensity(2, 5 * SECOND).start().unwrap();
            let monitor = otp::monitor(supervisor.pid().unwrap());
            kill(t, &supervisor, "a");
            t.advance(SECOND);
            kill(t, &supervisor, "b");
            t.advance(wait - SECOND);
            kill(t, &supervisor, "a");
            journal.take();
            if survives {
                assert!(is_running(&supervisor, "a"));
                assert_eq!(supervisor.restarts("a"), Ok(2));
            } else {
                let down = process::current().receive_down(monitor, None).unwrap();
                assert_eq!(down.reason, ExitReason::Shutdown);
                assert_eq!(supervisor.count_children(), Err(ChildError::Gone(CallError::NoProc)));
            }
        });
    }
}

#[test]
fn a_supervisor_that_gives_up_ends_the_others_in_reverse() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = four(OneForOne, &journal).intensity(0, SECOND).start().unwrap();
        journal.take();
        kill(t, &supervisor, "b");
        assert_eq!(journal.take(), "-b -d -c -a");
        assert_eq!(supervisor.pid(), None);
    });
}

#[test]
fn a_group_restart_counts_once() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = four(OneForAll, &journal).intensity(1, SECOND).start().unwrap();
        kill(t, &supervisor, "b");
        assert!(is_running(&supervisor, "b"));
    });
}

#[test]
fn a_failed_start_is_rolled_back_in_reverse() {
    simulated(|_| {
        let journal = Journal::default();
        let broken = journal.worker("c");
        broken.failures.store(1, Relaxed);
        let plan = broken.clone();
        let nested = Supervisor::spec(move || Supervisor::new(OneForOne).child("c", plan.spec()));
        let outcome = Supervisor::new(OneForOne)
            .child("a", journal.spec("a"))
            .child("b", journal.spec("b"))
            .child("nested", nested)
            .child("d", journal.spec("d"))
            .start();
        let failed = StartError::Failed(ExitReason::other("no start"));
        let child = |id: &str, error| StartError::Child { id: id.to_owned(), error: Box::new(error) };
        assert_eq!(outcome.unwrap_err(), child("nested", child("c", failed)));
        assert_eq!(journal.take(), "+a +b !c -b -a");
    });
}

#[test]
fn a_failed_start_link_ends_a_starter_that_does_not_trap_exits() {
    simulated(|_| {
        let plan = Journal::default().worker("a");
        plan.failures.store(1, Relaxed);
        let starter = process::spawn(move |_| {
            let _ = Supervisor::new(OneForOne).child("a", plan.spec()).start_link();
            otp::sleep(SECOND);
        });
        let reason = reason_of(starter);
        let Some(StartError::Child { id, .. }) = reason.downcast_ref() else { panic!("{reason:?}") };
        assert_eq!(id, "a");
    });
}

#[test]
fn a_panic_in_the_arguments_is_a_failed_start() {
    simulated(|_| {
        let outcome = Supervisor::new(OneForOne).child("a", Worker::spec(|| panic!("no arguments"))).start();
        let Err(StartError::Child { error, .. }) = outcome else { panic!("{outcome:?}") };
        let StartError::Failed(ExitReason::Panic(panic)) = *error else { panic!("{error:?}") };
        assert_eq!(panic.message, "no arguments");
    });
}

#[test]
fn shutdown_is_awaited_child_by_child() {
    simulated(|t| {
        let journal = Journal::default();
        let slow = |id| Plan { traps: true, lingers: 2 * SECOND, ..journal.worker(id) };
        let supervisor = Supervisor::new(OneForOne)
            .child("a", slow("a").spec())
            .child("b", journal.spec("b"))
            .child("c", slow("c").spec().shutdown(Shutdown::Infinity))
            .start()
            .unwrap();
        journal.take();
        let began = t.now();
        supervisor.stop().unwrap();
        assert_eq!(journal.take(), "-c -b -a");
        assert_eq!(t.now() - began, 4 * SECOND);
    });
}

#[test]
fn a_child_that_does_not_end_is_killed_when_its_time_is_over() {
    simulated(|t| {
        let wedged = Plan { traps: true, lingers: 3600 * SECOND, ..Journal::default().worker("a") };
        let supervisor = Supervisor::new(OneForOne).child("a", wedged.spec()).start().unwrap();
        let monitor = otp::monitor(supervisor.child::<Worker>("a").pid().unwrap());
        let began = t.now();
        supervisor.stop().unwrap();
        assert_eq!(t.now() - began, 5 * SECOND);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    });
}

#[test]
fn a_brutal_kill_asks_nobody() {
    simulated(|t| {
        let wedged = Plan { traps: true, lingers: 3600 * SECOND, ..Journal::default().worker("a") };
        let spec = wedged.spec().shutdown(Shutdown::BrutalKill);
        let supervisor = Supervisor::new(OneForOne).child("a", spec).start().unwrap();
        let monitor = otp::monitor(supervisor.child::<Worker>("a").pid().unwrap());
        let began = t.now();
        supervisor.terminate_child("a").unwrap();
        assert_eq!(t.now(), began);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    });
}

#[test]
fn a_child_that_has_unlinked_itself_hangs_nobody() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).child("a", journal.spec("a")).start().unwrap();
        let parent = supervisor.pid().unwrap();
        supervisor.child::<Worker>("a").cast(Message::Run(Box::new(move || otp::unlink(parent))));
        t.settle();
        supervisor.stop().unwrap();
        assert_eq!(journal.take(), "+a -a");
    });
}

#[test]
fn a_child_that_dies_during_the_shutdown_of_another_is_collected() {
    simulated(|t| {
        let journal = Journal::default();
        let slow = Plan { traps: true, lingers: 2 * SECOND, ..journal.worker("b") };
        let supervisor =
            Supervisor::new(OneForAll).child("a", journal.spec("a")).child("b", slow.spec()).start().unwrap();
        let (a, b) = (supervisor.child::<Worker>("a"), supervisor.child::<Worker>("b"));
        let second = a.pid().unwrap();
        // `b` dies, `a` is stopped, both are started again; then `b` takes its time and `a` dies meanwhile.
        let stopped = {
            let supervisor = supervisor.clone();
            process::spawn(move |_| supervisor.stop().unwrap())
        };
        t.advance(SECOND);
        process::exit(second, ExitReason::Kill);
        assert_eq!(reason_of(stopped), ExitReason::Normal);
        assert_eq!(journal.take(), "+a +b -a -b");
        assert!(!b.is_alive());
    });
}

#[test]
fn a_restart_that_fails_is_tried_again_and_each_try_counts() {
    for (failures, survives) in [(2, true), (3, false)] {
        simulated(|t| {
            let journal = Journal::default();
            let plan = journal.worker("b");
            let supervisor =
                Supervisor::new(OneForOne).child("a", journal.spec("a")).child("b", plan.spec()).start().unwrap();
            journal.take();
            plan.failures.store(failures, Relaxed);
            kill(t, &supervisor, "b");
            let expected = if survives { "-b !b !b +b" } else { "-b !b !b !b -a" };
            assert_eq!(journal.take(), expected);
            assert_eq!(supervisor.restarts("b").ok(), survives.then_some(1));
        });
    }
}

#[test]
fn a_group_restart_that_fails_goes_on_where_the_strategy_says() {
    for (strategy, expected) in [
        // `c` fails once: what was started in this round stays, and the next round is for `c`.
        (RestForOne, "-a -d -c -b +a +b !c +c +d"),
        (OneForAll, "-a -d -c -b +a +b !c -b -a +a +b +c +d"),
    ] {
        simulated(|t| {
            let journal = Journal::default();
            let plan = journal.worker("c");
            let supervisor = Supervisor::new(strategy)
                .child("a", journal.spec("a"))
                .child("b", journal.spec("b"))
                .child("c", plan.spec())
                .child("d", journal.spec("d"))
                .start()
                .unwrap();
            journal.take();
            plan.failures.store(1, Relaxed);
            kill(t, &supervisor, "a");
            assert_eq!(journal.take(), expected, "{strategy:?}");
        });
    }
}

#[test]
fn others_are_served_between_the_tries_of_a_restart() {
    simulated(|t| {
        let journal = Journal::default();
        let plan = Plan { slow: SECOND, ..journal.worker("a") };
        let supervisor = Supervisor::new(OneForOne).intensity(100, SECOND).child("a", plan.spec()).start().unwrap();
        plan.failures.store(u32::MAX, Relaxed);
        kill(t, &supervisor, "a");
        assert_eq!(state(&supervisor, "a"), Some(ChildState::Restarting));
        assert_eq!(supervisor.restart_child("a"), Err(ChildError::Restarting));
        assert_eq!(supervisor.delete_child("a"), Err(ChildError::Restarting));
        assert_eq!(supervisor.start_child("a", journal.spec("a")).unwrap_err(), ChildError::AlreadyPresent);
        let count = supervisor.count_children().unwrap();
        assert_eq!((count.specs, count.active, count.workers), (1, 0, 1));
        supervisor.terminate_child("a").unwrap();
        journal.take();
        t.advance(10 * SECOND);
        assert_eq!(journal.take(), "");
        assert_eq!(state(&supervisor, "a"), Some(ChildState::Stopped));
    });
}

#[test]
fn clients_follow_restarts_of_children_and_of_their_supervisors() {
    simulated(|t| {
        let journal = Journal::default();
        let nested = {
            let journal = journal.clone();
            Supervisor::spec(move || Supervisor::new(OneForOne).intensity(1, SECOND).child("b", journal.spec("b")))
        };
        let supervisor =
            Supervisor::new(RestForOne).child("a", journal.spec("a")).child("nested", nested).start().unwrap();
        let inner = supervisor.child::<Supervisor>("nested");
        let b = inner.child::<Worker>("b");
        let (first, first_inner) = (b.pid(), inner.pid());
        assert!(first.is_some() && first_inner.is_some());

        kill(t, &inner, "b");
        assert_eq!(b.call(Message::Get), Ok("b"));
        let second = b.pid();
        assert_ne!(second, first);

        // One too many: the nested supervisor gives up, and its own starts it again.
        kill(t, &inner, "b");
        assert_eq!(b.call(Message::Get), Ok("b"));
        assert_ne!(inner.pid(), first_inner);
        assert_eq!(supervisor.restarts("nested"), Ok(1));
        assert_eq!(inner.restarts("b"), Ok(0));

        // And so it does when that is killed, or restarted along with others.
        process::exit(inner.pid().unwrap(), ExitReason::Kill);
        t.settle();
        assert_eq!(b.call(Message::Get), Ok("b"));
        kill(t, &supervisor, "a");
        assert_eq!(b.call(Message::Get), Ok("b"));

        supervisor.stop().unwrap();
        assert_eq!(b.call(Message::Get), Err(CallError::NoProc));
        assert_eq!((b.pid(), inner.pid(), supervisor.pid()), (None, None, None));
    });
}

#[test]
fn a_cast_into_the_gap_of_a_restart_is_dropped_and_counted() {
    simulated(|t| {
        let plan = Plan { slow: SECOND, ..Journal::default().worker("a") };
        let supervisor = Supervisor::new(OneForOne).child("a", plan.spec()).start().unwrap();
        let client = supervisor.child::<Worker>("a");
        kill(t, &supervisor, "a");
        client.cast(Message::End(ExitReason::Normal));
        assert_eq!(client.call(Message::Get), Err(CallError::NoProc));
        assert_eq!(supervisor.slot().child("a").undelivered(), 1);
        t.advance(SECOND);
        assert_eq!(client.call(Message::Get), Ok("a"));
    });
}

#[test]
fn children_are_administered() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).child("a", journal.spec("a")).start().unwrap();
        let b = supervisor.start_child("b", journal.spec("b").restart(Restart::Transient)).unwrap();
        assert_eq!(b.call(Message::Get), Ok("b"));
        let pid = b.pid().unwrap();
        let again = supervisor.start_child("b", journal.spec("b"));
        assert_eq!(again.unwrap_err(), ChildError::AlreadyStarted(pid));
        assert_eq!(supervisor.restart_child("b"), Err(ChildError::Running));
        assert_eq!(supervisor.delete_child("b"), Err(ChildError::Running));

        supervisor.terminate_child("b").unwrap();
        supervisor.terminate_child("b").unwrap();
        assert_eq!(b.call(Message::Get), Err(CallError::NoProc));
        assert_eq!(supervisor.start_child("b", journal.spec("b")).unwrap_err(), ChildError::AlreadyPresent);
        let pid = supervisor.restart_child("b").unwrap();
        assert_eq!((pid.is_some(), b.pid()), (true, pid));
        assert_eq!(supervisor.restarts("b"), Ok(0));

        supervisor.terminate_child("b").unwrap();
        supervisor.delete_child("b").unwrap();
        for outcome in [supervisor.delete_child("b"), supervisor.terminate_child("b")] {
            assert_eq!(outcome, Err(ChildError::NotFound));
        }
        assert_eq!(supervisor.restart_child("b"), Err(ChildError::NotFound));
        let other = supervisor.start_child("b", journal.spec("b").restart(Restart::Temporary)).unwrap();
        assert_eq!(other.call(Message::Get), Ok("b"));
        assert_eq!(b.call(Message::Get), Err(CallError::NoProc), "its place was deleted");
        supervisor.terminate_child("b").unwrap();
        assert_eq!(state(&supervisor, "b"), None);

        let broken = journal.worker("c");
        broken.failures.store(1, Relaxed);
        let failed = ChildError::Start(StartError::Failed(ExitReason::other("no start")));
        assert_eq!(supervisor.start_child("c", broken.spec()).unwrap_err(), failed);
        assert_eq!(state(&supervisor, "c"), None);

        t.settle();
        supervisor.stop().unwrap();
        assert_eq!(supervisor.terminate_child("a"), Err(ChildError::Gone(CallError::NoProc)));
    });
}

#[test]
fn children_are_listed_and_counted() {
    simulated(|t| {
        let journal = Journal::default();
        let nested = Supervisor::spec(|| Supervisor::new(OneForOne));
        let supervisor = Supervisor::new(OneForOne)
            .child("a", journal.spec("a"))
            .child(("b", 0), journal.spec("b").restart(Restart::Transient))
            .child("nested", nested)
            .start()
            .unwrap();
        supervisor.child::<Worker>(("b", 0)).cast(Message::End(ExitReason::Normal));
        t.settle();
        let children = supervisor.which_children().unwrap();
        let seen: Vec<_> = children.iter().map(|child| (child.id.to_string(), child.kind, child.state)).collect();
        let running = |id: &str| ChildState::Running(supervisor.slot().child(id).pid().unwrap());
        assert_eq!(
            seen,
            [
                ("nested".to_owned(), ChildKind::Supervisor, running("nested")),
                ("b[0]".to_owned(), ChildKind::Worker, ChildState::Stopped),
                ("a".to_owned(), ChildKind::Worker, running("a")),
            ]
        );
        let count = supervisor.count_children().unwrap();
        assert_eq!((count.specs, count.active, count.supervisors, count.workers), (3, 2, 1, 2));
    });
}

#[test]
fn ignore_is_no_failure() {
    simulated(|_| {
        let journal = Journal::default();
        let plan = journal.worker("a");
        plan.ignores.store(true, Relaxed);
        let supervisor = Supervisor::new(OneForOne)
            .child("a", plan.spec())
            .child("b", plan.spec().restart(Restart::Temporary))
            .start()
            .unwrap();
        assert_eq!(state(&supervisor, "a"), Some(ChildState::Stopped));
        assert_eq!(state(&supervisor, "b"), None);
        assert_eq!(supervisor.restart_child("a"), Ok(None));
        assert_eq!(supervisor.start_child("c", plan.spec()).unwrap().pid(), None);
        assert_eq!(state(&supervisor, "c"), Some(ChildState::Stopped));
        plan.ignores.store(false, Relaxed);
        assert!(supervisor.restart_child("a").unwrap().is_some());
    });
}

#[test]
fn significant_children_end_their_supervisor() {
    for (policy, ends, survives) in [
        (AutoShutdown::AnySignificant, &["a"][..], false),
        (AutoShutdown::AllSignificant, &["a"], true),
        (AutoShutdown::AllSignificant, &["a", "b"], false),
        (AutoShutdown::AnySignificant, &["c"], true),
    ] {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = Supervisor::new(OneForOne)
                .auto_shutdown(policy)
                .child("a", journal.spec("a").restart(Restart::Transient).significant(true))
                .child("b", journal.spec("b").restart(Restart::Temporary).significant(true))
                .child("c", journal.spec("c").restart(Restart::Transient))
                .start()
                .unwrap();
            let monitor = otp::monitor(supervisor.pid().unwrap());
            for id in ends {
                assert!(supervisor.pid().is_some());
                end(t, &supervisor, id, ExitReason::Normal);
            }
            assert_eq!(supervisor.pid().is_some(), survives, "{policy:?} {ends:?}");
            if !survives {
                let down = process::current().receive_down(monitor, None).unwrap();
                assert_eq!(down.reason, ExitReason::Shutdown);
            }
        });
    }
}

#[test]
fn a_significant_child_that_is_told_to_end_ends_nobody() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForAll)
            .auto_shutdown(AutoShutdown::AnySignificant)
            .child("a", journal.spec("a").restart(Restart::Transient).significant(true))
            .child("b", journal.spec("b"))
            .start()
            .unwrap();
        supervisor.terminate_child("a").unwrap();
        supervisor.restart_child("a").unwrap();
        kill(t, &supervisor, "b");
        assert!(is_running(&supervisor, "a"));
    });
}

#[test]
fn automatic_shutdown_goes_up_the_tree() {
    simulated(|t| {
        let journal = Journal::default();
        let nested = {
            let journal = journal.clone();
            Supervisor::spec(move || {
                Supervisor::new(OneForOne)
                    .auto_shutdown(AutoShutdown::AnySignificant)
                    .child("a", journal.spec("a").restart(Restart::Transient).significant(true))
            })
        };
        let supervisor = Supervisor::new(OneForOne)
            .auto_shutdown(AutoShutdown::AnySignificant)
            .child("nested", nested.restart(Restart::Transient).significant(true))
            .start()
            .unwrap();
        end(t, &supervisor.child::<Supervisor>("nested"), "a", ExitReason::Normal);
        assert_eq!(supervisor.pid(), None);
    });
}

#[test]
fn specs_that_make_no_sense_are_refused() {
    let journal = Journal::default();
    let significant = || journal.spec("a").significant(true);
    let cases = [
        (
            Supervisor::new(OneForOne).child("a", journal.spec("a")).child("a", journal.spec("b")),
            SpecError::DuplicateChild("a".into()),
        ),
        (
            Supervisor::new(OneForOne).child("a", significant().restart(Restart::Transient)),
            SpecError::SignificantForNothing("a".into()),
        ),
        (
            Supervisor::new(OneForOne).auto_shutdown(AutoShutdown::AnySignificant).child("a", significant()),
            SpecError::SignificantPermanent("a".into()),
        ),
        (Supervisor::new(OneForOne).intensity(1, Duration::ZERO), SpecError::ZeroPeriod),
    ];
    Sim::run(0, |_| {
        for (supervisor, error) in cases {
            assert_eq!(supervisor.start().unwrap_err(), StartError::Spec(error));
        }
        let supervisor = Supervisor::new(OneForOne).start().unwrap();
        let refused = ChildError::Start(StartError::Spec(SpecError::SignificantForNothing("a".into())));
        assert_eq!(supervisor.start_child("a", significant()).unwrap_err(), refused);
        assert_eq!(journal.take(), "");
    });
}

#[test]
fn exit_signals_of_strangers_mean_nothing() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForAll).child("a", journal.spec("a")).start().unwrap();
        let pid = supervisor.pid().unwrap();
        process::spawn(move |_| otp::exit(pid, ExitReason::Shutdown));
        // A child that lives cannot make its supervisor start a second one.
        supervisor.child::<Worker>("a").cast(Message::Run(Box::new(move || otp::exit(pid, ExitReason::other("boo")))));
        t.settle();
        assert_eq!(supervisor.pid(), Some(pid));
        assert_eq!(journal.take(), "+a");
    });
}

#[test]
fn the_exit_of_its_parent_ends_a_supervisor() {
    simulated(|t| {
        let journal = Journal::default();
        let (tell, told) = (Arc::new(Mutex::new(None)), four(OneForOne, &journal));
        let seen = Arc::clone(&tell);
        let parent = process::spawn(move |_| {
            *tell.lock().unwrap() = Some(told.start_link().unwrap());
            otp::sleep(SECOND);
            Err::<(), _>(ExitReason::shutdown_with("parent"))
        });
        t.settle();
        let supervisor = seen.lock().unwrap().take().unwrap();
        journal.take();
        let reason = reason_of(supervisor.pid().unwrap());
        assert_eq!(reason, ExitReason::shutdown_with("parent"));
        assert_eq!(journal.take(), "-d -c -b -a");
        assert!(!otp::is_alive(parent));
    });
}

#[test]
fn children_do_not_survive_a_supervisor_that_is_killed() {
    simulated(|t| {
        let journal = Journal::default();
        let stubborn = Plan { traps: true, ..journal.worker("b") };
        let supervisor =
            Supervisor::new(OneForOne).child("a", journal.spec("a")).child("b", stubborn.spec()).start().unwrap();
        let (a, b) = (supervisor.child::<Worker>("a"), supervisor.child::<Worker>("b"));
        process::exit(supervisor.pid().unwrap(), ExitReason::Kill);
        t.settle();
        assert_eq!((a.pid(), b.pid(), supervisor.pid()), (None, None, None));
        let mut gone: Vec<_> = journal.take().split(' ').map(str::to_owned).skip(2).collect();
        gone.sort();
        assert_eq!(gone, ["-a", "-b"]);
    });
}

#[test]
fn a_child_registers_its_name_before_others_see_it() {
    simulated(|t| {
        let journal = Journal::default();
        let nested = Supervisor::spec(|| Supervisor::new(OneForOne)).name("nested");
        let supervisor = Supervisor::new(OneForOne)
            .child("a", journal.spec("a").name("printer"))
            .child("nested", nested)
            .start()
            .unwrap();
        for (name, id) in [("printer", "a"), ("nested", "nested")] {
            assert_eq!(process::whereis(name), supervisor.slot().child(id).pid());
        }
        kill(t, &supervisor, "a");
        assert_eq!(process::whereis("printer"), supervisor.slot().child("a").pid());
        let taken = supervisor.start_child("b", journal.spec("b").name("printer")).unwrap_err();
        let holder = process::whereis("printer").unwrap();
        assert_eq!(taken, ChildError::Start(StartError::AlreadyStarted(holder)));
    });
}

#[test]
fn a_running_tree_is_printed() {
    simulated(|t| {
        let journal = Journal::default();
        let nested = {
            let journal = journal.clone();
            Supervisor::spec(move || {
                (0..2).fold(Supervisor::new(OneForAll), |supervisor, index| {
                    supervisor.child(("worker", index), journal.spec("w"))
                })
            })
        };
        let supervisor = Supervisor::new(OneForOne)
            .child("a", journal.spec("a"))
            .child("b", journal.spec("b"))
            .child("nested", nested)
            .start()
            .unwrap();
        kill(t, &supervisor, "a");
        supervisor.terminate_child("b").unwrap();
        let pid = |slot: Slot| slot.pid().unwrap();
        let slot = supervisor.slot();
        let nested = slot.child("nested");
        assert_eq!(
            supervisor.to_string(),
            format!(
                "Supervisor {} one_for_one, 3 restarts in 5s\n  \
                 a: Worker {}, 1 restart\n  \
                 b: Worker stopped\n  \
                 nested: Supervisor {} one_for_all, 3 restarts in 5s\n    \
                 worker[0]: Worker {}\n    \
                 worker[1]: Worker {}",
                pid(slot.clone()),
                pid(slot.child("a")),
                pid(nested.clone()),
                pid(nested.child(("worker", 0))),
                pid(nested.child(("worker", 1))),
            )
        );
        assert_eq!(nested.children("worker").len(), 2);
        supervisor.stop().unwrap();
        assert_eq!(supervisor.to_string(), "supervisor: there is no such process");
    });
}

#[test]
fn repeated_children_keep_their_places_while_they_are_restarted() {
    simulated(|t| {
        let journal = Journal::default();
        let width = Arc::new(AtomicU32::new(3));
        let nested = {
            let (journal, width) = (journal.clone(), Arc::clone(&width));
            Supervisor::spec(move || {
                (0..width.load(Relaxed) as usize).fold(Supervisor::new(OneForOne), |supervisor, index| {
                    supervisor.child(("worker", index), Plan { slow: SECOND, ..journal.worker("w") }.spec())
                })
            })
        };
        let supervisor = Supervisor::new(OneForOne).child("nested", nested).start().unwrap();
        let slot = supervisor.slot().child("nested");
        process::exit(slot.child(("worker", 0)).pid().unwrap(), ExitReason::Kill);
        t.settle();
        assert_eq!(
            slot.children("worker").iter().map(|slot| slot.pid().is_some()).collect::<Vec<_>>(),
            [false, true, true]
        );
        // A supervisor that is started again with fewer of them has fewer of them.
        width.store(2, Relaxed);
        process::exit(slot.pid().unwrap(), ExitReason::Kill);
        t.advance(10 * SECOND);
        assert_eq!(slot.children("worker").len(), 2);
    });
}

#[test]
fn a_child_cannot_wait_for_a_supervisor_that_waits_for_it() {
    simulated(|t| {
        let journal = Journal::default();
        let (supervisor, answers) = (Arc::new(Mutex::new(None::<SupervisorRef>)), Arc::new(Mutex::new(Vec::new())));
        let asks = {
            let (supervisor, answers) = (Arc::clone(&supervisor), Arc::clone(&answers));
            move || {
                let supervisor = supervisor.lock().unwrap().clone();
                let answer = supervisor.map(|supervisor| supervisor.count_children().map(|count| count.specs));
                answers.lock().unwrap().push(answer);
            }
        };
        let plan = Plan { asks: Some(Arc::new(asks)), traps: true, ..journal.worker("a") };
        let started = Supervisor::new(OneForOne).child("a", plan.spec()).start().unwrap();
        *supervisor.lock().unwrap() = Some(started.clone());
        kill(t, &started, "a");
        started.child::<Worker>("a").cast(Message::End(ExitReason::other("ends by itself")));
        t.settle();
        let (began, pid) = (t.now(), started.pid().unwrap());
        started.stop().unwrap();
        assert_eq!(t.now(), began);
        t.crashes();
        let answers = answers.lock().unwrap();
        let is_deadlock = |answer: &Option<Result<usize, ChildError>>| match answer {
            Some(Err(ChildError::Gone(CallError::Deadlock(path)))) => path.len() == 2 && path[1] == pid,
            _ => false,
        };
        // Two restarts and the stop; when it ends by itself, nobody waits for it.
        assert_eq!(answers.iter().map(is_deadlock).collect::<Vec<_>>(), [false, true, false, true, true]);
        assert_eq!((&answers[0], &answers[2]), (&None, &Some(Ok(1))));
    });
}

#[test]
fn a_forged_exit_and_the_end_that_follows_it_are_one_end() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne)
            .intensity(1, SECOND)
            .child("a", journal.spec("a").restart(Restart::Temporary))
            .child("b", journal.spec("b"))
            .start()
            .unwrap();
        let pid = supervisor.pid().unwrap();
        for id in ["a", "b"] {
            let child = supervisor.child::<Worker>(id);
            child.cast(Message::Run(Box::new(move || otp::exit(pid, ExitReason::other("forged")))));
            child.cast(Message::End(ExitReason::Shutdown));
        }
        t.settle();
        assert_eq!(supervisor.pid(), Some(pid));
        assert_eq!(state(&supervisor, "a"), None);
        assert_eq!(supervisor.restarts("b"), Ok(1));
    });
}

#[test]
fn a_child_that_is_added_is_the_last_whoever_was_deleted_before() {
    simulated(|_| {
        let journal = Journal::default();
        let supervisor = four(RestForOne, &journal).start().unwrap();
        supervisor.terminate_child("a").unwrap();
        supervisor.delete_child("a").unwrap();
        for id in ["e", "f"] {
            supervisor.start_child(id, journal.spec(id)).unwrap();
        }
        let ids: Vec<_> = supervisor.which_children().unwrap().iter().map(|child| child.id.to_string()).collect();
        assert_eq!(ids, ["f", "e", "d", "c", "b"]);
        journal.take();
        supervisor.stop().unwrap();
        assert_eq!(journal.take(), "-f -e -d -c -b");
    });
}

#[test]
fn a_child_that_chooses_not_to_run_is_kept_unless_it_is_temporary() {
    for (restart, kept) in [
        (Restart::Permanent, Some(ChildState::Stopped)),
        (Restart::Transient, Some(ChildState::Stopped)),
        (Restart::Temporary, None),
    ] {
        simulated(|_| {
            let plan = Journal::default().worker("a");
            plan.ignores.store(true, Relaxed);
            let supervisor = Supervisor::new(OneForOne).child("a", plan.spec().restart(restart)).start().unwrap();
            assert_eq!(state(&supervisor, "a"), kept, "{restart:?}");
        });
    }
}

#[test]
fn a_restart_that_ends_in_ignore_is_none() {
    for failures in [0, 1] {
        simulated(|t| {
            let plan = Journal::default().worker("a");
            let supervisor = Supervisor::new(OneForOne).child("a", plan.spec()).start().unwrap();
            plan.failures.store(failures, Relaxed);
            plan.ignores.store(true, Relaxed);
            kill(t, &supervisor, "a");
            assert_eq!(state(&supervisor, "a"), Some(ChildState::Stopped), "{failures}");
            assert_eq!(supervisor.restarts("a"), Ok(0), "{failures}");
        });
    }
}

#[test]
fn a_child_whose_restart_by_hand_fails_is_kept() {
    simulated(|t| {
        let journal = Journal::default();
        let plan = journal.worker("a");
        let supervisor = Supervisor::new(OneForOne).child("a", plan.spec()).start().unwrap();
        supervisor.terminate_child("a").unwrap();
        plan.failures.store(1, Relaxed);
        let failed = ChildError::Start(StartError::Failed(ExitReason::other("no start")));
        assert_eq!(supervisor.restart_child("a"), Err(failed));
        t.settle();
        assert_eq!(state(&supervisor, "a"), Some(ChildState::Stopped));
        assert!(supervisor.restart_child("a").unwrap().is_some());
        assert_eq!(journal.take(), "+a -a !a +a");
    });
}

#[test]
fn a_child_is_not_active_from_its_end_on() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).child("a", journal.spec("a")).start().unwrap();
        let slow = Plan { slow: SECOND, ..journal.worker("b") };
        let busy = supervisor.clone();
        process::spawn(move |_| busy.start_child("b", slow.spec()).map(drop).unwrap());
        t.settle();
        // It is asked before it hears of the end of `a`.
        let (asks, counted) = (supervisor.clone(), Arc::new(Mutex::new(None)));
        let count = Arc::clone(&counted);
        process::spawn(move |_| *count.lock().unwrap() = asks.count_children().ok());
        t.settle();
        process::exit(supervisor.slot().child("a").pid().unwrap(), ExitReason::Kill);
        t.advance(SECOND);
        let count = counted.lock().unwrap().take().unwrap();
        assert_eq!((count.specs, count.active), (2, 1));
        assert!(is_running(&supervisor, "a"));
    });
}

#[test]
fn children_that_do_not_run_are_counted() {
    simulated(|_| {
        let nested = Supervisor::spec(|| Supervisor::new(OneForOne));
        let worker = Journal::default().spec("a");
        let supervisor = Supervisor::new(OneForOne).child("a", worker).child("nested", nested).start().unwrap();
        for id in ["a", "nested"] {
            supervisor.terminate_child(id).unwrap();
        }
        let count = supervisor.count_children().unwrap();
        assert_eq!((count.specs, count.active, count.supervisors, count.workers), (2, 0, 1, 1));
    });
}

#[test]
fn a_child_has_the_time_to_shut_down_that_its_spec_says() {
    const HOUR: Duration = Duration::from_secs(3600);
    for (shutdown, expected) in [
        (Shutdown::After(2 * SECOND), 2 * SECOND),
        (Shutdown::After(7 * SECOND), 7 * SECOND),
        (Shutdown::After(2 * HOUR), HOUR),
        (Shutdown::Infinity, HOUR),
    ] {
        simulated(|t| {
            let slow = Plan { traps: true, lingers: HOUR, ..Journal::default().worker("a") };
            // A supervisor waits for another as long as that needs for its children.
            let nested =
                Supervisor::spec(move || Supervisor::new(OneForOne).child("a", slow.spec().shutdown(shutdown)));
            let supervisor = Supervisor::new(OneForOne).child("nested", nested).start().unwrap();
            let monitor = otp::monitor(supervisor.slot().child("nested").pid().unwrap());
            let began = t.now();
            supervisor.stop().unwrap();
            assert_eq!(t.now() - began, expected, "{shutdown:?}");
            let down = process::current().receive_down(monitor, None).unwrap();
            assert_eq!(down.reason, ExitReason::Shutdown, "{shutdown:?}");
        });
    }
}

#[test]
fn children_that_are_killed_are_awaited_one_by_one_too() {
    simulated(|_| {
        let journal = Journal::default();
        let killed = |id| journal.spec(id).shutdown(Shutdown::BrutalKill);
        let supervisor = ["a", "b", "c", "d"]
            .into_iter()
            .fold(Supervisor::new(OneForOne), |supervisor, id| supervisor.child(id, killed(id)))
            .start()
            .unwrap();
        journal.take();
        let d = supervisor.child::<Worker>("d").pid().unwrap();
        supervisor.terminate_child("d").unwrap();
        assert!(!otp::is_alive(d));
        supervisor.stop().unwrap();
        assert_eq!(journal.take(), "-d -c -b -a");
    });
}

#[test]
fn a_repeated_child_is_added_by_its_name_and_index() {
    simulated(|_| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).start().unwrap();
        let clients = [0, 1].map(|index| supervisor.start_child(("w", index), journal.spec("w")).unwrap());
        for (index, client) in clients.iter().enumerate() {
            assert_eq!(client.call(Message::Get), Ok("w"));
            assert_eq!(client.pid(), supervisor.slot().child(("w", index)).pid());
        }
        assert_ne!(clients[0].pid(), clients[1].pid());
    });
}

#[test]
fn a_supervisor_is_asked_without_a_limit_of_time() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).start().unwrap();
        let slow = Plan { slow: 3600 * SECOND, ..journal.worker("a") };
        let a = supervisor.start_child("a", slow.spec()).unwrap();
        assert_eq!((a.call(Message::Get), t.now()), (Ok("a"), 3600 * SECOND));
    });
}

#[test]
fn a_request_whose_caller_is_gone_is_carried_out() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).start().unwrap();
        let start = |plan: Plan| {
            let supervisor = supervisor.clone();
            let starter = process::spawn(move |_| drop(supervisor.start_child(plan.id, plan.spec())));
            t.settle();
            starter
        };
        start(Plan { slow: SECOND, ..journal.worker("a") });
        let gone = start(journal.worker("b"));
        process::exit(gone, ExitReason::Kill);
        t.advance(SECOND);
        assert!(is_running(&supervisor, "a") && is_running(&supervisor, "b"));
    });
}

#[test]
fn a_supervisor_says_whether_it_gave_up() {
    for gives_up in [true, false] {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = four(OneForOne, &journal).intensity(0, SECOND).start().unwrap();
            assert!(!supervisor.gave_up());
            if gives_up {
                kill(t, &supervisor, "a");
            } else {
                supervisor.stop().unwrap();
            }
            assert_eq!((supervisor.pid(), supervisor.gave_up()), (None, gives_up));
        });
    }
}

#[test]
fn a_significant_child_that_crashes_ends_its_supervisor_unless_it_is_started_again() {
    for strategy in [OneForOne, OneForAll, RestForOne] {
        for policy in [AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
            for (restart, survives) in [(Restart::Transient, true), (Restart::Temporary, false)] {
                simulated(|t| {
                    let journal = Journal::default();
                    let supervisor = Supervisor::new(strategy)
                        .auto_shutdown(policy)
                        .child("a", journal.spec("a").restart(restart).significant(true))
                        .start()
                        .unwrap();
                    kill(t, &supervisor, "a");
                    assert_eq!(supervisor.pid().is_some(), survives, "{strategy:?} {policy:?} {restart:?}");
                    assert_eq!(journal.take(), if survives { "+a -a +a" } else { "+a -a" });
                });
            }
        }
    }
}

#[test]
fn a_significant_child_that_is_about_to_be_started_again_keeps_its_supervisor() {
    simulated(|t| {
        let journal = Journal::default();
        let significant = |plan: &Plan| plan.spec().restart(Restart::Transient).significant(true);
        let plan = Plan { slow: SECOND, ..journal.worker("a") };
        let supervisor = Supervisor::new(OneForOne)
            .auto_shutdown(AutoShutdown::AllSignificant)
            .child("a", significant(&plan))
            .child("b", significant(&journal.worker("b")))
            .start()
            .unwrap();
        plan.failures.store(1, Relaxed);
        kill(t, &supervisor, "a");
        // It hears of this end when the start of `a` has failed.
        end(t, &supervisor, "b", ExitReason::Normal);
        t.advance(2 * SECOND);
        assert_eq!(journal.take(), "+a +b -a -b !a +a");
        assert!(is_running(&supervisor, "a"));
    });
}

#[test]
fn the_end_of_its_parent_ends_a_supervisor_that_is_linked_to_it_whatever_the_reason() {
    for (linked, reason) in [
        (true, ExitReason::Normal),
        (true, ExitReason::Shutdown),
        (true, ExitReason::other("boom")),
        (false, ExitReason::other("boom")),
    ] {
        simulated(|t| {
            let (tell, told) = mpsc::channel();
            let (supervisor, why) = (four(OneForOne, &Journal::default()), reason.clone());
            process::spawn(move |_| {
                tell.send(if linked { supervisor.start_link() } else { supervisor.start() }).unwrap();
                otp::sleep(SECOND);
                Err::<(), _>(why)
            });
            t.settle();
            let supervisor = told.try_recv().unwrap().unwrap();
            let monitor = otp::monitor(supervisor.pid().unwrap());
            t.advance(SECOND);
            t.crashes();
            assert_eq!(supervisor.pid().is_some(), !linked, "{reason:?}");
            if linked {
                assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, reason);
            }
        });
    }
}

#[test]
fn the_children_of_a_name_are_known_before_they_start() {
    simulated(|t| {
        let (journal, width) = (Journal::default(), Arc::new(AtomicU32::new(1)));
        let (nested, seen) = (Arc::new(Mutex::new(None::<Slot>)), Arc::new(Mutex::new(Vec::new())));
        let looks: Arc<dyn Fn() + Send + Sync> = {
            let (nested, seen) = (Arc::clone(&nested), Arc::clone(&seen));
            Arc::new(move || {
                if let Some(nested) = &*nested.lock().unwrap() {
                    seen.lock().unwrap().push(nested.children("w").len());
                }
            })
        };
        let spec = {
            let width = Arc::clone(&width);
            Supervisor::spec(move || {
                let plan = Plan { asks: Some(Arc::clone(&looks)), ..journal.worker("w") };
                // One that has the name and no index is none of them.
                let alone = Supervisor::new(OneForOne).child("w", plan.spec());
                (0..width.load(Relaxed) as usize)
                    .fold(alone, |supervisor, index| supervisor.child(("w", index), plan.spec()))
            })
        };
        let supervisor = Supervisor::new(OneForOne).child("nested", spec).start().unwrap();
        *nested.lock().unwrap() = Some(supervisor.slot().child("nested"));
        width.store(3, Relaxed);
        kill(t, &supervisor, "nested");
        assert_eq!(*seen.lock().unwrap(), [3, 3, 3, 3]);
    });
}

#[test]
fn a_deleted_child_is_not_found_again_by_who_asks_for_it() {
    simulated(|_| {
        let journal = Journal::default();
        let supervisor = (0..2)
            .fold(Supervisor::new(OneForOne), |supervisor, index| supervisor.child(("w", index), journal.spec("w")))
            .start()
            .unwrap();
        assert_eq!(supervisor.which_child(("w", 1)).unwrap().id, ("w", 1).into());
        assert_eq!(supervisor.which_child("w"), Err(ChildError::NotFound));
        supervisor.terminate_child(("w", 1)).unwrap();
        supervisor.delete_child(("w", 1)).unwrap();
        assert_eq!(supervisor.child::<Worker>(("w", 1)).call(Message::Get), Err(CallError::NoProc));
        let places: Vec<_> = supervisor.slot().children("w").iter().map(Slot::pid).collect();
        assert_eq!(places, [supervisor.slot().child(("w", 0)).pid()]);
        assert!(places[0].is_some());
    });
}

#[test]
fn what_does_not_run_is_printed_without_a_pid() {
    simulated(|_| {
        let plan = Journal::default().worker("a");
        let nested = Supervisor::spec(|| Supervisor::new(OneForOne));
        let supervisor = Supervisor::new(RestForOne)
            .intensity(2, SECOND)
            .child("a", plan.spec())
            .child("nested", nested)
            .start()
            .unwrap();
        supervisor.terminate_child("nested").unwrap();
        let text = || {
            let text = supervisor.to_string();
            text.split_once(' ').unwrap().1.split_once(' ').unwrap().1.to_owned()
        };
        let pid = supervisor.slot().child("a").pid().unwrap();
        assert_eq!(text(), format!("rest_for_one, 2 restarts in 1s\n  a: Worker {pid}\n  nested: Supervisor stopped"));
        let supervisor = Supervisor::new(OneForAll).intensity(0, SECOND).start().unwrap();
        assert_eq!(supervisor.to_string().split_once('>').unwrap().1, " one_for_all, 0 restarts in 1s");
    });
}

#[test]
fn a_child_that_is_about_to_be_started_again_is_printed_so() {
    simulated(|t| {
        let plan = Plan { slow: SECOND, ..Journal::default().worker("a") };
        let supervisor = Supervisor::new(OneForOne).intensity(100, SECOND).child("a", plan.spec()).start().unwrap();
        plan.failures.store(u32::MAX, Relaxed);
        kill(t, &supervisor, "a");
        let text = supervisor.to_string();
        assert_eq!(text.lines().nth(1), Some("  a: Worker restarting"), "{text}");
    });
}

/// Who has started a child owns it: nobody has to hold a client of it.
#[test]
fn a_tree_lives_without_anybody_who_holds_clients_of_it() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = four(OneForOne, &journal).start().unwrap();
        let (a, pid) = (supervisor.child::<Worker>("a").pid().unwrap(), supervisor.pid().unwrap());
        drop(supervisor);
        t.advance(3600 * SECOND);
        process::exit(a, ExitReason::Kill);
        t.advance(3600 * SECOND);
        assert!(otp::is_alive(pid));
        assert_eq!(journal.take(), "+a +b +c +d -a +a");
    });
}

/// Restarts that are over are forgotten one by one, and not only after a quiet time.
#[test]
fn a_child_that_ends_now_and_then_is_started_again_for_ever() {
    const MILLI: Duration = Duration::from_millis(1);
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = four(OneForOne, &journal).intensity(2, 200 * MILLI).start().unwrap();
        for _ in 0..100 {
            kill(t, &supervisor, "b");
            t.advance(150 * MILLI);
        }
        assert_eq!(supervisor.restarts("b"), Ok(100));
        assert!(is_running(&supervisor, "b"));
    });
}

/// Those that are restarted with another one are told to end, have the time that they need, and their names are free.
#[test]
fn siblings_end_in_peace_before_they_are_started_again() {
    simulated(|t| {
        let journal = Journal::default();
        let slow = |id| Plan { traps: true, lingers: 2 * SECOND, ..journal.worker(id) };
        let supervisor = ["a", "b", "c"]
            .into_iter()
            .fold(Supervisor::new(OneForAll), |supervisor, id| supervisor.child(id, slow(id).spec().name(id)))
            .start()
            .unwrap();
        journal.take();
        kill(t, &supervisor, "a");
        for expected in ["-a", "-c", "-b +a +b +c", ""] {
            assert_eq!(journal.take(), expected);
            t.advance(2 * SECOND);
        }
        for id in ["a", "b", "c"] {
            assert_eq!(process::whereis(id), supervisor.slot().child(id).pid());
            assert_eq!(supervisor.restarts(id), Ok(1));
        }
    });
}

/// A caller, a monitor and the supervisor hear the same.
#[test]
fn everybody_hears_why_a_child_has_ended() {
    simulated(|t| {
        let supervisor = four(OneForOne, &Journal::default()).start().unwrap();
        let a = supervisor.child::<Worker>("a");
        let monitor = a.monitor().unwrap();
        a.cast(Message::Run(Box::new(|| panic!("out of paper"))));
        let Err(CallError::Exited(ExitReason::Panic(told))) = a.call(Message::Get) else { panic!("no panic") };
        assert_eq!((&*told.message, told.handler), ("out of paper", Some("message")));
        let reason = process::current().receive_down(monitor, None).unwrap().reason;
        assert_eq!(reason, ExitReason::Panic(told));
        t.settle();
        assert_eq!(a.call(Message::Get), Ok("a"), "it was nobody else's end");
        assert_eq!(t.crashes().len(), 1);
    });
}

#[cfg(feature = "tracing")]
#[path = "common/listener.rs"]
mod listener;

/// What supervisors report on the calling thread, on which a simulation runs, but for progress.
#[cfg(feature = "tracing")]
mod reports {
    use std::{cell::RefCell, sync::Once};

    pub(super) use super::listener::Report;
    use super::listener::listen;

    thread_local!(static HEARD: RefCell<Vec<Report>> = const { RefCell::new(Vec::new()) });

    /// What was reported since the last look.
    pub(super) fn take() -> Vec<Report> {
        static LISTENS: Once = Once::new();
        LISTENS.call_once(|| {
            listen(|event| {
                let report = Report::of(event);
                if report.fields.get("context").is_some_and(|context| context != "progress") {
                    HEARD.with_borrow_mut(|heard| heard.push(report));
                }
            });
        });
        HEARD.take()
    }
}

/// Runs a test in simulations, in which supervisors report this: the kind, the child, and why.
#[cfg(feature = "tracing")]
fn reported(test: impl Fn(&mut Sim), expected: &[&str]) {
    simulated(|t| {
        reports::take();
        test(t);
        let reports = reports::take();
        let say =
            |report: &reports::Report| ["context", "child", "reason"].map(|field| &*report.fields[field]).join(" ");
        assert_eq!(reports.iter().map(say).collect::<Vec<_>>(), expected);
        t.crashes();
    });
}

#[cfg(feature = "stacks")]
#[cfg(feature = "tracing")]
#[test]
fn failed_starts_and_giving_up_are_reported() {
    let no_start = StartError::Failed(ExitReason::other("no start")).to_string();
    let start_error = format!("start_error b {no_start}");
    let plan = Journal::default().worker("b");
    let supervisor = || Supervisor::new(OneForOne).intensity(1, SECOND).child("b", plan.spec()).start();
    reported(
        |_| {
            plan.failures.store(1, Relaxed);
            supervisor().unwrap_err();
        },
        &[&start_error],
    );
    reported(
        |t| {
            plan.failures.store(0, Relaxed);
            let supervisor = supervisor().unwrap();
            plan.failures.store(1, Relaxed);
            kill(t, &supervisor, "b");
        },
        &["child_terminated b killed", &start_error, "shutdown b reached_max_restart_intensity"],
    );
}

#[cfg(feature = "stacks")]
#[cfg(feature = "tracing")]
#[test]
fn ends_are_reported_unless_they_are_as_they_should_be() {
    let journal = Journal::default();
    let ends = |restart, reason: ExitReason, expected: &[&str]| {
        reported(
            |t| {
                let supervisor =
                    Supervisor::new(OneForOne).child("a", journal.spec("a").restart(restart)).start().unwrap();
                end(t, &supervisor, "a", reason.clone());
                supervisor.stop().unwrap();
            },
            expected,
        );
    };
    ends(Restart::Permanent, ExitReason::Shutdown, &["child_terminated a shutdown"]);
    ends(Restart::Transient, ExitReason::Shutdown, &[]);
    ends(Restart::Temporary, ExitReason::Normal, &[]);
    ends(Restart::Temporary, ExitReason::other("boom"), &[r#"child_terminated a "boom""#]);
}

#[cfg(feature = "stacks")]
#[cfg(feature = "tracing")]
#[test]
fn a_child_that_does_not_end_as_it_is_told_is_reported_with_its_own_reason() {
    let journal = Journal::default();
    let slow = Plan { traps: true, lingers: 10 * SECOND, ..journal.worker("b") };
    reported(
        |t| {
            let supervisor =
                Supervisor::new(OneForOne).child("a", journal.spec("a")).child("b", slow.spec()).start().unwrap();
            let stops = supervisor.clone();
            process::spawn(move |_| stops.stop().unwrap());
            t.settle();
            // It ends by itself, before its turn comes.
            end(t, &supervisor, "a", ExitReason::other("boom"));
            t.advance(5 * SECOND);
            assert_eq!(supervisor.pid(), None);
        },
        &["shutdown_error b killed", r#"shutdown_error a "boom""#],
    );
    // All at once, with how they ended in the order in which they did.
    let quick = Plan { traps: true, lingers: SECOND, ..journal.worker("d") };
    reported(
        |t| {
            let supervisor = otp::DynamicSupervisor::any().start().unwrap();
            for plan in [&slow, &quick, &journal.worker("e")] {
                supervisor.start_child(plan.spec().shutdown(Shutdown::After(3 * SECOND))).unwrap();
            }
            let stops = supervisor.clone();
            process::spawn(move |_| stops.stop().unwrap());
            t.advance(3 * SECOND);
            assert_eq!(supervisor.pid(), None);
        },
        &["shutdown_error child[0] killed"],
    );
}

#[cfg(feature = "stacks")]
#[cfg(feature = "tracing")]
#[test]
fn a_report_says_which_child_and_what_its_spec_is() {
    simulated(|t| {
        let spec = Journal::default().spec("a").restart(Restart::Temporary).shutdown(Shutdown::BrutalKill);
        let supervisor = Supervisor::new(OneForOne)
            .auto_shutdown(AutoShutdown::AllSignificant)
            .child(("a", 1), spec.significant(true))
            .start()
            .unwrap();
        let [pid, own] = [supervisor.slot().child(("a", 1)).pid(), supervisor.pid()].map(Option::unwrap);
        reports::take();
        process::exit(pid, ExitReason::Kill);
        t.settle();
        let reports = reports::take();
        assert_eq!(reports.len(), 1);
        for (field, expected) in [
            ("supervisor", "Supervisor"),
            ("supervisor_pid", &own.to_string()),
            ("child", "a[1]"),
            ("child_label", "Worker"),
            ("pid", &pid.to_string()),
            ("restart_type", "temporary"),
            ("significant", "true"),
            ("shutdown", "brutal_kill"),
            ("child_type", "worker"),
        ] {
            assert_eq!(reports[0].fields[field], expected, "{field}");
        }
    });
}

/// On real cores: a handler that never comes back can't be interrupted, but its supervisor goes on without it.
#[test]
fn a_handler_that_never_comes_back_does_not_hang_its_supervisor() {
    let node = otp::Node::builder().cores(2).start().unwrap();
    let release = Arc::new(AtomicBool::new(false));
    node.enter(|| {
        let journal = Journal::default();
        let spec = journal.spec("a").shutdown(Shutdown::After(Duration::from_millis(20)));
        let supervisor = Supervisor::new(OneForOne).child("a", spec).start().unwrap();
        let stuck = Arc::clone(&release);
        supervisor.child::<Worker>("a").cast(Message::Run(Box::new(move || {
            while !stuck.load(Relaxed) {
                std::hint::spin_loop();
            }
        })));
        supervisor.terminate_child("a").unwrap();
        supervisor.restart_child("a").unwrap();
        assert_eq!(supervisor.child::<Worker>("a").call(Message::Get), Ok("a"));
        supervisor.stop().unwrap();
    });
    release.store(true, Relaxed);
    node.stop();
}

/// On real cores: nor does a supervisor that is stuck itself; when it comes back, it finds its place taken.
#[test]
fn a_supervisor_that_comes_back_too_late_takes_nothing_from_its_successor() {
    /// Says that whoever holds it is gone.
    struct Gone(mpsc::Sender<()>);
    impl Drop for Gone {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    let node = otp::Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let (sticks, release) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let ((stuck, is_stuck), (gone, is_gone)) = (mpsc::channel(), mpsc::channel());
        let (first, journal) = (AtomicBool::new(true), Journal::default());
        let nested = {
            let (sticks, release) = (Arc::clone(&sticks), Arc::clone(&release));
            Supervisor::spec(move || {
                let (sticks, release, stuck) = (Arc::clone(&sticks), Arc::clone(&release), stuck.clone());
                let (plan, gone) = (journal.worker("a"), Gone(gone.clone()));
                let stuck = Worker::spec(move || {
                    let _ = &gone;
                    if sticks.swap(false, SeqCst) {
                        stuck.send(()).unwrap();
                        while !release.load(SeqCst) {
                            std::hint::spin_loop();
                        }
                    }
                    plan.clone()
                });
                let supervisor = Supervisor::new(OneForOne).child("a", stuck).child("b", journal.spec("b"));
                if first.swap(false, SeqCst) { supervisor.child("c", journal.spec("c")) } else { supervisor }
            })
        };
        let nested = nested.shutdown(Shutdown::After(Duration::from_millis(20)));
        let supervisor = Supervisor::new(OneForOne).child("nested", nested).start().unwrap();
        let inner = supervisor.child::<Supervisor>("nested");
        let [a, b, c] = ["a", "b", "c"].map(|id| inner.child::<Worker>(id));
        sticks.store(true, SeqCst);
        process::exit(a.pid().unwrap(), ExitReason::Kill);
        is_stuck.recv().unwrap();
        supervisor.terminate_child("nested").unwrap();
        supervisor.restart_child("nested").unwrap();
        assert_eq!(c.pid(), None, "there is no `c` any more");

        let holders = || (inner.pid().unwrap(), a.pid().unwrap(), b.pid().unwrap());
        let before = holders();
        assert_eq!((a.call(Message::Get), b.call(Message::Get)), (Ok("a"), Ok("b")));
        release.store(true, SeqCst);
        is_gone.recv().unwrap();
        assert_eq!(holders(), before);
        assert_eq!(inner.count_children().unwrap().active, 2);
        supervisor.stop().unwrap();
    });
    node.stop();
}

/// On real cores: children that die at any time, while others ask for things.
#[test]
fn a_tree_under_fire_heals() {
    let node = otp::Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let journal = Journal::default();
        let supervisor = four(OneForAll, &journal).intensity(u32::MAX, SECOND).start().unwrap();
        let before = supervisor.pid();
        let clients = ["a", "b", "c", "d"].map(|id| supervisor.child::<Worker>(id));
        for round in 0..200 {
            for client in clients.iter().skip(round % 3) {
                if let Some(pid) = client.pid() {
                    process::exit(pid, ExitReason::Kill);
                }
            }
            assert_eq!(supervisor.count_children().unwrap().specs, 4);
        }
        // All signals sent before are acted on before the supervisor answers twice.
        for client in &clients {
            while client.call(Message::Get).is_err() {
                supervisor.count_children().unwrap();
            }
        }
        assert_eq!(supervisor.pid(), before);
        supervisor.stop().unwrap();
        let (ups, downs): (Vec<_>, Vec<_>) =
            journal.0.lock().unwrap().iter().cloned().partition(|mark| mark.starts_with('+'));
        assert_eq!(ups.len(), downs.len());
    });
    node.stop();
}

//! 7 Supervisors.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use otp::{
    prelude::*,
    process::Selector,
    supervisor::{AutoShutdown, ChildError, ChildState, SpecError},
};

use super::{Failing, Lingering, SECOND, Server, come, down, exit, log, why};

#[otp::test(seeds = 20)]
fn s7_1_a_supervisor_ends_with_its_parent_alone(t: &mut Sim) {
    for reason in [ExitReason::Normal, ExitReason::Shutdown, why("any")] {
        let supervisor = Supervisor::new(Strategy::OneForOne).child("it", Server::child_spec(log())).start_link()?;
        let pid = supervisor.pid().expect("it runs");
        process::spawn(move |_| process::exit(pid, ExitReason::Shutdown));
        t.settle();
        assert_eq!(supervisor.pid(), Some(pid), "a stranger's is ignored");
        let monitor = process::monitor(pid);
        process::exit(pid, reason.clone());
        assert_eq!(down(monitor), reason);
        assert_eq!(exit(), Some((pid, reason)));
    }
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_1_specs_that_make_no_sense_are_refused(_: &mut Sim) {
    let twice = Supervisor::new(Strategy::OneForOne)
        .child("it", Server::child_spec(log()))
        .child("it", Server::child_spec(log()));
    assert!(matches!(twice.start().err(), Some(StartError::Spec(SpecError::DuplicateChild(_)))));
    let significant = Supervisor::new(Strategy::OneForOne)
        .child("it", Server::child_spec(log()).restart(Restart::Transient).significant(true));
    assert!(matches!(significant.start().err(), Some(StartError::Spec(_))), "with auto_shutdown never");
}

#[otp::test(seeds = 20)]
fn s7_2_a_child_that_does_not_start_ends_those_before_it_and_its_supervisor(t: &mut Sim) {
    let log = log();
    let failed = Supervisor::new(Strategy::OneForOne)
        .child("lingers", Lingering::child_spec(SECOND))
        .child("first", Server::child_spec(log.clone()))
        .child("second", Failing::child_spec(log.clone()))
        .child("third", Server::child_spec(log.clone()))
        .start();
    assert!(matches!(failed.err(), Some(StartError::Child { id, .. }) if id == "second"));
    assert_eq!((t.now(), t.node().len()), (SECOND, 1), "by then they are gone");
    assert_eq!(come(t, &log), ["init"], "tried once");
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_3_a_temporary_crash_leaves_its_siblings_and_counts_for_nothing(t: &mut Sim) {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        let supervisor = Supervisor::new(strategy)
            .intensity(0, SECOND)
            .child("temporary", Server::child_spec(log()).restart(Restart::Temporary))
            .child("transient", Server::child_spec(log()).restart(Restart::Transient))
            .child("stays", Server::child_spec(log()))
            .start()?;
        let stays = supervisor.child::<Server>("stays").who()?;
        supervisor.child::<Server>("temporary").end(why("crash"));
        supervisor.child::<Server>("transient").end(ExitReason::shutdown_with("clean"));
        t.settle();
        assert_eq!(supervisor.child::<Server>("stays").who(), Ok(stays));
        assert_eq!(supervisor.which_child("temporary").err(), Some(ChildError::NotFound));
        assert_eq!(supervisor.which_child("transient")?.state, ChildState::Stopped);
        supervisor.child::<Server>("stays").end(ExitReason::Normal);
        t.settle();
        assert!(supervisor.gave_up() && supervisor.pid().is_none(), "intensity 0 allows no restart");
    }
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_4_so_many_restarts_in_a_period_and_not_one_more(t: &mut Sim) {
    let supervisor = Supervisor::new(Strategy::OneForAll)
        .intensity(2, SECOND)
        .child("a", Server::child_spec(log()))
        .child("b", Server::child_spec(log()))
        .start()?;
    let monitor = process::monitor(supervisor.pid().expect("it runs"));
    for _ in 0..5 {
        supervisor.child::<Server>("a").end(ExitReason::Normal);
        t.advance(SECOND / 2 + Duration::from_millis(1));
        assert!(supervisor.pid().is_some(), "a group counts once, and old ones not at all");
    }
    for _ in 0..2 {
        supervisor.child::<Server>("b").end(ExitReason::Normal);
        t.settle();
    }
    assert_eq!(down(monitor), ExitReason::Shutdown);
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_5_a_group_restart_starts_those_that_had_stopped_and_drops_temporary_ones(t: &mut Sim) {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let supervisor = Supervisor::new(strategy)
            .child("first", Server::child_spec(log()))
            .child("done", Server::child_spec(log()).restart(Restart::Transient))
            .child("ended", Server::child_spec(log()))
            .child("temporary", Server::child_spec(log()).restart(Restart::Temporary))
            .start()?;
        supervisor.start_child("added", Server::child_spec(log()))?;
        supervisor.child::<Server>("done").end(ExitReason::Normal);
        supervisor.terminate_child("ended")?;
        supervisor.child::<Server>("first").end(ExitReason::Normal);
        t.settle();
        let children = supervisor.which_children()?;
        let ids: Vec<_> = children.iter().map(|child| child.id.to_string()).collect();
        assert_eq!(ids, ["added", "ended", "done", "first"], "{strategy:?}, the newest first");
        assert!(children.iter().all(|child| matches!(child.state, ChildState::Running(_))));
    }
}

/// Fails to start again until somebody says so.
struct Flaky;

static STARTS: AtomicBool = AtomicBool::new(true);

#[actor]
impl Flaky {
    #[init]
    fn init() -> Result<Self, ExitReason> {
        if STARTS.load(SeqCst) { Ok(Self) } else { Err(why("not now")) }
    }

    #[handle_cast]
    fn end(&self) -> Result<(), ExitReason> {
        Err(why("crash"))
    }
}

#[otp::test]
fn s7_6_a_child_that_does_not_start_again_is_tried_on_and_can_be_given_up(t: &mut Sim) {
    STARTS.store(true, SeqCst);
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .intensity(5, SECOND * 60)
        .child("it", Flaky::child_spec().backoff(SECOND..=SECOND))
        .child("stays", Server::child_spec(log()))
        .start()?;
    let stays = supervisor.child::<Server>("stays").who()?;
    STARTS.store(false, SeqCst);
    supervisor.child::<Flaky>("it").end();
    t.settle();
    assert_eq!(supervisor.which_child("it")?.state, ChildState::Restarting);
    assert_eq!(supervisor.restart_child("it"), Err(ChildError::Restarting));
    assert_eq!(supervisor.delete_child("it"), Err(ChildError::Restarting));
    let again = supervisor.start_child("it", Flaky::child_spec());
    assert_eq!(again.err(), Some(ChildError::AlreadyPresent));
    let counts = supervisor.count_children()?;
    assert_eq!((counts.specs, counts.active, counts.workers), (2, 1, 2));
    supervisor.terminate_child("it")?;
    STARTS.store(true, SeqCst);
    t.advance(SECOND * 10);
    assert_eq!(supervisor.which_child("it")?.state, ChildState::Stopped, "nobody tries on");
    assert!(supervisor.restart_child("it")?.is_some());

    // Each try counts.
    STARTS.store(false, SeqCst);
    supervisor.child::<Flaky>("it").end();
    t.advance(SECOND * 60);
    assert!(supervisor.gave_up() && supervisor.child::<Server>("stays").who() != Ok(stays));
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_8_a_significant_child_that_ends_by_itself_ends_its_supervisor(t: &mut Sim) {
    let tree = |auto_shutdown| {
        let significant = || Server::child_spec(log()).restart(Restart::Transient).significant(true);
        Supervisor::new(Strategy::OneForOne)
            .auto_shutdown(auto_shutdown)
            .child("a", significant())
            .child("b", significant())
            .child("c", Server::child_spec(log()))
            .start_link()
    };
    for (auto_shutdown, needed) in [(AutoShutdown::AnySignificant, 1), (AutoShutdown::AllSignificant, 2)] {
        let supervisor = tree(auto_shutdown)?;
        let pid = supervisor.pid().expect("it runs");
        supervisor.child::<Server>("a").end(why("crash"));
        t.settle();
        supervisor.terminate_child("a")?;
        supervisor.restart_child("a")?;
        t.settle();
        assert_eq!(supervisor.pid(), Some(pid), "neither a crash nor what it was asked for counts");
        for id in ["a", "b"].into_iter().take(needed) {
            assert_eq!(supervisor.pid(), Some(pid));
            supervisor.child::<Server>(id).end(ExitReason::Normal);
            t.settle();
        }
        assert_eq!((supervisor.pid(), exit()), (None, Some((pid, ExitReason::Shutdown))));
    }
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_7_children_end_one_by_one_the_last_first_and_none_is_started_again(t: &mut Sim) {
    let lingers = |n| Lingering::child_spec(SECOND * n).shutdown(Shutdown::After(SECOND * 2));
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .child("first", lingers(1))
        .child("second", lingers(5))
        .child("third", lingers(1).shutdown(Shutdown::BrutalKill))
        .start()?;
    let monitors = ["first", "second", "third"].map(|id| supervisor.child::<Lingering>(id).monitor().expect("it runs"));
    supervisor.stop()?;
    assert_eq!(t.now(), SECOND * 3, "none, two until it is killed, and one");
    let downs = Selector::new().select_monitors(|down| (down.monitor, down.reason));
    let told: Vec<_> = std::iter::from_fn(|| downs.receive(Duration::ZERO)).collect();
    let [first, second, third] = monitors;
    assert_eq!(told, [(third, ExitReason::Killed), (second, ExitReason::Killed), (first, ExitReason::Shutdown)]);
    assert_eq!(t.node().len(), 1);
}

#[otp::test(seeds = 20)]
fn s7_9_the_admin_functions_say_what_is(t: &mut Sim) {
    let supervisor = Supervisor::new(Strategy::OneForOne).start()?;
    let spec = || Server::child_spec(log());
    let child = supervisor.start_child("it", spec())?;
    assert_eq!(supervisor.start_child("it", spec()).err(), child.pid().map(ChildError::AlreadyStarted));
    assert_eq!(supervisor.restart_child("it"), Err(ChildError::Running));
    assert_eq!(supervisor.delete_child("it"), Err(ChildError::Running));
    supervisor.terminate_child("it")?;
    supervisor.terminate_child("it")?;
    assert_eq!(supervisor.start_child("it", spec()).err(), Some(ChildError::AlreadyPresent));
    let counts = supervisor.count_children()?;
    assert_eq!((counts.specs, counts.active, counts.workers, counts.supervisors), (1, 0, 1, 0));
    assert_eq!(supervisor.restart_child("it")?, child.pid());
    supervisor.terminate_child("it")?;
    supervisor.delete_child("it")?;
    for nobody in [
        supervisor.terminate_child("it"),
        supervisor.delete_child("it"),
        supervisor.restart_child("it").map(drop),
        supervisor.child_spec("it").map(drop),
    ] {
        assert_eq!(nobody, Err(ChildError::NotFound));
    }
    let failed = supervisor.start_child("fails", Failing::child_spec(log()));
    assert!(matches!(failed, Err(ChildError::Start(_))));
    assert_eq!(supervisor.count_children()?.specs, 0, "its spec is not kept");
    t.crashes();
}

//! How a supervisor starts, with its children or not at all, and how it ends them.

use std::sync::mpsc;

use otp::{
    Shutdown,
    supervisor::{ChildError, ChildKind, SpecError},
};

use super::*;

#[otp::test(seeds = 20)]
fn sup_sup_start_normal(t: &mut Sim) {
    let tree = supervisor(Strategy::OneForOne);
    assert_eq!(counts(&tree), [0, 0, 0, 0]);
    // Only the parent is obeyed.
    let pid = tree.pid().unwrap();
    process::spawn(move |_| process::exit(pid, ExitReason::Shutdown));
    t.settle();
    assert_eq!(tree.pid(), Some(pid));
    assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    assert_eq!(tree.pid(), None);
}

#[otp::test(seeds = 20)]
fn sup_sup_start_ignore_init(t: &mut Sim) {
    assert_eq!(Supervisor::ignore().start_link().unwrap_err(), StartError::Ignore);
    assert!(process::current().receive_exit(Some(Duration::ZERO)).is_none());

    // It ended in the normal way: a starter that does not trap exits goes on.
    let (tell, told) = mpsc::channel();
    let starter = process::spawn(move |_| {
        tell.send(Supervisor::ignore().start_link().unwrap_err()).unwrap();
        otp::sleep(SECOND);
    });
    t.settle();
    assert_eq!(told.try_recv(), Ok(StartError::Ignore));
    assert!(process::is_alive(starter));
    assert_eq!(t.crashes(), []);

    // As a child it is one that chose not to run.
    let tree = Supervisor::new(Strategy::OneForOne)
        .child("kept", Supervisor::spec(Supervisor::ignore))
        .child("forgotten", Supervisor::spec(Supervisor::ignore).restart(Restart::Temporary))
        .start_link()
        .unwrap();
    assert_eq!(listed(&tree), [("kept".to_owned(), None)]);
    assert_eq!(counts(&tree), [1, 0, 1, 0]);
    assert_eq!(tree.restart_child("kept"), Ok(None));
}

#[otp::test(seeds = 20)]
fn sup_sup_start_ignore_child(_t: &mut Sim) {
    let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
    let ignoring = journal.worker("child1");
    ignoring.ignores.store(true, Relaxed);
    let first = tree.start_child("child1", ignoring.spec()).unwrap();
    assert_eq!((first.pid(), first.id()), (None, Err(CallError::NoProc)));
    let second = tree.start_child("child2", journal.spec("child2")).unwrap();
    assert_eq!(listed(&tree), [("child2".to_owned(), second.pid()), ("child1".to_owned(), None)]);
    assert!(second.pid().is_some());
    assert_eq!(counts(&tree), [2, 1, 0, 2]);

    // It is there, and can be started when it wants to run.
    ignoring.ignores.store(false, Relaxed);
    assert_eq!(tree.start_child("child1", ignoring.spec()).unwrap_err(), ChildError::AlreadyPresent);
    assert_eq!(tree.restart_child("child1").unwrap(), first.pid());
    assert_eq!(first.id(), Ok("child1"));
}

#[otp::test(seeds = 20)]
fn sup_sup_start_ignore_temporary_child(_t: &mut Sim) {
    let journal = Journal::default();
    let ignoring = journal.worker("child1");
    ignoring.ignores.store(true, Relaxed);
    let tree = Supervisor::new(Strategy::OneForOne)
        .child("child1", ignoring.spec().restart(Restart::Temporary))
        .child("child2", journal.spec("child2").restart(Restart::Temporary))
        .start_link()
        .unwrap();
    assert_eq!(listed(&tree), [("child2".to_owned(), tree.child::<Worker>("child2").pid())]);
    assert_eq!(counts(&tree), [1, 1, 0, 1]);
}

#[otp::test(seeds = 20)]
fn sup_sup_start_ignore_temporary_child_start_child(_t: &mut Sim) {
    let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
    let ignoring = journal.worker("child1");
    ignoring.ignores.store(true, Relaxed);
    let first = tree.start_child("child1", ignoring.spec().restart(Restart::Temporary)).unwrap();
    assert_eq!(first.pid(), None);
    let second = tree.start_child("child2", journal.spec("child2").restart(Restart::Temporary)).unwrap();
    assert_eq!(listed(&tree), [("child2".to_owned(), second.pid())]);
    assert_eq!(counts(&tree), [1, 1, 0, 1]);
    assert_eq!(tree.restart_child("child1"), Err(ChildError::NotFound));
}

/// An `init` that returns something else than a supervisor does not compile (`tests/ui/types/not_a_supervisor.rs`):
/// what is left is one whose specs make no sense.
#[otp::test(seeds = 20)]
fn sup_sup_start_error_return(_t: &mut Sim) {
    let journal = Journal::default();
    let make = {
        let journal = journal.clone();
        move || {
            Supervisor::new(Strategy::OneForOne).child("a", journal.spec("first")).child("a", journal.spec("second"))
        }
    };
    let expected = StartError::Spec(SpecError::DuplicateChild("a".into()));
    assert_eq!(make().start_link().unwrap_err(), expected);
    assert!(process::current().receive_exit(Some(Duration::ZERO)).is_none(), "the error says it all");

    // It ends with the reason that its starter is told: one that does not trap exits ends with it.
    let starter = process::spawn(move |_| {
        let _ = make().start_link();
        otp::sleep(HOUR);
    });
    let monitor = process::monitor(starter);
    let reason = process::current().receive_down(monitor, None).unwrap().reason;
    assert_eq!(reason, ExitReason::shutdown_with(expected));
    assert_eq!(journal.take(), "");
}

#[otp::test(seeds = 20)]
fn sup_sup_start_fail(t: &mut Sim) {
    let outcome = t.start(Supervisor::spec(|| panic!("no tree today")));
    let Err(StartError::Failed(reason)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(reason.as_panic().unwrap().message, "no tree today");
    let crashes = t.crashes();
    assert_eq!(crashes.iter().map(|crash| &crash.reason).collect::<Vec<_>>(), [&reason]);
    assert!(process::current().receive_exit(Some(Duration::ZERO)).is_none());
    assert_eq!(process::info(otp::self_pid()).unwrap().links, []);
}

/// A supervisor that is built anew and fails to be counts as a child whose restart fails.
#[otp::test(seeds = 20)]
fn sup_sup_start_fail_again(t: &mut Sim) {
    let (journal, failures) = (Journal::default(), Arc::new(AtomicU32::new(0)));
    let nested = {
        let (journal, failures) = (journal.clone(), Arc::clone(&failures));
        Supervisor::spec(move || {
            if failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
                journal.note('!', "nested");
                panic!("not yet");
            }
            Supervisor::new(Strategy::OneForOne).child("a", journal.spec("a"))
        })
    };
    let tree = Supervisor::new(Strategy::OneForOne).child("nested", nested).start_link().unwrap();
    journal.take();
    failures.store(2, Relaxed);
    tree.child::<Supervisor>("nested").stop().unwrap();
    t.settle();
    assert_eq!(t.crashes().len(), 2);
    assert_eq!(journal.take(), "-a !nested !nested +a");
    assert_eq!(tree.restarts("nested"), Ok(1));
}

#[otp::test(seeds = 20)]
fn sup_sup_start_child_returns_error(t: &mut Sim) {
    let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
    let broken = journal.worker("broken");
    broken.breaks();
    let failed = |reason| ChildError::Start(StartError::Failed(reason));
    assert_eq!(tree.start_child("broken", broken.spec()).unwrap_err(), failed(no_start()));
    let no_arguments = tree.start_child("broken", Worker::spec(|| panic!("no arguments"))).unwrap_err();
    let ChildError::Start(StartError::Failed(reason)) = no_arguments else { panic!("{no_arguments:?}") };
    assert_eq!(reason.as_panic().unwrap().message, "no arguments");
    let nested = Supervisor::spec(move || Supervisor::new(Strategy::OneForOne).child("inner", broken.spec()));
    let inner = StartError::Child { id: "inner".to_owned(), error: Box::new(StartError::Failed(no_start())) };
    assert_eq!(tree.start_child("broken", nested).unwrap_err(), ChildError::Start(inner));

    assert_eq!(counts(&tree), [0, 0, 0, 0]);
    assert!(tree.start_child("broken", journal.spec("mended")).is_ok(), "nothing of it is left");
    assert_eq!(t.crashes(), []);
}

#[otp::test]
fn sup_sup_start_map(_t: &mut Sim) {
    let journal = Journal::default();
    let tree = Supervisor::new(Strategy::OneForOne)
        .child("child1", journal.spec("child1"))
        .child("child2", journal.spec("child2").shutdown(Shutdown::BrutalKill).name("second"))
        .child("child3", Supervisor::spec(|| Supervisor::new(Strategy::OneForOne)))
        .start_link()
        .unwrap();
    let said = |id: &str| {
        let spec = tree.child_spec(id).unwrap();
        assert_eq!(spec.id, id.into());
        assert!(!spec.significant);
        (spec.label, spec.kind, spec.restart, spec.shutdown, spec.name.map(|name| name.to_string()))
    };
    let five = Shutdown::After(5 * SECOND);
    assert_eq!(said("child1"), ("Worker", ChildKind::Worker, Restart::Permanent, five, None));
    let second = Some("second".to_owned());
    assert_eq!(said("child2"), ("Worker", ChildKind::Worker, Restart::Permanent, Shutdown::BrutalKill, second));
    let infinity = Shutdown::Infinity;
    assert_eq!(said("child3"), ("Supervisor", ChildKind::Supervisor, Restart::Permanent, infinity, None));
    assert_eq!(tree.child_spec("child4"), Err(ChildError::NotFound));

    // It is the spec that is asked for, not the child.
    tree.terminate_child("child2").unwrap();
    assert_eq!(tree.child_spec("child2").unwrap().shutdown, Shutdown::BrutalKill);
    assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    assert_eq!(tree.child_spec("child1"), Err(ChildError::Gone(CallError::NoProc)));
}

/// Without an id or a start nothing compiles (`tests/ui/supervisor`: `no_name.rs`, `missing_spec.rs`,
/// `child_without_type.rs`): what is left is what children and supervisor say together, and the first mistake is told.
#[otp::test]
fn sup_sup_start_map_faulty_specs(_t: &mut Sim) {
    let journal = Journal::default();
    let transient = |id| journal.spec(id).restart(Restart::Transient);
    let any = || Supervisor::new(Strategy::OneForOne).auto_shutdown(supervisor::AutoShutdown::AnySignificant);
    let cases = [
        (any().child("b", journal.spec("b").significant(true)), SpecError::SignificantPermanent("b".into())),
        (
            Supervisor::new(Strategy::OneForOne)
                .child("a", transient("a"))
                .child("c", transient("c").significant(true))
                .child("a", transient("d")),
            SpecError::SignificantForNothing("c".into()),
        ),
        (any().intensity(1, Duration::ZERO).child("b", journal.spec("b").significant(true)), SpecError::ZeroPeriod),
    ];
    for (faulty, error) in cases {
        assert_eq!(faulty.check(), Err(error.clone()));
        assert_eq!(faulty.start_link().unwrap_err(), StartError::Spec(error));
    }
    assert_eq!(journal.take(), "", "no child was started for nothing");
    let fine = any().child("a", transient("a").significant(true)).child("b", journal.spec("b"));
    assert_eq!(fine.check(), Ok(()));
    assert_eq!(shut_down(&fine.start_link().unwrap()), ExitReason::Shutdown);
}

/// Ends a supervisor with two children, of which the second one does not react for an hour; says why they ended, and
/// after how long.
fn stopped(t: &Sim, shutdown: [Shutdown; 2], lingers: [Duration; 2]) -> ([ExitReason; 2], Duration) {
    let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
    let monitors = [0, 1].map(|index| {
        let plan = Plan { lingers: lingers[index], ..journal.worker("w") };
        let child = tree.start_child(("w", index), plan.spec().shutdown(shutdown[index])).unwrap();
        child.monitor().unwrap()
    });
    let began = t.now();
    assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    let reasons = monitors.map(|monitor| process::current().receive_down(monitor, None).unwrap().reason);
    (reasons, t.now() - began)
}

#[otp::test(seeds = 20)]
fn sup_sup_stop_infinity(t: &mut Sim) {
    let (reasons, took) = stopped(t, [Shutdown::Infinity; 2], [Duration::ZERO, HOUR]);
    assert_eq!((reasons, took), ([ExitReason::Shutdown, ExitReason::Shutdown], HOUR));
}

#[otp::test(seeds = 20)]
fn sup_sup_stop_timeout(t: &mut Sim) {
    let (reasons, took) = stopped(t, [Shutdown::After(SECOND); 2], [Duration::ZERO, HOUR]);
    assert_eq!((reasons, took), ([ExitReason::Shutdown, ExitReason::Killed], SECOND));
    // Each of them has its own time.
    let (reasons, took) = stopped(t, [Shutdown::After(SECOND), Shutdown::After(3 * SECOND)], [HOUR, 2 * SECOND]);
    assert_eq!((reasons, took), ([ExitReason::Killed, ExitReason::Shutdown], 3 * SECOND));
    // No time at all is a time too.
    let (reasons, took) = stopped(t, [Shutdown::After(Duration::ZERO); 2], [HOUR, HOUR]);
    assert_eq!((reasons, took), ([ExitReason::Killed, ExitReason::Killed], Duration::ZERO));
}

#[otp::test(seeds = 20)]
fn sup_sup_stop_brutal_kill(t: &mut Sim) {
    let (reasons, took) = stopped(t, [Shutdown::After(SECOND), Shutdown::BrutalKill], [Duration::ZERO, HOUR]);
    assert_eq!((reasons, took), ([ExitReason::Shutdown, ExitReason::Killed], Duration::ZERO));
}

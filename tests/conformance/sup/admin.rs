//! What a supervisor is asked for, and how it refuses.

use otp::{
    CallError, Shutdown,
    supervisor::{AutoShutdown, ChildError, ChildState, SpecError},
};

use super::*;

/// A pid is no id of a child of such a supervisor: it does not compile (`tests/ui/types/child_by_pid.rs`).
#[otp::test(seeds = 20)]
fn sup_child_adm(t: &mut Sim) {
    let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
    for unknown in [tree.terminate_child("child1"), tree.delete_child("child1")] {
        assert_eq!(unknown, Err(ChildError::NotFound));
    }
    assert_eq!(tree.restart_child("child1"), Err(ChildError::NotFound));

    // A child that runs.
    let child = tree.start_child("child1", journal.spec("child1")).unwrap();
    let pid = child.pid().unwrap();
    assert_eq!(listed(&tree), [("child1".to_owned(), Some(pid))]);
    assert_eq!(counts(&tree), [1, 1, 0, 1]);
    assert!(process::info(pid).unwrap().links.contains(&tree.pid().unwrap()));
    assert_eq!(tree.start_child("child1", journal.spec("other")).unwrap_err(), ChildError::AlreadyStarted(pid));
    assert_eq!(tree.restart_child("child1"), Err(ChildError::Running));
    assert_eq!(tree.delete_child("child1"), Err(ChildError::Running));

    // One that was told to end.
    assert_eq!(tree.terminate_child("child1"), Ok(()));
    assert!(!process::is_alive(pid));
    assert_eq!(tree.terminate_child("child1"), Ok(()), "it is as it was asked to be");
    assert_eq!(listed(&tree), [("child1".to_owned(), None)]);
    assert_eq!(counts(&tree), [1, 0, 0, 1]);
    assert_eq!(tree.start_child("child1", journal.spec("other")).unwrap_err(), ChildError::AlreadyPresent);
    assert_eq!(journal.take(), "+child1 -child1");

    // It is started by hand, and then deleted.
    let pid = tree.restart_child("child1").unwrap();
    assert_eq!((pid.is_some(), child.pid()), (true, pid));
    assert_eq!(tree.restarts("child1"), Ok(0), "this one was no accident");
    tree.terminate_child("child1").unwrap();
    assert_eq!(tree.delete_child("child1"), Ok(()));
    assert_eq!(listed(&tree), []);
    assert_eq!(tree.restart_child("child1"), Err(ChildError::NotFound));
    assert_eq!(counts(&tree), [0, 0, 0, 0]);

    // Nobody of that name, somebody else of that name, and one that is gone.
    assert_eq!(SupervisorRef::lookup("foo").unwrap_err(), CallError::NoProc);
    let other = Worker::start_link(journal.worker("w")).unwrap();
    process::register("w", other.pid().unwrap()).unwrap();
    assert_eq!(SupervisorRef::lookup("w").unwrap_err(), CallError::NoProc);
    assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    let gone = || ChildError::Gone(CallError::NoProc);
    assert_eq!(tree.start_child("a", journal.spec("a")).unwrap_err(), gone());
    for outcome in [tree.terminate_child("a"), tree.delete_child("a"), tree.restart_child("a").map(drop)] {
        assert_eq!(outcome, Err(gone()));
    }
    assert_eq!((tree.which_children(), tree.count_children()), (Err(gone()), Err(gone())));
    t.settle();
}

/// The same through the name of the supervisor.
#[otp::test(seeds = 20)]
fn sup_child_adm_by_name(_t: &mut Sim) {
    let journal = Journal::default();
    let tree = Supervisor::new(Strategy::OneForOne).name("sup_test").start_link().unwrap();
    let named = SupervisorRef::lookup("sup_test").unwrap();
    assert_eq!(named.pid(), tree.pid());
    let child = named.start_child("child1", journal.spec("child1")).unwrap();
    assert_eq!(tree.which_child("child1").unwrap().state, ChildState::Running(child.pid().unwrap()));
    named.terminate_child("child1").unwrap();
    assert_eq!(child.pid(), None);
    assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    assert_eq!(SupervisorRef::lookup("sup_test").unwrap_err(), CallError::NoProc);
}

/// Most that can be wrong with one spec does not compile: see tests/ui/supervisor and tests/ui/types. This is the rest.
#[otp::test]
fn sup_child_specs(_t: &mut Sim) {
    let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
    // Whatever time it has to end is fine, for whatever kind of child, whenever it is started again.
    let times = [Shutdown::After(Duration::ZERO), Shutdown::After(HOUR), Shutdown::Infinity, Shutdown::BrutalKill];
    let restarts = [Restart::Permanent, Restart::Transient, Restart::Temporary];
    let every = restarts.into_iter().flat_map(|restart| times.map(|shutdown| (restart, shutdown)));
    let mut together = Supervisor::new(Strategy::OneForOne);
    for (index, (restart, shutdown)) in every.enumerate() {
        let worker = || journal.spec("w").restart(restart).shutdown(shutdown);
        let nested = || Supervisor::spec(|| Supervisor::new(Strategy::OneForOne)).restart(restart).shutdown(shutdown);
        tree.start_child(("worker", index), worker()).unwrap();
        tree.start_child(("nested", index), nested()).unwrap();
        let said = tree.child_spec(("nested", index)).unwrap();
        assert_eq!((said.restart, said.shutdown), (restart, shutdown));
        together = together.child(("worker", index), worker()).child(("nested", index), nested());
    }
    assert_eq!(counts(&tree), [24, 24, 12, 12]);
    assert_eq!(together.check(), Ok(()));
    assert_eq!(counts(&together.start_link().unwrap()), [24, 24, 12, 12]);

    let twice = || {
        Supervisor::new(Strategy::OneForOne)
            .child("a", journal.spec("a"))
            .child(("a", 0), journal.spec("a"))
            .child(("a", 0), journal.spec("b"))
    };
    let duplicate = SpecError::DuplicateChild(("a", 0).into());
    assert_eq!(twice().check(), Err(duplicate.clone()));
    assert_eq!(twice().start_link().unwrap_err(), StartError::Spec(duplicate.clone()));
    assert_eq!(duplicate.to_string(), "two children have the id `a[0]`");
}

#[otp::test]
fn sup_child_specs_map(_t: &mut Sim) {
    let journal = Journal::default();
    let policies = [AutoShutdown::Never, AutoShutdown::AnySignificant, AutoShutdown::AllSignificant];
    for policy in policies {
        let make = || Supervisor::new(Strategy::OneForOne).auto_shutdown(policy);
        let running = make().start_link().unwrap();
        for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
            for significant in [false, true] {
                let spec = || journal.spec("a").restart(restart).significant(significant);
                let expected = match (policy, restart) {
                    _ if !significant => Ok(()),
                    (AutoShutdown::Never, _) => Err(SpecError::SignificantForNothing("a".into())),
                    (_, Restart::Permanent) => Err(SpecError::SignificantPermanent("a".into())),
                    _ => Ok(()),
                };
                let supervisor = make().child("a", spec());
                assert_eq!(supervisor.check(), expected, "{policy:?} {restart:?}");
                let started = supervisor.start().map(|tree| tree.stop().unwrap());
                assert_eq!(started, expected.clone().map_err(StartError::Spec), "{policy:?} {restart:?}");

                let added = running.start_child("a", spec()).map(drop);
                let refused = |error| ChildError::Start(StartError::Spec(error));
                assert_eq!(added, expected.clone().map_err(refused), "{policy:?} {restart:?}");
                if added.is_ok() {
                    assert_eq!(running.child_spec("a").unwrap().significant, significant);
                    running.terminate_child("a").unwrap();
                    let _ = running.delete_child("a");
                }
                assert_eq!(counts(&running), [0, 0, 0, 0]);
            }
        }
        // What is wrong with a spec comes before whether there is such a child.
        running.start_child("a", journal.spec("a")).unwrap();
        let wrong = running.start_child("a", journal.spec("a").significant(true)).unwrap_err();
        assert!(matches!(wrong, ChildError::Start(StartError::Spec(_))), "{wrong:?}");
    }
}

/// A strategy, an intensity, a period and an `auto_shutdown` that don't exist don't compile (tests/ui/supervisor,
/// `tests/ui/types/supervisor_flags.rs`). A period of no length does, when it is computed.
#[otp::test]
fn sup_sup_flags(_t: &mut Sim) {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        for policy in [AutoShutdown::Never, AutoShutdown::AnySignificant, AutoShutdown::AllSignificant] {
            for intensity in [0, 1, u32::MAX] {
                let make = |period| Supervisor::new(strategy).auto_shutdown(policy).intensity(intensity, period);
                for period in [Duration::from_nanos(1), HOUR, Duration::MAX] {
                    assert_eq!(shut_down(&make(period).start_link().unwrap()), ExitReason::Shutdown);
                }
                assert_eq!(make(Duration::ZERO).check(), Err(SpecError::ZeroPeriod));
                let refused = make(Duration::ZERO).start_link().unwrap_err();
                assert_eq!(refused, StartError::Spec(SpecError::ZeroPeriod));
            }
        }
    }
}

/// Cannot open its file.
struct Storage;

#[actor]
impl Storage {
    #[init]
    fn init(path: String) -> Self {
        panic!("{path} is not there");
    }
}

supervisor! {
    Program<one_for_one>(journal: Journal) {
        log:     Worker(journal.worker("log"));
        backend: supervisor<rest_for_one> {
            cache:   Worker(journal.worker("cache"));
            storage: Storage("data.db".to_owned());
            api:     Worker(journal.worker("api"));
        };
        web:     Worker(journal.worker("web"));
    }
}

/// Whoever starts a program is told which part of it did not start, and why; nothing of it is left. What the program
/// makes of it is in `tests/run.rs`.
#[otp::test(seeds = 20)]
fn sup_faulty_application_shutdown(t: &mut Sim) {
    let journal = Journal::default();
    let error = Program::start_link(journal.clone()).unwrap_err();
    let text = error.to_string();
    let StartError::Child { id, error } = error else { panic!("{text}") };
    assert_eq!(id, "backend");
    let StartError::Child { id, error } = *error else { panic!("{text}") };
    assert_eq!(id, "storage");
    let StartError::Failed(reason) = *error else { panic!("{text}") };
    let panic = reason.as_panic().unwrap();
    assert_eq!((&*panic.message, panic.handler), ("data.db is not there", Some("init")));
    assert!(panic.location.as_ref().unwrap().contains("admin.rs"));
    for part in ["`backend`", "`storage`", "data.db is not there", "admin.rs"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(journal.take(), "+log +cache -cache -log");
    let crashes = t.crashes();
    let [storage] = &crashes[..] else { panic!("only the part that is to blame has crashed: {crashes:?}") };
    assert_eq!((storage.label, &storage.reason), ("Storage", &reason));
}

/// What a tree was made from can be seen from outside.
#[otp::test]
fn sup_get_callback_module(_t: &mut Sim) {
    supervisor! {
        House<one_for_one>(journal: Journal) {
            door: Worker(journal.worker("door"));
        }
    }

    let house = House::start_link(Journal::default()).unwrap();
    let runs = |tree: &SupervisorRef| process::info(tree.pid().unwrap()).unwrap().initial_call;
    assert_eq!(runs(house.supervisor()), "House");
    assert_eq!(process::info(house.door().pid().unwrap()).unwrap().initial_call, "Worker");
    let outer = supervisor(Strategy::OneForOne);
    assert_eq!(runs(&outer), "Supervisor");
    let inner = outer.start_child("house", House::child_spec(Journal::default())).unwrap();
    assert_eq!(runs(inner.supervisor()), "House");
    assert_eq!(outer.which_child("house").unwrap().label, "House");
}

/// A child that has unlinked itself can't hang the end of its supervisor, whether or not it reacts.
#[otp::test(seeds = 20)]
fn sup_child_unlink(t: &mut Sim) {
    for (lingers, reason, takes) in
        [(Duration::ZERO, ExitReason::Shutdown, Duration::ZERO), (HOUR, ExitReason::Killed, SECOND)]
    {
        let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
        let naughty = Plan { lingers, ..journal.worker("a") };
        let child = tree.start_child("a", naughty.spec().shutdown(Shutdown::After(SECOND))).unwrap();
        let parent = tree.pid().unwrap();
        child.run(Box::new(move || process::unlink(parent)));
        let (monitor, began) = (child.monitor().unwrap(), t.now());
        assert_eq!(shut_down(&tree), ExitReason::Shutdown);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, reason);
        assert_eq!(t.now() - began, takes);
    }
}

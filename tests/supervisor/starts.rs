//! How children and their supervisors start, or fail to.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use Strategy::OneForOne;
use otp::{
    ClientExt, ExitReason, Restart, Sim, StartError, process,
    supervisor::{AutoShutdown, Child, ChildError, ChildState, SpecError, Strategy, Supervisor},
};

use super::{Journal, SECOND, Worker, kill, reason_of, simulated, state};

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
            assert_eq!(process::whereis(name), supervisor.place().child(id).pid());
        }
        kill(t, &supervisor, "a");
        assert_eq!(process::whereis("printer"), supervisor.place().child("a").pid());
        let taken = supervisor.start_child("b", journal.spec("b").name("printer")).unwrap_err();
        let holder = process::whereis("printer").unwrap();
        assert_eq!(taken, ChildError::Start(StartError::AlreadyStarted(holder)));
    });
}

//! Which children are started again, and which are forgotten.

use otp::supervisor::ChildError;

use super::*;

/// What became of a child that ended by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// It runs again, as another process.
    Restarted,
    /// Its spec is kept, and it can be started by hand.
    Kept,
    /// There is no such child.
    Forgotten,
}

use Fate::{Forgotten, Kept, Restarted};

/// What becomes of a child that ends by itself, for each of these reasons.
fn fates(t: &Sim, restart: Restart, reasons: &[ExitReason]) -> Vec<Fate> {
    let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
    let spec = || journal.spec("child1").restart(restart);
    tree.start_child("child1", spec()).unwrap();
    let fate = |reason: &ExitReason| {
        let child = tree.child::<Worker>("child1");
        let (before, restarts) = (child.pid(), tree.restarts("child1").unwrap());
        journal.take();
        end(t, &tree, "child1", reason.clone());
        let happened = journal.take();
        let fate = match &listed(&tree)[..] {
            [] => Forgotten,
            [(_, None)] => Kept,
            [(_, pid)] => {
                assert!(child.pid() == *pid && *pid != before);
                Restarted
            }
            more => panic!("{more:?}"),
        };
        match fate {
            Restarted => {
                assert_eq!((&*happened, counts(&tree)), ("-child1 +child1", [1, 1, 0, 1]));
                assert_eq!(tree.restarts("child1"), Ok(restarts + 1));
            }
            Kept => {
                assert_eq!((&*happened, counts(&tree)), ("-child1", [1, 0, 0, 1]));
                assert_eq!(tree.start_child("child1", spec()).unwrap_err(), ChildError::AlreadyPresent);
                assert_eq!(tree.restart_child("child1").unwrap(), child.pid());
                assert_eq!(child.id(), Ok("child1"));
            }
            Forgotten => {
                assert_eq!((&*happened, counts(&tree)), ("-child1", [0; 4]));
                assert_eq!(tree.restart_child("child1"), Err(ChildError::NotFound));
                assert_eq!(tree.start_child("child1", spec()).unwrap().id(), Ok("child1"));
            }
        }
        fate
    };
    let fates = reasons.iter().map(fate).collect();
    assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    fates
}

fn both_shutdowns() -> [ExitReason; 2] {
    [ExitReason::Shutdown, ExitReason::shutdown_with("some info")]
}

fn both_crashes() -> [ExitReason; 2] {
    [abnormal(), ExitReason::error("out of paper")]
}

#[otp::test(seeds = 20)]
fn sup_permanent_normal(t: &mut Sim) {
    assert_eq!(fates(t, Restart::Permanent, &[ExitReason::Normal]), [Restarted]);
}

#[otp::test(seeds = 20)]
fn sup_transient_normal(t: &mut Sim) {
    assert_eq!(fates(t, Restart::Transient, &[ExitReason::Normal, ExitReason::Normal]), [Kept; 2]);
}

#[otp::test(seeds = 20)]
fn sup_temporary_normal(t: &mut Sim) {
    assert_eq!(fates(t, Restart::Temporary, &[ExitReason::Normal, ExitReason::Normal]), [Forgotten; 2]);
}

#[otp::test(seeds = 20)]
fn sup_permanent_shutdown(t: &mut Sim) {
    assert_eq!(fates(t, Restart::Permanent, &both_shutdowns()), [Restarted; 2]);
}

#[otp::test(seeds = 20)]
fn sup_transient_shutdown(t: &mut Sim) {
    assert_eq!(fates(t, Restart::Transient, &both_shutdowns()), [Kept; 2]);
}

#[otp::test(seeds = 20)]
fn sup_temporary_shutdown(t: &mut Sim) {
    assert_eq!(fates(t, Restart::Temporary, &both_shutdowns()), [Forgotten; 2]);
}

#[otp::test(seeds = 20)]
fn sup_permanent_abnormal(t: &mut Sim) {
    assert_eq!(fates(t, Restart::Permanent, &both_crashes()), [Restarted; 2]);
}

#[otp::test(seeds = 20)]
fn sup_transient_abnormal(t: &mut Sim) {
    assert_eq!(fates(t, Restart::Transient, &both_crashes()), [Restarted; 2]);
}

#[otp::test(seeds = 20)]
fn sup_temporary_abnormal(t: &mut Sim) {
    assert_eq!(fates(t, Restart::Temporary, &both_crashes()), [Forgotten; 2]);
}

/// A temporary child is no more started again when the end was the fault of another.
#[otp::test(seeds = 20)]
fn sup_temporary_bystander(t: &mut Sim) {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let (journal, tree) = (Journal::default(), supervisor(strategy));
        let first = tree.start_child("child1", journal.spec("child1")).unwrap();
        let second = tree.start_child("child2", journal.spec("child2").restart(Restart::Temporary)).unwrap();
        let before = first.pid();
        end(t, &tree, "child1", ExitReason::Normal);
        assert_eq!(journal.take(), "+child1 +child2 -child1 -child2 +child1", "{strategy}");
        assert_ne!(first.pid(), before);
        assert_eq!(listed(&tree), [("child1".to_owned(), first.pid())]);
        assert_eq!(second.pid(), None);
    }
}

/// How a child comes to its end.
#[derive(Debug, Clone, Copy)]
enum By {
    Kill,
    Normal,
    Abnormal,
    Terminate,
}

#[otp::test(seeds = 5)]
fn sup_do_not_save_child_specs_for_temporary_children(t: &mut Sim) {
    use By::{Abnormal, Kill, Normal, Terminate};

    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        for (restart, by, expected) in [
            (Restart::Temporary, Kill, Forgotten),
            (Restart::Temporary, Normal, Forgotten),
            (Restart::Temporary, Abnormal, Forgotten),
            (Restart::Temporary, Terminate, Forgotten),
            (Restart::Permanent, Kill, Restarted),
            (Restart::Permanent, Normal, Restarted),
            (Restart::Permanent, Abnormal, Restarted),
            (Restart::Permanent, Terminate, Kept),
            (Restart::Transient, Kill, Restarted),
            (Restart::Transient, Normal, Kept),
            (Restart::Transient, Abnormal, Restarted),
            (Restart::Transient, Terminate, Kept),
        ] {
            let (journal, tree) = (Journal::default(), supervisor(strategy));
            let spec = || journal.spec("child").restart(restart);
            let child = tree.start_child("child", spec()).unwrap();
            match by {
                Kill => t.kill(&child),
                Normal => end(t, &tree, "child", ExitReason::Normal),
                Abnormal => end(t, &tree, "child", abnormal()),
                Terminate => tree.terminate_child("child").unwrap(),
            }
            t.settle();
            let fate = match tree.start_child("child", spec()) {
                Ok(_) => Forgotten,
                Err(ChildError::AlreadyPresent) => Kept,
                Err(ChildError::AlreadyStarted(pid)) => {
                    assert_eq!(Some(pid), child.pid());
                    Restarted
                }
                Err(error) => panic!("{error}"),
            };
            assert_eq!(fate, expected, "{strategy} {restart:?} {by:?}");
            assert_eq!(counts(&tree)[0], 1);
            assert_eq!(shut_down(&tree), ExitReason::Shutdown);
        }
    }
}

/// What the arguments of a temporary child are made from is dropped as soon as it runs; of others it is kept, until
/// their spec is deleted.
#[otp::test(seeds = 5)]
fn sup_start_parameters_of_temporary_children_are_dropped(t: &mut Sim) {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        let large = Arc::new(vec![0_u8; 1000]);
        let spec = |restart| {
            let (large, plan) = (Arc::clone(&large), Plan::default());
            Worker::spec(move || {
                assert_eq!(large.len(), 1000);
                (plan.clone(),)
            })
            .restart(restart)
        };
        let tree = Supervisor::new(strategy)
            .child("temporary", spec(Restart::Temporary))
            .child("permanent", spec(Restart::Permanent))
            .start_link()
            .unwrap();
        assert_eq!(Arc::strong_count(&large), 2, "here, and for the permanent one");
        tree.start_child("another", spec(Restart::Temporary)).unwrap();
        assert_eq!(Arc::strong_count(&large), 2);
        assert_eq!(tree.child_spec("another").unwrap().restart, Restart::Temporary);
        t.kill(&tree.child::<Worker>("permanent"));
        t.settle();
        assert!(tree.child::<Worker>("permanent").is_alive());
        tree.terminate_child("permanent").unwrap();
        assert_eq!(Arc::strong_count(&large), 2);
        tree.delete_child("permanent").unwrap();
        assert_eq!(Arc::strong_count(&large), 1);
    }
}

/// A panic in the drop of what a child was started from is no end of its supervisor.
#[otp::test(seeds = 5)]
fn sup_start_parameters_that_do_not_drop_well(t: &mut Sim) {
    struct Fragile;
    impl Drop for Fragile {
        fn drop(&mut self) {
            panic!("broken on the way");
        }
    }

    let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
    let before = tree.pid();
    let spec = || {
        let (fragile, plan) = (Fragile, journal.worker("a"));
        Worker::spec(move || {
            let _ = &fragile;
            (plan.clone(),)
        })
    };
    for restart in [Restart::Temporary, Restart::Permanent] {
        let child = tree.start_child("a", spec().restart(restart)).unwrap();
        assert_eq!(child.id(), Ok("a"));
        let refused = tree.start_child("a", spec()).unwrap_err();
        assert!(matches!(refused, ChildError::AlreadyStarted(_)));
        tree.terminate_child("a").unwrap();
        let _ = tree.delete_child("a");
    }
    assert_eq!((tree.pid(), counts(&tree)), (before, [0; 4]));
    tree.start_child("a", spec()).unwrap();
    assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    assert_eq!(t.crashes(), []);
}

/// What counts is how a child ended, whatever it said of itself before.
#[otp::test(seeds = 20)]
fn sup_a_child_that_forges_its_end(t: &mut Sim) {
    for (forged, real, fate) in [(ExitReason::Normal, abnormal(), Restarted), (abnormal(), ExitReason::Normal, Kept)] {
        let (journal, tree) = (Journal::default(), supervisor(Strategy::OneForOne));
        let child = tree.start_child("a", journal.spec("a").restart(Restart::Transient)).unwrap();
        let parent = tree.pid().unwrap();
        child.run(Box::new(move || process::exit(parent, forged)));
        end(t, &tree, "a", real);
        assert_eq!(journal.take(), if fate == Restarted { "+a -a +a" } else { "+a -a" });
        assert_eq!(counts(&tree), [1, usize::from(fate == Restarted), 0, 1]);
    }
}

//! Children whose end is the end of their supervisor.
//!
//! The flags of a supervisor that runs don't change, so there is nothing to upgrade; that a significant child is
//! refused where it could mean nothing is in `admin`.

use AutoShutdown::{AllSignificant, AnySignificant, Never};
use otp::supervisor::{AutoShutdown, ChildError};

use super::*;

/// How a child comes to its end by itself.
#[derive(Debug, Clone, Copy)]
enum By {
    Kill,
    Abnormal,
    Shutdown,
    Normal,
}

use By::{Abnormal, Kill, Normal};

impl By {
    fn end(self, t: &Sim, tree: &SupervisorRef, id: &str) {
        match self {
            Kill => t.kill(&tree.child::<Worker>(id)),
            Abnormal => end(t, tree, id, abnormal()),
            By::Shutdown => end(t, tree, id, ExitReason::Shutdown),
            Normal => end(t, tree, id, ExitReason::Normal),
        }
        t.settle();
    }
}

/// A supervisor linked to the test, whose children are added while it runs.
fn with(policy: AutoShutdown) -> SupervisorRef {
    Supervisor::new(Strategy::OneForOne).auto_shutdown(policy).intensity(2, HOUR).start_link().unwrap()
}

#[otp::test(seeds = 20)]
fn sup_nonsignificant_temporary(t: &mut Sim) {
    for policy in [Never, AnySignificant, AllSignificant] {
        let (journal, tree) = (Journal::default(), with(policy));
        let start = || tree.start_child("a", journal.spec("a").restart(Restart::Temporary)).unwrap();
        start();
        tree.terminate_child("a").unwrap();
        for by in [Kill, Abnormal, By::Shutdown, Normal] {
            start();
            by.end(t, &tree, "a");
            assert_eq!(counts(&tree), [0; 4], "{policy:?} {by:?}");
        }
        assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    }
}

#[otp::test(seeds = 20)]
fn sup_nonsignificant_transient(t: &mut Sim) {
    for policy in [Never, AnySignificant, AllSignificant] {
        let (journal, tree) = (Journal::default(), with(policy));
        let child = tree.start_child("a", journal.spec("a").restart(Restart::Transient)).unwrap();
        tree.terminate_child("a").unwrap();
        tree.restart_child("a").unwrap();
        for by in [Kill, Abnormal] {
            let before = child.pid();
            by.end(t, &tree, "a");
            assert!(child.pid().is_some() && child.pid() != before, "{policy:?} {by:?}");
        }
        for by in [By::Shutdown, Normal] {
            by.end(t, &tree, "a");
            assert_eq!(counts(&tree), [1, 0, 0, 1], "{policy:?} {by:?}");
            tree.restart_child("a").unwrap();
        }
        assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    }
}

/// A supervisor with a permanent child, two significant ones and one that is not, in this order.
fn significant(policy: AutoShutdown, restart: Restart) -> (Journal, SupervisorRef) {
    let (journal, tree) = (Journal::default(), with(policy));
    tree.start_child("first", journal.spec("first")).unwrap();
    for id in ["a", "b"] {
        tree.start_child(id, journal.spec(id).restart(restart).significant(true)).unwrap();
    }
    tree.start_child("last", journal.spec("last").restart(restart)).unwrap();
    journal.take();
    (journal, tree)
}

#[otp::test(seeds = 20)]
fn sup_significant_temporary(t: &mut Sim) {
    for by in [Kill, Abnormal, By::Shutdown, Normal] {
        // Any of them is enough, if it ends by itself.
        let (journal, tree) = significant(AnySignificant, Restart::Temporary);
        let pid = tree.pid().unwrap();
        tree.terminate_child("a").unwrap();
        by.end(t, &tree, "last");
        assert_eq!((journal.take(), tree.pid()), ("-a -last".to_owned(), Some(pid)), "{by:?}");
        by.end(t, &tree, "b");
        assert_eq!(exit_of(pid), ExitReason::Shutdown);
        assert_eq!(journal.take(), "-b -first", "{by:?}");
        assert!(!tree.gave_up());

        // All of them: the last one decides, and how the others came to their end does not matter.
        for told in [false, true] {
            let (journal, tree) = significant(AllSignificant, Restart::Temporary);
            let pid = tree.pid().unwrap();
            if told {
                tree.terminate_child("a").unwrap();
            } else {
                by.end(t, &tree, "a");
            }
            assert_eq!((journal.take(), tree.pid()), ("-a".to_owned(), Some(pid)), "{by:?}");
            by.end(t, &tree, "b");
            assert_eq!(exit_of(pid), ExitReason::Shutdown);
            assert_eq!(journal.take(), "-b -last -first", "{by:?}");
        }

        // When the last one is told to end, nobody does.
        let (_, tree) = significant(AllSignificant, Restart::Temporary);
        by.end(t, &tree, "a");
        tree.terminate_child("b").unwrap();
        t.settle();
        assert_eq!(counts(&tree), [2, 2, 0, 2]);
        assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    }
}

#[otp::test(seeds = 20)]
fn sup_significant_transient(t: &mut Sim) {
    for policy in [AnySignificant, AllSignificant] {
        for by in [By::Shutdown, Normal] {
            let (journal, tree) = significant(policy, Restart::Transient);
            let pid = tree.pid().unwrap();
            // Told to end, or started again: nothing has come to its end.
            tree.terminate_child("a").unwrap();
            tree.restart_child("a").unwrap();
            Kill.end(t, &tree, "a");
            Abnormal.end(t, &tree, "b");
            by.end(t, &tree, "last");
            assert_eq!(journal.take(), "-a +a -a +a -b +b -last");
            assert_eq!(tree.pid(), Some(pid));

            by.end(t, &tree, "b");
            if policy == AllSignificant {
                assert_eq!((journal.take(), tree.pid()), ("-b".to_owned(), Some(pid)));
                // One that is started by hand counts again.
                tree.restart_child("b").unwrap();
                by.end(t, &tree, "a");
                assert_eq!((journal.take(), tree.pid()), ("+b -a".to_owned(), Some(pid)));
                by.end(t, &tree, "b");
                assert_eq!(journal.take(), "-b -first");
            } else {
                assert_eq!(journal.take(), "-b -a -first");
            }
            assert_eq!(exit_of(pid), ExitReason::Shutdown, "{policy:?} {by:?}");
        }
    }
}

/// One that is ended because another is started again has not come to its end by itself.
#[otp::test(seeds = 20)]
fn sup_significant_bystander(t: &mut Sim) {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        for policy in [AnySignificant, AllSignificant] {
            let journal = Journal::default();
            let tree = Supervisor::new(strategy)
                .auto_shutdown(policy)
                .child("culprit", journal.spec("culprit"))
                .child("temporary", journal.spec("temporary").restart(Restart::Temporary).significant(true))
                .child("transient", journal.spec("transient").restart(Restart::Transient).significant(true))
                .start_link()
                .unwrap();
            let pid = tree.pid().unwrap();
            journal.take();
            Abnormal.end(t, &tree, "culprit");
            assert_eq!(journal.take(), "-culprit -transient -temporary +culprit +transient");
            assert_eq!(tree.pid(), Some(pid));
            assert_eq!(tree.which_child("temporary"), Err(ChildError::NotFound));
            // What is left decides.
            Normal.end(t, &tree, "transient");
            assert_eq!(exit_of(pid), ExitReason::Shutdown);
        }
    }
}

/// A supervisor that ends so has ended in a clean way, which may be significant itself.
#[otp::test(seeds = 20)]
fn sup_significant_escalation(t: &mut Sim) {
    for (restart, is_significant, above) in [
        (Restart::Transient, true, Err(ExitReason::Shutdown)),
        (Restart::Temporary, true, Err(ExitReason::Shutdown)),
        (Restart::Transient, false, Ok("-a")),
        (Restart::Permanent, false, Ok("-a +a")),
    ] {
        let journal = Journal::default();
        let nested = {
            let journal = journal.clone();
            Supervisor::spec(move || {
                let significant = journal.spec("a").restart(Restart::Transient).significant(true);
                Supervisor::new(Strategy::OneForOne).auto_shutdown(AnySignificant).child("a", significant)
            })
        };
        let top = Supervisor::new(Strategy::OneForOne)
            .auto_shutdown(AnySignificant)
            .child("nested", nested.restart(restart).significant(is_significant))
            .start_link()
            .unwrap();
        let pid = top.pid().unwrap();
        journal.take();
        Normal.end(t, &top.child::<Supervisor>("nested"), "a");
        match above {
            Err(reason) => {
                assert_eq!(exit_of(pid), reason, "{restart:?}");
                assert_eq!(journal.take(), "-a");
            }
            Ok(happens) => {
                assert_eq!((journal.take(), top.pid()), (happens.to_owned(), Some(pid)), "{restart:?}");
                assert_eq!(shut_down(&top), ExitReason::Shutdown);
            }
        }
    }
}

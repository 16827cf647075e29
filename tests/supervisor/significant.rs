//! Significant children and automatic shutdown.

use std::sync::atomic::Ordering::Relaxed;

use Strategy::{OneForAll, OneForOne, RestForOne};
use otp::{
    ExitReason, Restart, process,
    supervisor::{AutoShutdown, Child, Strategy, Supervisor},
};

use super::{Journal, Plan, SECOND, end, is_running, kill, simulated};

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
            let monitor = process::monitor(supervisor.pid().unwrap());
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

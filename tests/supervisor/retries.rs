//! Restarts that fail.

use std::sync::atomic::Ordering::Relaxed;

use Strategy::{OneForAll, OneForOne, RestForOne};
use otp::supervisor::{ChildError, ChildState, Strategy, Supervisor};

use super::{Journal, Plan, SECOND, kill, simulated, state};

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

//! The tree as text.

use std::sync::atomic::Ordering::Relaxed;

use Strategy::{OneForAll, OneForOne, RestForOne};
use otp::supervisor::{Child, Place, Strategy, Supervisor};

use super::{Journal, Plan, SECOND, kill, simulated};

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
        let pid = |slot: Place| slot.pid().unwrap();
        let slot = supervisor.place();
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
        let pid = supervisor.place().child("a").pid().unwrap();
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

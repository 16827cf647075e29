//! Children that are added, ended, deleted, restarted, listed and counted.

use std::sync::{Arc, Mutex, atomic::Ordering::Relaxed};

use Strategy::{OneForOne, RestForOne};
use otp::{
    CallError, ClientExt, ExitReason, Restart, StartError, process,
    supervisor::{Child, ChildError, ChildKind, ChildState, Strategy, Supervisor},
};

use super::{Journal, Message, Plan, SECOND, Worker, four, is_running, simulated, state};

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
        let running = |id: &str| ChildState::Running(supervisor.place().child(id).pid().unwrap());
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
        process::exit(supervisor.place().child("a").pid().unwrap(), ExitReason::Kill);
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
fn a_repeated_child_is_added_by_its_name_and_index() {
    simulated(|_| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).start().unwrap();
        let clients = [0, 1].map(|index| supervisor.start_child(("w", index), journal.spec("w")).unwrap());
        for (index, client) in clients.iter().enumerate() {
            assert_eq!(client.call(Message::Get), Ok("w"));
            assert_eq!(client.pid(), supervisor.place().child(("w", index)).pid());
        }
        assert_ne!(clients[0].pid(), clients[1].pid());
    });
}

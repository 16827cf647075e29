//! What a supervisor is asked while it waits, or by one who is gone.

use std::sync::{Arc, Mutex};

use Strategy::OneForOne;
use otp::{
    CallError, ExitReason, process,
    supervisor::{ChildError, Strategy, Supervisor, SupervisorRef},
};

use super::{Journal, Message, Plan, SECOND, Worker, is_running, kill, simulated};

#[test]
fn a_child_cannot_wait_for_a_supervisor_that_waits_for_it() {
    simulated(|t| {
        let journal = Journal::default();
        let (supervisor, answers) = (Arc::new(Mutex::new(None::<SupervisorRef>)), Arc::new(Mutex::new(Vec::new())));
        let asks = {
            let (supervisor, answers) = (Arc::clone(&supervisor), Arc::clone(&answers));
            move || {
                let supervisor = supervisor.lock().unwrap().clone();
                let answer = supervisor.map(|supervisor| supervisor.count_children().map(|count| count.specs));
                answers.lock().unwrap().push(answer);
            }
        };
        let plan = Plan { asks: Some(Arc::new(asks)), traps: true, ..journal.worker("a") };
        let started = Supervisor::new(OneForOne).child("a", plan.spec()).start().unwrap();
        *supervisor.lock().unwrap() = Some(started.clone());
        kill(t, &started, "a");
        started.child::<Worker>("a").cast(Message::End(ExitReason::other("ends by itself")));
        t.settle();
        let (began, pid) = (t.now(), started.pid().unwrap());
        started.stop().unwrap();
        assert_eq!(t.now(), began);
        t.crashes();
        let answers = answers.lock().unwrap();
        let is_deadlock = |answer: &Option<Result<usize, ChildError>>| match answer {
            Some(Err(ChildError::Gone(CallError::Deadlock(path)))) => path.len() == 2 && path[1] == pid,
            _ => false,
        };
        // Two restarts and the stop; when it ends by itself, nobody waits for it.
        assert_eq!(answers.iter().map(is_deadlock).collect::<Vec<_>>(), [false, true, false, true, true]);
        assert_eq!((&answers[0], &answers[2]), (&None, &Some(Ok(1))));
    });
}

#[test]
fn a_supervisor_is_asked_without_a_limit_of_time() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).start().unwrap();
        let slow = Plan { slow: 3600 * SECOND, ..journal.worker("a") };
        let a = supervisor.start_child("a", slow.spec()).unwrap();
        assert_eq!((a.call(Message::Get), t.now()), (Ok("a"), 3600 * SECOND));
    });
}

#[test]
fn a_request_whose_caller_is_gone_is_carried_out() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).start().unwrap();
        let start = |plan: Plan| {
            let supervisor = supervisor.clone();
            let starter = process::spawn(move |_| drop(supervisor.start_child(plan.id, plan.spec())));
            t.settle();
            starter
        };
        start(Plan { slow: SECOND, ..journal.worker("a") });
        let gone = start(journal.worker("b"));
        process::exit(gone, ExitReason::Kill);
        t.advance(SECOND);
        assert!(is_running(&supervisor, "a") && is_running(&supervisor, "b"));
    });
}

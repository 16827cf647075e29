//! Models of the reply slot: one outcome for each call, and nobody waits for an answer that is there.

use std::{
    sync::Arc,
    task::{Context, Wake, Waker},
};

use loom::thread;

use crate::{
    cell::{
        Pid,
        header::PendingCall,
        reply::{Answer, Asking, Part, ReplySlot},
    },
    scheduler::Parker,
};

/// Loom fails when an answer is lost, which leaks it, or when two touch it at once.
type Reply = loom::sync::Arc<u32>;

fn slot() -> Asking<Part<Reply>> {
    ReplySlot::pair(Pid { node: 0, index: 0, serial: std::num::NonZeroU32::MIN }, None).0
}

/// The executor of a caller that is no process.
struct Foreign(Parker);

impl Wake for Foreign {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn answers(slot: &Part<Reply>) -> thread::JoinHandle<Option<Reply>> {
    let slot = slot.clone();
    thread::spawn(move || {
        slot.begin();
        slot.complete(Some(Reply::new(7)))
    })
}

#[test]
fn a_call_that_is_given_up_has_one_outcome() {
    loom::model(|| {
        let mut slot = slot();
        let callee = answers(&slot);
        let abandons = {
            let slot = Part::clone(&slot);
            thread::spawn(move || slot.abandon())
        };
        let outcome = slot.cancel();
        let back = callee.join().unwrap();
        abandons.join().unwrap();
        match outcome {
            // The answer was there at the last moment, or there was none.
            Err(Answer::Given(answer)) => assert!(*answer == 7 && back.is_none()),
            Err(_) => assert_eq!(back.as_deref(), Some(&7), "the answer has come too late"),
            Ok(_) => assert_eq!(back.as_deref(), Some(&7), "nobody wants the answer"),
        }
    });
}

#[test]
fn a_handler_does_not_run_for_a_call_that_was_not_started() {
    loom::model(|| {
        let mut slot = slot();
        let callee = {
            let slot = Part::clone(&slot);
            thread::spawn(move || slot.begin())
        };
        let started = slot.cancel();
        let ran = callee.join().unwrap();
        assert_eq!(started.ok(), Some(ran));
    });
}

#[test]
fn a_handler_runs_for_a_call_whose_caller_is_gone() {
    loom::model(|| {
        let mut slot = slot();
        let callee = {
            let slot = Part::clone(&slot);
            thread::spawn(move || slot.begin().then(|| slot.complete(Some(Reply::new(7)))))
        };
        let answer = slot.forget().err();
        let back = callee.join().unwrap().expect("it runs");
        assert!(matches!(answer, Some(Answer::Given(_))) != back.is_some(), "one of them has the answer");
    });
}

#[test]
fn a_deferred_call_is_answered_once() {
    loom::model(|| {
        let mut slot = slot();
        slot.begin();
        let deferred = {
            let slot = Part::clone(&slot);
            thread::spawn(move || slot.deferred())
        };
        let callee = answers(&slot);
        let outcome = slot.cancel();
        deferred.join().unwrap();
        let back = callee.join().unwrap();
        match outcome {
            Err(answer) => assert!(matches!(answer, Answer::Given(_)) && back.is_none()),
            Ok(started) => assert!(started && back.is_some()),
        }
        assert!(!slot.is_pending());
    });
}

#[test]
fn a_foreign_caller_is_woken() {
    loom::model(|| {
        let mut slot = slot();
        let callee = answers(&slot);
        let foreign = Arc::new(Foreign(Parker::new()));
        let waker = Waker::from(Arc::clone(&foreign));
        let answer = loop {
            match slot.poll(&Context::from_waker(&waker)) {
                Answer::Given(answer) => break answer,
                Answer::None | Answer::Full => panic!("there is an answer"),
                // Loom finds a deadlock when nobody wakes it.
                Answer::Pending => foreign.0.park(None),
            }
        };
        assert_eq!(*answer, 7);
        assert!(callee.join().unwrap().is_none());
    });
}

//! How a call can end.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context as Polled, Poll, Wake, Waker},
};

use otp::prelude::*;

use super::{DeskRef, LONG, Log, desk, down, millis, why};

#[otp::test(seeds = 50)]
fn an_answer_may_come_later(t: &mut Sim) {
    let (desk, _) = desk();
    let calls = [desk.request().later(), desk.request().later()];
    t.settle();
    desk.answer(7);
    for call in calls {
        assert_eq!(call.wait(), Ok(7));
    }
}

#[otp::test(seeds = 50)]
fn an_answer_may_come_from_elsewhere(_t: &mut Sim) {
    let (desk, _) = desk();
    let subjects = process::current().subject();
    let sender = subjects.clone();
    process::spawn(move |me| {
        let replies = me.subject::<ReplyTo<i64>>();
        sender.send(replies.clone());
        let reply = replies.receive(None).unwrap();
        assert!(reply.is_awaited());
        otp::sleep(millis(5));
        reply.send(8);
    });
    let replies = subjects.receive(None).unwrap();
    assert_eq!(desk.give_away(replies), Ok(8));
    assert_eq!(desk.ask(1), Ok(2));
}

#[otp::test(seeds = 50)]
fn a_dropped_reply_is_no_reply(_t: &mut Sim) {
    let (desk, _) = desk();
    assert_eq!(desk.forget(), Err(CallError::NoReply));
    assert_eq!(desk.ask(1), Ok(2));
    let replies = process::current().subject();
    let call = desk.request().give_away(replies.clone());
    drop(replies.receive(None).unwrap());
    assert_eq!(call.wait(), Err(CallError::NoReply));
}

#[otp::test(seeds = 50)]
fn a_request_keeps_its_own_time(t: &mut Sim) {
    let (desk, _) = desk();
    let request = desk.timeout(millis(5)).as_async().later();
    assert_eq!(request.receive(LONG), Err(CallError::Timeout { started: true }));
    assert_eq!(t.now(), millis(5));
}

#[otp::test(seeds = 50)]
fn nobody_waits_for_an_answer_that_was_given_up(_t: &mut Sim) {
    let (desk, _) = desk();
    let replies = process::current().subject();
    let late = desk.timeout(millis(5)).give_away(replies.clone());
    assert_eq!(late, Err(CallError::Timeout { started: true }));
    assert!(!replies.receive(None).unwrap().is_awaited());
}

/// Looks at a call as soon as it has dropped its answer.
struct LooksAtTheEnd {
    reply: Option<ReplyTo<i64>>,
    call: Reply<i64>,
    log: Log,
}

impl Drop for LooksAtTheEnd {
    fn drop(&mut self) {
        drop(self.reply.take());
        self.log.say(format_args!("{:?}", self.call.check()));
    }
}

#[otp::test(seeds = 50)]
fn who_dies_keeps_no_answer_of_another(t: &mut Sim) {
    let (desk, log) = desk();
    let replies = process::current().subject();
    let call = desk.request().give_away(replies.clone());
    let looks = LooksAtTheEnd { reply: replies.receive(None), call, log: log.clone() };
    let (_, monitor) = process::spawn_monitor(move |_| {
        let _looks = looks;
        process::exit_self(why("over"));
    });
    assert_eq!(down(monitor), why("over"));
    assert_eq!(log.take(), ["Some(Err(NoReply))"], "the caller is told at once");
    t.crashes();
}

#[otp::test(seeds = 50)]
fn a_callee_that_dies_fails_calls_whose_reply_is_elsewhere(t: &mut Sim) {
    for reason in [ExitReason::Shutdown, ExitReason::Normal, why("gone")] {
        let (desk, _) = desk();
        let replies = process::current().subject();
        let call = desk.request().give_away(replies.clone());
        let reply = replies.receive(None).unwrap();
        desk.fail(reason.clone());
        assert_eq!(call.wait(), Err(CallError::Exited(reason)));
        assert!(!reply.is_awaited());
        reply.send(1);
    }
    t.crashes();
}

#[otp::test(seeds = 50)]
fn a_handler_that_does_not_return_fails_the_call_whose_reply_is_elsewhere(t: &mut Sim) {
    let replies = process::current().subject();
    let (panics, _) = desk();
    let call = panics.request().give_away_and_panic(replies.clone());
    assert!(matches!(call.wait(), Err(CallError::Exited(ExitReason::Panic(_)))));
    let (dozes, _) = desk();
    let call = dozes.no_timeout().request().give_away_and_doze(replies.clone());
    t.settle();
    process::exit(dozes.pid().unwrap(), ExitReason::Kill);
    assert_eq!(call.wait(), Err(CallError::Exited(ExitReason::Killed)));
    for _ in 0..2 {
        assert!(!replies.receive(None).unwrap().is_awaited());
    }
    assert_eq!(t.now(), millis(1), "at once");
    t.crashes();
}

/// Looks for the answer of a call as soon as it is told that there is one.
struct Look {
    call: Mutex<Option<Pin<Box<Reply<i64>>>>>,
    log: Log,
}

impl Wake for Look {
    fn wake(self: Arc<Self>) {
        if let Some(mut call) = self.call.lock().unwrap().take() {
            let Poll::Ready(outcome) = call.as_mut().poll(&mut Polled::from_waker(Waker::noop())) else { return };
            self.log.say(format_args!("{outcome:?}"));
        }
    }
}

#[otp::test(seeds = 20)]
fn who_looks_at_once_learns_the_reason_too(t: &mut Sim) {
    type Ending = (fn(&DeskRef), ExitReason);
    let endings: [Ending; 5] = [
        (|desk| desk.fail(why("r")), why("r")),
        (|desk| drop(desk.stop()), ExitReason::Normal),
        (|desk| assert_eq!(desk.halt(1, ExitReason::Shutdown), Ok(2)), ExitReason::Shutdown),
        (|desk| process::exit(desk.pid().unwrap(), ExitReason::Shutdown), ExitReason::Shutdown),
        (|desk| process::exit(desk.pid().unwrap(), ExitReason::Kill), ExitReason::Killed),
    ];
    for (end, reason) in endings {
        let (desk, log) = (desk().0, Log::default());
        let mut call = Box::pin(desk.no_timeout().as_async().later());
        let look = Arc::new(Look { call: Mutex::new(None), log: log.clone() });
        let waker = Waker::from(look.clone());
        assert!(call.as_mut().poll(&mut Polled::from_waker(&waker)).is_pending());
        *look.call.lock().unwrap() = Some(call);
        t.settle();
        end(&desk);
        t.settle();
        assert_eq!(log.take(), [format!("{:?}", Err::<i64, _>(CallError::Exited(reason)))]);
    }
    t.crashes();
}

#[otp::test(seeds = 50)]
fn all_callers_learn_why_their_callee_died(t: &mut Sim) {
    let (desk, _) = desk();
    let kept = desk.request().later();
    let boom = desk.request().boom();
    let queued = [desk.request().ask(1), desk.request().later(), desk.request().doze(1, millis(1))];
    let mut reasons = Vec::new();
    for call in [kept, boom].into_iter().chain(queued) {
        let Err(CallError::Exited(reason)) = call.wait() else { panic!("it died") };
        reasons.push(reason);
    }
    let panic = reasons[0].as_panic().unwrap();
    assert_eq!((panic.message.as_str(), panic.handler), ("boom", Some("boom")));
    assert!(panic.location.as_deref().unwrap().contains("main.rs:"));
    assert!(reasons.iter().all(|reason| *reason == reasons[0]));
    assert_eq!(desk.ask(1), Err(CallError::NoProc));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn a_panic_in_a_future_says_in_which(t: &mut Sim) {
    let (desk, log) = desk();
    let Err(CallError::Exited(reason)) = desk.boom_later() else { panic!("it died") };
    assert_eq!(reason.as_panic().unwrap().handler, Some("boom_later"));
    assert_eq!(log.take().len(), 1, "`terminate` has run");
    t.crashes();
}

#[otp::test(seeds = 50)]
fn a_call_that_timed_out_in_the_queue_never_runs(t: &mut Sim) {
    let (desk, log) = desk();
    desk.pause(millis(100));
    assert_eq!(desk.timeout(millis(10)).ask(1), Err(CallError::Timeout { started: false }));
    assert_eq!(t.now(), millis(10));
    assert_eq!(desk.timeout(millis(10)).later(), Err(CallError::Timeout { started: false }));
    assert_eq!(desk.timeout(millis(10)).doze(1, millis(1)), Err(CallError::Timeout { started: false }));
    t.advance(millis(200));
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(desk.ask(4), Ok(5));
}

#[otp::test(seeds = 50)]
fn a_late_answer_is_dropped(t: &mut Sim) {
    let (desk, log) = desk();
    assert_eq!(desk.timeout(millis(10)).slow(1, millis(20)), Err(CallError::Timeout { started: true }));
    assert_eq!(desk.ask(2), Ok(3));
    assert_eq!(t.now(), millis(20));
    assert_eq!(desk.timeout(millis(10)).later(), Err(CallError::Timeout { started: true }));
    desk.answer(1);
    assert_eq!(desk.ask(3), Ok(4));
    assert_eq!(log.take(), ["slow 1", "ask 2", "ask 3"]);
}

#[otp::test(seeds = 50)]
fn a_call_waits_five_seconds_unless_told(t: &mut Sim) {
    let (desk, _) = desk();
    assert_eq!(desk.slow(1, LONG), Err(CallError::Timeout { started: true }));
    assert_eq!(t.now(), Duration::from_secs(5));
    let (desk, _) = self::desk();
    assert_eq!(desk.no_timeout().slow(1, LONG), Ok(2));
}

#[otp::test(seeds = 20)]
fn who_calls_itself_is_told(_t: &mut Sim) {
    let (desk, log) = desk();
    assert_eq!(desk.call_oneself(), Ok(Err(CallError::CallingSelf)));
    assert_eq!(log.take(), [""; 0]);
}

#[otp::test(seeds = 20)]
fn a_call_to_the_dead_is_noproc(t: &mut Sim) {
    let (desk, _) = desk();
    t.kill(&desk);
    assert_eq!(desk.ask(1), Err(CallError::NoProc));
    assert_eq!(desk.request().ask(1).wait(), Err(CallError::NoProc));
    assert_eq!(desk.stop(), Err(CallError::NoProc));
    assert!(!desk.is_alive());
    desk.note(1);
}

#[otp::test(seeds = 20)]
fn a_request_can_be_waited_for_again(t: &mut Sim) {
    let (desk, _) = desk();
    let mut request = desk.request().slow(1, millis(10));
    assert_eq!(request.wait_timeout(millis(4)), None);
    assert_eq!(request.wait_timeout(millis(4)), None);
    assert_eq!(t.now(), millis(8));
    assert_eq!(request.wait_timeout(millis(4)), Some(Ok(2)));
    assert_eq!(t.now(), millis(10));
}

#[test]
fn errors_say_what_is_behind_them() {
    /// Has its cause in `source` alone.
    #[derive(Debug)]
    struct NoDisk(std::io::Error);
    impl std::fmt::Display for NoDisk {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no disk")
        }
    }
    impl std::error::Error for NoDisk {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let no_disk = ExitReason::error(NoDisk(std::io::Error::other("on fire")));
    assert_eq!(no_disk.to_string(), "no disk: on fire");
    let failed = StartError::Failed(no_disk.clone());
    let child = StartError::Child { id: "store".to_owned(), error: Box::new(failed.clone()) };
    let exited = CallError::Exited(no_disk.clone());
    for error in [&failed as &dyn std::error::Error, &child, &exited] {
        // Once, whoever shows it with its sources.
        assert!(error.to_string().ends_with("no disk: on fire") && error.source().is_none(), "{error}");
    }
    // An error that says its cause itself is not told twice.
    assert_eq!(ExitReason::error(child.clone()).to_string(), child.to_string());
    assert_eq!((child.root_cause(), child.exit_reason()), (&failed, Some(&no_disk)));
    assert_eq!((exited.exit_reason(), CallError::NoProc.exit_reason()), (Some(&no_disk), None));
    assert_eq!(StartError::AlreadyStarted(process::self_pid()).already_started(), Some(process::self_pid()));
}

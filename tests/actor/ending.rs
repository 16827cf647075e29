//! How an actor ends, and when `terminate` runs.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context as Polled, Poll, Waker},
};

use otp::prelude::*;

use super::{Desk, DeskRef, Held, Log, desk, down, millis, why};

/// What ends an actor, whether it traps exits then, whether `terminate` runs, and the reason.
type Ending = (&'static str, fn(&DeskRef), bool, bool, ExitReason);

fn endings() -> Vec<Ending> {
    vec![
        ("ctx.stop", |desk| drop(desk.request().halt(1, why("r"))), false, true, why("r")),
        ("error", |desk| desk.fail(why("r")), false, true, why("r")),
        ("error normal", |desk| desk.fail(ExitReason::Normal), false, true, ExitReason::Normal),
        ("stop", |desk| drop(desk.stop()), false, true, ExitReason::Normal),
        ("stop trapping", |desk| drop(desk.stop_with(why("r"), None)), true, true, why("r")),
        ("exit", |desk| process::exit(desk.pid().unwrap(), ExitReason::Shutdown), false, false, ExitReason::Shutdown),
        ("kill", |desk| process::exit(desk.pid().unwrap(), ExitReason::Kill), false, false, ExitReason::Killed),
        ("kill trapping", |desk| process::exit(desk.pid().unwrap(), ExitReason::Kill), true, false, ExitReason::Killed),
        ("parent", |desk| process::exit(desk.pid().unwrap(), why("p")), true, true, why("p")),
        (
            "parent normal",
            |desk| process::exit(desk.pid().unwrap(), ExitReason::Normal),
            true,
            true,
            ExitReason::Normal,
        ),
    ]
}

#[otp::test(seeds = 50)]
fn stop_runs_terminate_then_answers_then_ends(t: &mut Sim) {
    let (desk, log) = desk();
    desk.hold(Held::new(&log, "dropped"));
    let monitor = desk.monitor().unwrap();
    let mut call = pin!(desk.as_async().halt(1, ExitReason::shutdown_with("enough")));
    let waker = Waker::from(Arc::new(log.clone()));
    assert!(call.as_mut().poll(&mut Polled::from_waker(&waker)).is_pending());
    let queued = desk.request().ask(5);
    assert_eq!(down(monitor), ExitReason::shutdown_with("enough"));
    assert_eq!(log.take(), ["terminate shutdown: \"enough\"", "reply", "dropped"]);
    assert_eq!(call.as_mut().poll(&mut Polled::from_waker(&waker)), Poll::Ready(Ok(2)));
    assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::shutdown_with("enough"))));
    t.settle();
}

#[otp::test(seeds = 20)]
fn terminate_runs_when_otp_runs_it(t: &mut Sim) {
    for (name, end, trap, terminates, reason) in endings() {
        let log = Log::default();
        let desk = Desk::start(log.clone(), trap).unwrap();
        let monitor = desk.monitor().unwrap();
        end(&desk);
        assert_eq!(down(monitor), reason, "{name}");
        let expected = if terminates { vec![format!("terminate {reason}")] } else { vec![] };
        assert_eq!(log.take(), expected, "{name}");
    }
    t.crashes();
}

#[otp::test(seeds = 20)]
fn terminate_runs_after_a_panic(t: &mut Sim) {
    let (desk, log) = desk();
    assert!(desk.boom().is_err());
    let log = log.take();
    assert_eq!(log.len(), 1);
    assert!(log[0].starts_with("terminate panicked: boom"));
    t.crashes();
}

#[otp::test(seeds = 50)]
fn the_death_of_a_parent_terminates_a_child_that_traps(t: &mut Sim) {
    for (trap, reason) in [(true, why("p")), (true, ExitReason::Normal), (false, why("p"))] {
        let log = Log::default();
        let (seen, monitors) = (log.clone(), process::current().subject());
        let sent = reason.clone();
        let sender = monitors.clone();
        let parent = process::spawn(move |me| {
            let desk = Desk::start_link(seen, trap).unwrap();
            sender.send(desk);
            me.trap_exit(true);
            me.receive_exit(None);
            Err(sent)
        });
        let desk = monitors.receive(None).unwrap();
        let monitor = desk.monitor().unwrap();
        desk.note(1);
        t.settle();
        process::exit(parent, why("now"));
        assert_eq!(down(monitor), reason);
        let mut expected = vec!["1".to_owned()];
        expected.extend(trap.then(|| format!("terminate {reason}")));
        assert_eq!(log.take(), expected);
    }
    t.crashes();
}

#[otp::test(seeds = 50)]
fn the_exit_of_another_is_a_message_to_who_traps(t: &mut Sim) {
    let log = Log::default();
    let desk = Desk::start(log.clone(), true).unwrap();
    let pid = desk.pid().unwrap();
    for reason in [why("o"), ExitReason::Normal] {
        process::spawn(move |_| {
            process::link(pid);
            Err(reason)
        });
        t.settle();
    }
    process::spawn(move |_| process::exit(pid, ExitReason::Shutdown));
    t.settle();
    assert_eq!(desk.ask(1), Ok(2));
    assert_eq!(log.take(), ["exit \"o\"", "exit normal", "exit shutdown", "ask 1"]);
    t.crashes();
}

#[otp::test(seeds = 50)]
fn stop_says_how_it_went(t: &mut Sim) {
    let (desk, log) = desk();
    assert_eq!(desk.stop_with(ExitReason::Shutdown, millis(10)), Ok(()));
    assert_eq!(log.take(), ["terminate shutdown"]);
    assert_eq!(desk.stop(), Err(CallError::NoProc));

    // One that takes too long still ends, after what it received before.
    let (desk, log) = self::desk();
    desk.pause(millis(20));
    desk.note(1);
    let late = desk.stop_with(ExitReason::Normal, millis(10)).unwrap_err();
    assert_eq!(late, CallError::Timeout { started: true });
    assert_eq!(late.to_string(), "no answer came in time; the handler had begun, or will: a stop is not taken back");
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(20));
    assert_eq!(log.take(), ["1", "terminate normal"]);
    assert!(!desk.is_alive());

    // One that ends otherwise.
    let (desk, _) = self::desk();
    desk.pause(millis(20));
    let pid = desk.pid().unwrap();
    process::spawn(move |_| process::exit(pid, why("other")));
    assert_eq!(desk.stop(), Err(CallError::Exited(why("other"))));
    let (desk, _) = self::desk();
    desk.let_terminate_panic();
    let Err(CallError::Exited(reason)) = desk.stop() else { panic!("it ended otherwise") };
    assert_eq!(reason.as_panic().unwrap().handler, Some("terminate"));
    assert_eq!(t.crashes().len(), 2);
}

//! Panics wherever user code runs.

use otp::{prelude::*, process::Me};

use super::{DeskRef, Held, LONG, Log, desk, down, exited};

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

/// That a process which dies of `act` dies of a panic with a text, and nothing else does.
fn dies_of_panic(t: &Sim, text: &str, act: impl FnOnce(&DeskRef, &Log)) {
    let (bystander, _) = desk();
    let (desk, log) = desk();
    process::link(desk.pid().unwrap());
    let kept = desk.request().later();
    t.settle();
    act(&desk, &log);
    let Err(CallError::Exited(reason)) = kept.wait() else { panic!("{text}: it died") };
    assert_eq!(reason.as_panic().map(|panic| panic.message.as_str()), Some(text));
    t.settle();
    assert_eq!(exited(), Some(reason.clone()));
    assert_eq!(bystander.ask(1), Ok(2));
    let crashes = t.crashes();
    assert_eq!(crashes.len(), 1, "{crashes:?}");
    assert_eq!(crashes[0].reason, reason);
}

#[otp::test(seeds = 20)]
fn a_panic_ends_its_process_and_nothing_else(t: &mut Sim) {
    dies_of_panic(t, "boom", |desk, _| drop(desk.boom()));
    dies_of_panic(t, "boom later", |desk, _| drop(desk.boom_later()));
    dies_of_panic(t, "terminate panics", |desk, _| {
        desk.let_terminate_panic();
        let _ = desk.stop();
    });
    dies_of_panic(t, "state is dropped", |desk, log| {
        desk.hold(Held::panics(log, "state"));
        let _ = desk.stop();
    });
    dies_of_panic(t, "state is dropped", |desk, log| {
        desk.hold(Held::panics(log, "state"));
        t.settle();
        process::exit(desk.pid().unwrap(), ExitReason::Kill);
    });
    dies_of_panic(t, "queued is dropped", |desk, log| {
        desk.pause(LONG);
        desk.hold(Held::panics(log, "queued"));
        t.settle();
        process::exit(desk.pid().unwrap(), ExitReason::Kill);
    });
}

#[otp::test(seeds = 20)]
fn a_message_for_a_subject_may_panic_when_it_is_dropped(t: &mut Sim) {
    let (subjects, log) = (process::current().subject(), Log::default());
    let sender = subjects.clone();
    let (pid, monitor) = process::spawn_monitor(move |me| {
        sender.send(me.subject::<Held>());
        stay(me);
    });
    let subject = subjects.receive(None).unwrap();
    subject.send(Held::panics(&log, "payload"));
    t.settle();
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(down(monitor).as_panic().map(|panic| panic.message.as_str()), Some("payload is dropped"));
    assert_eq!((log.take().len(), t.crashes().len()), (1, 1));
}

#[otp::test(seeds = 20)]
fn a_request_may_panic_when_it_is_dropped_unsent(t: &mut Sim) {
    // The message of one that is gone is dropped by its sender, whose panic it is.
    let (desk, log) = desk();
    t.kill(&desk);
    let (_, monitor) = process::spawn_monitor(move |_| desk.hold(Held::panics(&log, "unsent")));
    assert_eq!(down(monitor).as_panic().map(|panic| panic.message.as_str()), Some("unsent is dropped"));
    assert_eq!(t.crashes().len(), 1);
}

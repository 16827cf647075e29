//! 5 The start protocol.

use otp::{
    prelude::*,
    process::{Ack, Spawn},
    sys,
};

use super::{SECOND, come, down, exit, server, stay, why};

#[otp::test(seeds = 20)]
fn s5_a_start_link_that_fails_ends_who_does_not_trap_unless_it_was_normal(t: &mut Sim) {
    for (reason, expected) in [(why("bad"), why("bad")), (ExitReason::Normal, ExitReason::Normal)] {
        let outcomes = process::current().subject();
        let tell = outcomes.clone();
        let (_, monitor) = process::spawn_monitor(move |_| {
            let started = Spawn::new().link().start(move |_, _ack: Ack<()>| -> () { process::exit_self(reason) });
            tell.send(started.is_err());
        });
        assert_eq!(down(monitor), expected);
        assert_eq!(outcomes.receive(Duration::ZERO), (expected == ExitReason::Normal).then_some(true));
    }
    // Who traps sees the value that is returned, and nothing else.
    assert!(Spawn::new().link().start(|_, ack: Ack<()>| ack.failed(why("no"))).is_err());
    t.settle();
    assert_eq!(exit(), None);
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s5_a_stop_that_takes_too_long_is_not_taken_back(t: &mut Sim) {
    let (server, log) = server();
    sys::replace_state(&server, |state| {
        process::sleep(SECOND * 2);
        state.clone()
    })
    .expect("it comes to it");
    let busy = server.clone();
    process::spawn(move |_| {
        let _ = sys::with_state(&busy, |_| process::sleep(SECOND * 2));
    });
    t.settle();
    assert_eq!(server.stop_with(ExitReason::Normal, SECOND), Err(CallError::Timeout { started: true }));
    t.advance(SECOND);
    assert_eq!(come(t, &log), ["terminate"]);
    assert_eq!(server.stop(), Err(CallError::NoProc));
}

#[otp::test(seeds = 20)]
fn s5_a_stop_says_another_reason_and_the_parents_are_the_ancestors(t: &mut Sim) {
    let (server, _) = server();
    server.end(why("its own"));
    assert_eq!(server.stop(), Err(CallError::Exited(why("its own"))));
    let told = process::current().subject();
    let tell = told.clone();
    let parent = process::spawn(move |me| {
        let child = process::spawn(stay);
        tell.send(process::info(child).expect("it runs").ancestors);
        stay(me);
    });
    assert_eq!(told.receive(None), Some(vec![parent, otp::self_pid()]));
    t.crashes();
}

//! 2 Timers.

use otp::{
    prelude::*,
    process::{Me, Subject},
    timer,
};

use super::{SECOND, come, stay};

#[otp::test(seeds = 20)]
fn s2_who_set_a_timer_may_end(t: &mut Sim) {
    let messages = process::current().subject();
    let to = messages.clone();
    process::spawn(move |_| _ = timer::send_after(SECOND, &to, 1));
    t.settle();
    assert_eq!((messages.receive(None), t.now()), (Some(1), SECOND));
}

#[otp::test(seeds = 20)]
fn s2_a_name_is_looked_up_when_it_is_time(t: &mut Sim) {
    let named = Subject::named("later");
    timer::send_after(SECOND, &named, 1);
    timer::send_after(SECOND * 3, &named, 2);
    t.advance(SECOND * 2);
    process::register("later", otp::self_pid())?;
    assert_eq!(named.receive(None), Some(2), "the first was dropped");
}

#[otp::test(seeds = 20)]
fn s2_an_interval_ends_with_its_receiver_and_does_not_drift(t: &mut Sim) {
    let ticks = process::current().subject();
    let interval = timer::send_interval(SECOND, &ticks, ());
    t.advance(SECOND * 5 / 2);
    assert_eq!((come(t, &ticks).len(), interval.left()), (2, Some(SECOND / 2)));
    assert!(interval.cancel().is_some() && interval.cancel().is_none());
    let pids = process::current().subject();
    let (tell, receiver) = (pids.clone(), process::spawn(move |me: &mut Me| stay(me)));
    let owns = process::spawn(move |me| {
        tell.send(timer::send_interval(SECOND, &me.subject(), ()));
        stay(me);
    });
    let interval = pids.receive(None).expect("it says");
    assert!(interval.left().is_some());
    process::exit(owns, ExitReason::Kill);
    process::exit(receiver, ExitReason::Kill);
    t.settle();
    assert_eq!((interval.left(), t.node().timers()), (None, 0));
}

//! What `sys` sees, logs and counts.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex},
};

use otp::{
    prelude::*,
    sys::{self, Event, MessageKind, SysError},
};

use super::{Counter, Trapping};

#[otp::test]
fn the_log_keeps_the_last_events(_: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let me = process::self_pid();
    let got = |message: &'static str, kind| Event::In { kind, message: message.into() };
    assert!(sys::log(&counter).unwrap().is_empty());
    sys::set_log(&counter, sys::DEFAULT_LOG_LEN).unwrap();
    for _ in 0..20 {
        counter.reset();
    }
    assert_eq!(sys::log(&counter).unwrap().len(), 10);
    counter.add(1).unwrap();
    let sent = Event::Out { message: "add".into(), to: Some(me) };
    let last = [got("reset", MessageKind::Cast), got("add", MessageKind::Call { from: Some(me) }), sent];
    assert_eq!(sys::log(&counter).unwrap()[7..], last);
    sys::set_log(&counter, 3).unwrap();
    assert_eq!(sys::log(&counter).unwrap(), last, "a smaller log keeps the last of them");
    assert_eq!(sys::status(&counter).unwrap().log.len(), 3);
    sys::set_log(&counter, None).unwrap();
    assert!(sys::log(&counter).unwrap().is_empty());
}

#[otp::test]
fn a_function_is_called_until_it_wants_no_more(_: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let listener = |name: &'static str, then: fn(usize) -> ControlFlow<()>| {
        let seen = Arc::clone(&seen);
        let mut events = 0;
        move |event: &Event| {
            seen.lock().unwrap().push(format!("{name}: {event}"));
            events += 1;
            then(events)
        }
    };
    let goes_on = |_| ControlFlow::Continue(());
    sys::install(&counter, "a", listener("a", goes_on)).unwrap();
    sys::install(&counter, "a", listener("second a", goes_on)).unwrap();
    sys::install(&counter, "once", listener("once", |_| ControlFlow::Break(()))).unwrap();
    sys::install(&counter, "fails", |_: &Event| panic!("bad listener")).unwrap();
    assert_eq!(sys::status(&counter).unwrap().installed, ["a", "once", "fails"]);
    counter.reset();
    counter.later();
    assert_eq!(sys::status(&counter).unwrap().installed, ["a"], "one is done, one has panicked");
    sys::remove(&counter, "a").unwrap();
    sys::remove(&counter, "a").unwrap();
    counter.reset();
    assert!(sys::status(&counter).unwrap().installed.is_empty());
    let seen = seen.lock().unwrap();
    assert_eq!(*seen, ["a: got cast reset", "once: got cast reset", "a: got cast later", "a: got continue load"]);
}

#[otp::test]
fn all_is_switched_off_at_once(_: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    sys::set_statistics(&counter, true).unwrap();
    sys::set_log(&counter, 5).unwrap();
    sys::suspend(&counter).unwrap();
    sys::no_debug(&counter).unwrap();
    assert_eq!(sys::statistics(&counter), Err(SysError::NoStatistics));
    assert!(sys::status(&counter).unwrap().is_suspended, "that is no debug option");
}

/// A process that handles what it is told by type, and what it does not expect.
#[otp::test]
fn signals_are_events_too(t: &mut Sim) {
    let trapping = Trapping::start().unwrap();
    sys::set_log(&trapping, sys::DEFAULT_LOG_LEN).unwrap();
    let ended = process::spawn(|_| {});
    sys::with_state(&trapping, move |_| process::monitor(ended)).unwrap();
    t.settle();
    let log: Vec<String> = sys::log(&trapping).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(log, [format!("got info DOWN of {ended}")]);
}

//! Requests of `sys`, and what they are answered.

use std::ops::ControlFlow;

use otp::{
    prelude::*,
    sys::{self, SysError},
};

use super::{Counter, Listening, Trapping, heard, millis};
use crate::reports::recorded;

#[otp::test(seeds = 20)]
fn who_does_not_come_to_a_request_is_named(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let held = counter.no_timeout().request().hold(Duration::from_secs(8));
    let before = t.now();
    assert_eq!(sys::suspend(&counter), Err(SysError::Timeout), "a busy one");
    assert_eq!(t.now() - before, Duration::from_secs(5));
    assert_eq!(sys::state(&counter.timeout(millis(10))), Err(SysError::Timeout), "a client's own limit");
    held.wait().unwrap();
    assert!(!sys::status(&counter).unwrap().is_suspended, "what was given up does not happen later");

    let plain = process::spawn(|me| drop(me.receive_exit(None)));
    assert_eq!(sys::status(&plain), Err(SysError::Timeout), "one that is no server");

    // One that ends instead of answering.
    let held = counter.no_timeout().request().hold(Duration::from_secs(2));
    t.settle();
    let pid = counter.pid().unwrap();
    let asking = process::spawn_monitor(move |_| {
        let asked = sys::status(&pid);
        assert_eq!(asked, Err(SysError::Exited(ExitReason::Killed)));
    });
    t.settle();
    t.kill(&counter.pid().unwrap());
    assert!(held.wait().is_err());
    assert_eq!(process::current().receive_down(asking.1, None).unwrap().reason, ExitReason::Normal);

    assert_eq!(sys::status(&process::self_pid()), Err(SysError::CallingSelf));
    assert_eq!(sys::status("nobody"), Err(SysError::NoProc));
}

/// Shown where its parameter can be.
#[derive(Debug)]
struct Shelf<T> {
    _item: T,
}

#[actor]
impl<T: std::fmt::Debug + Send + 'static> Shelf<T> {
    #[init]
    fn init(item: T) -> Self {
        Self { _item: item }
    }
}

/// Not shown: nothing says that its parameter can be.
#[derive(Debug)]
struct Box<T> {
    _item: T,
}

#[actor]
impl<T: Send + 'static> Box<T> {
    #[init]
    fn init(item: T) -> Self {
        Self { _item: item }
    }
}

#[otp::test]
fn a_state_is_shown_where_its_type_can_be(_: &mut Sim) {
    let state = |status: Result<sys::Status, SysError>| status.unwrap().state;
    assert_eq!(state(sys::status(&Shelf::start(1).unwrap())).as_deref(), Some("Shelf { _item: 1 }"));
    let generic = sys::status(&Box::start(1).unwrap()).unwrap();
    assert_eq!(generic.state, None);
    assert!(generic.to_string().contains("state: not shown (`Box` is not `Debug` for every parameter)"), "{generic}");
    let status = sys::status(&Trapping::start().unwrap()).unwrap();
    assert_eq!(status.state, None);
    assert!(status.to_string().contains("state: not shown (`Trapping` is not `Debug`)"), "{status}");
}

#[cfg(feature = "stacks")]
#[otp::test(seeds = 20)]
fn the_status_and_the_reports_say_who_it_is(t: &mut Sim) {
    let given = process::current().subject();
    let started = process::current().subject();
    let to = started.clone();
    let parent = process::spawn(move |me| {
        to.send(Listening::start(given).unwrap());
        me.receive_exit(None);
    });
    let listening = started.receive(None).unwrap();
    let status = sys::status(&listening).unwrap();
    assert_eq!((status.initial_call, status.label.as_deref()), ("Listening", Some("the one at the door")));
    assert_eq!((status.parent, &status.ancestors[..]), (Some(parent), &[parent, process::self_pid()][..]));
    let ancestors = format!("[{parent}, {}]", process::self_pid());
    let text = status.to_string();
    assert!(text.contains("label: the one at the door") && text.contains(&format!("ancestors: {ancestors}")), "{text}");

    let ((), reports) = recorded(|| {
        listening.fall("ice".into());
        t.settle();
    });
    let [server, process] = &reports[..] else { panic!("{reports:?}") };
    assert!(server.text.contains("label: the one at the door"), "{}", server.text);
    assert!(process.text.contains("(the one at the door) ended: panicked: fell: ice"), "{}", process.text);
    assert_eq!((server.field("label"), process.field("label")), ("the one at the door", "the one at the door"));
    assert_eq!(process.field("ancestors"), ancestors);
    assert_eq!(t.crashes().len(), 1);
}

/// To empty its own mailbox takes no request away.
#[otp::test(seeds = 20)]
fn a_request_is_no_message_to_be_flushed(t: &mut Sim) {
    let given = process::current().subject();
    let listening = Listening::start(given).unwrap();
    let pid = listening.pid().unwrap();
    listening.sweep();
    t.settle();
    listening.hear("gone".into());
    let asking = process::spawn_monitor(move |_| assert_eq!(sys::status(&pid).unwrap().pid, pid));
    t.settle();
    assert_eq!(process::current().receive_down(asking.1, None).unwrap().reason, ExitReason::Normal);
    assert!(heard(&listening).is_empty());
}

/// Takes its time to terminate.
struct Slow;

#[actor]
impl Slow {
    #[init]
    fn init() -> Self {
        Self
    }

    #[terminate]
    fn bye(&mut self) {
        otp::sleep(Duration::from_secs(10));
    }
}

/// Panics when it is dropped.
struct Fragile;

impl Drop for Fragile {
    fn drop(&mut self) {
        panic!("broken");
    }
}

#[otp::test(seeds = 20)]
fn a_request_that_fails_leaves_nothing_behind(t: &mut Sim) {
    let slow = Slow::start().unwrap();
    let fragile = Fragile;
    sys::install(&slow, "fragile", move |_| {
        let _ = &fragile;
        ControlFlow::Continue(())
    })
    .unwrap();
    let limited = slow.timeout(Duration::from_secs(1));
    assert_eq!(sys::remove(&limited, "fragile"), Err(SysError::Timeout), "it is not known why it ends");
    t.advance(Duration::from_secs(20));
    assert!(!slow.is_alive());
    let down = process::Selector::new().select_monitors(|down| down).receive(Duration::ZERO);
    assert_eq!(down, None);
    assert_eq!(t.crashes().len(), 1);
}

//! Thread-locals that a plain handler has left changed where it waits are named, when that is asked for.

#![cfg(all(feature = "macros", feature = "tracing"))]
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    reason = "actors of tests"
)]

use std::{
    cell::Cell,
    sync::{Mutex, Once},
};

use otp::{Node, prelude::*, process};

use listener::Report;

#[path = "common/listener.rs"]
mod listener;

thread_local! {
    static DEPTH: Cell<u64> = const { Cell::new(0) };
    static USES: Cell<u64> = const { Cell::new(0) };
}

static HEARD: Mutex<Vec<Report>> = Mutex::new(Vec::new());

fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        process::watch_local("DEPTH", || DEPTH.get());
        process::watch_local("USES", || USES.get());
        listener::listen(|event| HEARD.lock().unwrap().push(Report::of(event)));
    });
}

/// Counts how deep its thread is in something.
struct Inside;

impl Inside {
    fn enter() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

pub struct Guarded;

#[actor]
impl Guarded {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    pub fn hold(&self) {
        let _inside = Inside::enter();
        pause();
        pause();
    }

    #[handle_call]
    pub fn hold_on_a_core(&self) {
        self.hold();
    }

    #[handle_call]
    pub fn let_go(&self) {
        drop(Inside::enter());
        pause();
    }

    #[handle_call]
    pub fn hold_the_inner(&self) {
        let _outer = Inside::enter();
        drop(Inside::enter());
        pause();
    }

    #[handle_call]
    pub fn hold_between(&self) {
        pause();
        drop((Inside::enter(), Inside::enter()));
        pause();
        let _late = Inside::enter();
    }

    /// Waits while others change what is theirs to change, on this thread.
    #[handle_call]
    pub fn wait_beside(&self, other: GuardedRef) {
        other.use_up().unwrap();
        pause();
    }

    #[handle_call]
    pub fn use_up(&self) {
        USES.set(USES.get() + 1);
    }
}

fn pause() {
    otp::sleep(Duration::from_millis(1));
}

type Call = fn(&GuardedRef) -> Result<(), CallError>;

/// What is said of a process that crashes in a call, when there are checks.
fn said(check: Option<bool>, call: Call) -> Option<String> {
    watch();
    Sim::run(1, |sim| {
        if let Some(check) = check {
            sim.check_locals(check);
        }
        let guarded = Guarded::start().unwrap();
        let answer = call(&guarded);
        let crashes = sim.crashes();
        assert_eq!(answer.is_err(), !crashes.is_empty());
        crashes.first().map(|crash| crash.reason.to_string())
    })
}

#[test]
fn a_guard_that_is_held_across_a_wait_is_named() {
    let said = said(Some(true), |guarded| guarded.hold()).expect("it is found");
    for part in ["`hold`", "`DEPTH`", "Guarded"] {
        assert!(said.contains(part), "{part} in: {said}");
    }
}

#[test]
fn one_that_is_held_around_another_is_named() {
    assert!(said(Some(true), |guarded| guarded.hold_the_inner()).is_some());
}

#[test]
fn one_that_is_dropped_before_the_wait_is_not() {
    assert_eq!(said(Some(true), |guarded| guarded.let_go()), None);
    assert_eq!(said(Some(true), |guarded| guarded.hold_between()), None);
}

#[test]
fn who_waits_is_not_blamed_for_what_others_change_meanwhile() {
    assert_eq!(said(Some(true), |guarded| guarded.wait_beside(Guarded::start().unwrap())), None);
}

#[test]
fn a_test_whose_handler_holds_a_guard_fails() {
    watch();
    let failed = std::thread::spawn(|| {
        Sim::run(1, |sim| {
            sim.check_locals(true);
            let _ = Guarded::start().unwrap().hold();
        });
    });
    assert!(failed.join().is_err());
}

#[test]
fn nobody_is_named_unless_it_was_asked_for() {
    if std::env::var_os("OTP_CHECK").is_none() {
        assert_eq!(said(None, |guarded| guarded.hold()), None);
    }
    assert_eq!(said(Some(false), |guarded| guarded.hold()), None);
}

#[test]
fn on_real_cores_each_handler_is_reported_once_and_goes_on() {
    watch();
    let node = Node::builder().cores(1).check_locals(true).start().unwrap();
    node.enter(|| {
        let guarded = Guarded::start().unwrap();
        guarded.hold_on_a_core().unwrap();
        guarded.hold_on_a_core().unwrap();
        guarded.let_go().unwrap();
    });
    node.stop();
    let heard = HEARD.lock().unwrap();
    let named: Vec<_> = heard.iter().filter(|report| report.field("report") == "local_changed").collect();
    let [report] = named[..] else { panic!("{named:?}") };
    assert_eq!((report.level, report.field("local")), (tracing::Level::ERROR, "DEPTH"));
    assert!(report.text.contains("`hold_on_a_core`"), "{}", report.text);
}

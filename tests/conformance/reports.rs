//! What the runtime reports while a test runs, as its `tracing` events say it.
//!
//! The listener keeps what is said on a thread that asks for it, as a simulation's is.
//!
//! It wants the feature `stacks`: without it the processes of a simulation run on threads of their own.

use std::{cell::RefCell, sync::Once};

pub(crate) use crate::listener::Report;
use crate::listener::listen;

thread_local! {
    /// What was said on this thread, while somebody wants to know.
    static REPORTS: RefCell<Option<Vec<Report>>> = const { RefCell::new(None) };
}

/// Runs a part of a simulation, and gives what was reported in it.
pub(crate) fn recorded<R>(run: impl FnOnce() -> R) -> (R, Vec<Report>) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        listen(|event| {
            if REPORTS.with_borrow(Option::is_some) {
                let report = Report::of(event);
                REPORTS.with_borrow_mut(|reports| reports.as_mut().map(|reports| reports.push(report)));
            }
        });
    });
    REPORTS.set(Some(Vec::new()));
    let result = run();
    (result, REPORTS.take().unwrap_or_default())
}

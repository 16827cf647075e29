//! Tasks: the cases of Elixir's `Task` and `Task.Supervisor`, and what they have no word for.

#![cfg(all(feature = "macros", feature = "stacks", feature = "tracing"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod await_many;
mod awaits;
#[path = "../common/latch.rs"]
mod latch;
#[path = "../common/listener.rs"]
mod listener;
mod loads;
#[path = "../conformance/reports.rs"]
mod reports;
mod server;
mod shutdown;
mod starts;
mod streams;
mod supervised;
mod yields;

use std::time::Duration;

use otp::{prelude::*, task::Task};

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn other(what: &'static str) -> ExitReason {
    ExitReason::other(what)
}

/// A task that ends for a reason, without a result.
fn fails(reason: ExitReason) -> Task<u32> {
    Task::spawn(move || process::exit_self(reason))
}

/// A task that never ends by itself.
fn endless() -> Task<u32> {
    Task::spawn(|| {
        otp::timer::sleep_forever();
        0
    })
}

/// Runs `code` in a process that does not trap exits; gives why it ended.
fn end_of(code: impl FnOnce() + Send + 'static) -> ExitReason {
    let (_, monitor) = process::spawn_monitor(move |_| code());
    process::current().receive_down(monitor, None).unwrap().reason
}

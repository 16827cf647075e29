//! Agents, groups and topics; those named after a case of OTP's, Elixir's or Gleam's suites are that case.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod agent;
mod casts;
mod chip;
mod growth;
mod guarded;
mod model;
mod pg;
mod scope;
mod topic;
mod xagt;

#[path = "../common/counting.rs"]
mod counting;
#[path = "../common/latch.rs"]
mod latch;

use otp::{prelude::*, timer};

/// A process that does nothing until it is ended.
fn idle() -> Pid {
    process::spawn(|_| timer::sleep_forever())
}

/// Ends a process, and waits until all that follows from it has happened.
fn kill(t: &Sim, pid: Pid) {
    process::exit(pid, ExitReason::Kill);
    t.settle();
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn sorted<T: Ord>(mut things: Vec<T>) -> Vec<T> {
    things.sort();
    things
}

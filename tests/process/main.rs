//! Processes: starting, exit signals, links, monitors, names, waiting, adopted threads, nodes.
//!
//! What depends on order runs in simulations under many seeds; what depends on threads runs on nodes of its own.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod exits;
mod links;
mod monitors;
mod names;
mod nodes;
mod order;
mod starting;
mod threads;
mod time;
mod waiting;

use std::sync::{Arc, Mutex};

use otp::{prelude::*, process::Me};

const LONG: Duration = Duration::from_secs(3600);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

/// The reason in the `Down` of a monitor; waits for it.
fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, None).unwrap().reason
}

/// Tells a log that it was dropped.
struct Tell(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

//! How a supervisor ends a child: it asks, waits, and kills.
//!
//! It waits for a monitor and not for the link, so that a child that has unlinked itself can't hang it.

use std::time::Duration;

use crate::{
    actor::{Shutdown, WaitsFor},
    process::{self, ExitReason, MonitorRef, Pid, current, me, signal::Signal},
};

/// Ends a process linked to the current one, and waits until it has; says why it ended. One that had ended before says
/// its own reason.
pub(super) async fn end(child: Pid, how: Shutdown) -> ExitReason {
    let _waits = WaitsFor::process(child);
    let monitor = process::monitor(child);
    let (reason, limit) = match how {
        Shutdown::After(limit) => (ExitReason::Shutdown, Some(limit)),
        Shutdown::Infinity => (ExitReason::Shutdown, None),
        Shutdown::BrutalKill => (ExitReason::Kill, None),
    };
    process::exit(child, reason);
    let down = match down(monitor, limit).await {
        Some(reason) => reason,
        None => {
            process::exit(child, ExitReason::Kill);
            down(monitor, None).await.unwrap_or(ExitReason::Killed)
        }
    };
    process::unlink(child);
    exit_signals(child).last().unwrap_or(down)
}

/// Waits for a process to end, at most for `limit`.
async fn down(monitor: MonitorRef, limit: Option<Duration>) -> Option<ExitReason> {
    match me::receiving(limit, |signal| matches!(signal, Signal::Down(down) if down.monitor == monitor)).await {
        Some(Signal::Down(down)) => Some(down.reason),
        _ => None,
    }
}

/// Takes the trapped exit signals of a process out of the mailbox.
fn exit_signals(from: Pid) -> impl Iterator<Item = ExitReason> {
    std::iter::from_fn(move || {
        let taken = current::with(|me| {
            me.process().take_arrivals(me);
            me.process().take_signal(&mut |signal| matches!(signal, Signal::Trapped(exit) if exit.from == from))
        });
        match taken {
            Some(Signal::Trapped(exit)) => Some(exit.reason),
            _ => None,
        }
    })
}

//! What an application leaves behind: processes that it has started, and that nobody ended.

use std::sync::Arc;

use crate::{
    cell::{AnyProcess, ExitReason, Pid},
    process::{self, Node},
};

/// Kills whoever descends from `ancestor`, and waits until they have ended. OTP goes by group leaders; here it looks at
/// the ancestors of every process of the node, the nearest 16 of each.
pub(super) async fn kill(ancestor: Pid) {
    let node = Arc::clone(Node::current().inner());
    let me = process::current();
    loop {
        let left: Vec<Pid> = node
            .table
            .all()
            .iter()
            .filter(|process| process.header().descends_from(ancestor))
            .map(AnyProcess::pid)
            .collect();
        if left.is_empty() {
            return;
        }
        let monitors = left.into_iter().map(|pid| {
            let monitor = process::monitor(pid);
            process::exit(pid, ExitReason::Kill);
            monitor
        });
        for monitor in monitors.collect::<Vec<_>>() {
            me.receive_down_async(monitor, None).await;
        }
    }
}

//! How a supervisor ends children: it asks, waits, and kills.
//!
//! It waits for monitors and not for the links, so that a child that has unlinked itself can't hang it.

use std::{
    collections::{BTreeMap, HashMap},
    iter,
};

use crate::{
    actor::Shutdown,
    process::{self, ExitReason, MonitorRef, Pid, current, mark::Mark, me, signal::Signal, start},
    time::Moment,
};

/// Ends a process linked to the current one, and waits until it has; says why it ended. One that had ended before says
/// its own reason.
pub(super) async fn end(child: Pid, how: Shutdown) -> ExitReason {
    let _waits = start::WaitsFor::process(child);
    let ended = end_all(iter::once((child, how))).await;
    ended.into_iter().next().map_or(ExitReason::NoProc, |(_, reason)| reason)
}

/// As [`end`], for many at once, each in its own time; in the order in which they ended.
pub(super) async fn end_all(children: impl Iterator<Item = (Pid, Shutdown)>) -> Vec<(Pid, ExitReason)> {
    let began = now();
    let mut waiting: HashMap<Pid, Waiting> = HashMap::new();
    let mut deadlines: BTreeMap<Moment, Vec<Pid>> = BTreeMap::new();
    for (child, how) in children {
        waiting.insert(child, Waiting { monitor: process::monitor(child), said: None });
        process::exit(child, if how == Shutdown::BrutalKill { ExitReason::Kill } else { ExitReason::Shutdown });
        if let Shutdown::After(limit) = how {
            deadlines.entry(began.saturating_add(limit)).or_default().push(child);
        }
    }
    let mut ended = Vec::with_capacity(waiting.len());
    // What is not about them now will not be later.
    let mut mark = Mark::default();
    while !waiting.is_empty() {
        let limit = deadlines.keys().next().map(|at| at.saturating_duration_since(now()));
        let signal = me::receiving_behind(&mut mark, limit, |signal| match signal {
            Signal::Trapped(exit) => waiting.contains_key(&exit.from),
            Signal::Down(down) => waiting.get(&down.pid).is_some_and(|child| child.monitor == down.monitor),
            _ => false,
        });
        match signal.await {
            // It is sent before the `Down`, and knows the reason also of one that had ended before it was watched.
            Some(Signal::Trapped(exit)) => {
                waiting.entry(exit.from).and_modify(|child| child.said = Some(exit.reason));
            }
            Some(Signal::Down(down)) => {
                process::unlink(down.pid);
                let said = waiting.remove(&down.pid).and_then(|child| child.said);
                ended.push((down.pid, said.unwrap_or(down.reason)));
            }
            _ => {
                let late = deadlines.pop_first().into_iter().flat_map(|(_, late)| late);
                for child in late.filter(|child| waiting.contains_key(child)) {
                    process::exit(child, ExitReason::Kill);
                }
            }
        }
    }
    ended
}

/// A child that is to end.
struct Waiting {
    monitor: MonitorRef,
    /// The reason in its exit signal.
    said: Option<ExitReason>,
}

fn now() -> Moment {
    current::with(|me| me.common().node.scheduler.now())
}

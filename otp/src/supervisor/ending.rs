//! How a supervisor ends children: it asks, waits, and kills.
//!
//! It waits for monitors and not for the links, so that a child that has unlinked itself can't hang it. Why a child has
//! ended it asks the child, which knows it from the moment of its end: one that ends by itself meanwhile may be gone
//! before it is watched.

use std::{
    collections::{BTreeMap, HashMap},
    iter,
    time::Duration,
};

use crate::{
    actor::Shutdown,
    cell::{AnyProcess, ExitReason, MonitorRef, Pid, current, signal::Signal, waits::WaitsFor},
    process::{self, me},
    time::Moment,
};

/// How a child has ended.
pub(super) struct Ended {
    pub(super) pid: Pid,
    pub(super) reason: ExitReason,
    pub(super) took: Duration,
}

/// Ends a process linked to the current one, and waits until it has.
pub(super) async fn end(child: AnyProcess, how: Shutdown) -> Ended {
    let pid = child.pid();
    let _waits = WaitsFor::process(pid);
    let ended = end_all(iter::once((child, how))).await;
    ended.into_iter().next().unwrap_or(Ended { pid, reason: ExitReason::NoProc, took: Duration::ZERO })
}

/// As [`end`], for many at once, each in its own time; in the order in which they ended.
pub(super) async fn end_all(children: impl Iterator<Item = (AnyProcess, Shutdown)>) -> Vec<Ended> {
    let began = current::now();
    // The mail that is there is not looked at: of a child that has ended by now, its monitor says so too.
    let mut mark = me::mark();
    let mut waiting: HashMap<Pid, (AnyProcess, MonitorRef)> = HashMap::new();
    let mut deadlines: BTreeMap<Moment, Vec<Pid>> = BTreeMap::new();
    for (child, how) in children {
        let pid = child.pid();
        waiting.insert(pid, (child, process::monitor(pid)));
        process::exit(pid, if how == Shutdown::BrutalKill { ExitReason::Kill } else { ExitReason::Shutdown });
        if let Shutdown::After(limit) = how {
            deadlines.entry(began.saturating_add(limit)).or_default().push(pid);
        }
    }
    let mut ended = Vec::with_capacity(waiting.len());
    // What is not about them now will not be later.
    while !waiting.is_empty() {
        let limit = deadlines.keys().next().map(|at| at.saturating_duration_since(current::now()));
        let signal = me::receiving_behind(&mut mark, limit, |signal| match signal {
            Signal::Trapped(exit) => waiting.contains_key(&exit.from),
            Signal::Down(down) => waiting.get(&down.pid).is_some_and(|(_, monitor)| *monitor == down.monitor),
            _ => false,
        });
        match signal.await {
            // It says nothing that its end does not.
            Some(Signal::Trapped(_)) => {}
            Some(Signal::Down(down)) => {
                process::unlink(down.pid);
                let told = waiting.remove(&down.pid).and_then(|(child, _)| child.header().reason());
                let took = current::now().saturating_duration_since(began);
                ended.push(Ended { pid: down.pid, reason: told.unwrap_or(down.reason), took });
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

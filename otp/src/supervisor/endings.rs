//! How children end while a program is shut down.

use std::{
    fmt, mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use super::ChildId;
use crate::{
    cell::{ExitReason, Pid},
    process::Node,
};

/// How a child of a supervisor ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChildEnd {
    /// What reports call its supervisor.
    pub supervisor: &'static str,
    /// Its id among its siblings.
    pub id: ChildId,
    /// What reports call it.
    pub label: &'static str,
    /// Its pid.
    pub pid: Pid,
    /// Why it ended: `Killed` when it did not within its `shutdown`.
    pub reason: ExitReason,
    /// How long it took, since its supervisor asked it to.
    pub took: Duration,
    /// Whether it ended as its spec has it.
    pub as_told: bool,
}

impl fmt::Display for ChildEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { supervisor, id, label, pid, reason, took, .. } = self;
        write!(f, "{supervisor}: `{id}`, {label} {pid}: {reason}, after {took:?}")
    }
}

/// So many are kept; as many more of those that did not end as they were told.
const KEPT: usize = 1000;

/// The ends of children on a node, while somebody records them.
#[derive(Default)]
pub(crate) struct Endings {
    records: AtomicBool,
    ends: Mutex<Ends>,
}

#[derive(Default)]
struct Ends {
    kept: Vec<ChildEnd>,
    more: u64,
}

impl Endings {
    /// Those of the current node.
    pub(crate) fn of_node() -> Arc<Self> {
        Node::current().inner().attached(Self::default)
    }

    /// Keeps the ends from now on.
    pub(crate) fn record(&self) {
        self.records.store(true, Relaxed);
    }

    /// Those that were kept, and how many more there were; no further ones are kept.
    pub(crate) fn take(&self) -> (Vec<ChildEnd>, u64) {
        self.records.store(false, Relaxed);
        let Ends { kept, more } = mem::take(&mut *self.ends.lock().unwrap_or_else(PoisonError::into_inner));
        (kept, more)
    }

    pub(super) fn add(&self, end: impl FnOnce() -> ChildEnd) {
        if !self.records.load(Relaxed) {
            return;
        }
        let end = end();
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.kept.len() < if end.as_told { KEPT } else { 2 * KEPT } {
            ends.kept.push(end);
        } else {
            ends.more += 1;
        }
    }
}

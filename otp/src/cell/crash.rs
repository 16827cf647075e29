//! The crashes of a node, where somebody wants to know of them.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{ExitReason, Pid, Remains};

/// So many crashes are kept that nobody has looked at.
const KEPT: usize = 1000;

/// A process that has crashed: its end was neither normal nor a shutdown, and nobody killed it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Crash {
    /// The process.
    pub pid: Pid,
    /// What reports call it.
    pub label: &'static str,
    /// Why it ended.
    pub reason: ExitReason,
    /// What it was and had then.
    pub remains: Remains,
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({}): {}", self.pid, self.label, self.reason)
    }
}

/// The last crashes of a node, unless nobody wants to know.
#[derive(Default)]
pub(crate) struct Crashes(Mutex<Option<VecDeque<Crash>>>);

impl Crashes {
    fn kept(&self) -> MutexGuard<'_, Option<VecDeque<Crash>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on crashes are kept.
    pub(crate) fn record(&self) {
        self.kept().get_or_insert_default();
    }

    pub(crate) fn are_recorded(&self) -> bool {
        self.kept().is_some()
    }

    /// Those since the last call.
    pub(crate) fn take(&self) -> Vec<Crash> {
        let taken = self.kept().as_mut().map(std::mem::take);
        taken.unwrap_or_default().into()
    }

    /// Forgets the crash of a process.
    pub(crate) fn forgive(&self, pid: Pid) {
        let mut forgiven = VecDeque::new();
        if let Some(kept) = self.kept().as_mut() {
            let (of_it, others) = std::mem::take(kept).into_iter().partition(|crash| crash.pid == pid);
            *kept = others;
            forgiven = of_it;
        }
        // A reason may hold what is the user's.
        drop(forgiven);
    }

    pub(crate) fn push(&self, crash: impl FnOnce() -> Crash) {
        let mut oldest = None;
        if let Some(kept) = self.kept().as_mut() {
            if kept.len() == KEPT {
                oldest = kept.pop_front();
            }
            kept.push_back(crash());
        }
        drop(oldest);
    }
}

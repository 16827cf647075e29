//! What the watchdog asks a node: who holds a core for long, who was killed and does not come back.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use super::NodeInner;
use crate::{
    cell::{AnyProcess, ExitReason, Pid, report},
    scheduler::{Diagnosis, Watch},
};

/// A process that was killed and has not come to a point where that takes effect is declared dead after so long.
pub(super) const KILL_GRACE: Duration = Duration::from_millis(100);
/// A message that holds a core for so long is reported.
const LONG_TURN: Duration = Duration::from_secs(1);
/// Older ones are forgotten.
const REMEMBERED: usize = 1024;

pub(super) struct Overdue {
    node: Weak<NodeInner>,
    seen: Mutex<HashMap<u64, OverdueRecord>>,
}

/// What is known of a process that does not come back.
#[derive(Default)]
struct OverdueRecord {
    /// Since when it is known that it has to end.
    doomed: Option<Instant>,
    /// How long its turn had lasted when that was reported.
    reported: Duration,
}

impl Overdue {
    pub(super) fn new(node: Weak<NodeInner>) -> Self {
        Self { node, seen: Mutex::default() }
    }

    fn process(&self, token: u64) -> Option<AnyProcess> {
        let node = self.node.upgrade()?;
        Pid::from_token(node.number, token).and_then(|pid| node.table.get(pid))
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<u64, OverdueRecord>> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() > REMEMBERED {
            seen.clear();
        }
        seen
    }

    /// Whether it has been known for long enough that a process has to end, and not again for this end.
    fn is_out_of_grace(&self, token: u64) -> bool {
        let mut seen = self.seen();
        let is_over = seen.entry(token).or_default().doomed.get_or_insert_with(Instant::now).elapsed() >= KILL_GRACE;
        if is_over {
            seen.remove(&token);
        }
        is_over
    }

    /// Whether to report that a turn has lasted for so long.
    fn is_worth_a_report(&self, token: u64, running: Duration) -> bool {
        let mut seen = self.seen();
        let entry = seen.entry(token).or_default();
        if running < entry.reported {
            *entry = OverdueRecord::default();
        }
        let is_new = running >= entry.reported * 10;
        if is_new {
            entry.reported = running;
        }
        is_new
    }
}

impl Watch for Overdue {
    fn give_way(&self, token: u64) {
        if let Some(process) = self.process(token) {
            process.header().ask_to_give_way();
        }
    }

    fn was_long(&self, token: u64) {
        if let Some(process) = self.process(token) {
            process.header().running_code().was_long();
        }
    }

    fn overdue(&self, token: u64, running: Duration) -> Diagnosis {
        let Some(process) = self.process(token) else { return Diagnosis::Busy };
        if running >= LONG_TURN && self.is_worth_a_report(token, running) {
            report::long_turn(&process, running);
        }
        if process.header().life.is_doomed() && self.is_out_of_grace(token) { Diagnosis::Lost } else { Diagnosis::Busy }
    }

    fn declare_dead(&self, token: u64, running: Duration) -> bool {
        let Some(process) = self.process(token).filter(|process| process.declare_dead(ExitReason::Killed)) else {
            return false;
        };
        report::lost(&process, running);
        process.header().node.wake_waiting();
        true
    }

    fn stranded(&self, token: u64, is_lost: bool) {
        let Some(process) = self.process(token) else { return };
        let header = process.header();
        let must_end = header.life.is_doomed() && self.is_out_of_grace(token);
        if (must_end || is_lost && header.is_past_its_limit()) && process.declare_dead(ExitReason::CoreLost) {
            report::stranded(&process);
            header.node.wake_waiting();
        }
    }
}

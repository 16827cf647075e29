//! What a supervisor decides: plain data in, plain data out.
//!
//! Whether a child that ended is started again, which others are stopped and started with it, and in which order. No
//! processes here, and no time: `server` carries out what is decided.

use crate::{
    actor::{Restart, Shutdown},
    cell::ExitReason,
};

/// Whom a supervisor restarts when a child has to be started again. OTP's `strategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// That child alone.
    OneForOne,
    /// All children: the others are stopped in reverse order, then all are started in order.
    OneForAll,
    /// That child and those that were started after it.
    RestForOne,
}

/// Whether a supervisor ends when its significant children have ended by themselves. OTP's `auto_shutdown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AutoShutdown {
    /// It never does.
    #[default]
    Never,
    /// It ends, with the reason `Shutdown`, when any of them has.
    AnySignificant,
    /// It ends, with the reason `Shutdown`, when the last of them has.
    AllSignificant,
}

/// What becomes of a child that has ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterExit {
    Restart,
    /// It stays as it is; its spec is kept.
    Keep,
    /// Its spec is forgotten.
    Forget,
}

pub(super) fn ended(restart: Restart, reason: &ExitReason) -> AfterExit {
    match restart {
        Restart::Permanent => AfterExit::Restart,
        Restart::Transient if reason.is_clean() => AfterExit::Keep,
        Restart::Transient => AfterExit::Restart,
        Restart::Temporary => AfterExit::Forget,
    }
}

/// Whether the end of a child that ended by itself is worth an error report.
pub(super) fn is_reported(restart: Restart, reason: &ExitReason) -> bool {
    restart == Restart::Permanent || !reason.is_clean()
}

/// Whether a child that was told to end has ended as it was told.
pub(super) fn is_obedient(how: Shutdown, restart: Restart, reason: &ExitReason) -> bool {
    match reason {
        ExitReason::Shutdown => true,
        ExitReason::Killed => how == Shutdown::BrutalKill,
        reason => reason.is_clean() && restart != Restart::Permanent,
    }
}

/// One round of restarts: first stop, then forget, then start, each in the order given.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Restarts<K> {
    pub(super) stop: Vec<K>,
    pub(super) forget: Vec<K>,
    pub(super) start: Vec<K>,
}

/// The round that starts `failed` again, which has ended. `children` are all, in order.
pub(super) fn round<K: Copy + Ord>(
    strategy: Strategy,
    failed: K,
    children: impl Iterator<Item = (K, Restart)>,
) -> Restarts<K> {
    let mut round = Restarts { stop: Vec::new(), forget: Vec::new(), start: Vec::new() };
    if strategy == Strategy::OneForOne {
        round.start.push(failed);
        return round;
    }
    for (key, restart) in children.filter(|(key, _)| strategy == Strategy::OneForAll || *key >= failed) {
        if key != failed {
            round.stop.push(key);
        }
        // A temporary child is never started again, whosever fault its end was.
        let fate = if restart == Restart::Temporary { &mut round.forget } else { &mut round.start };
        fate.push(key);
    }
    round.stop.reverse();
    round
}

/// Whether a supervisor ends because a significant child has ended by itself and is not started again. So many `others`
/// are significant and live, or are about to be started again.
pub(super) fn shuts_down(policy: AutoShutdown, others: usize) -> bool {
    match policy {
        AutoShutdown::Never => false,
        AutoShutdown::AnySignificant => true,
        AutoShutdown::AllSignificant => others == 0,
    }
}

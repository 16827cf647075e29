//! How far a process has come in its life, and whether what has arrived may end it.
//!
//! | state | bit | set by | seen by others |
//! |---|---|---|---|
//! | alive | | | it is found by pid and name, takes messages, notes links and monitors |
//! | dying | `DYING` | its own turn, when its code has ended | as alive; what it held is being dropped |
//! | ending | `ENDING` | its own turn, or the watchdog; who sets it does the farewell | as alive |
//! | closed | `CLOSED` | the same, under the lock of its inbox | senders get back what they send; what asks, links or monitors waits for the end |
//! | dead | `DEAD` | the farewell, under the locks of its table and of its relations | gone, whatever way is asked |
//!
//! A state is never left for one above it. Two bits stand beside them: `DOOMED`, a kill signal was sent to it and was
//! not acted on; `LOST`, the watchdog has declared it dead while its code was running, which must not do anything any
//! more.
//!
//! What arrives and asks to be acted on passes three flags, of which one at least is set until it has been acted on:
//!
//! | flag | true from | until | written by |
//! |---|---|---|---|
//! | `signalled` | it is in the outer queue | the process takes it out | senders and the process, under the lock of the inbox |
//! | `pressed` | the same, where it may end the process | the same | the same |
//! | `acting` | the process takes it out | it has been acted on; for ever, if it ends the process | the process |
//!
//! So whoever finds neither `pressed` nor `acting` knows that all that was sent before leaves the process alive.

use crate::sync::atomic::{
    AtomicBool, AtomicU16,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

const DOOMED: u16 = 1;
const DYING: u16 = 2;
const ENDING: u16 = 4;
const LOST: u16 = 8;
const DEAD: u16 = 16;
const CLOSED: u16 = 64;

/// Messages for some of its subjects go to channels.
pub(super) const CHANNELS: u16 = 32;
/// It is suspended, or somebody listens to what it does; only the process itself writes it.
pub(super) const WATCHED: u16 = 128;
/// It is to end its turn after the message that it handles; the watchdog says so.
pub(super) const GIVES_WAY: u16 = 256;

#[repr(C)]
pub(crate) struct Life {
    /// The state, and marks that are looked at together with it.
    bits: AtomicU16,
    signalled: AtomicBool,
    pressed: AtomicBool,
    acting: AtomicBool,
}

impl Life {
    pub(super) fn new() -> Self {
        Self {
            bits: AtomicU16::new(0),
            signalled: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
            acting: AtomicBool::new(false),
        }
    }

    /// Whether one of these marks is set.
    #[inline]
    pub(super) fn has(&self, marks: u16) -> bool {
        self.bits.load(Relaxed) & marks != 0
    }

    pub(super) fn set(&self, mark: u16) {
        self.bits.fetch_or(mark, Relaxed);
    }

    pub(super) fn clear(&self, mark: u16) {
        self.bits.fetch_and(!mark, Relaxed);
    }

    /// Whether something in the outer queue asks to be acted on.
    #[inline]
    pub(crate) fn is_signalled(&self) -> bool {
        self.signalled.load(Relaxed)
    }

    /// Whether it has ended, for all who ask.
    #[inline]
    pub(crate) fn is_dead(&self) -> bool {
        self.bits.load(Acquire) & DEAD != 0
    }

    /// Whether its code has ended, or it was declared dead.
    #[inline]
    pub(crate) fn is_ending(&self) -> bool {
        self.bits.load(Acquire) & (DYING | ENDING) != 0
    }

    /// Whether it was declared dead while its code was running.
    #[inline]
    pub(crate) fn is_lost(&self) -> bool {
        self.bits.load(Acquire) & LOST != 0
    }

    /// Notes that a kill signal was sent to it.
    pub(crate) fn doom(&self) {
        self.bits.fetch_or(DOOMED, Relaxed);
    }

    /// Whether it has been sent a kill signal, which it has not acted on.
    pub(crate) fn is_doomed(&self) -> bool {
        self.bits.load(Relaxed) & (DOOMED | ENDING) == DOOMED
    }

    /// Its code has ended; it can still be declared dead, should a `Drop` of what it held not come back.
    pub(crate) fn begin_dying(&self) {
        // Only its own code says so, so nothing is lost between the two.
        if self.bits.load(Relaxed) & DYING == 0 {
            self.bits.fetch_or(DYING, AcqRel);
        }
    }

    /// Says that it ends, by its own turn; false when somebody has.
    pub(in crate::cell) fn begin_end(&self) -> bool {
        self.bits.fetch_or(ENDING, AcqRel) & ENDING == 0
    }

    /// Says that it ends, declared dead while its code was running; false when somebody has said that it ends: who says
    /// farewell is not lost.
    pub(in crate::cell) fn begin_end_lost(&self) -> bool {
        let lost = |bits| (bits & ENDING == 0).then_some(bits | ENDING | LOST);
        self.bits.fetch_update(AcqRel, Relaxed, lost).is_ok()
    }

    /// Whether its inbox takes nothing any more; under the lock of the inbox.
    #[inline]
    pub(in crate::cell) fn is_closed(&self) -> bool {
        self.bits.load(Relaxed) & CLOSED != 0
    }

    /// From now on its inbox takes nothing; under the lock of the inbox.
    pub(in crate::cell) fn set_closed(&self) {
        self.bits.fetch_or(CLOSED, Relaxed);
    }

    /// Says that something waits that has to be acted on, which may end it unless it `is_noted` only; under the lock of
    /// the inbox.
    pub(in crate::cell) fn set_signalled(&self, is_noted: bool) {
        self.signalled.store(true, Relaxed);
        if !is_noted {
            self.pressed.store(true, Relaxed);
        }
    }

    /// Says that it is about to be acted on; under the lock of the inbox.
    pub(in crate::cell) fn clear_signalled(&self) {
        // Ordering: whoever finds nothing that waits sees that it is being acted on, until it was.
        self.acting.store(true, Relaxed);
        self.signalled.store(false, Relaxed);
        self.pressed.store(false, Release);
    }

    /// Whether it may have to end because of what was sent to it: whoever wants to know has to ask.
    pub(crate) fn may_have_to_end(&self) -> bool {
        self.pressed.load(Acquire) || self.acting.load(Acquire)
    }

    /// Says that all that waited was acted on, and leaves it alive.
    pub(super) fn has_acted(&self) {
        self.acting.store(false, Release);
    }

    /// Whether something is being acted on, or has ended it.
    pub(super) fn is_acting(&self) -> bool {
        self.acting.load(Acquire)
    }

    /// Whether its loop has more to do than to take the next message, as far as others have a say in it.
    #[inline]
    pub(super) fn is_disturbed(&self) -> bool {
        self.is_signalled() || self.bits.load(Acquire) & (WATCHED | GIVES_WAY | LOST) != 0
    }

    /// Whether what it held is being dropped, or was.
    pub(super) fn is_dying(&self) -> bool {
        self.has(DYING)
    }

    /// From now on it is gone; under the locks of its table and of its relations.
    pub(super) fn end(&self) {
        self.bits.fetch_or(DEAD, AcqRel);
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    #[test]
    fn one_that_says_farewell_is_not_lost() {
        let life = Life::new();
        assert!(life.begin_end());
        assert!(!life.begin_end_lost() && !life.is_lost());
        let life = Life::new();
        assert!(life.begin_end_lost() && life.is_lost());
        assert!(!life.begin_end());
    }
}

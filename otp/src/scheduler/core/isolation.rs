//! Which code may run on a thread where stacks are parked, and which thread runs it else.

use super::{Core, CoreKind, current};
use crate::scheduler::{Why, code::Code, task::AnyTask};

/// A wait of so many ticks is long: it has cost more than passing the duty of the thread would have.
pub(in crate::scheduler) const LONG_WAIT: u32 = 8;
/// A wait of code whose waits are long is so after so many: those that begin at once are to be parked together.
const KNOWN_LONG_WAIT: u32 = 2;

/// Whether the running turn must be made elsewhere, since it is about to run code that is doubtful, and others wait on
/// its thread.
pub(crate) fn must_move() -> bool {
    current().is_some_and(|core| core.must_move(Why::Doubtful))
}

/// Whether doubtful code is to begin later.
pub(crate) fn is_held_back(code: &Code) -> bool {
    current().is_some_and(|core| core.kind == CoreKind::Shared && code.is_held_back(core.scheduler.ticks()))
}

/// Gives the calling core's seat to a new thread, so that the calling thread may block. Its turn goes on, and the
/// stacks parked on it go on when it is over. False when the core is driven, and nobody could take over.
pub(crate) fn hand_over() -> bool {
    let core = current().expect("a task's turn is on a core");
    if core.is_driven() {
        return false;
    }
    core.scheduler.pass_duty(&core.seat, Why::Lost);
    true
}

impl Core {
    /// Whether nothing is parked here.
    pub(super) fn is_clear(&self) -> bool {
        let is_clear = self.parked.borrow().taken() == 0;
        if is_clear && let Some(code) = self.apart.take() {
            code.join();
        }
        is_clear
    }

    /// Why those that are parked here should not have to wait for a turn of `task`, if they shouldn't: it may run
    /// doubtful code, or theirs is no short wait.
    #[inline]
    pub(super) fn holds_up(&self, task: &AnyTask) -> Option<Why> {
        let mut parked = self.parked.borrow_mut();
        let oldest = parked.oldest()?;
        if self.is_driven() {
            return None;
        }
        if !task.runs_beside_others() {
            return Some(Why::Doubtful);
        }
        let age = self.scheduler.ticks().wrapping_sub(oldest);
        let patience = if parked.any_long() { KNOWN_LONG_WAIT } else { LONG_WAIT };
        (age >> self.scheduler.threads.reluctance() >= patience).then_some(Why::Aged)
    }

    /// Has another thread take the duty, if others are parked here: what they should not be kept waiting by must run
    /// there.
    pub(super) fn must_move(&self, why: Why) -> bool {
        if self.kind != CoreKind::Shared || self.is_clear() {
            return false;
        }
        if !self.seat.is_off_duty() {
            let Some(successor) = self.scheduler.pass_duty(&self.seat, why) else { return false };
            self.successor.replace(Some(successor));
        }
        true
    }

    /// Has another thread take the duty before this one sleeps, if others are parked here that wait long: what comes
    /// next may come just when they wait anew.
    pub(super) fn passes_duty_at_rest(&self) -> bool {
        let parked = self.parked.borrow();
        parked.any_long()
            && self.kind == CoreKind::Shared
            // The more threads are apart because of that, the more stacks it takes.
            && parked.taken() >> self.scheduler.threads.reluctance() > 0
            && self.scheduler.pass_duty(&self.seat, Why::Aged).is_some()
    }

    /// Gives a task to the thread that has the duty.
    pub(super) fn move_on(&self, task: AnyTask) {
        match self.successor.take() {
            Some(successor) => self.scheduler.queue_on(&successor, task),
            None => self.scheduler.inject(task),
        }
    }

    /// The running stack, which is about to wait, is to wait alone: the thread's duty goes to another one.
    pub(super) fn set_apart(&self, code: &'static Code) {
        if self.kind != CoreKind::Shared
            || self.seat.is_off_duty()
            || self.parked.borrow().taken() > 1
            || !code.set_apart()
        {
            return;
        }
        if self.scheduler.pass_duty(&self.seat, Why::Doubtful).is_some() {
            self.apart.set(Some(code));
        } else {
            code.join();
        }
    }

    /// The stack that goes on runs code that is short and whose waits are short: where it waits for others, they had
    /// better run on this thread.
    pub(super) fn ask_for_duty(&self) {
        let mut parked = self.parked.borrow_mut();
        let is_young = |oldest| self.scheduler.ticks().wrapping_sub(oldest) < LONG_WAIT;
        if !parked.any_long() && parked.oldest().is_none_or(is_young) {
            self.scheduler.ask_for_duty(&self.seat);
        }
    }

    /// Gives the duty to a thread that asks for it, if nothing is parked here.
    pub(super) fn give_duty(&self) -> bool {
        self.scheduler.threads.is_asked() && self.is_clear() && self.scheduler.give_duty(&self.seat)
    }
}

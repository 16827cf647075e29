//! The parking of a stack in the middle of a turn.

use std::io;

use super::{Core, CoreKind, current, isolation::LONG_WAIT, next::READY_STREAK};
use crate::scheduler::{
    code::Code,
    stack::{Yielded, leave},
    task::{AnyTask, ParkedAt},
};

/// Parks the running stack until `task`, whose turn it is and which runs `code`, is woken. Returns at once if it was
/// woken already.
///
/// # Errors
/// When the system has no further stack for the core to go on with.
pub(crate) fn park(task: &AnyTask, code: &'static Code) -> io::Result<()> {
    let core = current().expect("a task's turn is on a core");
    core.reserve_stack()?;
    core.set_aside(task, code, false);
    Ok(())
}

/// Lets others have a turn before `task`, whose turn it is and which runs `code`, goes on.
///
/// # Errors
/// When the system has no further stack for the core to go on with.
pub(crate) fn give_way(task: &AnyTask, code: &'static Code) -> io::Result<()> {
    let core = current().expect("a task's turn is on a core");
    if core.is_driven() {
        return Ok(());
    }
    core.look_outside();
    if core.seat.queue.len() == 0 && !core.has_ready() {
        return Ok(());
    }
    // A task that waits comes before it, though it is ready at once.
    core.ready_streak.set(READY_STREAK);
    core.reserve_stack()?;
    core.set_aside(task, code, true);
    Ok(())
}

impl Core {
    /// Sets the running stack aside until its task is woken; until others had a turn, when it `gives_way`.
    fn set_aside(&self, task: &AnyTask, code: &'static Code, gives_way: bool) {
        let began = self.scheduler.ticks();
        let stack = self.parked.borrow_mut().reserve(began, !gives_way && code.waits_long());
        while !task.park(Some(ParkedAt { seat: self.seat.number, stack })) {
            if !gives_way {
                return self.parked.borrow_mut().release(stack);
            }
        }
        self.seat.end_turn();
        self.end_measure(false);
        if gives_way {
            task.wake();
        } else if code.is_doubtful() {
            self.set_apart(code);
        }
        leave(Yielded::Parked(stack));
        task.resume();
        if !gives_way {
            code.waited(self.scheduler.ticks().wrapping_sub(began) >= LONG_WAIT);
        }
        if code.is_doubtful() {
            self.begin_measure(code, true);
        } else if self.kind == CoreKind::Shared && self.seat.is_off_duty() && !code.waits_long() {
            self.ask_for_duty();
        }
        self.seat.begin_turn(task.token());
    }
}

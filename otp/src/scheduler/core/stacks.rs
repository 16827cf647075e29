//! The stacks of a core with nothing on them but the scheduling loop.

use std::{io, rc::Rc};

use super::{CORE, Core};
use crate::scheduler::stack::{Stack, Yielded};

/// How many free stacks a core keeps; what is beyond is given back to the system.
const SPARE_STACKS: usize = 64;

impl Core {
    pub(super) fn new_stack(self: &Rc<Self>) -> io::Result<Stack> {
        let core = Rc::clone(self);
        Stack::new(self.scheduler.stacks(), move || {
            CORE.set(Some(Rc::clone(&core)));
            core.run();
        })
    }

    pub(super) fn first_stack(self: &Rc<Self>) -> Stack {
        self.new_stack().expect("the system has no memory for the first stack of a core")
    }

    /// What to go on with when a stack was parked: another that is ready, or a spare one.
    pub(super) fn next_stack(self: &Rc<Self>) -> Stack {
        if !self.is_driven()
            && let Some(number) = self.next_ready()
        {
            return self.parked.borrow_mut().take(number);
        }
        let spare = self.spare.borrow_mut().pop();
        spare.unwrap_or_else(|| self.first_stack())
    }

    pub(super) fn reserve_stack(self: &Rc<Self>) -> io::Result<()> {
        if self.spare.borrow().is_empty() {
            let stack = self.new_stack()?;
            self.spare.borrow_mut().push(stack);
        }
        Ok(())
    }

    pub(super) fn put_spare(&self, stack: Stack) {
        if self.spare.borrow().len() < SPARE_STACKS {
            self.spare.borrow_mut().push(stack);
        } else {
            self.finish(stack);
        }
    }

    /// Lets the scheduling loops of the spare stacks return, but for so many.
    pub(super) fn finish_spares(&self, kept: usize) {
        while self.spare.borrow().len() > kept {
            let Some(stack) = self.spare.borrow_mut().pop() else { return };
            self.finish(stack);
        }
    }

    /// Gives a stack with nothing on it but the scheduling loop back to the system.
    fn finish(&self, mut stack: Stack) {
        self.surplus.set(true);
        let left = stack.resume();
        debug_assert_eq!(left, Yielded::Finished, "the loop returns when it is told to");
    }
}

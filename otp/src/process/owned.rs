//! A cell for what only the running process touches.

#![allow(unsafe_code, reason = "the one place that says why a process's own data needs no lock")]

use std::cell::{Ref, RefCell, RefMut};

/// Data of one process, used only during its own turns.
///
/// The turns of a task never overlap, and each is ordered after the one before by the task's state (`scheduler::task`);
/// a parked turn goes on on its own thread. So no two threads use it at once, and a `RefCell` suffices within a turn.
pub(crate) struct Owned<T>(RefCell<T>);

// SAFETY: 1. `borrow` and `borrow_mut` are called only in turns of the process (`process::cell` and the server loop),
// by an adopted thread for its own process, or before the process was started; 2. turns are exclusive and ordered, see
// above; 3. dropping needs `&mut`, which the last reference has; and `T: Send`, since turns move between threads.
unsafe impl<T: Send> Sync for Owned<T> {}

impl<T> Owned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    pub(crate) fn borrow(&self) -> Ref<'_, T> {
        self.0.borrow()
    }

    pub(crate) fn borrow_mut(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }
}

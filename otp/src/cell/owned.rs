//! A cell for what only the running process touches.

#![allow(unsafe_code, reason = "the one place that says why a process's own data needs no lock")]

use std::ops::Deref;

/// Data of one process, used only during its own turns; made of `Cell`s and `RefCell`s.
///
/// The turns of a task never overlap, and each is ordered after the one before by the task's state (`scheduler::task`);
/// a parked turn goes on on its own thread. So no two threads use it at once.
#[derive(Default)]
pub(crate) struct Owned<T>(T);

// SAFETY: 1. it is used only in turns of the process (`process::cell`, `process::common` and the server loop), by an
// adopted thread for its own process, or before the process was started; 2. turns are exclusive and ordered, see above;
// 3. dropping needs `&mut`, which the last reference has; and `T: Send`, since turns move between threads.
unsafe impl<T: Send> Sync for Owned<T> {}

impl<T> Owned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Owned<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

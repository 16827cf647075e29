//! The façade over `std` or `loom`.
//!
//! Modules whose correctness hangs on the order of their atomics take them from here, so that `--cfg loom` can model
//! them. Everything else uses `std` directly.

use std::sync::PoisonError;

#[cfg(loom)]
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard, atomic};
#[cfg(not(loom))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, atomic};

/// Locks; a poisoned lock is taken as it is.
///
/// No lock of ours is held while user code runs, so none can be poisoned by it.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

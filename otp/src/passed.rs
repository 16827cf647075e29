//! What walks cost, for tests: how many entries of tables, lists and queues were passed to find what was asked for.
//!
//! It is counted by thread, so exactly where all runs on one, as in a simulation; and in builds with debug assertions.

use std::cell::Cell;

std::thread_local! {
    static PASSED: Cell<usize> = const { Cell::new(0) };
}

/// So many entries were passed.
#[inline]
pub(crate) fn pass(entries: usize) {
    if cfg!(debug_assertions) {
        // Things are dropped with a thread's last locals as well.
        let _ = PASSED.try_with(|passed| passed.set(passed.get() + entries));
    }
}

/// How many entries the calling thread has passed so far.
pub(crate) fn passed() -> usize {
    PASSED.get()
}

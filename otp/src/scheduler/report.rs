//! What the scheduler reports.

use std::io;

use crate::report::event;

/// A core has one thread less.
pub(crate) fn core_not_replaced(error: &io::Error) {
    event!(error, format_args!("a core was lost and the system refuses a thread in its place: {error}"));
}

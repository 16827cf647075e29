//! What the calls of processes report.

use crate::{cell::Panic, report::event};

/// A message was not sent: what was to make it into another has panicked.
pub(crate) fn not_mapped(panic: &Panic) {
    event!(error, format_args!("a message was not sent, as the function that its subject is mapped by {panic}"));
}

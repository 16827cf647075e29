//! What the runtime tells people: crashes, long turns, lost threads.
//!
//! Everything goes through `tracing`; without a subscriber, what is wrong goes to standard error.

use std::{io, time::Duration};

use crate::{
    actor::Info,
    process::{AnyProcess, ExitReason},
};

/// Emits a `tracing` event with the fields given; when nobody listens, an error or warning goes to standard error.
macro_rules! event {
    (info, $text:expr $(, $field:ident = $value:expr)* $(,)?) => {{
        #[cfg(feature = "tracing")]
        tracing::info!(target: "otp", $($field = %$value,)* "{}", $text);
        #[cfg(not(feature = "tracing"))]
        let _ = ($(&$value,)* $text);
    }};
    ($level:ident, $text:expr $(, $field:ident = $value:expr)* $(,)?) => {{
        #[cfg(feature = "tracing")]
        let heard = tracing::dispatcher::has_been_set();
        #[cfg(not(feature = "tracing"))]
        let heard = false;
        if heard {
            #[cfg(feature = "tracing")]
            tracing::$level!(target: "otp", $($field = %$value,)* "{}", $text);
        } else {
            let _ = ($(&$value,)*);
            eprintln!("{}: {}", stringify!($level), $text);
        }
    }};
}

pub(crate) fn core_not_replaced(error: &io::Error) {
    event!(error, format_args!("a core was lost and the system refuses a thread in its place: {error}"));
}

/// A process ended in another way than it should.
pub(crate) fn crashed(process: &AnyProcess, reason: &ExitReason) {
    let common = process.common();
    event!(
        error,
        format_args!("process {} ({}) ended: {reason}", common.pid, common.label),
        pid = common.pid,
        process = common.label,
        reason = reason,
    );
}

pub(crate) fn long_turn(process: &AnyProcess, running: Duration) {
    let common = process.common();
    let message = common.handler.get().unwrap_or("its code");
    event!(
        warn,
        format_args!("process {} ({}) holds its core in `{message}` since {running:.1?}", common.pid, common.label),
        pid = common.pid,
        process = common.label,
        message = message,
        running = format_args!("{running:?}"),
    );
}

pub(crate) fn lost(process: &AnyProcess, running: Duration) {
    let common = process.common();
    let message = common.handler.get().unwrap_or("its code");
    event!(
        error,
        format_args!(
            "process {} ({}) was killed and does not come back from `{message}` since {running:.1?}: declared dead",
            common.pid, common.label
        ),
        pid = common.pid,
        process = common.label,
        message = message,
        running = format_args!("{running:?}"),
    );
}

/// An actor received something that it does not handle.
pub(crate) fn unexpected(actor: &'static str, info: &Info) {
    event!(warn, format_args!("{actor} received what it does not handle: {info:?}"), process = actor);
}

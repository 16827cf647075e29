//! What the runtime tells people: crashes, long turns, lost threads.
//!
//! Everything goes through `tracing`; without a subscriber, what is wrong goes to standard error.

use std::{fmt, io, panic::catch_unwind, time::Duration};

use crate::{
    actor::{ChildId, Info, Restart, Shutdown, StartError},
    process::{AnyProcess, ExitReason, Pid, current},
};

/// Emits a `tracing` event with the fields given; when nobody listens, an error or warning goes to standard error.
macro_rules! event {
    (info, $text:expr $(, $field:ident = $value:expr)* $(,)?) => {{
        #[cfg(feature = "tracing")]
        tracing::info!(target: "otp", $($field = %$value,)* "{}", $text);
        #[cfg(not(feature = "tracing"))]
        if false {
            let _ = ($(&$value,)* $text);
        }
    }};
    ($level:ident, $text:expr $(, $field:ident = $value:expr)* $(,)?) => {{
        if is_heard() {
            #[cfg(feature = "tracing")]
            tracing::$level!(target: "otp", $($field = %$value,)* "{}", $text);
        } else {
            if false {
                let _ = ($(&$value,)*);
            }
            to_stderr(format_args!("{}: {}\n", stringify!($level), $text));
        }
    }};
}

pub(crate) fn core_not_replaced(error: &io::Error) {
    event!(error, format_args!("a core was lost and the system refuses a thread in its place: {error}"));
}

/// A process ended in another way than it should.
pub(crate) fn crashed(process: &AnyProcess, reason: &ExitReason, name: Option<&str>, links: &[Pid]) {
    let common = process.common();
    let handler = common.handler.get().unwrap_or_default();
    let parent = common.parent.map(|parent| parent.to_string()).unwrap_or_default();
    let backtrace = reason.as_panic().and_then(|panic| panic.backtrace.as_deref());
    let backtrace = backtrace.map(|backtrace| format!("\n{backtrace}")).unwrap_or_default();
    event!(
        error,
        format_args!("process {} ({}) ended: {reason}{backtrace}", common.pid, name.unwrap_or(common.label)),
        pid = common.pid,
        process = common.label,
        registered_name = name.unwrap_or_default(),
        last_message = handler,
        parent = parent,
        links = format_args!("{links:?}"),
        reason = reason,
    );
}

/// Writes a report in one piece, since standard error is not buffered; a simulation shows none.
fn to_stderr(text: fmt::Arguments<'_>) {
    let simulated = current::try_with(|me| me.common().node.scheduler.clock().is_virtual());
    if simulated != Some(true) {
        let text = text.to_string();
        // It panics when standard error is closed: then nobody is left to be told.
        let _ = catch_unwind(|| eprint!("{text}"));
    }
}

/// Whether anybody listens to `tracing` events.
fn is_heard() -> bool {
    #[cfg(feature = "tracing")]
    return tracing::dispatcher::has_been_set();
    #[cfg(not(feature = "tracing"))]
    false
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

/// The program was asked to end.
#[cfg(feature = "run")]
pub(crate) fn shutting_down() {
    event!(info, "shutting down");
}

/// A tree was not run to its end.
#[cfg(feature = "run")]
pub(crate) fn not_running(error: &(dyn std::error::Error + Send + Sync)) {
    event!(error, format_args!("not running: {error}"));
}

/// The child that a report of a supervisor is about.
pub(crate) struct Offender<'a> {
    /// What reports call the supervisor.
    pub(crate) supervisor: &'static str,
    pub(crate) supervisor_pid: Pid,
    pub(crate) child: &'a ChildId,
    /// What reports call the child.
    pub(crate) label: &'static str,
    pub(crate) pid: Option<Pid>,
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) significant: bool,
    pub(crate) is_supervisor: bool,
}

impl Offender<'_> {
    fn restart_type(&self) -> &'static str {
        match self.restart {
            Restart::Permanent => "permanent",
            Restart::Transient => "transient",
            Restart::Temporary => "temporary",
        }
    }

    fn child_type(&self) -> &'static str {
        if self.is_supervisor { "supervisor" } else { "worker" }
    }

    fn shutdown(&self) -> String {
        match self.shutdown {
            Shutdown::After(limit) => format!("{limit:?}"),
            Shutdown::Infinity => "infinity".to_owned(),
            Shutdown::BrutalKill => "brutal_kill".to_owned(),
        }
    }

    /// Its pid, or that it has none.
    fn pid(&self) -> String {
        self.pid.map_or_else(|| "none".to_owned(), |pid| pid.to_string())
    }
}

impl fmt::Display for Offender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: child `{}`", self.supervisor, self.supervisor_pid, self.child)?;
        self.pid.map_or(Ok(()), |pid| write!(f, " {pid}"))
    }
}

/// Emits a report of a supervisor.
macro_rules! supervisor_event {
    ($level:ident, $context:literal, $offender:ident, $reason:expr, $text:expr) => {
        event!(
            $level,
            $text,
            context = $context,
            supervisor = $offender.supervisor,
            supervisor_pid = $offender.supervisor_pid,
            reason = $reason,
            child = $offender.child,
            child_label = $offender.label,
            pid = $offender.pid(),
            restart_type = $offender.restart_type(),
            significant = $offender.significant,
            shutdown = $offender.shutdown(),
            child_type = $offender.child_type(),
        )
    };
}

/// A child ended by itself.
pub(crate) fn child_terminated(offender: &Offender<'_>, reason: &ExitReason) {
    supervisor_event!(error, "child_terminated", offender, reason, format_args!("{offender} ended: {reason}"));
}

/// A child was not started.
pub(crate) fn start_error(offender: &Offender<'_>, error: &StartError) {
    supervisor_event!(error, "start_error", offender, error, format_args!("{offender} was not started: {error}"));
}

/// A child that was told to end has ended otherwise.
pub(crate) fn shutdown_error(offender: &Offender<'_>, reason: &ExitReason) {
    supervisor_event!(
        error,
        "shutdown_error",
        offender,
        reason,
        format_args!("{offender} did not end as it was told: {reason}")
    );
}

/// A supervisor gives up.
pub(crate) fn too_many_restarts(offender: &Offender<'_>) {
    supervisor_event!(
        error,
        "shutdown",
        offender,
        "reached_max_restart_intensity",
        format_args!("{offender} would be restarted too often: the supervisor gives up")
    );
}

/// A child was started.
pub(crate) fn progress(offender: &Offender<'_>) {
    supervisor_event!(info, "progress", offender, "started", format_args!("{offender} started"));
}

/// The `tracing` spans that the calling thread has entered, taken off it while its code waits: other processes have
/// their turns on the thread meanwhile.
#[derive(Default)]
pub(crate) struct Spans {
    #[cfg(feature = "tracing")]
    entered: Vec<tracing::Span>,
}

impl Spans {
    /// Leaves all of them, the innermost first.
    pub(crate) fn leave() -> Self {
        #[cfg(feature = "tracing")]
        if is_heard() {
            let mut entered = Vec::new();
            loop {
                let span = tracing::Span::current();
                // A subscriber that does not notice an exit would name the same one for ever.
                if entered.last().map(tracing::Span::id) == Some(span.id()) {
                    return Self { entered };
                }
                if span.with_subscriber(|(id, subscriber)| subscriber.exit(id)).is_none() {
                    return Self { entered };
                }
                entered.push(span);
            }
        }
        Self::default()
    }

    /// Enters them again, the outermost first.
    pub(crate) fn enter(self) {
        #[cfg(feature = "tracing")]
        for span in self.entered.iter().rev() {
            span.with_subscriber(|(id, subscriber)| subscriber.enter(id));
        }
    }
}

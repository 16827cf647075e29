//! What supervisors report of their children. `supervisor:report_error/4`.

use std::{fmt, time::Duration};

use super::shape::Needed;
use crate::{
    actor::{ChildId, Restart, Shutdown, StartError},
    cell::{ExitReason, Pid, current},
    report::event,
};

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

/// The name of the process that reports; empty without one.
fn own_name() -> String {
    current::with(|me| me.header().name()).map(|name| name.to_string()).unwrap_or_default()
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
            supervisor_name = own_name(),
            reason = $reason,
            child = $offender.child,
            child_label = $offender.label,
            pid = $offender.pid(),
            restart_type = $offender.restart,
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

/// What a child was to be started from has panicked in its `Drop`.
pub(crate) fn spec_not_dropped(label: &'static str, reason: &ExitReason) {
    event!(
        error,
        format_args!("what a {label} is started from did not drop well: {reason}"),
        process = label,
        reason = reason,
    );
}

/// A supervisor may be killed before its children have ended.
pub(crate) fn shutdown_too_short(supervisor: &'static str, pid: Pid, limit: Duration, needed: Option<Duration>) {
    let needed = Needed(needed);
    event!(
        warn,
        format_args!(
            "{supervisor} {pid} has a `shutdown` of {limit:?}, and its children may need {needed}: it may be killed \
             before they have ended; give it `infinity`, or its children less"
        ),
        supervisor = supervisor,
        supervisor_pid = pid,
        shutdown = format_args!("{limit:?}"),
        needed = format_args!("{needed}"),
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

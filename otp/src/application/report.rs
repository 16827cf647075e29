//! What is told of applications.

use crate::{actor::Restart, cell::ExitReason, report::event};

/// An application was started. `application`'s progress report.
pub(super) fn started(application: &'static str) {
    event!(info, format_args!("application {application} started"), application = application);
}

/// An application has ended. `application_controller:format_log/1`.
pub(super) fn exited(application: &'static str, reason: &ExitReason, restart: Restart, is_asked: bool) {
    macro_rules! exited {
        ($level:ident) => {
            event!(
                $level,
                format_args!("application {application} exited: {reason}; type: {restart}"),
                application = application,
                reason = reason,
                restart_type = restart,
            )
        };
    }
    if is_asked || reason.is_clean() {
        exited!(info);
    } else {
        exited!(error);
    }
}

/// A program can't go on without an application.
pub(super) fn fatal(application: &'static str, reason: &ExitReason, restart: Restart) {
    event!(
        error,
        format_args!("application {application} is {restart} and has ended: all others are stopped; {reason}"),
        application = application,
        reason = reason,
        restart_type = restart,
    );
}

/// A callback has panicked where nobody waits for what it comes to.
pub(super) fn callback_failed(application: &'static str, callback: &'static str, reason: &ExitReason) {
    event!(
        error,
        format_args!("`{callback}` of application {application} failed: {reason}"),
        application = application,
        callback = callback,
        reason = reason,
    );
}

//! Why a task has no result.

use std::{error::Error, fmt};

use crate::{
    actor::CallError,
    cell::{ExitReason, Pid},
    supervisor::ChildError,
};

/// Why a task has given no result.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TaskError {
    /// It ended without one, for this reason.
    Exited(ExitReason),
    /// It did not come in time.
    Timeout,
    /// Each of these processes waits for the next, and the last for the first.
    Deadlock(Vec<Pid>),
    /// Its supervisor did not start it.
    NotStarted(ChildError),
    /// The caller itself is ending: it cannot wait any more.
    Exiting,
    /// The system has no further stack for the caller to wait on.
    Resources,
}

impl TaskError {
    /// Why a wait for a task has failed that has ended for `reason`, if it has.
    pub(super) fn of_call(error: CallError, reason: impl FnOnce() -> Option<ExitReason>) -> Self {
        match error {
            CallError::Timeout { .. } => Self::Timeout,
            CallError::Deadlock(path) => Self::Deadlock(path),
            CallError::Exiting => Self::Exiting,
            CallError::Resources => Self::Resources,
            CallError::Exited(reason) => Self::Exited(reason),
            CallError::NoProc | CallError::NoReply | CallError::CallingSelf | CallError::Full => {
                Self::Exited(reason().unwrap_or(ExitReason::NoProc))
            }
        }
    }

    /// Whether no result came in time.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// Why the task ended without a result, if that is what happened.
    #[must_use]
    pub const fn exit_reason(&self) -> Option<&ExitReason> {
        match self {
            Self::Exited(reason) => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(reason) => write!(f, "the task ended without a result: {reason}"),
            Self::Timeout => f.write_str("the task gave no result in time"),
            Self::Deadlock(path) => CallError::Deadlock(path.clone()).fmt(f),
            Self::NotStarted(error) => write!(f, "the task was not started: {error}"),
            Self::Exiting => CallError::Exiting.fmt(f),
            Self::Resources => CallError::Resources.fmt(f),
        }
    }
}

/// Its text says what is behind it, since that is all that an exit reason keeps of an error: it has no `source`.
impl Error for TaskError {}

//! What can go wrong with a call and with a start.

use std::{error::Error, fmt};

use super::ChildId;
use crate::{
    cell::{ExitReason, Pid, RegName, RegisterError},
    process,
};

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CallError {
    /// The callee ended before it answered, for this reason.
    Exited(ExitReason),
    /// There is no such process: it had ended before the call, or its name or place in the tree is empty.
    NoProc,
    /// No answer came in time. With `started: false` the handler has not begun, and never will for this call.
    Timeout {
        /// Whether the request stands: its handler had begun, or it asks the process to
        /// [stop](crate::ClientExt::stop_with), which is never taken back.
        started: bool,
    },
    /// The handler dropped its `ReplyTo` without an answer.
    NoReply,
    /// A process that waits for itself would wait for ever.
    CallingSelf,
    /// Each of these processes waits for the next, and the last for the first. A handler that has not begun never will
    /// for this call.
    Deadlock(Vec<Pid>),
    /// The callee's mailbox is full.
    Full,
    /// The caller itself is ending: it cannot wait any more.
    Exiting,
    /// The system has no further stack for the caller to wait on.
    Resources,
}

impl CallError {
    /// Whether no answer came in time.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout { .. })
    }

    /// Whether there was no such process.
    #[must_use]
    pub const fn is_no_proc(&self) -> bool {
        matches!(self, Self::NoProc)
    }

    /// Whether the callee's mailbox was full.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether processes waited for one another.
    #[must_use]
    pub const fn is_deadlock(&self) -> bool {
        matches!(self, Self::Deadlock(_))
    }

    /// Why the callee ended before it answered, if that is what happened.
    #[must_use]
    pub const fn exit_reason(&self) -> Option<&ExitReason> {
        match self {
            Self::Exited(reason) => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(reason) => write!(f, "the process ended before it answered: {reason}"),
            Self::NoProc => f.write_str("there is no such process"),
            Self::Timeout { started: true } => {
                f.write_str("no answer came in time; the handler had begun, or will: a stop is not taken back")
            }
            Self::Timeout { started: false } => {
                f.write_str("no answer came in time; the handler had not begun and will not")
            }
            Self::NoReply => f.write_str("the handler dropped its `ReplyTo` without an answer"),
            Self::CallingSelf => f.write_str("a process called itself, and would wait for ever"),
            Self::Deadlock(path) => {
                f.write_str("processes wait for one another: ")?;
                for pid in path {
                    write!(f, "{pid} -> ")?;
                }
                match path.first() {
                    Some(first) => write!(f, "{first}"),
                    None => Ok(()),
                }
            }
            Self::Full => f.write_str("the mailbox is full"),
            Self::Exiting => f.write_str("the caller is ending and cannot wait"),
            Self::Resources => f.write_str("the system has no further stack for the caller to wait on"),
        }
    }
}

/// Its text says what is behind it, since that is all that an exit reason keeps of an error: it has no `source`.
impl Error for CallError {}

/// Why a process was not started.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StartError {
    /// Its name belongs to this process.
    AlreadyStarted(Pid),
    /// Its `init` said that it should not run: OTP's `ignore`.
    Ignore,
    /// Its `init` failed, with this reason.
    Failed(ExitReason),
    /// Its `init` took too long; it was killed.
    Timeout,
    /// A child of a supervisor was not started; the ones before it were stopped again.
    Child {
        /// The child's id.
        id: String,
        /// Why.
        error: Box<StartError>,
    },
    /// The child specs of a supervisor make no sense.
    Spec(SpecError),
    /// Panics abort this program, so a supervisor could not heal anything and does not start.
    PanicsAbort,
    /// The caller itself is ending: it cannot wait for a start.
    Exiting,
    /// The system has no further stack for the caller to wait on.
    Resources,
}

impl StartError {
    /// Whether its `init` said that it should not run.
    #[must_use]
    pub const fn is_ignore(&self) -> bool {
        matches!(self, Self::Ignore)
    }

    /// Whether its `init` took too long.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// What went wrong at last: with the child, and the child of that, of a supervisor that was not started.
    #[must_use]
    pub fn root_cause(&self) -> &Self {
        match self {
            Self::Child { error, .. } => error.root_cause(),
            error => error,
        }
    }

    /// The reason that an `init` failed with, if that is what happened, in a child of a supervisor too.
    #[must_use]
    pub fn exit_reason(&self) -> Option<&ExitReason> {
        match self.root_cause() {
            Self::Failed(reason) => Some(reason),
            _ => None,
        }
    }

    /// Who has the name, if that is what happened, in a child of a supervisor too.
    #[must_use]
    pub fn already_started(&self) -> Option<Pid> {
        match self.root_cause() {
            Self::AlreadyStarted(pid) => Some(*pid),
            _ => None,
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyStarted(pid) => write!(f, "already started, as {pid}"),
            Self::Ignore => f.write_str("its init chose not to run"),
            Self::Failed(reason) => write!(f, "its init failed: {reason}"),
            Self::Timeout => f.write_str("its init took too long"),
            Self::Child { id, error } => write!(f, "child `{id}` was not started: {error}"),
            Self::Spec(error) => write!(f, "{error}"),
            Self::PanicsAbort => f.write_str(
                "panics abort this program, so a supervisor could heal nothing: remove `panic = \"abort\"` from its profile",
            ),
            Self::Exiting => f.write_str("the caller is ending and cannot wait"),
            Self::Resources => f.write_str("the system has no further stack for the caller to wait on"),
        }
    }
}

/// Its text says what is behind it, since that is all that an exit reason keeps of an error: it has no `source`.
impl Error for StartError {}

impl From<RegisterError> for StartError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Taken(holder) => Self::AlreadyStarted(holder),
            error => Self::Failed(ExitReason::error(error)),
        }
    }
}

impl From<ExitReason> for StartError {
    fn from(reason: ExitReason) -> Self {
        Self::Failed(reason)
    }
}

impl<E: Into<Self>> From<process::AckError<E>> for StartError {
    fn from(error: process::AckError<E>) -> Self {
        match error {
            process::AckError::Failed(error) => error.into(),
            process::AckError::Exited(reason) => Self::Failed(reason),
            process::AckError::Timeout => Self::Timeout,
            process::AckError::Exiting => Self::Exiting,
            process::AckError::Resources => Self::Resources,
        }
    }
}

/// A process was to begin to serve under a name that is not its own; see
/// [`enter_loop`](crate::actor::Starter::enter_loop). OTP's `process_not_registered`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnterLoopError(pub(super) RegName);

impl EnterLoopError {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &RegName {
        &self.0
    }
}

impl fmt::Display for EnterLoopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the process is not registered as `{}`", self.0)
    }
}

impl Error for EnterLoopError {}

/// What makes no sense in the specs of a supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecError {
    /// Two children have this id.
    DuplicateChild(ChildId),
    /// This child is significant, and the supervisor never shuts down by itself.
    SignificantForNothing(ChildId),
    /// This child is significant and permanent: it is always started again, so its end never counts.
    SignificantPermanent(ChildId),
    /// The back-off of this child begins with no wait at all, or ends before it begins.
    Backoff(ChildId),
    /// Restarts are counted in a period of no length.
    ZeroPeriod,
    /// A partition supervisor is to have no partitions.
    NoPartitions,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateChild(id) => write!(f, "two children have the id `{id}`"),
            Self::SignificantForNothing(id) => {
                write!(f, "child `{id}` is significant, but its supervisor has no automatic shutdown")
            }
            Self::SignificantPermanent(id) => {
                write!(
                    f,
                    "child `{id}` is significant and permanent: it is always started again, so its end never counts"
                )
            }
            Self::Backoff(id) => {
                write!(f, "the back-off of child `{id}` is no range that waits can grow in, as `100ms..=30s` is")
            }
            Self::ZeroPeriod => f.write_str("restarts cannot be counted in a period of no length"),
            Self::NoPartitions => f.write_str("a partition supervisor needs at least one partition"),
        }
    }
}

impl Error for SpecError {}

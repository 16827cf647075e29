//! What can go wrong with applications.

use std::{error::Error, fmt};

use super::EnvError;
use crate::{
    actor::CallError,
    cell::{ExitReason, current::Interrupted, failed_call},
};

/// Why an application was not loaded, started or stopped.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AppError {
    /// It runs already. `{already_started, App}`.
    AlreadyStarted(&'static str),
    /// It is loaded already. `{already_loaded, App}`.
    AlreadyLoaded(&'static str),
    /// It does not run. `{not_started, App}`.
    NotStarted(&'static str),
    /// It is not loaded. `{not_loaded, App}`.
    NotLoaded(&'static str),
    /// It runs, and so can't be unloaded. `{running, App}`.
    Running(&'static str),
    /// What it needs does not run. `{not_started, Dep}`.
    DependencyNotStarted {
        /// The application.
        application: &'static str,
        /// What it needs.
        dependency: &'static str,
    },
    /// What it needs was being started, and failed. `{not_running, Dep}`.
    DependencyFailed {
        /// The application.
        application: &'static str,
        /// What it needs.
        dependency: &'static str,
    },
    /// Applications need one another, the last the first.
    Cycle(Vec<&'static str>),
    /// Another type has its name.
    NameTaken(&'static str),
    /// It is a part of another one, and is not started by itself.
    Included {
        /// The application.
        application: &'static str,
        /// What includes it.
        within: &'static str,
    },
    /// Its spec names a key of another application.
    ForeignKey {
        /// The application.
        application: &'static str,
        /// Whose key it is.
        owner: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A value of its environment is missing or wrong.
    Env(EnvError),
    /// Its `start` failed, or ended its process. `{bad_return, ..}` and the like.
    Start {
        /// The application.
        application: &'static str,
        /// Why.
        reason: ExitReason,
    },
    /// One of its phases failed.
    Phase {
        /// The application.
        application: &'static str,
        /// The phase.
        phase: &'static str,
        /// Why.
        reason: ExitReason,
    },
    /// All applications are being stopped.
    ShuttingDown,
    /// What starts and stops applications did not answer.
    Call(CallError),
}

impl AppError {
    /// Whether it runs already.
    #[must_use]
    pub const fn is_already_started(&self) -> bool {
        matches!(self, Self::AlreadyStarted(_))
    }

    /// Whether it does not run.
    #[must_use]
    pub const fn is_not_started(&self) -> bool {
        matches!(self, Self::NotStarted(_))
    }

    /// The reason that its code failed with, if that is what happened.
    #[must_use]
    pub const fn exit_reason(&self) -> Option<&ExitReason> {
        match self {
            Self::Start { reason, .. } | Self::Phase { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyStarted(name) => write!(f, "application {name} runs already"),
            Self::AlreadyLoaded(name) => write!(f, "application {name} is loaded already"),
            Self::NotStarted(name) => write!(f, "application {name} does not run"),
            Self::NotLoaded(name) => write!(f, "application {name} is not loaded"),
            Self::Running(name) => write!(f, "application {name} runs, and can't be unloaded before it is stopped"),
            Self::DependencyNotStarted { application, dependency } => write!(
                f,
                "application {application} was not started: it needs {dependency}, which does not run; \
                 `ensure_all_started` starts both"
            ),
            Self::DependencyFailed { application, dependency } => {
                write!(f, "application {application} was not started: it needs {dependency}, which was not started")
            }
            Self::Cycle(names) => write!(f, "applications need one another: {}", names.join(" -> ")),
            Self::NameTaken(name) => write!(f, "two types are applications with the name {name}"),
            Self::Included { application, within } => {
                write!(f, "application {application} is a part of {within}, and is not started by itself")
            }
            Self::ForeignKey { application, owner, key } => {
                write!(f, "the spec of application {application} names `{key}`, which is a key of {owner}")
            }
            Self::Env(error) => write!(f, "{error}"),
            Self::Start { application, reason } => write!(f, "application {application} was not started: {reason}"),
            Self::Phase { application, phase, reason } => {
                write!(f, "application {application} was not started: its phase `{phase}` failed: {reason}")
            }
            Self::ShuttingDown => f.write_str("all applications are being stopped"),
            Self::Call(error) => write!(f, "the application controller: {error}"),
        }
    }
}

/// Its text says what is behind it.
impl Error for AppError {}

impl From<EnvError> for AppError {
    fn from(error: EnvError) -> Self {
        Self::Env(error)
    }
}

impl From<CallError> for AppError {
    fn from(error: CallError) -> Self {
        failed_call::wrap(error, Self::Call)
    }
}

impl From<Interrupted> for AppError {
    fn from(interrupted: Interrupted) -> Self {
        Self::Call(match interrupted {
            Interrupted::Exiting => CallError::Exiting,
            Interrupted::Resources => CallError::Resources,
        })
    }
}

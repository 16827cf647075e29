//! Why a process ended.

use std::{any::Any, error::Error, fmt, panic::Location, sync::Arc};

use super::{MonitorRef, Pid, RegName};

/// Why a process ended, or was asked to end.
///
/// Cheap to clone. `normal`, `shutdown` and `{shutdown, Term}` are *clean*: see [`ExitReason::is_clean`].
#[derive(Clone)]
#[non_exhaustive]
pub enum ExitReason {
    /// It had nothing more to do. As an exit signal it is ignored by a process that does not trap exits.
    Normal,
    /// It was asked to end, as supervisors do.
    Shutdown,
    /// It was asked to end, and told why: OTP's `{shutdown, Term}`.
    ShutdownWith(Term),
    /// Sent with [`exit`](crate::exit) it cannot be trapped; its receiver ends as [`Killed`](ExitReason::Killed).
    Kill,
    /// It received an untrappable [`Kill`](ExitReason::Kill).
    Killed,
    /// There was no such process.
    NoProc,
    /// The connection to its node was lost.
    NoConnection,
    /// Time ran out.
    Timeout,
    /// Its code panicked.
    Panic(Arc<Panic>),
    /// Its code returned an error where that means to crash.
    Error(Arc<dyn Error + Send + Sync>),
    /// Its stack was set aside on a thread that another process, which never came back, took with it.
    CoreLost,
    /// Any other value.
    Other(Term),
}

impl ExitReason {
    /// A reason of any kind: OTP's `exit(Term)`.
    pub fn other(value: impl TermValue) -> Self {
        Self::Other(Term::new(value))
    }

    /// `{shutdown, Term}`.
    pub fn shutdown_with(value: impl TermValue) -> Self {
        Self::ShutdownWith(Term::new(value))
    }

    /// A reason from an error.
    pub fn error(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Error(Arc::from(error.into()))
    }

    /// Whether this is `normal`, `shutdown` or `{shutdown, _}`: a transient child that ends so is not restarted, and
    /// nothing is reported as a crash.
    pub fn is_clean(&self) -> bool {
        matches!(self, Self::Normal | Self::Shutdown | Self::ShutdownWith(_))
    }

    /// The panic, if it was one.
    pub fn as_panic(&self) -> Option<&Panic> {
        match self {
            Self::Panic(panic) => Some(panic),
            _ => None,
        }
    }

    /// The value of `Other` or `ShutdownWith`, if it is a `T`.
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        match self {
            Self::Other(term) | Self::ShutdownWith(term) => term.downcast_ref(),
            _ => None,
        }
    }

    /// The error of `Error`, if it is an `E`.
    pub fn error_ref<E: Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Error(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl PartialEq for ExitReason {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Normal, Self::Normal)
            | (Self::Shutdown, Self::Shutdown)
            | (Self::Kill, Self::Kill)
            | (Self::Killed, Self::Killed)
            | (Self::NoProc, Self::NoProc)
            | (Self::NoConnection, Self::NoConnection)
            | (Self::Timeout, Self::Timeout)
            | (Self::CoreLost, Self::CoreLost) => true,
            (Self::ShutdownWith(a), Self::ShutdownWith(b)) | (Self::Other(a), Self::Other(b)) => a == b,
            (Self::Panic(a), Self::Panic(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Error(a), Self::Error(b)) => Arc::ptr_eq(a, b) || a.to_string() == b.to_string(),
            _ => false,
        }
    }
}

impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("normal"),
            Self::Shutdown => f.write_str("shutdown"),
            Self::ShutdownWith(term) => write!(f, "shutdown: {term:?}"),
            Self::Kill => f.write_str("kill"),
            Self::Killed => f.write_str("killed"),
            Self::NoProc => f.write_str("no such process"),
            Self::NoConnection => f.write_str("no connection"),
            Self::Timeout => f.write_str("timeout"),
            Self::Panic(panic) => write!(f, "{panic}"),
            Self::Error(error) => write!(f, "{error}"),
            Self::CoreLost => f.write_str("its core was lost"),
            Self::Other(term) => write!(f, "{term:?}"),
        }
    }
}

impl fmt::Debug for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "Error({error:?})"),
            Self::Panic(panic) => write!(f, "Panic({panic})"),
            Self::ShutdownWith(term) => write!(f, "ShutdownWith({term:?})"),
            Self::Other(term) => write!(f, "Other({term:?})"),
            Self::Normal => f.write_str("Normal"),
            Self::Shutdown => f.write_str("Shutdown"),
            Self::Kill => f.write_str("Kill"),
            Self::Killed => f.write_str("Killed"),
            Self::NoProc => f.write_str("NoProc"),
            Self::NoConnection => f.write_str("NoConnection"),
            Self::Timeout => f.write_str("Timeout"),
            Self::CoreLost => f.write_str("CoreLost"),
        }
    }
}

impl Error for ExitReason {}

/// What went wrong in a panic, and where.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Panic {
    /// The panic's message.
    pub message: String,
    /// `file:line:column`, where it is known.
    pub location: Option<String>,
    /// The message whose handler panicked, such as `add`; `init` and `terminate` stand for themselves.
    pub handler: Option<&'static str>,
    /// The backtrace, when `RUST_BACKTRACE` asks for one.
    pub backtrace: Option<String>,
}

impl Panic {
    pub(crate) fn new(payload: &(dyn Any + Send), location: Option<&Location<'_>>) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&str>() {
            (*text).to_owned()
        } else if let Some(text) = payload.downcast_ref::<String>() {
            text.clone()
        } else {
            "a value that is no text".to_owned()
        };
        Self { message, location: location.map(ToString::to_string), handler: None, backtrace: None }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.message)?;
        if let Some(location) = &self.location {
            write!(f, ", at {location}")?;
        }
        if let Some(handler) = self.handler {
            write!(f, ", in `{handler}`")?;
        }
        Ok(())
    }
}

/// Any value in an exit reason.
///
/// Two terms are equal when they hold equal values of the same type.
#[derive(Clone)]
pub struct Term(Arc<dyn AnyTerm>);

/// What a [`Term`] can hold.
pub trait TermValue: Any + fmt::Debug + PartialEq + Send + Sync {}

impl<T: Any + fmt::Debug + PartialEq + Send + Sync> TermValue for T {}

trait AnyTerm: fmt::Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn Any) -> bool;
}

impl<T: TermValue> AnyTerm for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>() == Some(self)
    }
}

impl Term {
    /// Wraps a value.
    pub fn new(value: impl TermValue) -> Self {
        Self(Arc::new(value))
    }

    /// The value, if it is a `T`.
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        self.0.as_any().downcast_ref()
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(other.0.as_any())
    }
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What can be the reason of an exit: every error, text, and an [`ExitReason`] itself.
///
/// It stands behind `?` in handlers and behind `ctx.stop(..)`.
pub trait IntoReason {
    /// The reason.
    fn into_reason(self) -> ExitReason;
}

impl<E: Into<Box<dyn Error + Send + Sync>>> IntoReason for E {
    fn into_reason(self) -> ExitReason {
        match self.into().downcast::<ExitReason>() {
            Ok(reason) => *reason,
            Err(error) => ExitReason::Error(Arc::from(error)),
        }
    }
}

/// The end of a process that was monitored: the message `DOWN`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Down {
    /// What [`monitor`](crate::monitor) returned.
    pub monitor: MonitorRef,
    /// The process that ended; when it was monitored by a name that was nobody's, a pid that no process has.
    pub pid: Pid,
    /// Why it ended; `NoProc` when it was not there to be monitored.
    pub reason: ExitReason,
    /// The name, if it was [monitored by one](crate::process::monitor_name).
    pub name: Option<RegName>,
}

impl Down {
    pub(crate) fn new(monitor: MonitorRef, pid: Pid, reason: ExitReason) -> Self {
        Self { monitor, pid, reason, name: None }
    }
}

/// An exit signal that was trapped: the message `EXIT`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Exit {
    /// Who sent it: the linked process that ended, or the caller of [`exit`](crate::exit).
    pub from: Pid,
    /// Its reason.
    pub reason: ExitReason,
}

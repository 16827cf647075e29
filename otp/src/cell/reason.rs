//! Why a process ended.

use std::{any::Any, error::Error, fmt, panic::Location, sync::Arc};

use super::{
    FailedCall, MonitorRef, Pid, RegName, failed_call,
    term::{Failure, Term, TermValue},
};

/// Why a process ended, or was asked to end.
///
/// Cheap to clone. `normal`, `shutdown` and `{shutdown, Term}` are *clean*: see [`ExitReason::is_clean`].
///
/// What fails while a process ends already, in `terminate` or in the `Drop` of what it held, is added to the reason and
/// does not replace it: see [`ExitReason::later`]. A clean end that fails is a failure: see
/// [`ExitReason::while_ending`].
///
/// ```
/// use otp::process;
///
/// struct Loud;
///
/// impl Drop for Loud {
///     fn drop(&mut self) { panic!("not now") }
/// }
///
/// static LOUD: process::Key<Loud> = process::Key::new("loud");
///
/// let (_, monitor) = process::spawn_monitor(|_| {
///     LOUD.put(Loud);
///     panic!("off by one")
/// });
/// let reason = process::current().receive_down(monitor, None).unwrap().reason;
/// assert_eq!(reason.as_panic().unwrap().message, "off by one");
/// assert_eq!(reason.later()[0].as_panic().unwrap().message, "not now");
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum ExitReason {
    /// It had nothing more to do. As an exit signal it is ignored by a process that does not trap exits.
    Normal,
    /// It was asked to end, as supervisors do.
    Shutdown,
    /// It was asked to end, and told why: OTP's `{shutdown, Term}`.
    ShutdownWith(Term),
    /// Sent with [`exit`](crate::process::exit) it cannot be trapped; its receiver ends as
    /// [`Killed`](ExitReason::Killed).
    Kill,
    /// It received an untrappable [`Kill`](ExitReason::Kill).
    Killed,
    /// There was no such process.
    NoProc,
    /// The connection to its node was lost. Nothing makes it as long as nodes are of one program.
    NoConnection,
    /// Time ran out.
    Timeout,
    /// Its code panicked.
    Panic(Arc<Panic>),
    /// Its code returned an error where that means to crash.
    Error(Failure),
    /// Its stack was set aside on a thread that another process, which never came back, took with it.
    CoreLost,
    /// Any other value.
    Other(Term),
}

impl ExitReason {
    /// A reason of any kind: OTP's `exit(Term)`. Its `Debug` runs once, here: see [`Term`].
    ///
    /// ```
    /// # use otp::ExitReason;
    /// let reason = ExitReason::other(("disk", 7));
    /// assert_eq!(reason.downcast_ref::<(&str, i32)>(), Some(&("disk", 7)));
    /// assert!(!reason.is_clean());
    /// ```
    pub fn other(value: impl TermValue) -> Self {
        Self::Other(Term::new(value))
    }

    /// `{shutdown, Term}`.
    ///
    /// ```
    /// # use otp::ExitReason;
    /// let reason = ExitReason::shutdown_with("no more orders");
    /// assert!(reason.is_clean() && reason.is_shutdown());
    /// assert_eq!(reason.downcast_ref(), Some(&"no more orders"));
    /// ```
    pub fn shutdown_with(value: impl TermValue) -> Self {
        Self::ShutdownWith(Term::new(value))
    }

    /// A reason from an error. Its `Display` runs once, here; should that fail or panic, the text says so: see
    /// [`Failure`].
    ///
    /// ```
    /// # use otp::ExitReason;
    /// let reason = ExitReason::error("no paper");
    /// assert_eq!(reason.to_string(), "no paper");
    /// assert!(!reason.is_clean());
    /// ```
    pub fn error(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Error(Failure::new(error))
    }

    /// Whether this is `normal`, `shutdown` or `{shutdown, _}`: a transient child that ends so is not restarted, and
    /// nothing is reported as a crash.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        matches!(self, Self::Normal | Self::Shutdown | Self::ShutdownWith(_))
    }

    /// Whether it ended because it was done: `normal`.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }

    /// Whether it was asked to end: `shutdown` or `{shutdown, _}`.
    #[must_use]
    pub fn is_shutdown(&self) -> bool {
        matches!(self, Self::Shutdown | Self::ShutdownWith(_))
    }

    /// Whether a kill signal ended it.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        matches!(self, Self::Killed)
    }

    /// Whether there was no such process.
    #[must_use]
    pub fn is_no_proc(&self) -> bool {
        matches!(self, Self::NoProc)
    }

    /// Whether its code panicked.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        matches!(self, Self::Panic(_))
    }

    /// The panic, if it was one.
    ///
    /// ```
    /// use otp::process;
    ///
    /// let (_, monitor) = process::spawn_monitor(|_| panic!("off by one"));
    /// let reason = process::current().receive_down(monitor, None).unwrap().reason;
    /// assert_eq!(reason.as_panic().unwrap().message, "off by one");
    /// ```
    #[must_use]
    pub fn as_panic(&self) -> Option<&Panic> {
        match self {
            Self::Panic(panic) => Some(panic),
            _ => None,
        }
    }

    /// The value of `Other` or `ShutdownWith`, if it is a `T`.
    ///
    /// ```
    /// # use otp::ExitReason;
    /// assert_eq!(ExitReason::other(7).downcast_ref(), Some(&7));
    /// assert_eq!(ExitReason::other(7).downcast_ref::<String>(), None);
    /// assert_eq!(ExitReason::Shutdown.downcast_ref::<i32>(), None);
    /// ```
    #[must_use]
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        match self {
            Self::Other(term) | Self::ShutdownWith(term) => term.downcast_ref(),
            _ => None,
        }
    }

    /// The error of `Error`, if it is an `E`.
    ///
    /// ```
    /// # use otp::ExitReason;
    /// let error = "x".parse::<u32>().unwrap_err();
    /// let reason = ExitReason::error(error.clone());
    /// assert_eq!(reason.error_ref(), Some(&error));
    /// ```
    #[must_use]
    pub fn error_ref<E: Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Error(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// The call whose error this is, comes from, or was unwrapped: whom it asked, for what, and how long it would wait.
    /// `None` when it is no such error, or when another process has made the reason of it than the one whose call it was. Of the same
    /// error twice, the later call is told of.
    ///
    /// ```
    /// use otp::{Name, prelude::*};
    ///
    /// pub struct Stock;
    /// #[actor(name = "stock")]
    /// impl Stock {
    ///     #[init] fn init() -> Self { Self }
    ///     #[handle_call] pub fn take(&mut self, n: u32) -> u32 { n }
    /// }
    ///
    /// pub struct Shop;
    /// #[actor]
    /// impl Shop {
    ///     #[init] fn init() -> Self { Self }
    ///     #[handle_call] pub fn sell(&mut self) -> Result<u32, CallError> { Ok(1) }
    ///     #[handle_cast] pub fn refill(&mut self) -> Result<(), CallError> {
    ///         Name::<Stock>::new("stock").client().take(7)?;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let shop = Shop::start()?;
    /// let monitor = process::monitor(shop.pid().unwrap());
    /// shop.refill();    // and nobody has started the stock
    /// let reason = process::current().receive_down(monitor, None).unwrap().reason;
    /// let call = reason.failed_call().unwrap();
    /// assert_eq!((call.initial_call, call.name.as_deref(), call.message), ("Stock", Some("stock"), "take"));
    /// assert_eq!(reason.to_string(), "there is no such process (`take` of Stock `stock`, timeout 5s)");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn failed_call(&self) -> Option<&FailedCall> {
        match self {
            Self::Error(error) => error.call(),
            Self::Panic(panic) => panic.call.as_deref(),
            _ => None,
        }
    }

    /// What failed after this while the process ended, in order: `terminate`, the `Drop` of its state, of messages that
    /// waited, of its dictionary, of its timers.
    ///
    /// [`ExitReason`] has an example.
    #[must_use]
    pub fn later(&self) -> &[Self] {
        self.course().and_then(|course| course.0.as_deref()).map_or(&[], |course| &course.later)
    }

    /// The reason with which the process was ending when this one came in place of it: a clean one, as in OTP, or one
    /// that came from elsewhere, such as [`Killed`](ExitReason::Killed).
    ///
    /// ```
    /// use otp::{ExitReason, process};
    ///
    /// struct Loud;
    ///
    /// impl Drop for Loud {
    ///     fn drop(&mut self) { panic!("not now") }
    /// }
    ///
    /// static LOUD: process::Key<Loud> = process::Key::new("loud");
    /// let (_, monitor) = process::spawn_monitor(|_| drop(LOUD.put(Loud)));
    /// let reason = process::current().receive_down(monitor, None).unwrap().reason;
    /// assert!(reason.is_panic());
    /// assert_eq!(reason.while_ending(), Some(&ExitReason::Normal));
    /// ```
    #[must_use]
    pub fn while_ending(&self) -> Option<&Self> {
        self.course().and_then(|course| course.0.as_deref())?.before.as_ref()
    }

    /// What a process ends with that was ending for this reason when it failed, or called for its exit, once more.
    pub(crate) fn then(mut self, mut later: Self) -> Self {
        if later.is_clean() {
            return if self.is_clean() { later } else { self };
        }
        let is_clean = self.is_clean();
        if let Some(course) = self.course_mut().filter(|_| !is_clean) {
            course.made().later.push(later);
            return self;
        }
        // OTP's rule for a clean one; and what came from elsewhere says nothing of what failed.
        match later.course_mut() {
            Some(course) => course.made().before = Some(self),
            None if !is_clean => return self,
            None => {}
        }
        later
    }

    /// Whether more than one thing went wrong in the end of the process, or one in a clean end.
    pub(crate) fn has_course(&self) -> bool {
        self.course().is_some_and(|course| course.0.is_some())
    }

    fn course(&self) -> Option<&Course> {
        match self {
            Self::Panic(panic) => Some(&panic.course),
            Self::Error(error) => Some(&error.course),
            Self::Other(term) | Self::ShutdownWith(term) => Some(&term.course),
            _ => None,
        }
    }

    fn course_mut(&mut self) -> Option<&mut Course> {
        match self {
            Self::Panic(panic) => Some(&mut Arc::make_mut(panic).course),
            Self::Error(error) => Some(&mut error.course),
            Self::Other(term) | Self::ShutdownWith(term) => Some(&mut term.course),
            _ => None,
        }
    }

    /// The reason as such, without what came before and later.
    fn own(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// What else a process came to in its end; most often nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Course(Option<Arc<Steps>>);

#[derive(Debug, Clone, Default, PartialEq)]
struct Steps {
    before: Option<ExitReason>,
    later: Vec<ExitReason>,
}

impl Course {
    fn made(&mut self) -> &mut Steps {
        Arc::make_mut(self.0.get_or_insert_default())
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
            (Self::Error(a), Self::Error(b)) => a == b,
            _ => false,
        }
    }
}

/// The first thing first; of a clean end that failed, the failure.
impl fmt::Display for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.while_ending().filter(|before| !before.is_clean());
        if let Some(before) = before {
            write!(f, "{before}; then ")?;
        }
        self.own(f)?;
        self.later().iter().try_for_each(|later| write!(f, "; then {later}"))
    }
}

impl fmt::Debug for ExitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(_) => write!(f, "Error({self})"),
            Self::Panic(_) => write!(f, "Panic({self})"),
            Self::ShutdownWith(term) => write!(f, "ShutdownWith({term:?})"),
            Self::Other(_) => write!(f, "Other({self})"),
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
    /// The message whose handler panicked, such as `add`; `init` and `terminate` stand for themselves, `drop` for what
    /// the process held when it ended.
    pub handler: Option<&'static str>,
    /// The backtrace, when `RUST_BACKTRACE` asks for one.
    pub backtrace: Option<String>,
    /// The call whose error was unwrapped.
    call: Option<Box<FailedCall>>,
    course: Course,
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
        Self {
            call: failed_call::find_unwrapped(&message).map(Box::new),
            message,
            location: location.map(ToString::to_string),
            handler: None,
            backtrace: None,
            course: Course::default(),
        }
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
        self.call.as_ref().map_or(Ok(()), |call| write!(f, " ({call})"))
    }
}

/// What can be the reason of an exit: every error, text, and an [`ExitReason`] itself.
///
/// It stands behind `?` in handlers and behind `ctx.stop(..)`. You need not implement it: an error of yours has it.
pub trait IntoReason {
    /// The reason.
    fn into_reason(self) -> ExitReason;
}

impl<E: Into<Box<dyn Error + Send + Sync>>> IntoReason for E {
    fn into_reason(self) -> ExitReason {
        match self.into().downcast::<ExitReason>() {
            Ok(reason) => *reason,
            Err(error) => ExitReason::error(error),
        }
    }
}

/// The end of a process that was monitored: the message `DOWN`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Down {
    /// What [`monitor`](crate::process::monitor) returned.
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
    /// Who sent it: the linked process that ended, or the caller of [`exit`](crate::process::exit).
    pub from: Pid,
    /// Its reason.
    pub reason: ExitReason,
}

//! Looking into running servers, and holding them: OTP's `sys`.
//!
//! Every server and supervisor serves these requests; nothing needs to be added to it. They are served between two
//! messages, in turn with them. Whom they are for is said by a client, a pid, a
//! [`SupervisorRef`](crate::SupervisorRef), a place in a tree, or a registered name. A client waits as long as its
//! calls do, everything else 5 seconds; what was not served by then never is.
//!
//! ```
//! use otp::{prelude::*, sys};
//!
//! #[derive(Debug, Clone, PartialEq)]
//! pub struct Counter { n: i64 }
//!
//! #[actor]
//! impl Counter {
//!     #[init]
//!     fn init(n: i64) -> Self { Self { n } }
//!     #[handle_cast]
//!     pub fn add(&mut self, by: i64) { self.n += by; }
//! }
//!
//! let counter = Counter::start(40)?;
//! sys::suspend(&counter)?;
//! counter.add(2);                                      // waits
//! assert_eq!(sys::state(&counter)?, Counter { n: 40 });
//! sys::replace_state(&counter, |_| Counter { n: 0 })?;
//! sys::resume(&counter)?;
//! assert_eq!(sys::state(&counter)?, Counter { n: 2 });
//! assert!(sys::status(&counter)?.to_string().contains("Counter"));     // for people
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each function waits for the answer; its form that ends in `_async` gives a future of it, for any executor. The request
//! is sent by the call, and carried out though the future is dropped.
//!
//! ```
//! # use otp::{prelude::*, sys};
//! # #[derive(Clone, Debug)]
//! # struct Counter { n: i64 }
//! # #[actor]
//! # impl Counter {
//! #     #[init] fn init(n: i64) -> Self { Self { n } }
//! # }
//! # let counter = Counter::start(40)?;
//! let look = process::spawn_monitor_async(move |_| async move {
//!     sys::suspend_async(&counter).await?;
//!     assert!(sys::status_async(&counter).await?.is_suspended);
//!     sys::resume_async(&counter).await
//! });
//! assert!(process::current().receive_down(look.1, None).unwrap().reason.is_clean());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is asked for costs a server nothing before and after. While it is there, [`set_log`], [`set_trace`],
//! [`set_statistics`] and the others cost a few function calls a message. A process that is no server never answers.

mod asking;

use std::{error::Error, fmt, io, ops::ControlFlow, path::Path};

use self::asking::wait;
pub use self::asking::{
    install_async, log_async, log_to_file_async, no_debug_async, remove_async, replace_state_async, resume_async,
    set_log_async, set_statistics_async, set_trace_async, state_async, statistics_async, status_async, suspend_async,
    terminate_async, with_state_async,
};
use crate::{
    actor::{Actor, Addressed, CallError, Client, ToPid, shown},
    cell::{ExitReason, IntoReason, Pid, failed_call},
};
pub use crate::{
    actor::{FormatStatus, StatusTexts},
    cell::{Event, MessageKind, Statistics},
};

/// Why a request of `sys` was not carried out.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SysError {
    /// There is no such process: it had ended before the request, or the name or place in a tree is empty.
    NoProc,
    /// The process ended before it came to the request, for this reason.
    Exited(ExitReason),
    /// The process did not come to the request in time, and will not: it was busy, waiting, or is no server.
    Timeout,
    /// A process asked itself, and would wait for ever.
    CallingSelf,
    /// Each of these processes waits for the next, and the last for the first.
    Deadlock(Vec<Pid>),
    /// The function that was to be called in the process panicked, for this reason. The state is as it was. OTP's
    /// `{callback_failed, ..}`.
    CallbackFailed(ExitReason),
    /// The statistics of the process are not switched on. OTP's `no_statistics`.
    NoStatistics,
    /// The file could not be opened, for this reason.
    File(io::ErrorKind),
    /// The caller itself is ending: it cannot wait any more.
    Exiting,
    /// The system has no further stack for the caller to wait on.
    Resources,
}

impl SysError {
    /// Whether the process did not come to the request in time.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// Whether there was no such process.
    #[must_use]
    pub const fn is_no_proc(&self) -> bool {
        matches!(self, Self::NoProc)
    }

    /// Why the process ended, or the function failed, if that is what happened.
    #[must_use]
    pub const fn exit_reason(&self) -> Option<&ExitReason> {
        match self {
            Self::Exited(reason) | Self::CallbackFailed(reason) => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for SysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProc => f.write_str("there is no such process"),
            Self::Exited(reason) => write!(f, "the process ended before it came to the request: {reason}"),
            Self::Timeout => f.write_str("the process did not come to the request in time"),
            Self::CallingSelf => f.write_str("a process asked itself, and would wait for ever"),
            Self::Deadlock(path) => CallError::Deadlock(path.clone()).fmt(f),
            Self::CallbackFailed(reason) => write!(f, "the function failed, and the state is as it was: {reason}"),
            Self::NoStatistics => f.write_str("the statistics are not switched on"),
            Self::File(kind) => write!(f, "the file could not be opened: {kind}"),
            Self::Exiting => f.write_str("the caller is ending and cannot wait"),
            Self::Resources => f.write_str("the system has no further stack for the caller to wait on"),
        }
    }
}

/// Its text says what is behind it, since that is all that an exit reason keeps of an error: it has no `source`.
impl Error for SysError {}

impl From<CallError> for SysError {
    fn from(error: CallError) -> Self {
        failed_call::wrap(error, |error| match error {
            CallError::Exited(reason) => Self::Exited(reason),
            CallError::Timeout { .. } => Self::Timeout,
            CallError::CallingSelf => Self::CallingSelf,
            CallError::Deadlock(path) => Self::Deadlock(path),
            CallError::Exiting => Self::Exiting,
            CallError::Resources => Self::Resources,
            CallError::NoProc | CallError::NoReply | CallError::Full => Self::NoProc,
        })
    }
}

/// Holds a server: it handles no messages until it is resumed. They wait in order; requests of `sys`, requests to stop,
/// and exit signals that are not for a `#[handle_info]` take effect. A supervisor restarts nothing meanwhile. Once more
/// changes nothing. `sys:suspend/1`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::suspend(&printer)?;
/// let printed = printer.timeout(Duration::from_millis(20)).print(1);
/// assert_eq!(printed, Err(CallError::Timeout { started: false }));
/// assert!(sys::status(&printer)?.is_suspended);
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`SysError::NoProc`], [`SysError::Exited`], [`SysError::Timeout`], [`SysError::CallingSelf`],
/// [`SysError::Deadlock`], or when the caller cannot wait.
pub fn suspend<K>(target: &(impl ToPid<K> + ?Sized)) -> Result<(), SysError> {
    wait(suspend_async(target))
}

/// Lets a server go on that was suspended, with what came meanwhile, in order. Nothing happens to one that runs. An
/// idle timeout begins anew. `sys:resume/1`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::suspend(&printer)?;
/// let printed = printer.request().print(1);      // waits
/// sys::resume(&printer)?;
/// assert_eq!(printed.wait(), Ok(1));
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn resume<K>(target: &(impl ToPid<K> + ?Sized)) -> Result<(), SysError> {
    wait(resume_async(target))
}

/// A copy of the state of a server. `sys:get_state/1`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// printer.print(2)?;
/// assert_eq!(sys::state(&printer)?, Printer { pages: 2 });
/// printer.stop()?;
/// assert_eq!(sys::state(&printer), Err(SysError::NoProc));
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`]; [`SysError::CallbackFailed`] when the state's `clone` panics.
pub fn state<A: Actor + Clone>(client: &impl Client<A, Mode: Addressed>) -> Result<A, SysError> {
    wait(state_async(client))
}

/// What `look` makes of the state of a server. It runs in the server, which handles nothing else meanwhile.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// printer.print(2)?;
/// assert_eq!(sys::with_state(&printer, |printer| printer.pages)?, 2);
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`]; [`SysError::CallbackFailed`] when `look` panics.
pub fn with_state<A: Actor, R: Send + 'static>(
    client: &impl Client<A, Mode: Addressed>,
    look: impl FnOnce(&A) -> R + Send + 'static,
) -> Result<R, SysError> {
    wait(with_state_async(client, look))
}

/// Puts another state in the place of a server's: what `replace` makes of it. It runs in the server.
/// `sys:replace_state/2`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::replace_state(&printer, |before| Printer { pages: before.pages + 40 })?;
/// assert_eq!(printer.print(2)?, 42);
/// let failed = sys::replace_state(&printer, |_| panic!("no"));
/// assert!(matches!(failed, Err(SysError::CallbackFailed(reason)) if reason.is_panic()));
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`]; [`SysError::CallbackFailed`] when `replace` panics: the state is as it was.
pub fn replace_state<A: Actor>(
    client: &impl Client<A, Mode: Addressed>,
    replace: impl FnOnce(&A) -> A + Send + 'static,
) -> Result<(), SysError> {
    wait(replace_state_async(client, replace))
}

/// What can be seen of a server. `sys:get_status/1`.
///
/// The state is shown as its `Debug` shows it, or as [`FormatStatus`] or [`Actor::format_status`] say.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// printer.print(2)?;
/// let status = sys::status(&printer)?;
/// assert_eq!((Some(status.pid), status.initial_call), (printer.pid(), "Printer"));
/// assert_eq!(status.state.as_deref(), Some("Printer { pages: 2 }"));
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn status<K>(target: &(impl ToPid<K> + ?Sized)) -> Result<Status, SysError> {
    wait(status_async(target))
}

/// Switches the statistics of a server on or off. On, they begin at nothing. `sys:statistics(Name, true | false)`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::set_statistics(&printer, true)?;
/// printer.print(1)?;
/// sys::set_statistics(&printer, false)?;
/// assert_eq!(sys::statistics(&printer), Err(SysError::NoStatistics));
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn set_statistics<K>(target: &(impl ToPid<K> + ?Sized), on: bool) -> Result<(), SysError> {
    wait(set_statistics_async(target, on))
}

/// What a server has done since its statistics were switched on. `sys:statistics(Name, get)`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::set_statistics(&printer, true)?;
/// printer.print(1)?;
/// printer.print(1)?;
/// let statistics = sys::statistics(&printer)?;
/// assert_eq!((statistics.messages_in, statistics.messages_out), (2, 2));
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`]; [`SysError::NoStatistics`] when they are not on.
pub fn statistics<K>(target: &(impl ToPid<K> + ?Sized)) -> Result<Statistics, SysError> {
    wait(statistics_async(target))
}

/// The number of events that OTP keeps in a log, unless it is told otherwise.
pub const DEFAULT_LOG_LEN: usize = 10;

/// Keeps the last events of a server, up to a number of them, such as [`DEFAULT_LOG_LEN`]; with `None` it keeps none
/// any more. `sys:log(Name, {true, N} | false)`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::set_log(&printer, sys::DEFAULT_LOG_LEN)?;
/// printer.print(1)?;
/// assert_eq!(sys::log(&printer)?.len(), 2);           // a call came in, its answer went out
/// sys::set_log(&printer, None)?;
/// assert!(sys::log(&printer)?.is_empty());
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn set_log<K>(target: &(impl ToPid<K> + ?Sized), events: impl Into<Option<usize>>) -> Result<(), SysError> {
    wait(set_log_async(target, events))
}

/// The last events of a server, the oldest first; none when it keeps none. `sys:log(Name, get)`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::set_log(&printer, 1)?;
/// printer.print(1)?;
/// let [event] = &sys::log(&printer)?[..] else { panic!("one is kept") };
/// assert_eq!(event.to_string(), format!("sent the answer of print to {}", otp::self_pid()));
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn log<K>(target: &(impl ToPid<K> + ?Sized)) -> Result<Vec<Event>, SysError> {
    wait(log_async(target))
}

/// Has a line said for each event of a server, such as `*DBG* printer got call add from <0.1.2>`: as a `tracing` event,
/// or on standard error when nobody listens to those. `sys:trace/2`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::set_trace(&printer, true)?;                   // `*DBG* Printer got call print from <0.0.1>`
/// printer.print(1)?;
/// sys::set_trace(&printer, false)?;
/// # assert_eq!(printer.print(1)?, 2);
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn set_trace<K>(target: &(impl ToPid<K> + ?Sized), on: bool) -> Result<(), SysError> {
    wait(set_trace_async(target, on))
}

/// Writes a line to a file for each event of a server, as [`set_trace`] says them. The file begins empty. With `None`
/// it is closed. `sys:log_to_file/2`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// let path = std::env::temp_dir().join(format!("otp-printer-{}", std::process::id()));
/// sys::log_to_file(&printer, Some(&path))?;
/// printer.print(1)?;
/// sys::log_to_file(&printer, None)?;
/// assert!(std::fs::read_to_string(&path)?.contains("got call print"));
/// # std::fs::remove_file(&path)?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`]; [`SysError::File`] when the file can't be opened, and nothing has changed.
pub fn log_to_file<K>(target: &(impl ToPid<K> + ?Sized), path: Option<&Path>) -> Result<(), SysError> {
    wait(log_to_file_async(target, path))
}

/// Has a function called for each event of a server, in the server, until it breaks or panics. `id` is what
/// [`remove`] knows it by; when there is one with this id nothing happens. `sys:install/2`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// use std::ops::ControlFlow;
///
/// let events = process::current().subject();
/// let to = events.clone();
/// sys::install(&printer, "watch", move |event| {
///     to.send(event.to_string());
///     ControlFlow::Break(())                     // the first one is enough
/// })?;
/// printer.print(1)?;
/// assert!(events.receive(None).unwrap().starts_with("got call print"));
/// assert!(sys::status(&printer)?.installed.is_empty());
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn install<K>(
    target: &(impl ToPid<K> + ?Sized),
    id: impl Into<String>,
    listener: impl FnMut(&Event) -> ControlFlow<()> + Send + 'static,
) -> Result<(), SysError> {
    wait(install_async(target, id, listener))
}

/// Removes a function that was installed; nothing happens when it is not there. `sys:remove/2`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::install(&printer, "watch", |_| std::ops::ControlFlow::Continue(()))?;
/// assert_eq!(sys::status(&printer)?.installed, ["watch"]);
/// sys::remove(&printer, "watch")?;
/// assert!(sys::status(&printer)?.installed.is_empty());
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn remove<K>(target: &(impl ToPid<K> + ?Sized), id: impl Into<String>) -> Result<(), SysError> {
    wait(remove_async(target, id))
}

/// Switches everything off that was switched on: statistics, log, trace, file, functions. `sys:no_debug/1`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// sys::set_statistics(&printer, true)?;
/// sys::set_log(&printer, 10)?;
/// sys::no_debug(&printer)?;
/// assert_eq!(sys::status(&printer)?.statistics, None);
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn no_debug<K>(target: &(impl ToPid<K> + ?Sized)) -> Result<(), SysError> {
    wait(no_debug_async(target))
}

/// Orders a server to terminate with a reason: its `terminate` runs, also while it is suspended. Does not wait for the
/// end. `sys:terminate/2`.
///
/// ```
/// # use otp::{prelude::*, sys::{self, SysError}};
/// # #[derive(Clone, Debug, PartialEq)]
/// # pub struct Printer { pages: u32 }
/// # #[actor]
/// # impl Printer {
/// #     #[init] fn init() -> Self { Self { pages: 0 } }
/// #     #[handle_call] pub fn print(&mut self, pages: u32) -> u32 { self.pages += pages; self.pages }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let printer = Printer::start()?;
/// let monitor = printer.monitor().unwrap();
/// sys::suspend(&printer)?;
/// sys::terminate(&printer, ExitReason::Shutdown)?;
/// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
/// # Ok(()) }
/// ```
///
/// # Errors
/// As [`suspend`].
pub fn terminate<K>(target: &(impl ToPid<K> + ?Sized), reason: impl IntoReason) -> Result<(), SysError> {
    wait(terminate_async(target, reason))
}

/// What can be seen of a server; printed, it reads as a person likes it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// Its pid.
    pub pid: Pid,
    /// Its registered name.
    pub name: Option<String>,
    /// What [`set_label`](crate::process::set_label) called it.
    pub label: Option<String>,
    /// What runs in it: the name of its type. OTP's `initial_call`.
    pub initial_call: &'static str,
    /// Who started it.
    pub parent: Option<Pid>,
    /// Who started it, who started that one, and so on, dead ones among them; the nearest 16. OTP's `$ancestors`.
    pub ancestors: Vec<Pid>,
    /// Whether it is suspended.
    pub is_suspended: bool,
    /// The messages that it has not handled.
    pub message_queue_len: usize,
    /// Its state as text; `None` when its type does not show it.
    pub state: Option<String>,
    /// The events in its log, the oldest first.
    pub log: Vec<String>,
    /// Its statistics, if they are on.
    pub statistics: Option<Statistics>,
    /// The ids of the functions that are installed.
    pub installed: Vec<String>,
    /// Why there is no state, if its type does not show it.
    unshown: Option<String>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.initial_call, self.pid)?;
        if let Some(name) = &self.name {
            write!(f, " ({name})")?;
        }
        if let Some(label) = &self.label {
            write!(f, "\n  label: {label}")?;
        }
        f.write_str(if self.is_suspended { "\n  status: suspended" } else { "\n  status: running" })?;
        if let Some(parent) = self.parent {
            write!(f, "\n  parent: {parent}")?;
        }
        if !self.ancestors.is_empty() {
            write!(f, "\n  ancestors: {:?}", self.ancestors)?;
        }
        write!(f, "\n  queue: {}", self.message_queue_len)?;
        if let Some(Statistics { messages_in, messages_out, .. }) = self.statistics {
            write!(f, "\n  messages: {messages_in} in, {messages_out} out")?;
        }
        if !self.installed.is_empty() {
            write!(f, "\n  installed: {}", self.installed.join(", "))?;
        }
        write!(f, "\n  state: {}", shown(self.state.as_deref(), self.unshown.as_deref()))?;
        self.log.iter().try_for_each(|event| write!(f, "\n  log: {event}"))
    }
}

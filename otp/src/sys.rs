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
//! What is asked for costs a server nothing before and after. While it is there, [`set_log`], [`set_trace`],
//! [`set_statistics`] and the others cost a few function calls a message. A process that is no server never answers.

use std::{
    error::Error, fmt, fs::File, future::Future as _, io, ops::ControlFlow, path::Path, pin::Pin, task::Poll,
    time::Duration,
};

use crate::{
    actor::{Actor, Addressed, Client, Inspected, SystemRequest, ToPid, shown},
    cell::{
        AnyProcess, ExitReason, IntoReason, Pid, answer,
        current::{self, Interrupted},
        debug::{Counts, Debug},
        panic::caught,
        signal::Signal,
        wake_up::WakeUp,
    },
    process::{self, me},
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

impl From<Interrupted> for SysError {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Exiting => Self::Exiting,
            Interrupted::Resources => Self::Resources,
        }
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
/// [`SysError::NoProc`], [`SysError::Exited`], [`SysError::Timeout`], [`SysError::CallingSelf`], or when the caller
/// cannot wait.
pub fn suspend<K>(target: &(impl ToPid<K> + ?Sized)) -> Result<(), SysError> {
    switch(target, |debug| debug.suspended = true)
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
    switch(target, |debug| debug.suspended = false)
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
    with_state(client, A::clone)
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
    ask(client, move |served| {
        let state: &A = served.state.downcast_ref()?;
        Some(caught(|| look(state)))
    })?
    .ok_or(SysError::NoProc)?
    .map_err(SysError::CallbackFailed)
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
    ask(client, move |served| {
        let state: &mut A = served.state.downcast_mut()?;
        Some(caught(|| replace(state)).map(|new| *state = new))
    })?
    .ok_or(SysError::NoProc)?
    .map_err(SysError::CallbackFailed)
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
    ask(target, |served| {
        let texts = served.texts();
        let header = served.header();
        let node = &header.node;
        Status {
            pid: header.pid,
            name: header.name().as_deref().map(str::to_owned),
            label: header.label().as_deref().map(str::to_owned),
            initial_call: header.program.label,
            parent: header.parent(),
            ancestors: header.ancestors.as_deref().cloned().unwrap_or_default(),
            is_suspended: served.debug.suspended,
            message_queue_len: served.queue_len(),
            state: texts.state,
            log: texts.log,
            statistics: served.debug.statistics.as_ref().map(|counts| counts.at(node.scheduler.now())),
            installed: served.debug.installed.iter().map(|(id, _)| id.clone()).collect(),
            unshown: texts.unshown,
        }
    })
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
    ask(target, move |served| {
        let now = served.header().node.scheduler.now();
        served.debug.statistics = on.then(|| Counts::new(now));
    })
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
    ask(target, |served| {
        let now = served.header().node.scheduler.now();
        served.debug.statistics.as_ref().map(|counts| counts.at(now))
    })?
    .ok_or(SysError::NoStatistics)
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
    let events = events.into();
    switch(target, move |debug| match events {
        Some(limit) => debug.log.get_or_insert_default().resize(limit),
        None => debug.log = None,
    })
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
    ask(target, |served| served.debug.log.iter().flat_map(|log| log.events()).cloned().collect())
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
    switch(target, move |debug| debug.trace = on)
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
    let file = path.map(File::create).transpose().map_err(|error| SysError::File(error.kind()))?;
    switch(target, move |debug| debug.file = file)
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
    let id = id.into();
    switch(target, move |debug| {
        if debug.installed.iter().all(|(other, _)| *other != id) {
            debug.installed.push((id, Box::new(listener)));
        }
    })
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
    let id = id.into();
    switch(target, move |debug| debug.installed.retain(|(other, _)| *other != id))
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
    switch(target, Debug::clear)
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
    let reason = reason.into_reason();
    ask(target, move |served| served.stop = Some(reason))
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

/// Changes what is switched on; what is left of it is dropped at the end, when all is in its place.
fn switch<K>(
    target: &(impl ToPid<K> + ?Sized),
    change: impl FnOnce(&mut Debug) + Send + 'static,
) -> Result<(), SysError> {
    ask(target, |served| change(served.debug))
}

/// Has a process answer a request about itself.
fn ask<R: Send + 'static, K>(
    target: &(impl ToPid<K> + ?Sized),
    request: impl FnOnce(&mut Inspected<'_>) -> R + Send + 'static,
) -> Result<R, SysError> {
    let pid = target.to_pid().ok_or(SysError::NoProc)?;
    let limit = target.time_limit();
    current::with(|me| {
        if pid == me.pid() {
            return Err(SysError::CallingSelf);
        }
        if current::is_lost() {
            return Err(SysError::Exiting);
        }
        let process = me.header().node.find(pid).ok_or(SysError::NoProc)?;
        let (asked, answer) = answer::channel();
        let request: SystemRequest = Box::new(move |served| {
            if !asked.is_withdrawn() {
                asked.answer(request(served));
            }
        });
        process.signal(Signal::System(Box::new(request))).map_err(|_| SysError::NoProc)?;
        wait(&process, answer, limit)
    })
}

/// Waits for an answer; when the process ends without one, until it is known why.
fn wait<R>(
    process: &AnyProcess,
    mut answer: answer::AnswerReceiver<R>,
    limit: Option<Duration>,
) -> Result<R, SysError> {
    let header = process.header();
    let at = current::with(|me| me.header().deadline(limit));
    let mut timer = WakeUp::new();
    let answered = current::block_on(std::future::poll_fn(|cx| match Pin::new(&mut answer).poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        // One that was declared dead keeps what it was asked.
        Poll::Pending if header.life.is_lost() && header.life.is_dead() => Poll::Ready(Some(None)),
        Poll::Pending => timer.poll(cx, at).map(|()| None),
    }))?;
    match answered {
        Some(Some(answer)) => Ok(answer),
        Some(None) => {
            let (mark, monitor) = (me::mark(), process::monitor(header.pid));
            let down = me::try_receive_down(mark, monitor, limit)?;
            process::demonitor_flush(monitor);
            // One that takes no more signals and has not ended yet says no reason.
            let reason = || header.reason().unwrap_or(ExitReason::NoProc);
            Err(down.map_or(SysError::Timeout, |_| SysError::Exited(reason())))
        }
        None => {
            answer.withdraw();
            Err(SysError::Timeout)
        }
    }
}

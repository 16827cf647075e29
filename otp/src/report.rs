//! What the runtime tells people: crashes, long turns, lost threads.
//!
//! Everything goes through `tracing`; without a subscriber, what is wrong goes to standard error.

use std::{fmt, io, sync::Arc, time::Duration};

use crate::{
    actor::{ChildId, Ended, Info, Restart, Shutdown, StartError, shown},
    process::{AnyProcess, Dropped, ExitReason, Panic, Pid, aside, common::Common, current, panic::contain},
};

/// Emits a `tracing` event with the fields given; when nobody listens, an error or warning goes to standard error. Who
/// listens is the user's, and a panic there is not the end of who reports.
macro_rules! event {
    (info, $text:expr $(, $field:ident = $value:expr)* $(,)?) => {{
        #[cfg(feature = "tracing")]
        contain(|| tracing::info!(target: "otp", $($field = %$value,)* "{}", $text));
        #[cfg(not(feature = "tracing"))]
        if false {
            let _ = ($(&$value,)* $text);
        }
    }};
    ($level:ident, $text:expr $(, $field:ident = $value:expr)* $(,)?) => {
        contain(|| if is_heard() {
            #[cfg(feature = "tracing")]
            tracing::$level!(target: "otp", $($field = %$value,)* "{}", $text);
        } else {
            if false {
                let _ = ($(&$value,)*);
            }
            to_stderr(format_args!("{}: {}\n", stringify!($level), $text));
        })
    };
}

pub(crate) fn core_not_replaced(error: &io::Error) {
    event!(error, format_args!("a core was lost and the system refuses a thread in its place: {error}"));
}

/// Whether a process that ends for this reason has failed, which is reported.
pub(crate) fn is_failure(reason: &ExitReason) -> bool {
    !reason.is_clean() && !matches!(reason, ExitReason::Killed | ExitReason::Kill)
}

/// Something that is said only when somebody wants to hear it.
struct Said<F>(F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Said<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

/// The value, if there is one.
fn or_nothing(value: Option<&dyn fmt::Display>) -> impl fmt::Display {
    Said(move |f: &mut fmt::Formatter<'_>| value.map_or(Ok(()), |value| value.fmt(f)))
}

/// A server has failed; said before it ends, while its state is there. `ended` is asked only when somebody hears it.
pub(crate) fn server_terminating<'a>(process: &AnyProcess, ended: impl FnOnce() -> Ended<'a>) {
    if !wants_errors() {
        return;
    }
    let common = process.common();
    let (name, label) = (common.name(), common.label());
    let Ended { texts, client, reason } = ended();
    let state = shown(texts.state.as_deref(), texts.unshown.as_deref());
    let message = texts.message.unwrap_or_default();
    let reason = texts.reason.unwrap_or_else(|| reason.to_string());
    let client = client.map(|client| client.to_string()).unwrap_or_default();
    let text = Said(|f: &mut fmt::Formatter<'_>| {
        let who: &dyn fmt::Display = name.as_ref().map_or(&common.pid, |name| name);
        write!(f, "server {who} ({}) is terminating", common.program.label)?;
        if let Some(label) = &label {
            write!(f, "\n  label: {label}")?;
        }
        write!(f, "\n  last message: {message}\n  state: {state}\n  reason: {reason}")?;
        if !client.is_empty() {
            write!(f, "\n  client: {client}")?;
        }
        texts.log.iter().try_for_each(|event| write!(f, "\n  log: {event}"))
    });
    event!(
        error,
        text,
        report = "server_terminating",
        pid = common.pid,
        process = common.program.label,
        registered_name = or_nothing(name.as_ref().map(|name| name as _)),
        label = or_nothing(label.as_ref().map(|label| label as _)),
        last_message = message,
        state = state,
        client = client,
        reason = reason,
    );
}

/// A process that ended in another way than it should, with what its end has taken from it.
pub(crate) struct Crash {
    pub(crate) process: AnyProcess,
    pub(crate) reason: ExitReason,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) label: Option<Arc<str>>,
    pub(crate) links: Vec<Pid>,
    /// Whether people are to hear of it.
    pub(crate) is_reported: bool,
}

/// A process ended in another way than it should. That of one that was declared dead is for the watchdog to say, which
/// does not wait until it is heard.
pub(crate) fn crashed(crash: Crash) {
    if crash.process.common().is_lost() {
        return aside::run(move || say_crashed(&crash));
    }
    say_crashed(&crash);
}

fn say_crashed(crash: &Crash) {
    let Crash { process, reason, name, label, links, .. } = crash;
    let (name, label) = (name.as_deref(), label.as_deref());
    let common = process.common();
    let parent = common.parent();
    let ancestors = common.ancestors.as_deref().map_or(&[][..], Vec::as_slice);
    let backtrace = reason.as_panic().and_then(|panic| panic.backtrace.as_deref());
    let text = Said(|f: &mut fmt::Formatter<'_>| {
        write!(f, "process {} ({}) ended: {reason}", common.pid, name.or(label).unwrap_or(common.program.label))?;
        backtrace.map_or(Ok(()), |backtrace| write!(f, "\n{backtrace}"))
    });
    event!(
        error,
        text,
        report = "crash",
        pid = common.pid,
        process = common.program.label,
        registered_name = name.unwrap_or_default(),
        label = label.unwrap_or_default(),
        last_message = common.handler.name().unwrap_or_default(),
        parent = or_nothing(parent.as_ref().map(|parent| parent as _)),
        ancestors = format_args!("{ancestors:?}"),
        links = format_args!("{links:?}"),
        reason = reason,
    );
}

/// A line of a trace that somebody has switched on; without a subscriber it goes to standard error.
pub(crate) fn trace(process: &Common, line: &str) {
    contain(|| {
        if is_heard() {
            #[cfg(feature = "tracing")]
            tracing::info!(target: "otp", report = "trace", pid = %process.pid, process = process.program.label, "{line}");
        } else {
            let _ = process;
            eprintln!("{line}");
        }
    });
}

/// Writes a report in one piece, since standard error is not buffered; a simulation shows none.
fn to_stderr(text: fmt::Arguments<'_>) {
    if !is_silent() {
        // It panics when standard error is closed: then nobody is left to be told.
        let text = text.to_string();
        eprint!("{text}");
    }
}

/// Whether anybody is to be told of errors.
fn wants_errors() -> bool {
    #[cfg(feature = "tracing")]
    if is_heard() {
        return tracing::enabled!(target: "otp", tracing::Level::ERROR);
    }
    !is_silent()
}

/// Whether standard error is no place for reports: in a simulation.
fn is_silent() -> bool {
    current::try_with(|me| me.common().node.scheduler.clock().is_virtual()) == Some(true)
}

/// Whether anybody listens to `tracing` events.
fn is_heard() -> bool {
    #[cfg(feature = "tracing")]
    return tracing::dispatcher::has_been_set();
    #[cfg(not(feature = "tracing"))]
    false
}

/// What people call a process: by its label, or by what runs in it.
fn called(process: &AnyProcess) -> String {
    let common = process.common();
    common.label().map_or_else(|| common.program.label.to_owned(), |label| label.as_ref().to_owned())
}

/// A process holds its core for long. The watchdog says so, and does not wait until it is heard.
pub(crate) fn long_turn(process: &AnyProcess, running: Duration) {
    let (pid, label, called) = (process.pid(), process.common().program.label, called(process));
    let message = process.common().handler.name().unwrap_or("its code");
    aside::run(move || {
        event!(
            warn,
            format_args!("process {pid} ({called}) holds its core in `{message}` since {running:.1?}"),
            pid = pid,
            process = label,
            message = message,
            running = format_args!("{running:?}"),
        );
    });
}

/// A process was declared dead. The watchdog says so, and does not wait until it is heard.
pub(crate) fn lost(process: &AnyProcess, running: Duration) {
    let (pid, label, called) = (process.pid(), process.common().program.label, called(process));
    let message = process.common().handler.name().unwrap_or("its code");
    aside::run(move || {
        event!(
            error,
            format_args!(
                "process {pid} ({called}) was killed and does not come back from `{message}` since {running:.1?}: \
                 declared dead"
            ),
            pid = pid,
            process = label,
            message = message,
            running = format_args!("{running:?}"),
        );
    });
}

/// A plain handler waits and has left a thread-local changed.
pub(crate) fn local_changed(process: &AnyProcess, local: &'static str) {
    let common = process.common();
    let message = common.handler.name().unwrap_or("its code");
    event!(
        error,
        format_args!(
            "process {} ({}) waits in `{message}` and has left the thread-local `{local}` changed: others see it meanwhile",
            common.pid,
            called(process)
        ),
        report = "local_changed",
        pid = common.pid,
        process = common.program.label,
        message = message,
        local = local,
    );
}

/// A process could not go on, since another one holds its thread. The watchdog says so, and does not wait until it is heard.
pub(crate) fn stranded(process: &AnyProcess) {
    let (pid, label, called) = (process.pid(), process.common().program.label, called(process));
    aside::run(move || {
        event!(
            error,
            format_args!(
                "process {pid} ({called}) has to end, but another one holds the thread on which it waits: declared dead"
            ),
            pid = pid,
            process = label,
        );
    });
}

/// A closure of `blocking` has panicked when its caller was gone.
pub(crate) fn unheard(panic: &Panic) {
    let text = Said(|f: &mut fmt::Formatter<'_>| {
        write!(f, "a blocking closure whose caller has gone: {panic}")?;
        panic.backtrace.as_ref().map_or(Ok(()), |backtrace| write!(f, "\n{backtrace}"))
    });
    event!(error, text, report = "blocking_panic", reason = panic);
}

/// An actor received something that it does not handle.
pub(crate) fn unexpected(actor: &'static str, info: &Info) {
    let pid = current::try_with(AnyProcess::pid);
    let text = Said(|f: &mut fmt::Formatter<'_>| {
        write!(f, "undefined handle_info in {actor}")?;
        pid.map_or(Ok(()), |pid| write!(f, " {pid}"))?;
        write!(f, ": unhandled message {info:?}")
    });
    let pid = or_nothing(pid.as_ref().map(|pid| pid as _));
    event!(warn, text, report = "unhandled_info", process = actor, pid = pid, unhandled = format_args!("{info:?}"),);
}

/// A name was used that nobody has.
pub(crate) fn sent_to_nobody(what: &str, name: &dyn fmt::Display) {
    let from = current::try_with(AnyProcess::pid);
    let text = Said(|f: &mut fmt::Formatter<'_>| {
        write!(f, "{what} was sent to `{name}`, a name that nobody has")?;
        from.map_or(Ok(()), |from| write!(f, ", by {from}"))
    });
    let from = or_nothing(from.as_ref().map(|from| from as _));
    event!(warn, text, report = "sent_to_nobody", registered_name = name, from = from);
}

/// A message was not sent: what was to make it into another has panicked.
pub(crate) fn not_mapped(panic: &Panic) {
    event!(error, format_args!("a message was not sent, as the function that its subject is mapped by {panic}"));
}

/// The full mailbox of an actor has dropped messages.
pub(crate) fn overflowed(actor: &'static str, dropped: &Dropped) {
    let Dropped { count, message, .. } = dropped;
    event!(
        warn,
        format_args!("the mailbox of {actor} is full: {count} dropped, the last `{message}`"),
        process = actor
    );
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

/// The name of the process that reports; empty without one.
fn own_name() -> String {
    current::with(|me| me.common().name()).map(|name| name.to_string()).unwrap_or_default()
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

/// What a child was to be started from has panicked in its `Drop`.
pub(crate) fn spec_not_dropped(label: &'static str, reason: &ExitReason) {
    event!(
        error,
        format_args!("what a {label} is started from did not drop well: {reason}"),
        process = label,
        reason = reason,
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

/// So often may one span be entered within itself.
#[cfg(feature = "tracing")]
const MAX_REENTERED: usize = 32;

/// The `tracing` spans that the calling thread has entered, taken off it while its code waits: other processes have
/// their turns on the thread meanwhile.
#[derive(Clone, Default)]
pub(crate) struct Spans {
    #[cfg(feature = "tracing")]
    entered: Vec<tracing::Span>,
}

impl Spans {
    /// Leaves all of them, the innermost first.
    pub(crate) fn leave() -> Self {
        #[cfg(feature = "tracing")]
        if is_heard() {
            let mut entered: Vec<tracing::Span> = Vec::new();
            let mut same = 0;
            loop {
                let span = tracing::Span::current();
                // One that was entered twice is named twice. A subscriber that does not notice an exit would name it for
                // ever.
                same = if entered.last().map(tracing::Span::id) == Some(span.id()) { same + 1 } else { 0 };
                let mut left = None;
                if same <= MAX_REENTERED {
                    contain(|| left = span.with_subscriber(|(id, subscriber)| subscriber.exit(id)));
                }
                if left.is_none() {
                    return Self { entered };
                }
                entered.push(span);
            }
        }
        Self::default()
    }

    /// All of them, which stay entered.
    pub(crate) fn entered() -> Self {
        let spans = Self::leave();
        spans.clone().enter();
        spans
    }

    /// Enters them again, the outermost first.
    pub(crate) fn enter(self) {
        #[cfg(feature = "tracing")]
        for span in self.entered.iter().rev() {
            contain(|| _ = span.with_subscriber(|(id, subscriber)| subscriber.enter(id)));
        }
    }
}

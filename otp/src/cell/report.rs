//! What processes report: crashes, long turns, lost threads, what nobody gets.

use std::{fmt, time::Duration};

use super::{AnyProcess, ExitReason, Panic, Remains, aside, current, header::Header};
use crate::{
    guard::contain,
    report::{Said, event, is_heard, or_nothing},
};

/// Whether a process that ends for this reason has failed, which is reported.
pub(crate) fn is_failure(reason: &ExitReason) -> bool {
    !reason.is_clean() && !matches!(reason, ExitReason::Killed | ExitReason::Kill)
}

/// A process that ended in another way than it should, with what its end has taken from it.
pub(crate) struct CrashReport {
    pub(crate) process: AnyProcess,
    pub(crate) reason: ExitReason,
    pub(crate) remains: Remains,
    /// Whether people are to hear of it.
    pub(crate) is_reported: bool,
}

/// A process ended in another way than it should. That of one that was declared dead is for the watchdog to say, which
/// does not wait until it is heard.
pub(crate) fn crashed(crash: CrashReport) {
    if crash.process.header().life.is_lost() {
        return aside::run(move || say_crashed(&crash));
    }
    say_crashed(&crash);
}

fn say_crashed(crash: &CrashReport) {
    let CrashReport { process, reason, remains, .. } = crash;
    let (name, label) = (remains.name.as_deref(), remains.label.as_deref());
    let header = process.header();
    let parent = header.parent();
    let neighbours: Vec<String> = remains.neighbours.iter().map(ToString::to_string).collect();
    let backtrace = reason.as_panic().and_then(|panic| panic.backtrace.as_deref());
    let text = Said(|f: &mut fmt::Formatter<'_>| {
        write!(f, "process {} ({}) ended: {reason}", header.pid, name.or(label).unwrap_or(header.program.label))?;
        backtrace.map_or(Ok(()), |backtrace| write!(f, "\n{backtrace}"))
    });
    event!(
        error,
        text,
        report = "crash",
        pid = header.pid,
        process = header.program.label,
        registered_name = name.unwrap_or_default(),
        label = label.unwrap_or_default(),
        last_message = header.handler.name().unwrap_or_default(),
        parent = or_nothing(parent.as_ref().map(|parent| parent as _)),
        ancestors = format_args!("{:?}", remains.ancestors),
        message_queue_len = remains.message_queue_len,
        messages = format_args!("{:?}", remains.messages),
        dictionary = format_args!("{:?}", remains.dictionary),
        trap_exit = remains.trap_exit,
        links = format_args!("{:?}", remains.links),
        neighbours = neighbours.join(", "),
        reason = reason,
    );
}

/// A line of a trace that somebody has switched on; without a subscriber it goes to standard error.
pub(crate) fn trace(process: &Header, line: &str) {
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

/// What people call a process: by its label, or by what runs in it.
fn called(process: &AnyProcess) -> String {
    let header = process.header();
    header.label().map_or_else(|| header.program.label.to_owned(), |label| label.as_ref().to_owned())
}

/// A process holds its core for long. The watchdog says so, and does not wait until it is heard.
pub(crate) fn long_turn(process: &AnyProcess, running: Duration) {
    let (pid, label, called) = (process.pid(), process.header().program.label, called(process));
    let message = process.header().handler.name().unwrap_or("its code");
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
    let (pid, label, called) = (process.pid(), process.header().program.label, called(process));
    let message = process.header().handler.name().unwrap_or("its code");
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
    let header = process.header();
    let message = header.handler.name().unwrap_or("its code");
    event!(
        error,
        format_args!(
            "process {} ({}) waits in `{message}` and has left the thread-local `{local}` changed: others see it meanwhile",
            header.pid,
            called(process)
        ),
        report = "local_changed",
        pid = header.pid,
        process = header.program.label,
        message = message,
        local = local,
    );
}

/// A process could not go on, since another one holds its thread. The watchdog says so, and does not wait until it is
/// heard.
pub(crate) fn stranded(process: &AnyProcess) {
    let (pid, label, called) = (process.pid(), process.header().program.label, called(process));
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

/// A name was used that nobody has.
pub(crate) fn sent_to_nobody(what: &str, name: &dyn fmt::Display) {
    let from = current::try_with(|me| me.pid());
    let text = Said(|f: &mut fmt::Formatter<'_>| {
        write!(f, "{what} was sent to `{name}`, a name that nobody has")?;
        from.map_or(Ok(()), |from| write!(f, ", by {from}"))
    });
    let from = or_nothing(from.as_ref().map(|from| from as _));
    event!(warn, text, report = "sent_to_nobody", registered_name = name, from = from);
}

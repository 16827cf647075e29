//! What servers report: their failures, and messages that they do not handle.

use std::fmt;

use super::{Info, ServerTermination, shown};
use crate::{
    cell::{AnyProcess, Dropped, current},
    report::{Said, event, or_nothing, wants_errors},
};

/// A server has failed; said before it ends, while its state is there. `ended` is asked only when somebody hears it.
pub(crate) fn server_terminating<'a>(process: &AnyProcess, ended: impl FnOnce() -> ServerTermination<'a>) {
    if !wants_errors() {
        return;
    }
    let header = process.header();
    let (name, label) = (header.name(), header.label());
    let ServerTermination { texts, client, reason } = ended();
    let state = shown(texts.state.as_deref(), texts.unshown.as_deref());
    let message = texts.message.unwrap_or_default();
    let reason = texts.reason.unwrap_or_else(|| reason.to_string());
    let client = client.map(|client| client.to_string()).unwrap_or_default();
    let text = Said(|f: &mut fmt::Formatter<'_>| {
        let who: &dyn fmt::Display = name.as_ref().map_or(&header.pid, |name| name);
        write!(f, "server {who} ({}) is terminating", header.program.label)?;
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
        pid = header.pid,
        process = header.program.label,
        registered_name = or_nothing(name.as_ref().map(|name| name as _)),
        label = or_nothing(label.as_ref().map(|label| label as _)),
        last_message = message,
        state = state,
        client = client,
        reason = reason,
    );
}

/// An actor received something that it does not handle.
pub(crate) fn unexpected(actor: &'static str, info: &Info) {
    let pid = current::try_with(|me| me.pid());
    let text = Said(|f: &mut fmt::Formatter<'_>| {
        write!(f, "undefined handle_info in {actor}")?;
        pid.map_or(Ok(()), |pid| write!(f, " {pid}"))?;
        write!(f, ": unhandled message {info:?}")
    });
    let pid = or_nothing(pid.as_ref().map(|pid| pid as _));
    event!(warn, text, report = "unhandled_info", process = actor, pid = pid, unhandled = format_args!("{info:?}"),);
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

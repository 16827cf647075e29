//! The calls of a process that have failed, for the reason of its exit: an error says why a call has failed, and the
//! reason that is made of it says in addition whom was asked, for what, and how long.
//!
//! An error that users match and compare has no room for that. So each process keeps the last few calls that have
//! failed in it, and the reason finds its own: by the kind of the error that it is made of, or, when that was unwrapped,
//! by the text of the panic.

use std::{
    collections::VecDeque,
    error::Error,
    fmt::{self, Write},
    iter, mem,
    time::Duration,
};

use super::{Pid, current, header::Header, term::CAUSES};
use crate::guard::contain;

/// So many failed calls a process keeps.
const KEPT: usize = 4;

/// A call that has failed, and whose error was made the reason of an exit: what `GenServer` adds to such a reason,
/// `{GenServer, :call, [server, request, timeout]}`.
///
/// [`ExitReason::failed_call`](crate::ExitReason::failed_call) gives it, and has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedCall {
    /// The process that was asked; `None` when there was nobody.
    pub pid: Option<Pid>,
    /// What the caller called it, a name or a place in a tree; else its registered name or its label, if it has one.
    pub name: Option<String>,
    /// What runs in it: the name of its type.
    pub initial_call: &'static str,
    /// What was asked for: the name of the message.
    pub message: &'static str,
    /// How long the caller would wait; `None` for as long as it takes.
    pub timeout: Option<Duration>,
}

impl FailedCall {
    /// One of a process.
    pub(crate) fn of_process(callee: &Header, message: &'static str, timeout: Option<Duration>) -> Self {
        let name = callee.name().or_else(|| callee.label());
        Self {
            pid: Some(callee.pid),
            name: name.as_deref().map(str::to_owned),
            initial_call: callee.program.label,
            message,
            timeout,
        }
    }

    /// Keeps it for the process that runs, which is about to be told of it by `error`.
    #[cold]
    pub(crate) fn keep<E: Error + 'static>(self, error: &E) {
        let kind = mem::discriminant(error);
        let is_of = move |error: &(dyn Error + 'static)| {
            error.downcast_ref().is_some_and(|error: &E| mem::discriminant(error) == kind)
        };
        let mut shown = DebugPrefix::default();
        shown.is_cut = write!(shown, "{error:?}").is_err();
        let kept = KeptCall { call: self, is_of: Box::new(is_of), shown };
        current::try_with(|me| me.own().keep_failed_call(kept));
    }
}

/// Makes another error of that of a call, which tells of the same call.
#[cold]
pub(crate) fn wrap<E: Error + 'static, W: Error + 'static>(error: E, wrapper: impl FnOnce(E) -> W) -> W {
    let call = find(&error);
    let wrapped = wrapper(error);
    if let Some(call) = call {
        call.keep(&wrapped);
    }
    wrapped
}

/// The last call of the process that runs that has failed with this error, or with one that it comes from.
pub(super) fn find(error: &(dyn Error + 'static)) -> Option<FailedCall> {
    let mut call = None;
    current::try_with(|me| {
        let mut causes = iter::successors(Some(error), |cause| (*cause).source()).take(CAUSES);
        // What its `source` does is the user's.
        contain(|| call = causes.find_map(|cause| me.own().failed_call(cause)));
    });
    call
}

/// The last call of the process that runs whose error this message of a panic shows.
pub(super) fn find_unwrapped(message: &str) -> Option<FailedCall> {
    current::try_with(|me| me.own().unwrapped_call(message)).flatten()
}

impl fmt::Display for FailedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of {}", self.message, self.initial_call)?;
        if let Some(name) = &self.name {
            write!(f, " `{name}`")?;
        }
        if let Some(pid) = self.pid {
            write!(f, " {pid}")?;
        }
        match self.timeout {
            Some(timeout) => write!(f, ", timeout {timeout:?}"),
            None => f.write_str(", no timeout"),
        }
    }
}

/// Whether an error is one of a kind.
type IsOf = dyn Fn(&(dyn Error + 'static)) -> bool + Send;

/// A failed call, and which errors tell of it.
pub(super) struct KeptCall {
    call: FailedCall,
    is_of: Box<IsOf>,
    /// How such an error is shown by `unwrap`.
    shown: DebugPrefix,
}

/// The first characters of a text.
#[derive(Default)]
struct DebugPrefix {
    text: String,
    /// Whether there are more.
    is_cut: bool,
}

impl DebugPrefix {
    const LEN: usize = 24;

    /// Whether a panic's message ends with the text, as those of `unwrap` and `expect` do.
    fn is_shown_by(&self, message: &str) -> bool {
        let Some(at) = message.rfind(&self.text) else { return false };
        message[..at].ends_with(": ") && (self.is_cut || message.len() == at + self.text.len())
    }
}

impl Write for DebugPrefix {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = Self::LEN - self.text.len();
        let fits = (0..=room.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        self.text.push_str(&text[..fits]);
        if fits == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// The last calls of a process that have failed, the oldest first.
#[derive(Default)]
pub(super) struct FailedCalls(VecDeque<KeptCall>);

impl FailedCalls {
    /// Keeps one more; gives back the one that has no room any more.
    pub(super) fn keep(&mut self, call: KeptCall) -> Option<KeptCall> {
        let oldest = if self.0.len() == KEPT { self.0.pop_front() } else { None };
        self.0.push_back(call);
        oldest
    }

    /// The last one whose error this panic's message shows.
    pub(super) fn find_unwrapped(&self, message: &str) -> Option<FailedCall> {
        self.0.iter().rev().find(|kept| kept.shown.is_shown_by(message)).map(|kept| kept.call.clone())
    }

    /// The last one that this error tells of.
    pub(super) fn find(&self, error: &(dyn Error + 'static)) -> Option<FailedCall> {
        self.0.iter().rev().find(|kept| (kept.is_of)(error)).map(|kept| kept.call.clone())
    }
}

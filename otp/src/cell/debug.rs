//! What is switched on to look into a running process: OTP's debug options of `sys`.
//!
//! A process has a [`Debug`] only while something is switched on; a flag beside its others says so. Only the process
//! itself touches it.

use std::{
    borrow::Cow,
    collections::VecDeque,
    fmt,
    fs::File,
    io::Write,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::Duration,
};

use super::{Pid, header::Header, panic, report};
use crate::{guard, time::Moment};

/// How a message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageKind {
    /// Its sender waits for an answer.
    Call {
        /// The sender; `None` when it is no process.
        from: Option<Pid>,
    },
    /// It has no answer.
    Cast,
    /// It came by itself: a timer, a `Down`, an exit signal.
    Info,
    /// The server had it handled before all others.
    Continue,
}

/// Something that a server did, as [`sys`](crate::sys) sees it. OTP's `system_event`.
///
/// Printed it reads as OTP's traces do: `got call add from <0.1.2>`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It is about to handle a message.
    In {
        /// How the message was sent.
        kind: MessageKind,
        /// What reports call the message.
        message: Cow<'static, str>,
    },
    /// It has answered a call.
    Out {
        /// What reports call the message that it handled.
        message: Cow<'static, str>,
        /// Who called; `None` when it is no process.
        to: Option<Pid>,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In { kind: MessageKind::Call { from: Some(from) }, message } => {
                write!(f, "got call {message} from {from}")
            }
            Self::In { kind: MessageKind::Call { from: None }, message } => write!(f, "got call {message}"),
            Self::In { kind: MessageKind::Cast, message } => write!(f, "got cast {message}"),
            Self::In { kind: MessageKind::Info, message } => write!(f, "got info {message}"),
            Self::In { kind: MessageKind::Continue, message } => write!(f, "got continue {message}"),
            Self::Out { message, to: Some(to) } => write!(f, "sent the answer of {message} to {to}"),
            Self::Out { message, to: None } => write!(f, "sent the answer of {message}"),
        }
    }
}

/// What a server has done since its statistics were switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// When they were switched on, as time since the start of its node.
    pub start_time: Duration,
    /// When they were asked for, on the same clock.
    pub current_time: Duration,
    /// The messages that it began to handle.
    pub messages_in: u64,
    /// The calls that it answered.
    pub messages_out: u64,
}

/// What is told of each event; `Break` when it wants to hear no more.
pub(crate) type Listener = Box<dyn FnMut(&Event) -> ControlFlow<()> + Send>;

/// What is switched on.
#[derive(Default)]
pub(crate) struct Debug {
    /// It handles no messages until it is resumed.
    pub(crate) suspended: bool,
    /// So many items of its mail were seen to be none that a suspended process acts on.
    pub(super) seen: usize,
    pub(crate) statistics: Option<Counts>,
    pub(crate) log: Option<Log>,
    pub(crate) trace: bool,
    pub(crate) file: Option<File>,
    pub(crate) installed: Vec<(String, Listener)>,
}

pub(crate) struct Counts {
    since: Moment,
    messages_in: u64,
    messages_out: u64,
}

impl Counts {
    pub(crate) fn new(now: Moment) -> Self {
        Self { since: now, messages_in: 0, messages_out: 0 }
    }

    pub(crate) fn at(&self, now: Moment) -> Statistics {
        Statistics {
            start_time: self.since.saturating_duration_since(Moment::START),
            current_time: now.saturating_duration_since(Moment::START),
            messages_in: self.messages_in,
            messages_out: self.messages_out,
        }
    }
}

/// The last events, up to a number of them.
#[derive(Default)]
pub(crate) struct Log {
    events: VecDeque<Event>,
    limit: usize,
}

impl Log {
    /// Keeps so many from now on, and of those before the last ones.
    pub(crate) fn resize(&mut self, limit: usize) {
        self.limit = limit;
        self.events.drain(..self.events.len().saturating_sub(limit));
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    fn push(&mut self, event: Event) {
        self.events.push_back(event);
        self.resize(self.limit);
    }
}

impl Debug {
    /// Whether anything is switched on.
    pub(super) fn is_on(&self) -> bool {
        self.suspended || self.listens()
    }

    pub(super) fn listens(&self) -> bool {
        let Self { suspended: _, seen: _, statistics, log, trace, file, installed } = self;
        statistics.is_some() || log.is_some() || *trace || file.is_some() || !installed.is_empty()
    }

    /// Switches off all that listens.
    pub(crate) fn clear(&mut self) {
        *self = Self { suspended: self.suspended, ..Self::default() };
    }

    /// Tells all that listen of an event.
    pub(crate) fn tell(&mut self, process: &Header, event: Event) {
        if let Some(counts) = &mut self.statistics {
            match event {
                Event::In { .. } => counts.messages_in += 1,
                Event::Out { .. } => counts.messages_out += 1,
            }
        }
        if self.trace || self.file.is_some() {
            let line = line(process, &event);
            if self.trace {
                report::trace(process, &line);
            }
            // What can't be written is not written to again.
            self.file.take_if(|file| writeln!(file, "{line}").is_err());
        }
        self.installed.retain_mut(|(_, listener)| listens_on(listener, &event));
        if let Some(log) = &mut self.log {
            log.push(event);
        }
    }
}

/// What a trace says of an event: `*DBG* printer got call add from <0.1.2>`.
fn line(process: &Header, event: &Event) -> String {
    match process.name() {
        Some(name) => format!("*DBG* {name} {event}"),
        None => format!("*DBG* {} {event}", process.pid),
    }
}

/// Tells one listener; false when it wants to hear no more, or has panicked.
fn listens_on(listener: &mut Listener, event: &Event) -> bool {
    match catch_unwind(AssertUnwindSafe(|| listener(event))) {
        Ok(ControlFlow::Continue(())) => true,
        Ok(ControlFlow::Break(())) => false,
        Err(payload) if panic::is_fatal(&*payload) => resume_unwind(payload),
        Err(payload) => {
            guard::discard(payload);
            false
        }
    }
}

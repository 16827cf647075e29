//! What travels to a process.
//!
//! Messages and signals share one queue, so that two of them from one sender are never reordered.

use std::{any::Any, sync::Arc};

use super::{AnyMessage, Down, Dropped, Exit, ExitReason, MonitorRef, Pid};

/// One entry of an inbox.
pub(crate) enum Item<M> {
    Message(M),
    /// A message that is made when it is delivered, unless it was cancelled before.
    Timed(Arc<dyn Timed<M>>),
    Signal(Box<Signal>),
}

impl<M> Item<M> {
    /// Whether the receiver has to act on it.
    pub(super) fn acts(&self) -> bool {
        matches!(self, Self::Signal(signal) if signal.acts())
    }

    /// Whether it is a request of `sys`.
    pub(super) fn is_system(&self) -> bool {
        matches!(self, Self::Signal(signal) if matches!(**signal, Signal::System(_)))
    }

    /// Whether it asks the process itself for something, rather than its code: to terminate, to show its state.
    pub(super) fn is_request(&self) -> bool {
        matches!(self, Self::Signal(signal) if matches!(**signal, Signal::Terminate(_) | Signal::System(_)))
    }

    /// Whether a suspended child of `parent` acts on it.
    pub(super) fn is_urgent(&self, parent: Option<Pid>) -> bool {
        matches!(self, Self::Signal(signal) if signal.is_urgent(parent))
    }
}

/// A message on its way from a timer: cancelling holds until the moment of delivery.
pub(crate) trait Timed<M>: Send + Sync {
    /// The message, unless the timer was cancelled. Runs in the process that receives it.
    fn deliver(self: Arc<Self>) -> Option<M>;

    /// Whether the message goes before others, as far as that is known before it is made.
    fn is_urgent(&self) -> bool {
        false
    }
}

/// The tag of a message that was sent to a pid; no subject has it.
pub(crate) const RAW: u64 = 0;

/// What is not a message of the receiver's own type.
pub(crate) enum Signal {
    Exit {
        from: Pid,
        reason: ExitReason,
        link: bool,
    },
    Link {
        from: Pid,
    },
    Unlink {
        from: Pid,
        number: u64,
    },
    UnlinkAck {
        from: Pid,
        number: u64,
    },
    Monitor {
        monitor: MonitorRef,
    },
    Demonitor {
        monitor: MonitorRef,
    },
    Down(Down),
    /// An exit signal that was trapped; only the receiver itself makes it.
    Trapped(Exit),
    /// A message for a subject, or, with the tag [`RAW`], for the process as such.
    Foreign {
        tag: u64,
        payload: Box<dyn AnyMessage>,
    },
    /// What its full mailbox has dropped; only the receiver itself makes it.
    Dropped(Dropped),
    /// It has to end, whatever it traps.
    Fatal(ExitReason),
    /// A request to terminate with a reason, in turn with the messages.
    Terminate(ExitReason),
    /// A request of `sys`, in turn with the messages; a server knows what it is.
    System(Box<dyn Any + Send>),
    /// A question about the process, which it answers between two messages.
    Ask(Box<dyn Ask>),
}

// It is boxed once for each that is sent.
const _: () = assert!(size_of::<Signal>() <= 64);

/// A question that a process answers about itself, behind all that the asker sent before.
pub(crate) trait Ask: Send {
    fn answer(self: Box<Self>, process: &super::Running);
}

impl Signal {
    /// Whether it is a message with this tag.
    #[inline]
    pub(crate) fn is_for(&self, tag: u64) -> bool {
        matches!(self, Self::Foreign { tag: own, .. } if *own == tag)
    }

    /// Whether the receiver has to act on it; else it waits among the messages.
    pub(crate) fn acts(&self) -> bool {
        !matches!(
            self,
            Self::Trapped(_) | Self::Foreign { .. } | Self::Dropped(_) | Self::Terminate(_) | Self::System(_)
        )
    }

    /// Whether nothing comes of it before the receiver ends, so that it can wait until that runs for another reason.
    pub(super) fn is_only_noted(&self) -> bool {
        matches!(self, Self::Monitor { .. } | Self::Demonitor { .. })
    }

    /// Whether a suspended child of `parent` acts on it.
    pub(super) fn is_urgent(&self, parent: Option<Pid>) -> bool {
        match self {
            Self::System(_) | Self::Terminate(_) => true,
            Self::Trapped(exit) => Some(exit.from) == parent,
            _ => false,
        }
    }
}

//! Why a process has to end: an exit signal, its own will, a panic.

use std::{any::Any, sync::Arc};

use super::{Header, Home, links::LinkEnd};
use crate::cell::{ExitReason, Pid, Running, panic, served};

/// What an exit signal does to its receiver.
#[derive(Debug, PartialEq)]
pub(crate) enum ExitAction {
    Drop,
    Deliver,
    Die(ExitReason),
}

/// The decision table of exit signals.
pub(crate) fn decide(own: Pid, from: Pid, reason: &ExitReason, link: Option<bool>, trapping: bool) -> ExitAction {
    match (link, reason) {
        (Some(false), _) => ExitAction::Drop,
        (None, ExitReason::Kill) => ExitAction::Die(ExitReason::Killed),
        _ if trapping => ExitAction::Deliver,
        (_, ExitReason::Normal) if from != own => ExitAction::Drop,
        _ => ExitAction::Die(reason.clone()),
    }
}

impl Header {
    /// What an exit signal is by now: whether its link is active, if it came by one, and why it was sent.
    pub(crate) fn hear_exit(&self, from: Pid, reason: ExitReason, link: bool) -> (Option<bool>, ExitReason) {
        let ended = link.then(|| self.relate(|relations| relations.links.ended(from)).flatten());
        let reason = if ended == Some(Some(LinkEnd::Before)) { ExitReason::NoProc } else { reason };
        (ended.map(|ended| ended.is_some()), reason)
    }

    /// Whether an exit signal has come that ends it: who sends to it now finds it gone. A thread may go on.
    pub(crate) fn is_past_its_end(&self, me: &Running) -> bool {
        matches!(self.home, Home::Core) && self.own(me).fatal().is_some()
    }

    /// Unwinds the running code if the process has to end: acts on the signals that wait.
    #[inline]
    pub(crate) fn must_end(&self, me: &Running) -> bool {
        if self.life.is_signalled() {
            me.process().take_arrivals(me);
        }
        self.life.is_lost() || self.own(me).fatal().is_some()
    }

    /// Ends the running code where it is.
    pub(crate) fn unwind(&self, me: &Running) -> ! {
        match self.home {
            Home::Core => panic::unwind(None),
            Home::Thread(_) | Home::Driver => {
                let reason = self.own(me).take_fatal().unwrap_or(ExitReason::Killed);
                self.has_acted(me);
                panic!("this thread received an exit signal: {reason}");
            }
        }
    }

    /// Ends the running code by its own will.
    pub(crate) fn exit_self(&self, reason: ExitReason) -> ! {
        match self.home {
            Home::Core => panic::unwind(Some(reason)),
            Home::Thread(_) if served::node().is_some() => panic::unwind(Some(reason)),
            Home::Thread(_) | Home::Driver => panic!("this thread called for its own exit: {reason}"),
        }
    }

    /// Why it has to end at once, if it has to: a failure that it was ending with already comes first.
    #[inline]
    pub(in crate::cell) fn fatal_end(&self, me: &Running) -> Option<ExitReason> {
        let fatal = self.own(me).fatal()?;
        Some(match self.own(me).failure() {
            Some(failure) => failure.then(fatal),
            None => fatal,
        })
    }

    /// The reason that a panic of its code stands for.
    pub(crate) fn panicked(&self, me: &Running, payload: &(dyn Any + Send)) -> ExitReason {
        self.panicked_in(me, self.handler.name(), payload)
    }

    pub(super) fn panicked_in(
        &self,
        me: &Running,
        handler: Option<&'static str>,
        payload: &(dyn Any + Send),
    ) -> ExitReason {
        match panic::understand(payload) {
            Ok(reason) => reason.or_else(|| self.own(me).fatal()).unwrap_or(ExitReason::Killed),
            Err(mut panic) => {
                panic.handler = handler;
                ExitReason::Panic(Arc::new(panic))
            }
        }
    }

    /// Whether it is an OS thread that was sent a kill signal, of which nobody can say when it comes back.
    pub(crate) fn is_doomed_thread(&self) -> bool {
        !matches!(self.home, Home::Core) && self.life.is_doomed()
    }

    /// Says that all that waited was acted on.
    pub(in crate::cell) fn has_acted(&self, me: &Running) {
        if self.own(me).fatal().is_none() {
            self.life.has_acted();
        }
    }
}

//! Where the messages of a subject go.

use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::SendError;
use crate::cell::{AnyMessage, AnyProcess, Pid, RegName, current, header::Channel, node::NodeInner, signal::Signal};

/// A process, and the mark of what goes there.
pub(crate) struct Route {
    pub(super) to: To,
    pub(super) tag: u64,
    /// Its owner receives no longer.
    closed: AtomicBool,
}

pub(super) enum To {
    Process(Pid),
    /// Whoever has the name when something is sent.
    Name(Arc<str>),
    /// Whoever is there when something is sent.
    AnyAddress(Arc<dyn AnyAddress>),
}

/// A place that processes may hold one after another, known on a floor above.
pub(crate) trait AnyAddress: Any + Send + Sync {
    fn holder(&self) -> Option<AnyProcess>;
    fn pid(&self) -> Option<Pid>;
    /// The process that holds it for good, if it is such a place.
    fn process(&self) -> Option<Pid>;
    /// Whether to look for the holder runs code of the user's.
    fn asks(&self) -> bool;
    /// The name that it goes by, if it does.
    fn name(&self) -> Option<&RegName>;
    /// A message of a process of the node found nobody there.
    fn missed(&self, node: &NodeInner);
    fn as_any(&self) -> &dyn Any;
    fn is_same(&self, other: &dyn AnyAddress) -> bool;
}

impl PartialEq for To {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Process(a), Self::Process(b)) => a == b,
            (Self::Name(a), Self::Name(b)) => a == b,
            (Self::AnyAddress(a), Self::AnyAddress(b)) => a.is_same(&**b),
            _ => false,
        }
    }
}

/// What was not delivered.
type Undelivered = Box<dyn AnyMessage>;

/// A message to be sent at another time, by one who does not know its type, and may be no process.
pub(crate) enum Letter {
    Direct(Arc<Route>, Undelivered),
    Nobody,
}

impl Letter {
    /// Whether [`receiver`](Letter::receiver) runs code of the user's.
    pub(in crate::process) fn asks(&self) -> bool {
        matches!(self, Self::Direct(route, _) if matches!(&route.to, To::AnyAddress(place) if place.asks()))
    }

    /// Who gets it now, where that has to be found out.
    pub(in crate::process) fn receiver(&self, node: &NodeInner) -> Option<AnyProcess> {
        match self {
            Self::Direct(route, _) => route.find(node),
            Self::Nobody => None,
        }
    }

    /// Gives it to its receiver. Nothing of the user's runs in it.
    ///
    /// # Errors
    /// The message, if there is nobody who takes it.
    pub(in crate::process) fn post(self, node: &NodeInner, receiver: Option<&AnyProcess>) -> Result<(), Undelivered> {
        match self {
            Self::Direct(route, payload) => route.deliver(receiver, payload).map_err(|error| {
                route.missed(node);
                error.into_message()
            }),
            Self::Nobody => Ok(()),
        }
    }
}

impl Route {
    pub(super) fn new(to: To, tag: u64) -> Self {
        Self { to, tag, closed: AtomicBool::new(false) }
    }

    /// Sends to the process, or says why not.
    pub(super) fn send(&self, payload: Box<dyn AnyMessage>) -> Result<(), SendError<Box<dyn AnyMessage>>> {
        let receiver = if self.closed.load(Relaxed) { None } else { current::with(|me| self.find(&me.header().node)) };
        self.deliver(receiver.as_ref(), payload)
    }

    fn deliver(
        &self,
        receiver: Option<&AnyProcess>,
        payload: Box<dyn AnyMessage>,
    ) -> Result<(), SendError<Box<dyn AnyMessage>>> {
        if self.closed.load(Relaxed) {
            return Err(SendError::Closed(payload));
        }
        // What a process does that was declared dead has no effect.
        if current::is_lost() {
            return Ok(());
        }
        let Some(process) = receiver else { return Err(SendError::NoProc(payload)) };
        process.signal(Signal::Foreign { tag: self.tag, payload }).map_err(|signal| match signal {
            Signal::Foreign { payload, .. } => SendError::NoProc(payload),
            _ => unreachable!("what comes back is what was sent"),
        })
    }

    /// A message was sent and found nobody there, which is said of a name.
    #[cold]
    pub(super) fn lost(&self) {
        let what = "a message";
        current::with(|me| match &self.to {
            To::Process(_) => {}
            To::Name(name) => me.header().node.nobody.say(what, &**name),
            To::AnyAddress(place) => match place.name() {
                Some(name) => me.header().node.nobody.say(what, name),
                None => place.missed(&me.header().node),
            },
        });
    }

    /// A message for which it was time found nobody there.
    fn missed(&self, node: &NodeInner) {
        match &self.to {
            To::Process(_) => {}
            To::Name(_) => node.nobody.count(),
            To::AnyAddress(place) => place.missed(node),
        }
    }

    pub(super) fn refusal(&self) -> Option<SendError<()>> {
        if self.closed.load(Relaxed) {
            return Some(SendError::Closed(()));
        }
        let found = current::with(|me| self.find(&me.header().node));
        found.is_none_or(|process| process.header().life.is_ending()).then_some(SendError::NoProc(()))
    }

    fn find(&self, node: &NodeInner) -> Option<AnyProcess> {
        match &self.to {
            To::Process(pid) => node.find(*pid),
            To::Name(name) => node.names.get(name),
            To::AnyAddress(place) => place.holder(),
        }
    }

    pub(super) fn close(&self) {
        current::with(|me| {
            let own = matches!(self.to, To::Process(owner) if owner == me.pid());
            assert!(own, "a subject is closed by the process that made it");
            if !self.closed.swap(true, Relaxed) {
                // One who looked at the flag too early finds a channel that takes nothing.
                me.process().open_channel(me, self.tag, Channel::Closed);
            }
        });
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        if let To::Process(owner) = self.to
            && self.closed.load(Relaxed)
        {
            // Nobody can send any more.
            let channel = NodeInner::find_anywhere(owner).and_then(|owner| owner.header().remove_closed(self.tag));
            drop(channel);
        }
    }
}

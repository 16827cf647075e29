//! Where the messages of a client go.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use super::{
    Actor, CallError, Place, Sent,
    left::{LeftCall, Patience, Taker},
    named::place_of,
};
use crate::{
    cell::{
        AnyProcess, FailedCall, NodeInner, Pid, RegName, current,
        header::{Gone, PendingCall},
        lanes::Weight,
        typed::Cell,
    },
    guard::contain,
    scheduler::TaskRef,
};

/// One process, or a place or a name that processes hold one after another.
pub struct Address<A: Actor>(AddressKind<A>);

enum AddressKind<A: Actor> {
    Process(TaskRef<Cell<A::Message>>),
    Place(Place),
    /// A place, for a sender that waits until somebody holds it.
    Patient(Place),
    Name(RegName),
    /// A name, for a sender that waits at the place that it stands for.
    PatientName(RegName),
}

impl<A: Actor> Address<A> {
    pub(crate) fn process(process: TaskRef<Cell<A::Message>>) -> Self {
        Self(AddressKind::Process(process))
    }

    pub(crate) fn place(place: Place) -> Self {
        Self(AddressKind::Place(place))
    }

    pub(crate) fn name(name: RegName) -> Self {
        Self(AddressKind::Name(name))
    }

    /// The process that a message would reach now.
    #[inline]
    pub(crate) fn resolve(&self) -> Option<TaskRef<Cell<A::Message>>> {
        match &self.0 {
            AddressKind::Process(process) => Some(process.clone()),
            AddressKind::Place(place) => place.reachable().as_ref().and_then(AnyProcess::typed).cloned(),
            AddressKind::Patient(place) => place.present().as_ref().and_then(AnyProcess::typed).cloned(),
            AddressKind::Name(name) => name.process().as_ref().and_then(AnyProcess::typed).cloned(),
            AddressKind::PatientName(name) => {
                // One that is about to take its place has what waits there to come to first.
                let process = place_of(name).map_or_else(|| name.process(), |place| place.present());
                process.as_ref().and_then(AnyProcess::typed).cloned()
            }
        }
    }

    /// The same, for a sender that waits until somebody holds the place, if it is one or a name stands for it.
    pub(super) fn patient(&self) -> Self {
        match self.clone().0 {
            AddressKind::Place(place) => Self(AddressKind::Patient(place)),
            AddressKind::Name(name) => Self(AddressKind::PatientName(name)),
            kind => Self(kind),
        }
    }

    /// Leaves the request of a call that found nobody, or one that has ended, for whoever comes. Gives a process that
    /// has held the place, and who will have taken the request.
    ///
    /// # Errors
    /// [`CallError::NoProc`] when nobody is to come, or the sender does not wait.
    #[cold]
    pub(super) fn leave(
        &self,
        message: A::Message,
        call: Arc<dyn PendingCall>,
    ) -> Result<(AnyProcess, Taker), CallError> {
        let (place, patience) = self.waits_at().ok_or(CallError::NoProc)?;
        let (call, taker) = LeftCall::new(call);
        let before = place.leave(message, Some(call), patience).map_err(|_| CallError::NoProc)?;
        Ok((before, taker))
    }

    /// Whoever has held the place where what finds nobody can be left.
    pub(super) fn awaited(&self) -> Option<AnyProcess> {
        let (place, _) = self.waits_at()?;
        place.awaited(&place.state()).cloned()
    }

    /// Where what finds nobody can be left, and for how long.
    fn waits_at(&self) -> Option<(Place, Patience)> {
        match &self.0 {
            AddressKind::Place(place) => Some((place.clone(), Patience::WhileItFills)),
            AddressKind::Patient(place) => Some((place.clone(), Patience::UntilSomebodyComes)),
            AddressKind::PatientName(name) => Some((place_of(name)?, Patience::UntilSomebodyComes)),
            AddressKind::Process(_) | AddressKind::Name(_) => None,
        }
    }

    pub(crate) fn pid(&self) -> Option<Pid> {
        match &self.0 {
            AddressKind::Process(process) => Some(process.header().pid),
            AddressKind::Place(place) | AddressKind::Patient(place) => place.pid(),
            AddressKind::Name(_) | AddressKind::PatientName(_) => self.resolve().map(|process| process.header().pid),
        }
    }

    /// A call of whom it names that has failed before there was a callee.
    #[cold]
    pub(super) fn failed_call(&self, message: &'static str, timeout: Option<Duration>) -> FailedCall {
        if let AddressKind::Process(process) = &self.0 {
            return FailedCall::of_process(process.header(), message, timeout);
        }
        let mut name = None;
        // How a key is shown is the user's.
        contain(|| {
            name = match &self.0 {
                AddressKind::Process(_) => None,
                AddressKind::Place(place) | AddressKind::Patient(place) => place.id().map(ToString::to_string),
                AddressKind::Name(name) | AddressKind::PatientName(name) => Some(name.to_string()),
            }
        });
        FailedCall { pid: self.pid(), name, initial_call: A::NAME, message, timeout }
    }

    /// The place in a tree that it names.
    pub(crate) fn as_place(&self) -> Option<&Place> {
        match &self.0 {
            AddressKind::Place(place) | AddressKind::Patient(place) => Some(place),
            AddressKind::Process(_) | AddressKind::Name(_) | AddressKind::PatientName(_) => None,
        }
    }

    pub(super) fn is_process(&self) -> bool {
        matches!(self.0, AddressKind::Process(_))
    }

    pub(super) fn as_name(&self) -> Option<&RegName> {
        match &self.0 {
            AddressKind::Name(name) | AddressKind::PatientName(name) => Some(name),
            AddressKind::Process(_) | AddressKind::Place(_) | AddressKind::Patient(_) => None,
        }
    }

    /// A message of a process of the node found nobody here.
    pub(super) fn count_undelivered(&self, node: &NodeInner) {
        match &self.0 {
            AddressKind::Process(_) => {}
            AddressKind::Place(place) | AddressKind::Patient(place) => place.count_undelivered(),
            AddressKind::Name(_) | AddressKind::PatientName(_) => node.nobody.count(),
        }
    }

    /// Sends a message that nobody waits for, unless for room; then at most for `limit`.
    #[inline(always)]
    pub(crate) fn send(&self, message: A::Message, limit: impl FnOnce() -> Option<Duration>) -> Sent {
        let mut message = Some(message);
        if current::is_lost() {
            return Sent::done();
        }
        let AddressKind::Process(process) = &self.0 else { return self.send_to_whom_it_names(&mut message, limit) };
        match Cell::offer(process, &mut message, Weight::Cast) {
            Ok(Some(ticket)) => Sent::in_line(process, ticket, limit()),
            // One that has ended gets no more messages.
            Ok(None) | Err(Gone) => Sent::done(),
        }
    }

    /// As [`send`](Self::send), to whom a place or a name stands for now. What finds nobody is left for who comes, if
    /// the sender waits for that.
    fn send_to_whom_it_names(
        &self,
        message: &mut Option<A::Message>,
        limit: impl FnOnce() -> Option<Duration>,
    ) -> Sent {
        if let Some(process) = self.resolve() {
            match Cell::offer(&process, message, Weight::Cast) {
                Ok(None) => return Sent::done(),
                Ok(Some(ticket)) => return Sent::in_line(&process, ticket, limit()),
                Err(Gone) => {}
            }
        }
        let place = self.waits_at().zip(message.take());
        if place.is_none_or(|((place, patience), unsent)| place.leave(unsent, None, patience).is_err()) {
            current::with(|me| self.count_undelivered(&me.header().node));
        }
        Sent::done()
    }
}

impl<A: Actor> Clone for Address<A> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            AddressKind::Process(process) => AddressKind::Process(process.clone()),
            AddressKind::Place(place) => AddressKind::Place(place.clone()),
            AddressKind::Patient(place) => AddressKind::Patient(place.clone()),
            AddressKind::Name(name) => AddressKind::Name(name.clone()),
            AddressKind::PatientName(name) => AddressKind::PatientName(name.clone()),
        })
    }
}

impl<A: Actor> PartialEq for Address<A> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (AddressKind::Process(a), AddressKind::Process(b)) => a.header().pid == b.header().pid,
            (AddressKind::Place(a) | AddressKind::Patient(a), AddressKind::Place(b) | AddressKind::Patient(b)) => {
                a.is_same(b)
            }
            (
                AddressKind::Name(a) | AddressKind::PatientName(a),
                AddressKind::Name(b) | AddressKind::PatientName(b),
            ) => a == b,
            _ => false,
        }
    }
}

impl<A: Actor> Eq for Address<A> {}

impl<A: Actor> Hash for Address<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            AddressKind::Process(process) => process.header().pid.hash(state),
            AddressKind::Place(place) | AddressKind::Patient(place) => place.address().hash(state),
            AddressKind::Name(name) | AddressKind::PatientName(name) => name.hash(state),
        }
    }
}

impl<A: Actor> fmt::Debug for Address<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            AddressKind::Process(process) => fmt::Display::fmt(&process.header().pid, f),
            AddressKind::Place(place) | AddressKind::Patient(place) => place.fmt(f),
            AddressKind::Name(name) | AddressKind::PatientName(name) => name.fmt(f),
        }
    }
}

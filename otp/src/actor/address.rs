//! Where the messages of a client go.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use super::{
    Actor, CallError, Place, Sent,
    left::{LeftCall, Taker},
    named::place_of,
};
use crate::{
    cell::{
        AnyProcess, NodeInner, Pid, RegName,
        common::{Gone, PendingCall},
        current,
        lanes::Weight,
        typed::Cell,
    },
    scheduler::TaskRef,
};

/// One process, or a place or a name that processes hold one after another.
pub struct Address<A: Actor>(Kind<A>);

enum Kind<A: Actor> {
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
        Self(Kind::Process(process))
    }

    pub(crate) fn place(place: Place) -> Self {
        Self(Kind::Place(place))
    }

    pub(crate) fn name(name: RegName) -> Self {
        Self(Kind::Name(name))
    }

    /// The process that a message would reach now.
    #[inline]
    pub(crate) fn resolve(&self) -> Option<TaskRef<Cell<A::Message>>> {
        match &self.0 {
            Kind::Process(process) => Some(process.clone()),
            Kind::Place(place) => place.holder().as_ref().and_then(AnyProcess::typed).cloned(),
            Kind::Patient(place) => place.present().as_ref().and_then(AnyProcess::typed).cloned(),
            Kind::Name(name) => name.process().as_ref().and_then(AnyProcess::typed).cloned(),
            Kind::PatientName(name) => {
                // One that is about to take its place has what waits there to come to first.
                let process = place_of(name).map_or_else(|| name.process(), |place| place.present());
                process.as_ref().and_then(AnyProcess::typed).cloned()
            }
        }
    }

    /// The same, for a sender that waits until somebody holds the place, if it is one or a name stands for it.
    pub(super) fn patient(&self) -> Self {
        match self.clone().0 {
            Kind::Place(place) => Self(Kind::Patient(place)),
            Kind::Name(name) => Self(Kind::PatientName(name)),
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
        let place = self.waits_at().ok_or(CallError::NoProc)?;
        let (call, taker) = LeftCall::new(call);
        let before = place.leave(message, Some(call)).map_err(|_| CallError::NoProc)?;
        Ok((before, taker))
    }

    /// Whoever has held the place that a patient sender waits for.
    pub(super) fn awaited(&self) -> Option<AnyProcess> {
        let place = self.waits_at()?;
        place.awaited(&place.state()).cloned()
    }

    /// Where a patient sender leaves what finds nobody.
    fn waits_at(&self) -> Option<Place> {
        match &self.0 {
            Kind::Patient(place) => Some(place.clone()),
            Kind::PatientName(name) => place_of(name),
            Kind::Process(_) | Kind::Place(_) | Kind::Name(_) => None,
        }
    }

    pub(crate) fn pid(&self) -> Option<Pid> {
        match &self.0 {
            Kind::Process(process) => Some(process.common().pid),
            Kind::Place(place) | Kind::Patient(place) => place.pid(),
            Kind::Name(_) | Kind::PatientName(_) => self.resolve().map(|process| process.common().pid),
        }
    }

    /// The place in a tree that it names.
    pub(crate) fn as_place(&self) -> Option<&Place> {
        match &self.0 {
            Kind::Place(place) | Kind::Patient(place) => Some(place),
            Kind::Process(_) | Kind::Name(_) | Kind::PatientName(_) => None,
        }
    }

    pub(super) fn is_process(&self) -> bool {
        matches!(self.0, Kind::Process(_))
    }

    pub(super) fn as_name(&self) -> Option<&RegName> {
        match &self.0 {
            Kind::Name(name) | Kind::PatientName(name) => Some(name),
            Kind::Process(_) | Kind::Place(_) | Kind::Patient(_) => None,
        }
    }

    /// A message of a process of the node found nobody here.
    pub(super) fn count_undelivered(&self, node: &NodeInner) {
        match &self.0 {
            Kind::Process(_) => {}
            Kind::Place(place) | Kind::Patient(place) => place.count_undelivered(),
            Kind::Name(_) | Kind::PatientName(_) => node.nobody.count(),
        }
    }

    /// Sends a message that nobody waits for, unless for room; then at most for `limit`.
    #[inline(always)]
    pub(crate) fn send(&self, message: A::Message, limit: impl FnOnce() -> Option<Duration>) -> Sent {
        let mut message = Some(message);
        if current::is_lost() {
            return Sent::done();
        }
        let Kind::Process(process) = &self.0 else { return self.send_to_whom_it_names(&mut message, limit) };
        match Cell::offer(process, &mut message, Weight::Cast) {
            Ok(Some(ticket)) => Sent::in_line(process, ticket, limit()),
            // One that has ended gets no more messages.
            Ok(None) | Err(Gone) => Sent::done(),
        }
    }

    /// As [`send`](Self::send), to whom a place or a name stands for now. What finds nobody is left for who comes, if the
    /// sender waits for that.
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
        if place.is_none_or(|(place, unsent)| place.leave(unsent, None).is_err()) {
            current::with(|me| self.count_undelivered(&me.common().node));
        }
        Sent::done()
    }
}

impl<A: Actor> Clone for Address<A> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Kind::Process(process) => Kind::Process(process.clone()),
            Kind::Place(place) => Kind::Place(place.clone()),
            Kind::Patient(place) => Kind::Patient(place.clone()),
            Kind::Name(name) => Kind::Name(name.clone()),
            Kind::PatientName(name) => Kind::PatientName(name.clone()),
        })
    }
}

impl<A: Actor> PartialEq for Address<A> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Process(a), Kind::Process(b)) => a.common().pid == b.common().pid,
            (Kind::Place(a) | Kind::Patient(a), Kind::Place(b) | Kind::Patient(b)) => a.is_same(b),
            (Kind::Name(a) | Kind::PatientName(a), Kind::Name(b) | Kind::PatientName(b)) => a == b,
            _ => false,
        }
    }
}

impl<A: Actor> Eq for Address<A> {}

impl<A: Actor> Hash for Address<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Kind::Process(process) => process.common().pid.hash(state),
            Kind::Place(place) | Kind::Patient(place) => place.address().hash(state),
            Kind::Name(name) | Kind::PatientName(name) => name.hash(state),
        }
    }
}

impl<A: Actor> fmt::Debug for Address<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Process(process) => fmt::Display::fmt(&process.common().pid, f),
            Kind::Place(place) | Kind::Patient(place) => place.fmt(f),
            Kind::Name(name) | Kind::PatientName(name) => name.fmt(f),
        }
    }
}

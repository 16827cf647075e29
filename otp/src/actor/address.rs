//! Where the messages of a client go.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use super::{Actor, Slot};
use crate::{
    process::{AnyProcess, Pid, cell::Cell, current, signal::Item},
    scheduler::TaskRef,
};

/// One process, or a place that processes hold one after another.
pub struct Address<A: Actor>(Kind<A>);

enum Kind<A: Actor> {
    Process(TaskRef<Cell<A::Message>>),
    Slot(Slot),
}

impl<A: Actor> Address<A> {
    pub(crate) fn process(process: TaskRef<Cell<A::Message>>) -> Self {
        Self(Kind::Process(process))
    }

    pub(crate) fn slot(slot: Slot) -> Self {
        Self(Kind::Slot(slot))
    }

    /// The process that a message would reach now.
    #[inline]
    pub(crate) fn resolve(&self) -> Option<TaskRef<Cell<A::Message>>> {
        match &self.0 {
            Kind::Process(process) => Some(process.clone()),
            Kind::Slot(slot) => slot.holder().as_ref().and_then(AnyProcess::typed).cloned(),
        }
    }

    pub(crate) fn pid(&self) -> Option<Pid> {
        match &self.0 {
            Kind::Process(process) => Some(process.common().pid),
            Kind::Slot(slot) => slot.pid(),
        }
    }

    /// Sends a message that nobody waits for.
    #[inline]
    pub(crate) fn send(&self, message: A::Message) {
        if current::is_lost() {
            return;
        }
        match &self.0 {
            // One that has ended gets no more messages.
            Kind::Process(process) => drop(Cell::push(process, Item::Message(message))),
            Kind::Slot(slot) => {
                let sent = self.resolve().is_some_and(|process| Cell::push(&process, Item::Message(message)).is_ok());
                if !sent {
                    slot.count_undelivered();
                }
            }
        }
    }
}

impl<A: Actor> Clone for Address<A> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Kind::Process(process) => Kind::Process(process.clone()),
            Kind::Slot(slot) => Kind::Slot(slot.clone()),
        })
    }
}

impl<A: Actor> PartialEq for Address<A> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Process(a), Kind::Process(b)) => a.common().pid == b.common().pid,
            (Kind::Slot(a), Kind::Slot(b)) => a.is_same(b),
            _ => false,
        }
    }
}

impl<A: Actor> Eq for Address<A> {}

impl<A: Actor> Hash for Address<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Kind::Process(process) => process.common().pid.hash(state),
            Kind::Slot(slot) => slot.address().hash(state),
        }
    }
}

impl<A: Actor> fmt::Debug for Address<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Process(process) => fmt::Display::fmt(&process.common().pid, f),
            Kind::Slot(slot) => slot.fmt(f),
        }
    }
}

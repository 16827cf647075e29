//! Subjects whose messages servers handle: by their type, or as messages of the server's own.

use std::{any::Any, sync::Arc};

use super::{Actor, ActorRef, Address, Build, Client};
use crate::{
    cell::{AnyProcess, NodeInner, Pid, RegName},
    process::{
        self, SendError, Subject,
        subject::{AnyAddress, Letter, Sink, guarded},
    },
};

/// Says that an actor has a `#[handle_info]` for messages of type `T`. You need not implement it.
///
/// `#[actor]` implements it for the argument of each `#[handle_info]` that has one alone, but for `Down` and `Exit`,
/// which nobody sends; and but for a type with a parameter of the actor's, where that could be the type of another
/// handler. [`ClientExt::subject`](super::ClientExt::subject) asks for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` handles no messages of type `{T}`",
    label = "no `#[handle_info]` of `{Self}` takes a `{T}`",
    note = "add `#[handle_info] fn name(&mut self, message: {T})` to the `#[actor]` block, or implement `otp::actor::Handles<{T}>` by hand, beside `Actor::info`"
)]
pub trait Handles<T>: Actor {}

impl<A: Actor> AnyAddress for Address<A> {
    fn holder(&self) -> Option<AnyProcess> {
        self.resolve().map(AnyProcess::from)
    }

    fn pid(&self) -> Option<Pid> {
        Self::pid(self)
    }

    fn process(&self) -> Option<Pid> {
        self.is_process().then(|| Self::pid(self)).flatten()
    }

    fn asks(&self) -> bool {
        self.as_name().is_some()
    }

    fn name(&self) -> Option<&RegName> {
        self.as_name()
    }

    fn missed(&self, node: &NodeInner) {
        self.count_undelivered(node);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_same(&self, other: &dyn AnyAddress) -> bool {
        other.as_any().downcast_ref() == Some(self)
    }
}

/// A message of a subject of the server's own, on its way to become one of the server's messages.
pub(super) struct Arrived<A: Actor>(Box<dyn FnOnce() -> A::Message + Send>);

impl<A: Actor> Arrived<A> {
    /// The message; runs in the server.
    pub(super) fn make(self) -> A::Message {
        (self.0)()
    }
}

/// A subject of the current process, an `A`, whose messages become messages of its own.
pub(super) fn own<A: Actor, T: Send + 'static>(
    make: impl Fn(A::Client<Build>, T) -> A::Message + Send + Sync + 'static,
) -> Subject<T> {
    let make = Arc::new(make);
    process::current().subject().map(move |message| {
        let make = Arc::clone(&make);
        Arrived::<A>(Box::new(move || make(built::<A>(), message)))
    })
}

/// A subject of whoever an address names, whose messages are sent as casts: its mailbox decides what becomes of them.
pub(super) fn cast_to<A: Actor, T: Send + 'static>(
    address: Address<A>,
    make: impl Fn(A::Client<Build>, T) -> A::Message + Send + Sync + 'static,
) -> Subject<T> {
    let letters = Subject::of_place(address.clone());
    Subject::through(CastSubject { address, letters, make: Arc::new(make) })
}

/// Messages that become casts.
struct CastSubject<A: Actor, F> {
    address: Address<A>,
    /// Takes those that are sent at another time.
    letters: Subject<Arrived<A>>,
    make: Arc<F>,
}

fn built<A: Actor>() -> A::Client<Build> {
    A::Client::from_ref(ActorRef::new(()))
}

impl<A, T, F> Sink<T> for CastSubject<A, F>
where
    A: Actor,
    T: Send + 'static,
    F: Fn(A::Client<Build>, T) -> A::Message + Send + Sync + 'static,
{
    fn send(&self, message: T) {
        if let Some(message) = guarded(|| (self.make)(built::<A>(), message)) {
            // Nobody waits for room: what stands in line is taken back.
            drop(self.address.send(message, || None));
        }
    }

    fn letter(&self, message: T) -> Letter {
        let make = Arc::clone(&self.make);
        self.letters.letter(Arrived(Box::new(move || make(built::<A>(), message))))
    }

    fn refusal(&self) -> Option<SendError<()>> {
        let is_there = self.address.resolve().is_some_and(|process| !process.header().life.is_ending());
        (!is_there).then_some(SendError::NoProc(()))
    }

    fn owner(&self) -> Option<Pid> {
        self.address.pid()
    }

    fn process(&self) -> Option<Pid> {
        self.letters.process()
    }

    fn close(&self) {
        self.letters.close();
    }
}

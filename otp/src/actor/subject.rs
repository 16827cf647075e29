//! Subjects whose messages servers handle: by their type, or as messages of the server's own.

use std::{any::Any, sync::Arc};

use super::{Actor, ActorRef, Address, Build, Client};
use crate::{
    cell::{AnyProcess, NodeInner, Pid, RegName},
    process::{self, Subject, subject::AnyAddress},
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
        Arrived::<A>(Box::new(move || make(A::Client::from_ref(ActorRef::new(())), message)))
    })
}

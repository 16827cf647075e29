//! What the expansions of the macros name. No part of the API.

#![allow(missing_docs, reason = "not for people")]
#![allow(unsafe_code, reason = "`Payload` says that what was checked when it was made is checked")]

use std::{
    any::type_name,
    fmt::{self, Debug},
    ops::Deref,
    sync::{Mutex, PoisonError},
};

use crate::{
    actor::{Actor, ActorRef, AwaitsReply, FormatStatus, Handled, Info, ReplyTo, StatusTexts, report},
    supervisor::{Child, ChildSpec, Tree},
};

#[cfg(feature = "macros")]
pub use otp_macros::supervisor;

pub use crate::{
    actor::hidden::*,
    actor::{start, start_link},
    scheduler::Code,
    sim::{TestError, outcome, simulate, simulate_seed},
    supervisor::{InPartitions, declared::*, start_tree, tree_spec},
};

/// A child spec whose arguments are cloned at each start.
pub fn child_spec<A: Actor + Child<Args = <A as Actor>::Args>>(
    args: <A as Actor>::Args,
    clone: fn(&<A as Actor>::Args) -> <A as Actor>::Args,
) -> ChildSpec<A> {
    // Arguments can be sent, but need not be shareable.
    let args = Mutex::new(args);
    <A as Child>::spec(move || clone(&args.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// The shape of a declared tree.
#[allow(clippy::missing_panics_doc, reason = "a declared tree has a shape")]
pub fn declared_shape<C: Child>() -> Tree {
    C::shape().expect("a declared tree has a shape")
}

/// An actor received what none of its handlers takes.
pub fn unexpected<A: Actor>(info: Info) -> Handled<'static> {
    report::unexpected(A::NAME, &info);
    Handled::Done(Ok(()))
}

/// The state of an actor, about to be shown. Its methods come in pairs of one name: the first is chosen where its bound
/// holds, the second, which needs one reference more, elsewhere.
pub struct State<'a, A>(pub &'a A);

pub trait Shown {
    fn show(&self, texts: &mut StatusTexts);
}

impl<A: Debug> Shown for State<'_, A> {
    fn show(&self, texts: &mut StatusTexts) {
        texts.show(self.0);
    }
}

pub trait Unshown {
    fn show(&self, texts: &mut StatusTexts);
}

impl<A: Actor> Unshown for &State<'_, A> {
    fn show(&self, texts: &mut StatusTexts) {
        // With this parameter it may be, but its `impl` is there for others too.
        let parameters = if type_name::<A>().ends_with('>') { " for every parameter" } else { "" };
        texts.unshown = Some(format!("`{}` is not `Debug`{parameters}", A::NAME));
    }
}

pub trait Rewritten {
    fn rewrite(&self, texts: &mut StatusTexts);
}

impl<A: FormatStatus> Rewritten for State<'_, A> {
    fn rewrite(&self, texts: &mut StatusTexts) {
        self.0.format_status(texts);
    }
}

pub trait Unchanged {
    fn rewrite(&self, _: &mut StatusTexts) {}
}

impl<A> Unchanged for &State<'_, A> {}

impl<A> Debug for State<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State(..)")
    }
}

/// One argument of a message. That it can be sent was checked where it was put in, once, at the type to blame.
pub struct Payload<T>(T);

// SAFETY: it is a `T` and nothing else, and the only way to make one is what `handler_argument_must_be_send` returns,
// which asks for `T: Send`: the field is private, and nothing in this module else writes it.
unsafe impl<T> Send for Payload<T> {}

impl<T> Payload<T> {
    pub fn take(self) -> T {
        self.0
    }
}

impl<T> Deref for Payload<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Debug for Payload<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(..)")
    }
}

pub fn handler_argument_must_be_send<T: Send + 'static>() -> fn(T) -> Payload<T> {
    Payload
}

/// How many replies the calling thread's calls can still get or have not dropped, in builds with debug assertions.
pub fn live_replies() -> isize {
    crate::cell::reply::live()
}

/// How many entries of tables, lists and queues the calling thread has passed to find what was asked for, in builds
/// with debug assertions.
pub fn passed() -> usize {
    crate::passed::passed()
}

pub fn reply_must_be_send<T: Send + 'static, A: Actor, M: AwaitsReply, F: FnOnce(ReplyTo<T>) -> A::Message>()
-> fn(&ActorRef<A, M>, F) -> M::Answer<T> {
    ActorRef::call
}

//! The name of a server, which knows what kind of server it is.

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    mem,
    sync::Arc,
};

use super::{Actor, Address, Blocking, client::of_process};
use crate::{
    cell::{MonitorRef, Pid, RegName, RegisterError, UnregisterError},
    process::{self, Via},
};

/// The name of an `A`: written down once, known to whoever starts it and whoever calls it.
///
/// It is looked up each time that it is used, on the node of whoever uses it: its [client](Name::client) reaches
/// whoever has the name at that moment. A process has at most one name of its node; registries may give it more. OTP's
/// `{local, Name}` and `{via, Module, Term}`.
///
/// ```
/// # use otp::{Actor, Context, actor::{Handled, Init}, mode::Mode, ActorRef, ReplyTo};
/// # pub struct Counter(i64);
/// # impl Actor for Counter {
/// #     type Args = i64;
/// #     type Message = ReplyTo<i64>;
/// #     type Client<M: Mode> = ActorRef<Self, M>;
/// #     const NAME: &'static str = "Counter";
/// #     fn init(start: i64, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
/// #         Handled::Done(Init::Ok(Counter(start)))
/// #     }
/// #     fn handle<'a>(&'a mut self, reply: ReplyTo<i64>, ctx: &'a mut Context<Self>) -> Handled<'a> {
/// #         if reply.begin() { ctx.reply(reply, self.0); }
/// #         Handled::Done(Ok(()))
/// #     }
/// #     fn message_name(_: &ReplyTo<i64>) -> &'static str { "get" }
/// # }
/// use otp::{CallError, Name, actor::Starter};
///
/// pub const HITS: Name<Counter> = Name::new("hits");
///
/// let hits = HITS.client();
/// assert_eq!(hits.call(|reply| reply), Err(CallError::NoProc));
/// Starter::new().name(HITS).start(42)?;
/// assert_eq!(hits.call(|reply| reply), Ok(42));
/// # Ok::<(), otp::StartError>(())
/// ```
pub struct Name<A>(NameRepr, PhantomData<fn() -> A>);

#[derive(Clone)]
enum NameRepr {
    Static(&'static str),
    Made(RegName),
}

impl<A> Name<A> {
    /// A name that the node keeps.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(NameRepr::Static(name), PhantomData)
    }

    /// A name that a registry keeps. `{via, Module, Term}`.
    ///
    /// Two such names are equal when their keys are and the registry is the same.
    pub fn via<R: Via>(registry: &Arc<R>, key: R::Key) -> Self {
        RegName::via(registry, key).into()
    }

    /// Who has the name now. `GenServer.whereis/1`.
    #[must_use]
    pub fn whereis(&self) -> Option<Pid> {
        match &self.0 {
            NameRepr::Static(name) => process::whereis(name),
            NameRepr::Made(name) => name.whereis(),
        }
    }

    /// Gives the name to a process. `erlang:register/2`.
    ///
    /// A [`Starter`](crate::actor::Starter) or a supervisor does it before the `init`.
    ///
    /// # Errors
    /// See [`RegisterError`].
    pub fn register(&self, pid: Pid) -> Result<(), RegisterError> {
        match &self.0 {
            NameRepr::Static(name) => process::register(name, pid),
            NameRepr::Made(name) => name.register(pid),
        }
    }

    /// Frees the name. `erlang:unregister/1`.
    ///
    /// # Errors
    /// When it is nobody's.
    pub fn unregister(&self) -> Result<(), UnregisterError> {
        match &self.0 {
            NameRepr::Static(name) => process::unregister(name),
            NameRepr::Made(name) => name.unregister(),
        }
    }

    /// Watches whoever has the name now; see [`monitor_name`](process::monitor_name).
    pub fn monitor(&self) -> MonitorRef {
        process::monitor_name(self)
    }

    /// The text of a name that is made by [`Name::new`], for what is decided at compile time.
    #[doc(hidden)]
    #[must_use]
    pub const fn static_text(self) -> &'static str {
        let text = match &self.0 {
            NameRepr::Static(name) => *name,
            NameRepr::Made(_) => panic!("the name of an actor's options is made by `Name::new`"),
        };
        // Nothing can be dropped at compile time.
        mem::forget(self);
        text
    }
}

impl<A: Actor> Name<A> {
    /// A client of whoever has the name, each time that it is used: it outlives restarts, and follows the name from one
    /// process to another.
    ///
    /// While nobody has it, and while it belongs to a process that is no `A`, calls end with
    /// [`NoProc`](crate::CallError::NoProc), and casts are dropped; unless it
    /// [waits for a restart](crate::ClientExt::wait_for_restart).
    #[must_use]
    pub fn client(&self) -> A::Client<Blocking> {
        of_process(Address::<A>::name(self.into()))
    }
}

impl<A> From<RegName> for Name<A> {
    fn from(name: RegName) -> Self {
        Self(NameRepr::Made(name), PhantomData)
    }
}

impl<A> From<&str> for Name<A> {
    fn from(name: &str) -> Self {
        RegName::from(name).into()
    }
}

impl<A> From<String> for Name<A> {
    fn from(name: String) -> Self {
        RegName::from(name).into()
    }
}

impl<A> From<Cow<'static, str>> for Name<A> {
    fn from(name: Cow<'static, str>) -> Self {
        RegName::new(name).into()
    }
}

impl<A> From<Arc<str>> for Name<A> {
    fn from(name: Arc<str>) -> Self {
        Self::from(&*name)
    }
}

impl<A> From<&Self> for Name<A> {
    fn from(name: &Self) -> Self {
        name.clone()
    }
}

impl<A> From<Name<A>> for RegName {
    fn from(name: Name<A>) -> Self {
        match name.0 {
            NameRepr::Static(name) => Self::new(name),
            NameRepr::Made(name) => name,
        }
    }
}

impl<A> From<&Name<A>> for RegName {
    fn from(name: &Name<A>) -> Self {
        name.clone().into()
    }
}

impl<A> Clone for Name<A> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<A> PartialEq for Name<A> {
    fn eq(&self, other: &Self) -> bool {
        RegName::from(self) == RegName::from(other)
    }
}

impl<A> Eq for Name<A> {}

impl<A> Hash for Name<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        RegName::from(self).hash(state);
    }
}

impl<A> fmt::Display for Name<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        RegName::from(self).fmt(f)
    }
}

impl<A> fmt::Debug for Name<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({:?})", RegName::from(self))
    }
}

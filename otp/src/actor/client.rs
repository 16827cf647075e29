//! Clients: how others, and the actor itself, send to it.

use std::{
    fmt,
    hash::{Hash, Hasher},
    time::Duration,
};

use super::{
    Actor, Address, Async, Blocking, CallError, Handles, Place, ReplyTo, Request,
    mode::{Addressed, AwaitsReply, Mode, Target},
};
use crate::{
    cell::{ExitReason, IntoReason, MonitorRef, Pid},
    process::{self, Subject},
};

/// A client of any actor, with the messages by hand. Generated clients are made of one.
///
/// Made by `start` it names that process; made by a supervision tree it names the place in the tree, and reaches
/// whoever holds it. Dropping it stops nothing.
pub struct ActorRef<A: Actor, M: Mode = Blocking>(M::Handle<A>);

impl<A: Actor, M: Mode> ActorRef<A, M> {
    pub(crate) fn new(handle: M::Handle<A>) -> Self {
        Self(handle)
    }

    pub(crate) fn handle(&self) -> &M::Handle<A> {
        &self.0
    }

    /// Sends a message that has no answer; dropped when the process is gone. It waits only for room in a mailbox that
    /// was asked to make it wait: see [`Policy::Block`](crate::mailbox::Policy::Block).
    pub fn cast(&self, message: A::Message) -> M::Cast<A> {
        M::cast(&self.0, message)
    }

    /// Sends a message that has one: `make` is given what answers it.
    pub fn call<T: Send + 'static>(&self, make: impl FnOnce(ReplyTo<T>) -> A::Message) -> M::Answer<T>
    where
        M: AwaitsReply,
    {
        M::call(&self.0, make)
    }
}

impl<A: Actor, M: Mode> Clone for ActorRef<A, M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<A: Actor, M: Mode> fmt::Debug for ActorRef<A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", A::NAME, self.0)
    }
}

impl<A: Actor, M: Addressed> PartialEq for ActorRef<A, M> {
    fn eq(&self, other: &Self) -> bool {
        M::target(&self.0).address == M::target(&other.0).address
    }
}

impl<A: Actor, M: Addressed> Eq for ActorRef<A, M> {}

impl<A: Actor, M: Addressed> Hash for ActorRef<A, M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        M::target(&self.0).address.hash(state);
    }
}

/// A typed client of an actor in some mode; `#[actor]` implements it for the client that it generates.
pub trait Client<A>: Sized + Clone {
    /// The mode.
    type Mode: Mode;

    #[doc(hidden)]
    fn from_ref(inner: ActorRef<A, Self::Mode>) -> Self
    where
        A: Actor;
    #[doc(hidden)]
    fn inner(&self) -> &ActorRef<A, Self::Mode>
    where
        A: Actor;
}

impl<A: Actor, M: Mode> Client<A> for ActorRef<A, M> {
    type Mode = M;

    fn from_ref(inner: Self) -> Self {
        inner
    }

    fn inner(&self) -> &Self {
        self
    }
}

/// What every client can do, whatever its actor. A handler of the same name comes first.
pub trait ClientExt<A: Actor>: Client<A, Mode: Addressed> {
    /// The same client, whose calls wait for so long; 5 seconds unless it is told otherwise.
    #[must_use = "it changes what its calls do, not what calls of this client do"]
    fn timeout(&self, limit: Duration) -> Self {
        self.with_timeout(Some(limit))
    }

    /// The same client, whose calls wait for as long as it takes.
    #[must_use = "it changes what its calls do, not what calls of this client do"]
    fn no_timeout(&self) -> Self {
        self.with_timeout(None)
    }

    #[doc(hidden)]
    #[must_use]
    fn with_timeout(&self, timeout: Option<Duration>) -> Self {
        let address = self.target().address.clone();
        Self::from_ref(ActorRef::new(Self::Mode::handle(Target::with_timeout(address, timeout))))
    }

    /// The same client, whose calls are futures.
    fn as_async(&self) -> A::Client<Async> {
        A::Client::from_ref(ActorRef::new(self.target().clone()))
    }

    /// The same client, whose calls wait.
    fn as_blocking(&self) -> A::Client<Blocking> {
        A::Client::from_ref(ActorRef::new(self.target().clone()))
    }

    /// The same client, whose calls give a [`Reply`](crate::Reply) to collect later. `gen_server:send_request/2`.
    fn request(&self) -> A::Client<Request> {
        A::Client::from_ref(ActorRef::new(self.target().clone()))
    }

    /// The same client, for a sender that waits while the process is being restarted. It changes what happens to a
    /// client of a place in a tree, and to one of a name that a child spec gives, which stands for the child's place;
    /// any other one has nothing to wait for.
    ///
    /// A call or a cast that finds nobody, a process that has ended, or one that its supervisor is ending, is left at
    /// the place. The next incarnation handles what was left in order, before anything that is sent to it later. A call
    /// waits for that up to its timeout, a cast never waits; nobody is reached who has ended. When nobody is to come by
    /// itself, because the child is not started again, was never started, or its place is gone, a call ends at once
    /// with [`CallError::NoProc`], and a cast is dropped and counted.
    ///
    /// A request that the process had received when it ended fails with it as ever, unless its
    /// [mailbox is kept](crate::ChildSpec::mailbox_on_restart).
    #[must_use = "it changes what its calls do, not what calls of this client do"]
    fn wait_for_restart(&self) -> Self {
        let target = self.target();
        Self::from_ref(ActorRef::new(Self::Mode::handle(Target::with_timeout(
            target.address.patient(),
            target.timeout(),
        ))))
    }

    /// A client of the process that this one reaches now; `None` when there is none. It does not follow a restart.
    fn pin(&self) -> Option<Self> {
        let address = Address::process(self.target().address.resolve()?);
        let timeout = self.target().timeout();
        Some(Self::from_ref(ActorRef::new(Self::Mode::handle(Target::with_timeout(address, timeout)))))
    }

    /// The pid of the process that this client reaches now. `GenServer.whereis/1`.
    fn pid(&self) -> Option<Pid> {
        self.target().address.pid()
    }

    /// Whether the process that this client reaches is alive.
    fn is_alive(&self) -> bool {
        ClientExt::pid(self).is_some_and(process::is_alive)
    }

    /// How many casts the full mailbox of the process that this client reaches now has dropped since it started; 0 when
    /// there is none, or its [`Mailbox`](crate::mailbox::Mailbox) is unbounded.
    fn dropped(&self) -> u64 {
        self.target().address.resolve().map_or(0, |process| process.dropped())
    }

    /// Watches the process that this client reaches now; see [`monitor`](crate::process::monitor). `None` when there is none.
    fn monitor(&self) -> Option<MonitorRef> {
        ClientExt::pid(self).map(process::monitor)
    }

    /// A subject for messages that the actor takes by their type, in a `#[handle_info]` with one argument.
    ///
    /// It is for those who know what they send and not to whom. It reaches whom this client reaches: that of a place in
    /// a tree follows restarts, and what it sends into the gap is dropped and counted.
    ///
    /// ```
    /// use otp::{prelude::*, process::Subject};
    ///
    /// pub struct Light { on: bool }
    /// pub struct Toggle;
    ///
    /// #[actor]
    /// impl Light {
    ///     #[init]
    ///     fn init() -> Self { Self { on: false } }
    ///     #[handle_call]
    ///     pub fn is_on(&self) -> bool { self.on }
    ///     #[handle_info]
    ///     fn toggle(&mut self, _toggle: Toggle) { self.on = !self.on }
    /// }
    ///
    /// let light = Light::start()?;
    /// let switch: Subject<Toggle> = light.subject();
    /// switch.send(Toggle);
    /// assert_eq!(light.is_on(), Ok(true));
    /// # Ok::<(), otp::StartError>(())
    /// ```
    fn subject<T: Send + 'static>(&self) -> Subject<T>
    where
        A: Handles<T>,
    {
        Subject::of_place(self.target().address.clone())
    }

    /// Asks the process to terminate, and waits until it has. `gen_server:stop/1`.
    ///
    /// # Errors
    /// [`CallError::NoProc`] when it is gone, [`CallError::Exited`] when it ended for another reason,
    /// [`CallError::CallingSelf`] for a process that would stop itself: its handlers say
    /// [`ctx.stop`](crate::Context::stop).
    fn stop(&self) -> Result<(), CallError> {
        super::stop::stop_process(self.target().address.resolve(), ExitReason::Normal, None)
    }

    /// Asks the process to terminate with a reason, and waits until it has, at most for `limit`. `gen_server:stop/3`.
    ///
    /// It terminates after the messages that it received before, also when the caller waits no longer.
    ///
    /// # Errors
    /// [`CallError::NoProc`] when it is gone, [`CallError::Exited`] when it ended for another reason,
    /// [`CallError::Timeout`] when it takes too long, [`CallError::CallingSelf`] for a process that would stop itself.
    fn stop_with(&self, reason: impl IntoReason, limit: impl Into<Option<Duration>>) -> Result<(), CallError> {
        super::stop::stop_process(self.target().address.resolve(), reason.into_reason(), limit.into())
    }

    #[doc(hidden)]
    fn target(&self) -> &Target<A> {
        Self::Mode::target(self.inner().handle())
    }
}

impl<A: Actor, C: Client<A, Mode: Addressed>> ClientExt<A> for C {}

/// A client that names a place in a tree.
pub(crate) fn of_place<A: Actor>(place: Place) -> A::Client<Blocking> {
    A::Client::from_ref(ActorRef::new(Target::new(Address::place(place))))
}

/// A client that names one process.
pub(crate) fn of_process<A: Actor, M: Addressed>(address: Address<A>) -> A::Client<M> {
    A::Client::from_ref(ActorRef::new(M::handle(Target::new(address))))
}

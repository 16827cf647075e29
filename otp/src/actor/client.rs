//! Clients: how others, and the actor itself, send to it.

use std::{
    fmt,
    hash::{Hash, Hasher},
    time::Duration,
};

use super::{
    Actor, Address, Async, Blocking, Build, CallError, Handles, Place, ReplyTo, Request,
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
    ///
    /// ```
    /// # use otp::{Actor, Context, actor::{Handled, Init}, mode::Mode, ActorRef, ReplyTo};
    /// # struct Sum(u32);
    /// # enum Message { Add(u32), Get(ReplyTo<u32>) }
    /// # impl Actor for Sum {
    /// #     type Args = ();
    /// #     type Message = Message;
    /// #     type Client<M: Mode> = ActorRef<Self, M>;
    /// #     const NAME: &'static str = "Sum";
    /// #     fn init(_: (), _: &mut Context<Self>) -> Handled<'_, Init<Self>> { Handled::Done(Init::Ok(Sum(0))) }
    /// #     fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
    /// #         match message {
    /// #             Message::Add(n) => self.0 += n,
    /// #             Message::Get(reply) => if reply.begin() { ctx.reply(reply, self.0) },
    /// #         }
    /// #         Handled::Done(Ok(()))
    /// #     }
    /// #     fn message_name(_: &Message) -> &'static str { "message" }
    /// # }
    /// let sum = otp::start::<Sum>(())?;
    /// sum.cast(Message::Add(40));
    /// sum.cast(Message::Add(2));
    /// assert_eq!(sum.call(Message::Get), Ok(42));
    /// # Ok::<(), otp::StartError>(())
    /// ```
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
///
/// ```
/// # use otp::prelude::*;
/// # pub struct Echo;
/// # #[actor]
/// # impl Echo {
/// #     #[init] fn init() -> Self { Self }
/// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
/// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
/// # }
/// let echo = Echo::start()?;
/// assert_eq!(echo.echo(1), Ok(1));                   // waits for the answer, at most 5 seconds
/// let later = echo.request().echo(2);                // goes on, and collects the answer later
/// assert_eq!(later.wait(), Ok(2));
/// echo.stop()?;
/// assert!(!echo.is_alive());
/// assert_eq!(echo.echo(3), Err(CallError::NoProc));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait ClientExt<A: Actor>: Client<A, Mode: Addressed> {
    /// The same client, whose calls wait for so long; 5 seconds unless it is told otherwise.
    ///
    /// A call that finds no answer in that time ends with [`CallError::Timeout`]. A cast waits so long where it waits
    /// at all: for room, under [`Policy::Block`](crate::mailbox::Policy::Block).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// Sim::run(1, |_| {
    ///     let echo = Echo::start().unwrap();
    ///     let hurried = echo.timeout(Duration::from_millis(100));
    ///     assert_eq!(hurried.slow(), Err(CallError::Timeout { started: true }));
    /// });
    /// ```
    #[must_use = "it changes what its calls do, not what calls of this client do"]
    fn timeout(&self, limit: Duration) -> Self {
        self.with_timeout(Some(limit))
    }

    /// The same client, whose calls wait for as long as it takes.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// Sim::run(1, |t| {
    ///     let echo = Echo::start().unwrap();
    ///     assert_eq!(echo.no_timeout().slow(), Ok(()));
    ///     assert_eq!(t.now(), Duration::from_secs(60));
    /// });
    /// ```
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
    ///
    /// They are sent when the method is called, and may be awaited on any executor. A cast gives a
    /// [`Sent`](crate::client::Sent), which need not be awaited.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// let echo = Echo::start()?;
    /// let (_, monitor) = process::spawn_monitor_async(move |_| async move {
    ///     let (first, second) = (echo.as_async().echo(1), echo.as_async().echo(2));
    ///     assert_eq!((second.await, first.await), (Ok(2), Ok(1)));
    /// });
    /// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
    /// # Ok::<(), StartError>(())
    /// ```
    fn as_async(&self) -> A::Client<Async> {
        A::Client::from_ref(ActorRef::new(self.target().clone()))
    }

    /// The same client, whose calls wait.
    ///
    /// In an async handler such a call sets the handler's stack aside, as in a plain one; in a future that a foreign
    /// executor polls it blocks the executor's thread.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// let calls = Echo::start()?.as_async();
    /// assert_eq!(calls.as_blocking().echo(1), Ok(1));
    /// # Ok::<(), StartError>(())
    /// ```
    fn as_blocking(&self) -> A::Client<Blocking> {
        A::Client::from_ref(ActorRef::new(self.target().clone()))
    }

    /// The same client, whose calls give a [`Reply`](crate::Reply) to collect later. `gen_server:send_request/2`.
    ///
    /// A request has no deadline of its own: whoever collects says how long it waits. A cast of this client is that of
    /// a plain one.
    ///
    /// At a full mailbox the policy of the server decides. Under `Reject` and the policies that drop, the `Reply` ends
    /// with [`CallError::Full`]. Under `Block` the caller goes on and the request stands in line for room, without a
    /// limit; dropping its `Reply` before there is room takes it back.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// let servers = [Echo::start()?, Echo::start()?];
    /// let replies = servers.each_ref().map(|echo| echo.request().echo(7));     // both work at the same time
    /// assert_eq!(replies.map(|reply| reply.wait()), [Ok(7), Ok(7)]);
    /// # Ok::<(), StartError>(())
    /// ```
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
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// # supervisor! { pub App<one_for_one> { echo: Echo(); } }
    /// Sim::run(1, |t| {
    ///     let app = App::start().unwrap();
    ///     t.kill(&app.echo());
    ///     assert_eq!(app.echo().wait_for_restart().echo(1), Ok(1));      // the next incarnation answers
    ///     assert_eq!(t.restarts(&app, "echo"), 1);
    /// });
    /// ```
    #[must_use = "it changes what its calls do, not what calls of this client do"]
    fn wait_for_restart(&self) -> Self {
        let target = self.target();
        Self::from_ref(ActorRef::new(Self::Mode::handle(Target::with_timeout(
            target.address.patient(),
            target.timeout(),
        ))))
    }

    /// A client of the process that this one reaches now; `None` when there is none. It does not follow a restart.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// # supervisor! { pub App<one_for_one> { echo: Echo(); } }
    /// Sim::run(1, |t| {
    ///     let app = App::start().unwrap();
    ///     let (place, process) = (app.echo(), app.echo().pin().unwrap());
    ///     t.kill(&app.echo());
    ///     t.settle();
    ///     assert_eq!(place.echo(1), Ok(1));
    ///     assert_eq!(process.echo(1), Err(CallError::NoProc));
    /// });
    /// ```
    fn pin(&self) -> Option<Self> {
        let address = Address::process(self.target().address.resolve()?);
        let timeout = self.target().timeout();
        Some(Self::from_ref(ActorRef::new(Self::Mode::handle(Target::with_timeout(address, timeout)))))
    }

    /// The pid of the process that this client reaches now. `GenServer.whereis/1`.
    ///
    /// A client of one process gives the pid of that one, also when it has ended; a client of a place or a name gives
    /// `None` while nobody has it. Asks nobody.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// # supervisor! { pub App<one_for_one> { echo: Echo(); } }
    /// Sim::run(1, |t| {
    ///     let app = App::start().unwrap();
    ///     let before = app.echo().pid();
    ///     t.kill(&app.echo());
    ///     t.settle();
    ///     assert_ne!(app.echo().pid(), before);      // a restart is a new process
    /// });
    /// ```
    fn pid(&self) -> Option<Pid> {
        self.target().address.pid()
    }

    /// Whether the process that this client reaches is alive.
    ///
    /// Waits as [`process::is_alive`] does: until the process has acted on what the caller sent before.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// let echo = Echo::start()?;
    /// assert!(echo.is_alive());
    /// otp::process::exit(echo.pid().unwrap(), ExitReason::Kill);
    /// assert!(!echo.is_alive());
    /// # Ok::<(), StartError>(())
    /// ```
    fn is_alive(&self) -> bool {
        ClientExt::pid(self).is_some_and(process::is_alive)
    }

    /// How many casts the full mailbox of the process that this client reaches now has dropped since it started; 0 when
    /// there is none, or its [`Mailbox`](crate::mailbox::Mailbox) is unbounded.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Log;
    /// #[actor(mailbox = bounded(1, drop_newest))]
    /// impl Log {
    /// #     #[init] fn init() -> Self { Self }
    ///     #[handle_cast]
    ///     pub fn line(&mut self, _line: &'static str) {}
    /// }
    ///
    /// Sim::run(1, |_| {
    ///     let log = Log::start().unwrap();
    ///     ["one", "two", "three"].map(|line| log.line(line));
    ///     assert_eq!(log.dropped(), 2);
    /// });
    /// ```
    fn dropped(&self) -> u64 {
        self.target().address.resolve().map_or(0, |process| process.dropped())
    }

    /// Watches the process that this client reaches now; see [`monitor`](crate::process::monitor). `None` when nobody
    /// has the place or the name. When the process has ended already, its [`Down`](crate::Down) comes at once, with the
    /// reason `NoProc`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// let echo = Echo::start()?;
    /// let monitor = echo.monitor().expect("it runs");
    /// echo.stop_with(ExitReason::Shutdown, None)?;
    /// let down = process::current().receive_down(monitor, None).unwrap();
    /// assert_eq!(down.reason, ExitReason::Shutdown);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    /// A subject whose messages are casts of the actor: `log.subject_with(|log, line| log.line(line))`.
    ///
    /// It is for those who know what they send and not to whom, as [`subject`](ClientExt::subject), but its messages
    /// come to any handler, and a full [mailbox](crate::mailbox::Mailbox) treats them as other casts. Nobody ever waits
    /// for room, though: under [`Policy::Block`](crate::mailbox::Policy::Block) what finds none is dropped and counted.
    /// The closure runs in each process that sends, with each message. When it panics that is reported, and there is no
    /// message; the sender goes on.
    ///
    /// ```
    /// use otp::{prelude::*, process::Subject};
    ///
    /// pub struct Log(Vec<String>);
    ///
    /// #[actor(mailbox = bounded(100, drop_oldest))]
    /// impl Log {
    ///     #[init]
    ///     fn init() -> Self { Self(Vec::new()) }
    ///     #[handle_cast]
    ///     pub fn line(&mut self, line: String) { self.0.push(line) }
    ///     #[handle_call]
    ///     pub fn last(&self) -> Option<String> { self.0.last().cloned() }
    /// }
    ///
    /// let log = Log::start()?;
    /// let numbers: Subject<u32> = log.subject_with(|log, n: u32| log.line(n.to_string()));
    /// numbers.send(42);
    /// assert_eq!(log.last(), Ok(Some("42".into())));
    /// # Ok::<(), otp::StartError>(())
    /// ```
    fn subject_with<T: Send + 'static>(
        &self,
        message: impl Fn(A::Client<Build>, T) -> A::Message + Send + Sync + 'static,
    ) -> Subject<T> {
        super::subject::cast_to(self.target().address.clone(), message)
    }

    /// Asks the process to terminate, and waits until it has. `gen_server:stop/1`.
    ///
    /// It terminates after the messages that it received before, with the reason `Normal`. There is no limit of time.
    /// To be awaited it is [`otp::stop_async`](crate::stop_async).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Echo;
    /// # #[actor]
    /// # impl Echo {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
    /// #     #[handle_call] pub fn slow(&self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    /// let echo = Echo::start()?;
    /// assert_eq!(echo.stop(), Ok(()));
    /// assert_eq!(echo.stop(), Err(CallError::NoProc));
    /// # Ok::<(), StartError>(())
    /// ```
    ///
    /// # Errors
    /// [`CallError::NoProc`] when it is gone, [`CallError::Exited`] when it ended for another reason,
    /// [`CallError::CallingSelf`] for a process that would stop itself: its handlers say
    /// [`ctx.stop`](crate::Context::stop).
    fn stop(&self) -> Result<(), CallError> {
        self.stop_with(ExitReason::Normal, None)
    }

    /// Asks the process to terminate with a reason, and waits until it has, at most for `limit`. `gen_server:stop/3`.
    ///
    /// It terminates after the messages that it received before, also when the caller waits no longer.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Slow;
    /// # #[actor]
    /// # impl Slow {
    /// #     #[init] fn init() -> Self { Self }
    /// #[terminate]
    /// fn terminate(&mut self) { otp::sleep(Duration::from_secs(60)); }
    /// # }
    ///
    /// Sim::run(1, |t| {
    ///     let slow = Slow::start().unwrap();
    ///     let stopped = slow.stop_with(ExitReason::Shutdown, Duration::from_secs(5));
    ///     assert_eq!(stopped, Err(CallError::Timeout { started: true }));
    ///     t.advance(Duration::from_secs(60));
    ///     assert!(!slow.is_alive());                 // it went on to terminate
    /// });
    /// ```
    ///
    /// # Errors
    /// [`CallError::NoProc`] when it is gone, [`CallError::Exited`] when it ended for another reason,
    /// [`CallError::Timeout`] when it takes too long, [`CallError::CallingSelf`] for a process that would stop itself.
    fn stop_with(&self, reason: impl IntoReason, limit: impl Into<Option<Duration>>) -> Result<(), CallError> {
        let (address, limit) = (&self.target().address, limit.into());
        super::stop::stop_process(address.resolve(), reason.into_reason(), limit).inspect_err(|error| {
            if error.is_no_proc() {
                address.failed_call("stop", limit).keep(error);
            }
        })
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

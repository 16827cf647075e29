//! Dynamic supervisors: children of one kind, started and ended as the program goes, known by their pids.
//!
//! The process is that of every supervisor (`server`); this file owns what is different: the [`Template`] that makes a
//! child spec of what a caller gives, and the typed builder and client around it.

pub(crate) mod declared;

use std::{
    any::TypeId,
    fmt,
    marker::PhantomData,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{
    AskMode, AutoShutdown, Child, ChildError, ChildSpec, SpecInfo, Strategy, Supervisor, SupervisorRef,
    client::as_supervisor,
    kind::{ChildArgs, SeenKind, SupervisorKind, Template},
    server::{self, Message, Who},
    spec::{Spec, simple_name, tree_spec},
    validate_at,
};
use crate::{
    actor::{Async, Blocking, CallError, Name, Place, Restart, StartError, ToPid, requested},
    cell::birth::Relation,
    guard::Guarded,
    process::StartInfo,
};

/// What a dynamic supervisor starts: children of one type, each with arguments of its own, or [any](AnyChild).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "put `#[actor]` on an `impl {Self}` block, or implement `otp::Actor` by hand"
)]
pub trait DynamicChild: 'static {
    /// What it is started with, unless a [template](DynamicSupervisor::template) says otherwise.
    type Args: Send + 'static;
    /// What its ids are made of.
    #[doc(hidden)]
    fn label() -> &'static str;
}

#[diagnostic::do_not_recommend]
impl<C: Child> DynamicChild for C {
    type Args = C::Args;

    fn label() -> &'static str {
        simple_name::<C>()
    }
}

/// The child type of a [`DynamicSupervisor`], whose children may be of any types.
#[derive(Debug)]
pub enum AnyChild {}

impl DynamicChild for AnyChild {
    type Args = ChildSpec<Self>;

    fn label() -> &'static str {
        "child"
    }
}

/// Builds a dynamic supervisor: without children, until [`start_child`](DynamicRef::start_child).
/// Elixir's `DynamicSupervisor`, OTP's `simple_one_for_one`, Gleam's `factory_supervisor`.
///
/// Its children are of one type `C`, and each is started with an `A`: the arguments of `C`, if nothing else is said. A
/// child that ends is restarted, with the same arguments, as its spec says; one that is not restarted is forgotten. In
/// `supervisor!` a dynamic supervisor reads `sessions: dynamic<Session> { max_children: 10_000 };`, and one whose
/// children are started with something else `sessions: dynamic<Session>(user, db) for user: String;`.
///
/// ```
/// use otp::{supervisor::DynamicSupervisor, prelude::*};
///
/// pub struct Session { user: String }
///
/// #[actor]
/// impl Session {
///     #[init]
///     fn init(user: String) -> Self { Self { user } }
///     #[handle_call]
///     pub fn user(&self) -> String { self.user.clone() }
/// }
///
/// let sessions = DynamicSupervisor::<Session>::temporary().max_children(2).start()?;
/// let joe = sessions.start_child(("joe".into(),))?;
/// assert_eq!(joe.user()?, "joe");
/// sessions.terminate_child(&joe)?;
/// assert_eq!(sessions.count_children()?.active, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "it starts nothing until `start`"]
pub struct DynamicSupervisor<C: DynamicChild = AnyChild, A = <C as DynamicChild>::Args> {
    /// What it has in common with a static one.
    supervisor: Supervisor,
    max_children: usize,
    make: Box<dyn Fn(A) -> Spec + Send + Sync>,
    child: PhantomData<fn() -> C>,
}

impl<C: Child> DynamicSupervisor<C> {
    /// Of children as their own options say: permanent, if these say nothing. Each restart takes a clone of the
    /// arguments.
    pub fn new() -> Self
    where
        C::Args: Clone,
    {
        Self::template(spec_with::<C>)
    }

    /// Of temporary children: they are never restarted, and their arguments not kept.
    pub fn temporary() -> Self {
        Self::template(spec_once::<C>)
    }
}

impl<C: Child> Default for DynamicSupervisor<C>
where
    C::Args: Clone,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Child, A: Send + 'static> DynamicSupervisor<C, A> {
    /// Of children that are what `template` makes of that with which they are to be started: the place for arguments
    /// that all have in common, and for what a spec says.
    ///
    /// It is called once per child, in the supervisor. If it panics, that start has failed. OTP's and Elixir's extra
    /// arguments, Gleam's `template`.
    ///
    /// ```
    /// use otp::{supervisor::DynamicSupervisor, prelude::*};
    /// # pub struct Session(String);
    /// # #[actor]
    /// # impl Session {
    /// #     #[init]
    /// #     fn init(host: String, user: &'static str) -> Self { Self(format!("{user}@{host}")) }
    /// #     #[handle_call]
    /// #     pub fn address(&self) -> String { self.0.clone() }
    /// # }
    ///
    /// let host = "example.org".to_owned();
    /// let sessions = DynamicSupervisor::template(move |user: &'static str| {
    ///     Session::child_spec(host.clone(), user).restart(Restart::Transient)
    /// });
    /// let joe = sessions.start()?.start_child("joe")?;
    /// assert_eq!(joe.address()?, "joe@example.org");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn template(template: impl Fn(A) -> ChildSpec<C> + Send + Sync + 'static) -> Self {
        Self::made_by(move |given| template(given).into_spec())
    }
}

impl DynamicSupervisor {
    /// Of children of any type: each is started with a spec of its own.
    ///
    /// ```
    /// use otp::{supervisor::DynamicSupervisor, prelude::*};
    /// # pub struct Clock;
    /// # #[actor]
    /// # impl Clock {
    /// #     #[init]
    /// #     fn init() -> Self { Self }
    /// # }
    ///
    /// let plugins = DynamicSupervisor::any().start()?;
    /// let clock: ClockRef = plugins.start_child(Clock::child_spec().restart(Restart::Transient))?;
    /// clock.stop()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn any() -> Self {
        Self::made_by(ChildSpec::into_spec)
    }
}

impl<C: DynamicChild, A: Send + 'static> DynamicSupervisor<C, A> {
    fn made_by(make: impl Fn(A) -> Spec + Send + Sync + 'static) -> Self {
        Self {
            supervisor: Supervisor::new(Strategy::OneForOne),
            max_children: usize::MAX,
            make: Box::new(make),
            child: PhantomData,
        }
    }

    /// One that chooses not to run; see [`Supervisor::ignore`].
    ///
    /// ```
    /// use otp::{supervisor::DynamicSupervisor, prelude::*};
    ///
    /// let plugins = DynamicSupervisor::any as fn() -> DynamicSupervisor;
    /// let wanted = false;
    /// let start = || if wanted { plugins() } else { DynamicSupervisor::ignore() };
    /// assert_eq!(start().start().err(), Some(StartError::Ignore));
    /// ```
    pub fn ignore() -> Self {
        Self { supervisor: Supervisor::ignore(), ..Self::made_by(|_| unreachable!("it starts no child")) }
    }

    /// How many children there may be, those that wait for a restart among them; no limit, if nothing is said.
    pub fn max_children(mut self, limit: usize) -> Self {
        self.max_children = limit;
        self
    }

    /// See [`Supervisor::intensity`].
    pub fn intensity(mut self, restarts: u32, period: Duration) -> Self {
        self.supervisor = self.supervisor.intensity(restarts, period);
        self
    }

    /// See [`Supervisor::auto_shutdown`]; children are significant when their spec says so.
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.supervisor = self.supervisor.auto_shutdown(auto_shutdown);
        self
    }

    /// Registers this name; see [`Supervisor::name`] and [`DynamicRef::lookup`].
    pub fn name(mut self, name: impl Into<Name<Self>>) -> Self {
        self.supervisor.name = Some(name.into().into());
        self
    }

    /// Starts it, unlinked.
    ///
    /// # Errors
    /// [`StartError::AlreadyStarted`] when its name is taken. [`StartError::Spec`] when restarts are counted in a
    /// period of no length.
    pub fn start(self) -> Result<DynamicRef<C, A>, StartError> {
        self.start_as(Relation::None)
    }

    /// As [`start`](DynamicSupervisor::start), linked to the current process. `DynamicSupervisor.start_link/1`.
    ///
    /// # Errors
    /// As for [`start`](DynamicSupervisor::start); a caller that does not trap exits is not ended by a name that is
    /// taken.
    pub fn start_link(self) -> Result<DynamicRef<C, A>, StartError> {
        self.start_as(Relation::Link)
    }

    fn start_as(self, relation: Relation) -> Result<DynamicRef<C, A>, StartError> {
        server::start_root("Dynamic", move |_| self.into_supervisor(), relation).map(DynamicRef::new)
    }

    pub(crate) fn into_supervisor(self) -> Supervisor {
        let Self { supervisor, max_children, make, .. } = self;
        Supervisor { kind: SupervisorKind::Dynamic(Template::new::<C, A>(make, max_children)), ..supervisor }
    }
}

impl<C: DynamicChild, A: Send + 'static> Child for DynamicSupervisor<C, A> {
    type Args = Self;
    type Client = DynamicRef<C, A>;

    fn spec(args: impl Fn() -> Self + Send + Sync + 'static) -> ChildSpec<Self> {
        tree_spec(move |_| args().into_supervisor())
    }

    fn client(place: Place) -> DynamicRef<C, A> {
        DynamicRef::new(SupervisorRef::from_place(place))
    }
}

impl<C: DynamicChild, A> fmt::Debug for DynamicSupervisor<C, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dynamic")
            .field("child", &C::label())
            .field("max_children", &self.max_children)
            .field("supervisor", &self.supervisor)
            .finish()
    }
}

/// The spec of a child that takes a clone of its arguments at each start.
fn spec_with<C: Child<Args: Clone>>(args: C::Args) -> ChildSpec<C> {
    C::spec(cloned(args))
}

/// The spec of a temporary child, which is given its arguments.
pub(crate) fn spec_once<C: Child>(args: C::Args) -> ChildSpec<C> {
    C::spec(taken(args)).restart(Restart::Temporary)
}

/// A clone of `kept` at each start. What can be sent need not be shareable.
fn cloned<A: Clone + Send + 'static>(kept: A) -> impl Fn() -> A + Send + Sync + 'static {
    let kept = Mutex::new(kept);
    move || kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// `kept` itself, at the only start.
fn taken<A: Send + 'static>(kept: A) -> impl Fn() -> A + Send + Sync + 'static {
    let kept = Mutex::new(Some(kept));
    let take = move || kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    move || take().expect("a temporary child is started once")
}

/// A dynamic supervisor, by its place in a tree: it stays valid when the supervisor is restarted, which then has no
/// children. `DynamicSupervisor`'s functions.
///
/// `DynamicRef<Session>` has children of one type, `DynamicRef` those of [any](AnyChild). As with [`SupervisorRef`],
/// requests wait without a limit of time. Printed, it shows its first children.
///
/// ```
/// # use otp::{supervisor::{DynamicSupervisor, DynamicRef, ChildError}, prelude::*};
/// # pub struct Session { user: &'static str }
/// # #[actor]
/// # impl Session {
/// #     #[init] fn init(user: &'static str) -> Self { Self { user } }
/// #     #[handle_call] pub fn user(&self) -> &'static str { self.user }
/// # }
/// let sessions = DynamicSupervisor::<Session>::new().start()?;
/// let (joe, mike) = (sessions.start_child(("joe",))?, sessions.start_child(("mike",))?);
/// assert_eq!((joe.user()?, mike.user()?), ("joe", "mike"));
/// assert_eq!(sessions.which_children()?[0].pid(), mike.pid());        // the newest first
/// sessions.terminate_child(&mike)?;
/// assert_eq!(sessions.count_children()?.specs, 1);
///
/// let monitor = sessions.monitor().expect("it runs");
/// sessions.stop_with(ExitReason::Shutdown, Duration::from_secs(30))?; // all children, then itself
/// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
/// assert_eq!((sessions.pid(), sessions.is_alive(), sessions.gave_up()), (None, false, false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DynamicRef<C: DynamicChild = AnyChild, A = <C as DynamicChild>::Args, M: AskMode = Blocking> {
    supervisor: SupervisorRef<M>,
    kind: PhantomData<fn(A) -> C>,
}

impl<C: Child, A: Send + 'static, M: AskMode> DynamicRef<C, A, M> {
    /// Starts a child and waits until it is ready. `DynamicSupervisor.start_child/2`.
    ///
    /// The client names this child and follows its restarts; when the child is gone for good, it reaches nobody. So it
    /// does from the beginning when the child's `init` chooses not to run, which is no error.
    ///
    /// ```
    /// # use otp::{supervisor::{DynamicSupervisor, DynamicRef, ChildError}, prelude::*};
    /// # pub struct Session { user: &'static str }
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init(user: &'static str) -> Self { Self { user } }
    /// #     #[handle_call] pub fn user(&self) -> &'static str { self.user }
    /// # }
    /// let sessions = DynamicSupervisor::<Session>::new().max_children(1).start()?;
    /// assert_eq!(sessions.start_child(("joe",))?.user()?, "joe");
    /// assert_eq!(sessions.start_child(("mike",)).unwrap_err(), ChildError::MaxChildren);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::MaxChildren`], or [`ChildError::Start`] when the start fails; nothing is kept of it.
    /// [`ChildError::Gone`] when the supervisor is gone.
    pub fn start_child(&self, with: A) -> M::Outcome<C::Client, ChildError> {
        self.starting(with, |place, _| C::client(place))
    }

    /// As [`start_child`](DynamicRef::start_child), with what the child gives: see
    /// [`StartInfo`](crate::process::StartInfo).
    ///
    /// ```
    /// # use otp::{supervisor::{DynamicSupervisor, DynamicRef}, prelude::*};
    /// # pub struct Session;
    /// # #[actor]
    /// # impl Session {
    /// #[init]
    /// fn init(ctx: &mut Context<Self>) -> Self {
    ///     ctx.init_ack_with("a token");
    ///     Self
    /// }
    /// # }
    /// let sessions = DynamicSupervisor::<Session>::new().start()?;
    /// let (session, info) = sessions.start_child_with_info(())?;
    /// assert_eq!(info.unwrap().downcast::<&str>().unwrap(), "a token");
    /// assert!(session.is_alive());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`start_child`](DynamicRef::start_child).
    pub fn start_child_with_info(&self, with: A) -> M::Outcome<(C::Client, Option<StartInfo>), ChildError> {
        self.starting(with, |place, info| (C::client(place), info))
    }
}

impl<M: AskMode> DynamicRef<AnyChild, ChildSpec<AnyChild>, M> {
    /// Starts a child of any type and waits until it is ready. `DynamicSupervisor.start_child/2`.
    ///
    /// The client names this child and follows its restarts; when the child is gone for good, it reaches nobody. So it
    /// does from the beginning when the child's `init` chooses not to run, which is no error.
    ///
    /// ```
    /// # use otp::{supervisor::{DynamicSupervisor, DynamicRef, ChildError}, prelude::*};
    /// # pub struct Session { user: &'static str }
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init(user: &'static str) -> Self { Self { user } }
    /// #     #[handle_call] pub fn user(&self) -> &'static str { self.user }
    /// # }
    /// let any = DynamicSupervisor::any().start()?;
    /// let joe: SessionRef = any.start_child(Session::child_spec("joe").restart(Restart::Temporary))?;
    /// assert_eq!(joe.user()?, "joe");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::MaxChildren`], or [`ChildError::Start`] when the spec makes no sense or the start fails; nothing
    /// is kept of it. [`ChildError::Gone`] when the supervisor is gone.
    pub fn start_child<C: Child>(&self, spec: ChildSpec<C>) -> M::Outcome<C::Client, ChildError> {
        self.start_any(spec, |place, _| C::client(place))
    }

    /// As [`start_child`](DynamicRef::start_child), with what the child gives: see
    /// [`StartInfo`](crate::process::StartInfo).
    ///
    /// ```
    /// use otp::{supervisor::DynamicSupervisor, prelude::*, process::{Ack, Spawn}};
    ///
    /// let plugins = DynamicSupervisor::any().start()?;
    /// let printer = Spawn::new().child_spec_start(|_, ack: Ack<u16>| {
    ///     ack.started(631);
    ///     otp::timer::sleep_forever();
    /// });
    /// let (_, info) = plugins.start_child_with_info(printer)?;
    /// assert_eq!(info.unwrap().downcast::<u16>().unwrap(), 631);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`start_child`](DynamicRef::start_child).
    pub fn start_child_with_info<C: Child>(
        &self,
        spec: ChildSpec<C>,
    ) -> M::Outcome<(C::Client, Option<StartInfo>), ChildError> {
        self.start_any(spec, |place, info| (C::client(place), info))
    }

    fn start_any<C: Child, R: Send + 'static>(
        &self,
        spec: ChildSpec<C>,
        then: impl FnOnce(Place, Option<StartInfo>) -> R + Send + 'static,
    ) -> M::Outcome<R, ChildError> {
        let spec = spec.into_spec();
        match validate_at(self.supervisor.place(), &AnyChild::label().into(), &spec) {
            Ok(()) => self.starting(ChildSpec::new(spec), then),
            Err(error) => SupervisorRef::<M>::known(Err(error)),
        }
    }
}

impl<C: DynamicChild, A: Send + 'static, M: AskMode> DynamicRef<C, A, M> {
    fn starting<R: Send + 'static>(
        &self,
        with: A,
        then: impl FnOnce(Place, Option<StartInfo>) -> R + Send + 'static,
    ) -> M::Outcome<R, ChildError> {
        let given: ChildArgs<C, A> = ChildArgs { with, child: PhantomData };
        let request = |reply| Message::StartDynamic(Guarded::new(Box::new(given)), reply);
        self.supervisor.ask(request, |started| started.map(|(place, info)| then(place, info)))
    }
}

impl<C: DynamicChild, A: Send + 'static> DynamicRef<C, A> {
    pub(crate) fn start_given(&self, with: A) -> Result<Place, ChildError> {
        self.starting(with, |place, _| place)
    }

    /// The dynamic supervisor that has a name now, by its place in its tree.
    ///
    /// ```
    /// # use otp::{supervisor::{DynamicSupervisor, DynamicRef, ChildError}, prelude::*};
    /// # pub struct Session { user: &'static str }
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init(user: &'static str) -> Self { Self { user } }
    /// #     #[handle_call] pub fn user(&self) -> &'static str { self.user }
    /// # }
    /// let sessions = DynamicSupervisor::<Session>::new().name("sessions").start()?;
    /// assert_eq!(DynamicRef::<Session>::lookup("sessions")?.pid(), sessions.pid());
    /// assert_eq!(DynamicRef::<otp::supervisor::AnyChild>::lookup("sessions").err(), Some(CallError::NoProc));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CallError::NoProc`] when nobody has the name, or a process that is no such supervisor;
    /// [`CallError::Timeout`] when the supervisor is busy for 5 seconds.
    pub fn lookup(name: impl Into<Name<DynamicSupervisor<C, A>>>) -> Result<Self, CallError> {
        requested::wait(Self::lookup_async(name))
    }

    /// As [`lookup`](DynamicRef::lookup), to be awaited on any executor.
    /// [`SupervisorRef::lookup_async`](crate::SupervisorRef::lookup_async) has an example.
    ///
    /// # Errors
    /// As for [`lookup`](DynamicRef::lookup).
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn lookup_async(name: impl Into<Name<DynamicSupervisor<C, A>>>) -> Result<Self, CallError> {
        let look = SupervisorRef::look_up(name.into().into()).await?;
        match look.kind {
            SeenKind::Dynamic(takes) if takes == TypeId::of::<ChildArgs<C, A>>() => {
                Ok(Self::new(SupervisorRef::from_place(look.place)))
            }
            _ => Err(CallError::NoProc),
        }
    }
}

impl<C: DynamicChild, A, M: AskMode> DynamicRef<C, A, M> {
    fn new(supervisor: SupervisorRef<M>) -> Self {
        Self { supervisor, kind: PhantomData }
    }

    /// The same supervisor, whose requests are futures; see [`SupervisorRef::as_async`].
    ///
    /// ```
    /// # use otp::{supervisor::DynamicSupervisor, prelude::*};
    /// # pub struct Session;
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    /// Sim::run(1, |_| {
    ///     let sessions = DynamicSupervisor::<Session>::new().start().unwrap();
    ///     process::spawn_async(move |_| async move { sessions.as_async().start_child(()).await.map(drop) });
    /// });
    /// ```
    #[must_use]
    pub fn as_async(&self) -> DynamicRef<C, A, Async> {
        DynamicRef::new(self.supervisor.as_async())
    }

    /// Ends a child, named by a client of it or its pid, and waits until it has ended; it is forgotten.
    /// `DynamicSupervisor.terminate_child/2`.
    ///
    /// A child that waits for its restart is ended as well: its client names it still, and so does its last pid.
    ///
    /// ```
    /// # use otp::{supervisor::{DynamicSupervisor, DynamicRef, ChildError}, prelude::*};
    /// # pub struct Session { user: &'static str }
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init(user: &'static str) -> Self { Self { user } }
    /// #     #[handle_call] pub fn user(&self) -> &'static str { self.user }
    /// # }
    /// let sessions = DynamicSupervisor::<Session>::new().start()?;
    /// let joe = sessions.start_child(("joe",))?;
    /// sessions.terminate_child(&joe)?;
    /// assert_eq!(joe.user(), Err(CallError::NoProc));
    /// assert_eq!(sessions.terminate_child(&joe), Err(ChildError::NotFound));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::NotFound`] when it is no child of this supervisor, any more or at all.
    pub fn terminate_child<Kind>(&self, child: &(impl ToPid<Kind> + ?Sized)) -> M::Outcome<(), ChildError> {
        match who(child) {
            Ok(who) => self.supervisor.ask(|reply| Message::TerminateChild(who, reply), |ended| ended),
            Err(error) => SupervisorRef::<M>::known(Err(error)),
        }
    }

    /// What the spec of a child says, named by a client of it or its pid. `supervisor:get_childspec/2`.
    ///
    /// ```
    /// # use otp::{supervisor::{DynamicSupervisor, DynamicRef, ChildError}, prelude::*};
    /// # pub struct Session { user: &'static str }
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init(user: &'static str) -> Self { Self { user } }
    /// #     #[handle_call] pub fn user(&self) -> &'static str { self.user }
    /// # }
    /// let sessions = DynamicSupervisor::<Session>::temporary().start()?;
    /// let joe = sessions.start_child(("joe",))?;
    /// assert_eq!(sessions.child_spec(&joe)?.restart, Restart::Temporary);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::NotFound`] when it is no child of this supervisor, any more or at all.
    pub fn child_spec<Kind>(&self, child: &(impl ToPid<Kind> + ?Sized)) -> M::Outcome<SpecInfo, ChildError> {
        match who(child) {
            Ok(who) => self.supervisor.ask(|reply| Message::GetChildSpec(who, reply), |spec| spec),
            Err(error) => SupervisorRef::<M>::known(Err(error)),
        }
    }

    /// As any supervisor. What asks for a child by its id ends in [`ChildError::OtherKind`].
    ///
    /// ```
    /// # use otp::{supervisor::{DynamicSupervisor, DynamicRef, ChildError}, prelude::*};
    /// # pub struct Session { user: &'static str }
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init(user: &'static str) -> Self { Self { user } }
    /// #     #[handle_call] pub fn user(&self) -> &'static str { self.user }
    /// # }
    /// let sessions = DynamicSupervisor::<Session>::new().start()?;
    /// assert_eq!(sessions.supervisor().count_children()?.active, 0);
    /// assert_eq!(sessions.supervisor().terminate_child("joe"), Err(ChildError::OtherKind));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn supervisor(&self) -> &SupervisorRef<M> {
        &self.supervisor
    }
}

/// How a client, a pid or a name says which child is meant.
fn who<Kind>(child: &(impl ToPid<Kind> + ?Sized)) -> Result<Who, ChildError> {
    match child.place() {
        Some(place) => Ok(Who::Place(place)),
        None => child.to_pid().map(Who::Pid).ok_or(ChildError::NotFound),
    }
}

as_supervisor! {
    impl<C: DynamicChild, A, M: AskMode> DynamicRef<C, A, M>, mode = M;
    which_children = "Its children, the newest first. `DynamicSupervisor.which_children/1`.",
    count_children = "How many children it has; each counts as a spec. `DynamicSupervisor.count_children/1`.",
    stop = "Ends all children at once, each in its own time, and then the supervisor; waits until it has ended. \
            `DynamicSupervisor.stop/1`.",
}

impl<C: DynamicChild, A> AsRef<SupervisorRef> for DynamicRef<C, A> {
    fn as_ref(&self) -> &SupervisorRef {
        &self.supervisor
    }
}

impl<C: DynamicChild, A, M: AskMode> Clone for DynamicRef<C, A, M> {
    fn clone(&self) -> Self {
        Self::new(self.supervisor.clone())
    }
}

impl<C: DynamicChild, A, M: AskMode> fmt::Debug for DynamicRef<C, A, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DynamicRef<{}>({:?})", C::label(), self.supervisor.place())
    }
}

impl<C: DynamicChild, A> fmt::Display for DynamicRef<C, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.supervisor.fmt(f)
    }
}

//! Child specs: what a supervisor starts, and what it does when that ends.
//!
//! A [`ChildSpec`] knows by its type what it starts; inside a supervisor that is gone, and a [`Spec`] is left.

use std::{
    any::type_name, fmt, future::Future, marker::PhantomData, ops::RangeInclusive, pin::Pin, sync::Arc, time::Duration,
};

use super::{Supervisor, SupervisorRef, Tree, TreeChild, backoff::Backoff, report, server, shape};
use crate::{
    actor::{Actor, Blocking, ChildId, Name, Place, Restart, Shutdown, Start, StartError, Starting, of_place},
    cell::{
        AnyProcess, Mailbox, RegName,
        birth::Relation,
        current::{self, Interrupted},
        panic::caught,
    },
    process::StartInfo,
};

/// What can be a child of a supervisor: every [`Actor`], every tree made by `supervisor!`, and a [`Supervisor`] that is
/// built at run time. You need not implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "put `#[actor]` on an `impl {Self}` block, or implement `otp::Actor` by hand"
)]
pub trait Child: Sized + 'static {
    /// What it is started with.
    type Args: Send + 'static;
    /// A client of it that names its place in the tree.
    type Client: Clone + Send + Sync + 'static;

    /// A spec with the defaults of this kind of child.
    ///
    /// `args` is called at each start, in the supervisor. If it panics, that start has failed.
    fn spec(args: impl Fn() -> Self::Args + Send + Sync + 'static) -> ChildSpec<Self>;

    /// A client of whoever holds a place.
    #[doc(hidden)]
    fn client(place: Place) -> Self::Client;

    /// Its shape, if it is a declared tree.
    #[doc(hidden)]
    #[must_use]
    fn shape() -> Option<Tree> {
        None
    }

    /// A child of a declared tree, with the defaults of this kind of child.
    #[doc(hidden)]
    fn declared(name: &'static str) -> TreeChild {
        TreeChild::new::<Self>(name, simple_name::<Self>(), ChildKind::Supervisor)
    }
}

#[diagnostic::do_not_recommend]
impl<A: Actor> Child for A
where
    A::Client<Blocking>: Send + Sync + 'static,
{
    type Args = A::Args;
    type Client = A::Client<Blocking>;

    fn spec(args: impl Fn() -> A::Args + Send + Sync + 'static) -> ChildSpec<A> {
        ChildSpec::new(Spec {
            start: Some(Box::new(move |StartParams { name, mailbox, .. }| {
                let args = caught(&args);
                let mailbox = mailbox.unwrap_or(A::OPTIONS.mailbox);
                let name = name.cloned();
                Box::pin(async move {
                    let args = args.map_err(StartError::Failed)?;
                    let start = Start { args, name, relation: Relation::Link, timeout: None, mailbox };
                    Starting::<A>::new(A::NAME, start).ready_with_info().await
                })
            })),
            restart: A::OPTIONS.restart,
            shutdown: A::OPTIONS.shutdown,
            significant: false,
            backoff: None,
            on_restart: MailboxOnRestart::Drop,
            settle: settle::<A::Message>,
            name: A::OPTIONS.name.map(RegName::new),
            mailbox: None,
            kind: ChildKind::Worker,
            label: A::NAME,
        })
    }

    fn client(place: Place) -> A::Client<Blocking> {
        of_place::<A>(place)
    }

    fn declared(name: &'static str) -> TreeChild {
        let child = TreeChild::new::<Self>(name, A::NAME, ChildKind::Worker);
        child.restart(A::OPTIONS.restart).shutdown(A::OPTIONS.shutdown)
    }
}

impl Child for Supervisor {
    type Args = Supervisor;
    type Client = SupervisorRef;

    fn spec(args: impl Fn() -> Supervisor + Send + Sync + 'static) -> ChildSpec<Self> {
        tree_spec(move |_| args())
    }

    fn client(place: Place) -> SupervisorRef {
        SupervisorRef::from_place(place)
    }
}

/// The spec of a child that is a supervisor; `build` runs once per start of it, in its process.
pub fn tree_spec<C: Child>(build: impl Fn(&Place) -> Supervisor + Send + Sync + 'static) -> ChildSpec<C> {
    let build = Arc::new(build);
    let label = simple_name::<C>();
    ChildSpec::new(Spec {
        start: Some(Box::new(move |StartParams { place, name, shutdown, .. }| {
            let build = Arc::clone(&build);
            let tree = server::SupervisorArgs {
                label,
                place: place.clone(),
                build: Box::new(move |place| build(place)),
                is_named: name.is_some(),
                shutdown,
            };
            let name = name.cloned();
            Box::pin(async move { Ok((server::start(tree, name).await?, None)) })
        })),
        restart: Restart::Permanent,
        shutdown: Shutdown::Infinity,
        significant: false,
        backoff: None,
        on_restart: MailboxOnRestart::Drop,
        settle: settle::<server::Message>,
        name: None,
        mailbox: None,
        kind: ChildKind::Supervisor,
        label,
    })
}

/// The name of a type, without its module and its parameters.
pub(super) fn simple_name<T>() -> &'static str {
    let full = type_name::<T>();
    let path = full.split('<').next().unwrap_or(full);
    path.rsplit("::").next().unwrap_or(path)
}

/// What a child is to its supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChildKind {
    /// It has no children that anybody asks about.
    Worker,
    /// It is a supervisor itself.
    Supervisor,
}

type StartFn = Box<dyn Fn(StartParams<'_>) -> StartFuture + Send + Sync>;
pub(super) type StartFuture = Pin<Box<dyn Future<Output = Result<StartedChild, StartError>> + Send>>;
/// A child that has started, and what it gives to whoever asked for it.
pub(super) type StartedChild = (AnyProcess, Option<StartInfo>);

/// What a start is told by the spec.
struct StartParams<'a> {
    place: &'a Place,
    name: Option<&'a RegName>,
    mailbox: Option<Mailbox>,
    shutdown: Shutdown,
}

/// Gives a process that has started its place in the tree.
type Settle = fn(&AnyProcess, &Place, MailboxOnRestart);

fn settle<M: Send + 'static>(process: &AnyProcess, place: &Place, on_restart: MailboxOnRestart) {
    if on_restart == MailboxOnRestart::Keep {
        place.inherit::<M>(process);
    }
    place.take::<M>(process);
}

/// What becomes of the messages that wait in a child's mailbox when the child is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum MailboxOnRestart {
    /// They are dropped; whoever waits for an answer is told why the child ended.
    #[default]
    Drop,
    /// They wait for the next incarnation of the child.
    Keep,
}

/// How to start, restart and end a child, whatever its type.
pub(super) struct Spec {
    /// Nothing once a temporary child was started: what its arguments are made from is not kept for nothing.
    start: Option<StartFn>,
    pub(super) restart: Restart,
    pub(super) shutdown: Shutdown,
    pub(super) significant: bool,
    pub(super) backoff: Option<Backoff>,
    on_restart: MailboxOnRestart,
    settle: Settle,
    name: Option<RegName>,
    mailbox: Option<Mailbox>,
    pub(super) kind: ChildKind,
    /// What reports call such a child.
    pub(super) label: &'static str,
}

impl Spec {
    /// How long the child may need to end; `below` is what the children of a supervisor do.
    pub(super) fn shutdown_needed(&self, below: Option<Duration>) -> Option<Duration> {
        shape::needed(self.shutdown, self.kind, below)
    }

    /// Of a process with messages of type `M` that has no options of its own.
    pub(super) fn of_worker<M: Send + 'static>(
        label: &'static str,
        start: impl Fn() -> StartFuture + Send + Sync + 'static,
    ) -> Self {
        Self {
            start: Some(Box::new(move |_| start())),
            restart: Restart::Permanent,
            shutdown: Shutdown::After(Duration::from_secs(5)),
            significant: false,
            backoff: None,
            on_restart: MailboxOnRestart::Drop,
            settle: settle::<M>,
            name: None,
            mailbox: None,
            kind: ChildKind::Worker,
            label,
        }
    }

    /// Starts it, linked to the current process, and gives it its place in the tree.
    pub(super) fn start(&self, place: Place) -> impl Future<Output = Result<StartedChild, StartError>> + Send + use<> {
        let start = self.start.as_ref().expect("a temporary child is started once");
        let (name, mailbox, shutdown) = (self.name.as_ref(), self.mailbox, self.shutdown);
        let started = start(StartParams { place: &place, name, mailbox, shutdown });
        let (settle, on_restart, name) = (self.settle, self.on_restart, self.name.clone());
        async move {
            let (process, info) = started.await?;
            settle(&process, &place, on_restart);
            if let Some(name) = name {
                // Its hash may be the user's, and a panic there is not the end of the supervisor.
                _ = caught(|| place.stands_for(&name));
            }
            Ok((process, info))
        }
    }

    /// It was started; a temporary child never is again.
    pub(super) fn started(&mut self) {
        if self.restart == Restart::Temporary {
            self.drop_start();
        }
    }

    /// What the arguments are made from is the user's, and a panic in its `Drop` not the end of the supervisor.
    fn drop_start(&mut self) {
        let start = self.start.take();
        if let Err(reason) = caught(|| drop(start)) {
            report::spec_not_dropped(self.label, &reason);
        }
    }

    /// What it says, for people and programs to read.
    pub(super) fn info(&self, id: &ChildId) -> SpecInfo {
        SpecInfo {
            id: id.clone(),
            label: self.label,
            kind: self.kind,
            restart: self.restart,
            shutdown: self.shutdown,
            significant: self.significant,
            name: self.name.clone(),
        }
    }
}

impl Drop for Spec {
    fn drop(&mut self) {
        self.drop_start();
    }
}

/// What a child spec says, all defaults filled in. What `supervisor:get_childspec/2` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpecInfo {
    /// Its id among its siblings.
    pub id: ChildId,
    /// What reports call the child: the name of its type.
    pub label: &'static str,
    /// Whether it is a supervisor.
    pub kind: ChildKind,
    /// When it is started again.
    pub restart: Restart,
    /// How it is ended.
    pub shutdown: Shutdown,
    /// Whether its end can end the supervisor.
    pub significant: bool,
    /// The name that it registers before its `init`.
    pub name: Option<RegName>,
}

/// How a supervisor starts, restarts and ends a child. OTP's child specification.
///
/// It is made by `child_spec` of an actor or a tree, or by [`Child::spec`]. By default a child is
/// [`Permanent`](Restart::Permanent), has 5 seconds to shut down ([`Infinity`](Shutdown::Infinity) for supervisors),
/// and is not significant.
#[must_use = "a child spec starts nothing until a supervisor has it"]
pub struct ChildSpec<C> {
    spec: Spec,
    child: PhantomData<fn() -> C>,
}

impl<C> ChildSpec<C> {
    pub(super) fn new(spec: Spec) -> Self {
        Self { spec, child: PhantomData }
    }

    /// When it is started again.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.spec.restart = restart;
        self
    }

    /// How it is ended.
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.spec.shutdown = shutdown;
        self
    }

    /// Whether its end can end the supervisor; see [`AutoShutdown`](super::AutoShutdown).
    ///
    /// ```
    /// # use otp::{supervisor::AutoShutdown, prelude::*};
    /// # pub struct Job;
    /// # #[actor]
    /// # impl Job {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    /// Sim::run(1, |t| {
    ///     let job = Job::child_spec().restart(Restart::Transient).significant(true);
    ///     let batch = Supervisor::new(Strategy::OneForOne)
    ///         .auto_shutdown(AutoShutdown::AnySignificant)
    ///         .child("job", job)
    ///         .start()
    ///         .unwrap();
    ///     batch.child::<Job>("job").stop().unwrap();         // it is done
    ///     t.settle();
    ///     assert!(!batch.is_alive());                        // and so is its supervisor
    /// });
    /// ```
    pub fn significant(mut self, significant: bool) -> Self {
        self.spec.significant = significant;
        self
    }

    /// How long to wait between restarts of a child that goes on failing; unless this is said, it is started again at
    /// once.
    ///
    /// The first restart is at once in any case. When the child ends again, or can't be started, the next one waits for
    /// the shortest time of the range, and each further one for twice as long, up to the longest. A child that has run
    /// for the longest time of the range, and at least for the period in which its supervisor counts restarts, starts
    /// from the beginning; so does one that was stopped by hand.
    ///
    /// While it waits the child is [`Restarting`](super::ChildState::Restarting), its supervisor serves others, and
    /// those that the strategy restarts with it are stopped and wait as well. Restarts are counted when they are tried:
    /// with waits that are short beside its period a supervisor gives up as ever.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Modem;
    /// # #[actor]
    /// # impl Modem {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    /// Sim::run(1, |t| {
    ///     let spec = Modem::child_spec().backoff(Duration::from_secs(1)..=Duration::from_secs(30));
    ///     let line = Supervisor::new(Strategy::OneForOne).child("modem", spec).start().unwrap();
    ///     let modem = line.child::<Modem>("modem");
    ///     t.kill(&modem);
    ///     t.settle();
    ///     assert!(modem.is_alive());                 // the first restart is at once
    ///     t.kill(&modem);
    ///     t.settle();
    ///     assert!(!modem.is_alive());                // the second waits for a second
    ///     t.advance(Duration::from_secs(1));
    ///     assert!(modem.is_alive());
    /// });
    /// ```
    pub fn backoff(mut self, range: RangeInclusive<Duration>) -> Self {
        self.spec.backoff = Some(Backoff::new(range));
        self
    }

    /// What becomes of the messages that wait in its mailbox when it is started again.
    ///
    /// With [`Keep`](MailboxOnRestart::Keep), calls and casts that it had not begun to handle are handled by its next
    /// incarnation, in their order and before what is sent to its place later. Callers go on waiting, up to their
    /// timeouts. When the child is not started again the messages are dropped, and their callers told why it ended. So
    /// they are when it is declared dead because its code does not come back. What it has sent itself for
    /// later, its timers, and messages for subjects end with each incarnation.
    ///
    /// ```
    /// # use otp::{supervisor::MailboxOnRestart, prelude::*};
    /// # pub struct Log;
    /// # #[actor]
    /// # impl Log {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_cast] pub fn bug(&mut self) { panic!("off by one") }
    /// #     #[handle_call] pub fn line(&mut self) -> u32 { 42 }
    /// # }
    /// Sim::run(1, |t| {
    ///     let spec = Log::child_spec().mailbox_on_restart(MailboxOnRestart::Keep);
    ///     let logs = Supervisor::new(Strategy::OneForOne).child("log", spec).start().unwrap();
    ///     let log = logs.child::<Log>("log");
    ///     log.bug();
    ///     assert_eq!(log.line(), Ok(42));            // it waited behind the bug, and the next incarnation answers
    ///     assert_eq!(t.crashes().len(), 1);
    /// });
    /// ```
    pub fn mailbox_on_restart(mut self, mailbox: MailboxOnRestart) -> Self {
        self.spec.on_restart = mailbox;
        self
    }

    /// The name that it registers before its `init`.
    pub fn name(mut self, name: impl Into<Name<C>>) -> Self {
        self.spec.name = Some(name.into().into());
        self
    }

    /// Starts it as a supervisor would, linked to the current process.
    pub(crate) fn start(&self, place: &Place) -> Result<AnyProcess, StartError> {
        let started = current::block_on(self.spec.start(place.clone()));
        let started = started.unwrap_or_else(|interrupted| match interrupted {
            Interrupted::Exiting => Err(StartError::Exiting),
            Interrupted::Resources => Err(StartError::Resources),
        });
        started.map(|(process, _)| process)
    }

    pub(super) fn into_spec(self) -> Spec {
        self.spec
    }
}

impl<A: Actor> ChildSpec<A> {
    /// How many messages may wait for it; what its actor says, if this does not.
    pub fn mailbox(mut self, mailbox: Mailbox) -> Self {
        self.spec.mailbox = Some(mailbox);
        self
    }
}

impl<C> fmt::Debug for ChildSpec<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("child", &self.spec.label)
            .field("restart", &self.spec.restart)
            .field("shutdown", &self.spec.shutdown)
            .field("significant", &self.spec.significant)
            .field("backoff", &self.spec.backoff.map(Backoff::range))
            .field("mailbox_on_restart", &self.spec.on_restart)
            .field("name", &self.spec.name)
            .finish()
    }
}

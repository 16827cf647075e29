//! Supervisors: processes that start other processes, end them, and start them again.
//!
//! A supervisor starts its children in order, each when the one before is ready, and ends them in reverse. When a child
//! ends, its [`Restart`] says whether it is started again, and the [`Strategy`] who else is. When there are more
//! restarts in a period than its intensity allows, it ends all children and itself, for the supervisor above to decide.
//! Clients of a child name its place in the tree, a [`Place`]: they reach each incarnation in turn.
//!
//! | kind | children | made by |
//! |---|---|---|
//! | [`Supervisor`] | known beforehand, of any types | [`supervisor!`](crate::supervisor!), or at run time by hand |
//! | [`DynamicSupervisor`] | started at any time, of one type or of [any](DynamicSupervisor::any) | `dynamic<Session>`, [`DynamicSupervisor::new`] |
//! | [`PartitionSupervisor`] | a number of one type, among which keys are divided | `partition<Shard>(..)`, [`PartitionSupervisor::new`] |
//!
//! Each child has a [`ChildSpec`]; a running supervisor is a [`SupervisorRef`], a [`DynamicRef`] or a [`PartitionRef`].
//!
//! ```
//! use otp::{supervisor, prelude::*};
//!
//! pub struct Counter(u32);
//!
//! #[actor]
//! impl Counter {
//!     #[init]
//!     fn init() -> Self { Self(0) }
//!     #[handle_call]
//!     pub fn add(&mut self) -> u32 { self.0 += 1; self.0 }
//! }
//!
//! supervisor! {
//!     App<one_for_one> {
//!         intensity: 3 in 5s;
//!         counter: Counter() { shutdown: 2s };
//!     }
//! }
//!
//! Sim::run(1, |t| {
//!     let app = App::start().unwrap();
//!     let counter = app.counter();
//!     assert_eq!(counter.add(), Ok(1));
//!     t.kill(&app.counter());
//!     t.settle();
//!     assert_eq!(counter.add(), Ok(1));          // the same client, a new incarnation
//! });
//! ```

// `strategy`, `intensity` and `backoff` decide over plain data, `children` keeps count, `server` is the process that
// carries the decisions out, `kind` what differs between the kinds of supervisors, `ending` how a child is ended,
// `endings` how children have ended while a program is shut down,
// `client` how others speak with a supervisor. What a child does is none of their business.

mod asking;
mod backoff;
mod children;
mod client;
mod dynamic;
mod ending;
mod endings;
mod intensity;
mod kind;
mod partition;
mod plain;
mod readiness;
mod report;
mod server;
mod shape;
mod spec;
mod strategy;
#[cfg(test)]
mod tests;
mod tree;

use std::{
    collections::BTreeSet,
    fmt,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

pub(crate) use self::client::as_supervisor;
pub(crate) use self::dynamic::{declared, spec_once};
pub(crate) use self::endings::Endings;
pub use self::{
    asking::{AskMode, Asked},
    client::{ChildCount, ChildError, ChildInfo, ChildState, SupervisorRef},
    dynamic::{AnyChild, DynamicChild, DynamicRef, DynamicSupervisor},
    endings::ChildEnd,
    partition::{PartitionRef, PartitionSupervisor},
    plain::{PlainChild, PlainCode, PlainRef},
    readiness::{Readiness, Unready},
    shape::{ShortShutdown, Tree, TreeChild},
    spec::{Child, ChildKind, ChildSpec, MailboxOnRestart, SpecInfo},
    strategy::{AutoShutdown, Strategy},
};
use self::{
    kind::{Partitions, SupervisorKind},
    spec::Spec,
    tree::count,
};
#[doc(hidden)]
pub use self::{
    partition::{InPartitions, Mentions},
    spec::tree_spec,
};
pub use crate::actor::{
    error::SpecError,
    options::{Restart, Shutdown},
    place::{ChildId, Place},
};
use crate::{
    actor::{Name, StartError},
    cell::{RegName, birth::Relation},
    sync::{Mutex, lock},
};

/// Builds a supervisor: its strategy, its limits, and its children in the order of their start.
///
/// `supervisor!` expands to one; by hand it builds a tree at run time.
///
/// ```
/// # use otp::{Actor, Context, actor::{Handled, Init}, mode::Mode, ActorRef};
/// # struct Db;
/// # impl Actor for Db {
/// #     type Args = ();
/// #     type Message = ();
/// #     type Client<M: Mode> = ActorRef<Self, M>;
/// #     const NAME: &'static str = "Db";
/// #     fn init(_: (), _: &mut Context<Self>) -> Handled<'_, Init<Self>> { Handled::Done(Init::Ok(Db)) }
/// #     fn handle<'a>(&'a mut self, _: (), _: &'a mut Context<Self>) -> Handled<'a> { Handled::Done(Ok(())) }
/// #     fn message_name(_: &()) -> &'static str { "unit" }
/// # }
/// use otp::{ClientExt, Restart, supervisor::{Child, Strategy, Supervisor}};
/// use std::time::Duration;
///
/// let shop = Supervisor::new(Strategy::RestForOne)
///     .intensity(3, Duration::from_secs(5))
///     .child("db", Db::spec(|| ()))
///     .child("replica", Db::spec(|| ()).restart(Restart::Transient))
///     .start()?;
/// assert!(shop.child::<Db>("db").is_alive());
/// shop.stop()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "it starts nothing until `start`"]
pub struct Supervisor {
    strategy: Strategy,
    restarts: u32,
    period: Duration,
    auto_shutdown: AutoShutdown,
    name: Option<RegName>,
    ignores: bool,
    children: Vec<(ChildId, Spec)>,
    kind: SupervisorKind,
}

impl Supervisor {
    /// Without children, at most 3 restarts in 5 seconds, without automatic shutdown.
    pub fn new(strategy: Strategy) -> Self {
        Self {
            strategy,
            restarts: 3,
            period: Duration::from_secs(5),
            auto_shutdown: AutoShutdown::Never,
            name: None,
            ignores: false,
            children: Vec::new(),
            kind: SupervisorKind::Static,
        }
    }

    /// One that chooses not to run, for a tree that decides as it is built: its start ends in [`StartError::Ignore`],
    /// which a supervisor above takes for no failure. OTP's `ignore` from `init`.
    ///
    /// ```
    /// use otp::{StartError, Strategy, Supervisor};
    ///
    /// let wanted = false;
    /// let metrics = Supervisor::spec(move || match wanted {
    ///     true => Supervisor::new(Strategy::OneForOne),
    ///     false => Supervisor::ignore(),
    /// });
    /// # use otp::Child;
    /// let shop = Supervisor::new(Strategy::OneForOne).child("metrics", metrics).start()?;
    /// assert_eq!(shop.child::<Supervisor>("metrics").pid(), None);
    /// # Ok::<(), StartError>(())
    /// ```
    pub fn ignore() -> Self {
        Self { ignores: true, ..Self::new(Strategy::OneForOne) }
    }

    /// How many restarts there may be within `period`: with one more the supervisor ends all children and itself, with
    /// the reason `Shutdown`.
    pub fn intensity(mut self, restarts: u32, period: Duration) -> Self {
        self.restarts = restarts;
        self.period = period;
        self
    }

    /// Whether it ends when its significant children have.
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// Registers this name before its children are started; see [`SupervisorRef::lookup`]. A start that finds it taken
    /// fails with [`StartError::AlreadyStarted`]. The name that its own child spec gives it comes first.
    pub fn name(mut self, name: impl Into<Name<Self>>) -> Self {
        self.name = Some(name.into().into());
        self
    }

    /// Adds a child, to be started after those that were added before. Ids are unique among the children.
    pub fn child<C: Child>(mut self, id: impl Into<ChildId>, spec: ChildSpec<C>) -> Self {
        self.children.push((id.into(), spec.into_spec()));
        self
    }

    /// Starts it and its children, unlinked, and waits until all of them are ready.
    ///
    /// # Errors
    /// [`StartError::Child`] when a child was not started; those before it were stopped again, in reverse order.
    /// [`StartError::AlreadyStarted`] when its name is taken. [`StartError::Spec`] when the specs make no sense.
    pub fn start(self) -> Result<SupervisorRef, StartError> {
        self.start_as(Relation::None)
    }

    /// As [`start`](Supervisor::start), linked to the current process. `supervisor:start_link/2`.
    ///
    /// # Errors
    /// As for [`start`](Supervisor::start); the error also ends a caller that does not trap exits.
    pub fn start_link(self) -> Result<SupervisorRef, StartError> {
        self.start_as(Relation::Link)
    }

    /// Starts one whose children may know it: `build` is given a client of the supervisor to be, and runs in its process.
    ///
    /// The client is valid at once, and answers when all children are up: one whose `init` asks its supervisor waits for
    /// whom that waits for, and gets [`CallError::Deadlock`](crate::CallError::Deadlock). In `supervisor!` it is called
    /// `supervisor`.
    ///
    /// ```
    /// use otp::prelude::*;
    ///
    /// /// Knows the shop that it works in.
    /// pub struct Clerk { shop: SupervisorRef }
    ///
    /// #[actor]
    /// impl Clerk {
    ///     #[init]
    ///     fn init(shop: SupervisorRef) -> Self { Self { shop } }
    ///
    ///     #[handle_call]
    ///     pub fn colleagues(&self) -> Result<usize, otp::supervisor::ChildError> {
    ///         Ok(self.shop.count_children()?.active - 1)
    ///     }
    /// }
    ///
    /// let shop = Supervisor::start_with(|shop| {
    ///     let (first, second) = (shop.clone(), shop.clone());
    ///     Supervisor::new(Strategy::OneForOne)
    ///         .child("first", Clerk::child_spec(first))
    ///         .child("second", Clerk::child_spec(second))
    /// })?;
    /// assert_eq!(shop.child::<Clerk>("first").colleagues()?, Ok(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`start`](Supervisor::start).
    pub fn start_with(
        build: impl FnOnce(&SupervisorRef) -> Self + Send + 'static,
    ) -> Result<SupervisorRef, StartError> {
        server::start_root("Supervisor", move |place| build(&SupervisorRef::from_place(place.clone())), Relation::None)
    }

    /// As [`start_with`](Supervisor::start_with), linked to the current process.
    ///
    /// # Errors
    /// As for [`start_link`](Supervisor::start_link).
    pub fn start_link_with(
        build: impl FnOnce(&SupervisorRef) -> Self + Send + 'static,
    ) -> Result<SupervisorRef, StartError> {
        server::start_root("Supervisor", move |place| build(&SupervisorRef::from_place(place.clone())), Relation::Link)
    }

    /// As [`start_with`](Supervisor::start_with), for a supervisor that is a child itself: `build` runs at each of its
    /// starts, and its client is the same across them.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Clerk { shop: SupervisorRef }
    /// # #[actor]
    /// # impl Clerk {
    /// #     #[init] fn init(shop: SupervisorRef) -> Self { Self { shop } }
    /// #     #[handle_call] pub fn shop(&self) -> Option<Pid> { self.shop.pid() }
    /// # }
    /// let clerks = |shop: &SupervisorRef| {
    ///     Supervisor::new(Strategy::OneForOne).child("clerk", Clerk::child_spec(shop.clone()))
    /// };
    /// let mall = Supervisor::new(Strategy::OneForOne).child("shop", Supervisor::spec_with(clerks)).start()?;
    /// let shop = mall.child::<Supervisor>("shop");
    /// assert_eq!(shop.child::<Clerk>("clerk").shop()?, shop.pid());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spec_with(build: impl Fn(&SupervisorRef) -> Self + Send + Sync + 'static) -> ChildSpec<Self> {
        tree_spec(move |place| build(&SupervisorRef::from_place(place.clone())))
    }

    fn start_as(self, relation: Relation) -> Result<SupervisorRef, StartError> {
        server::start_root("Supervisor", move |_| self, relation)
    }

    /// How long its children may need to end, one after another; `None` when one of them has no limit.
    ///
    /// A supervisor among them that has no limit counts as nothing: what its children need is known when they have been
    /// started. So does a dynamic supervisor, whose children are not known beforehand, and end at once.
    ///
    /// A supervisor whose own `shutdown` is shorter than what its children need, those of supervisors below it as well,
    /// may be killed before they have ended. It reports that when they have been started. Of a declared tree it is known
    /// before: [`Tree::short_shutdowns`].
    ///
    /// ```
    /// use otp::prelude::*;
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    ///
    /// let shop = Supervisor::new(Strategy::OneForOne)
    ///     .child("db", Db::child_spec().shutdown(Shutdown::After(Duration::from_secs(20))))
    ///     .child("cache", Db::child_spec());
    /// assert_eq!(shop.shutdown_needed(), Some(Duration::from_secs(25)));
    /// ```
    pub fn shutdown_needed(&self) -> Option<Duration> {
        shape::sum(self.children.iter().map(|(_, spec)| spec.shutdown_needed(Some(Duration::ZERO))))
    }

    /// Says what is wrong with the specs, without starting anything; a start does so first of all.
    /// `supervisor:check_childspecs/2`.
    ///
    /// What a single value can say wrong does not compile; what is left is how they go together.
    ///
    /// ```
    /// use otp::{supervisor::SpecError, prelude::*};
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    ///
    /// let shop = Supervisor::new(Strategy::OneForOne).child("db", Db::child_spec()).child("db", Db::child_spec());
    /// assert_eq!(shop.check(), Err(SpecError::DuplicateChild("db".into())));
    /// ```
    ///
    /// # Errors
    /// The first mistake: of the supervisor, then of its children in order.
    pub fn check(&self) -> Result<(), SpecError> {
        if self.period.is_zero() {
            return Err(SpecError::ZeroPeriod);
        }
        if matches!(self.kind, SupervisorKind::Partitioned(Partitions { most: 0, .. })) {
            return Err(SpecError::NoPartitions);
        }
        let mut ids = BTreeSet::new();
        for (id, spec) in &self.children {
            validate(id, spec, self.auto_shutdown)?;
            if !ids.insert(id) {
                return Err(SpecError::DuplicateChild(id.clone()));
            }
        }
        Ok(())
    }
}

/// Says what is wrong with one spec, if anything is.
fn validate(id: &ChildId, spec: &Spec, auto_shutdown: AutoShutdown) -> Result<(), SpecError> {
    match spec.significant {
        true if auto_shutdown == AutoShutdown::Never => Err(SpecError::SignificantForNothing(id.clone())),
        true if spec.restart == Restart::Permanent => Err(SpecError::SignificantPermanent(id.clone())),
        _ if spec.backoff.is_some_and(|backoff| !backoff.is_range()) => Err(SpecError::Backoff(id.clone())),
        _ => Ok(()),
    }
}

/// As [`validate`], for a child of the supervisor at a place, without asking it. Of one that has never run no more is
/// known than that it may be of any kind.
fn validate_at(place: &Place, id: &ChildId, spec: &Spec) -> Result<(), ChildError> {
    let known = place.find_attached::<KnownAutoShutdown>();
    let auto_shutdown = match known.is_some_and(|known| known.never.load(Relaxed)) {
        true => AutoShutdown::Never,
        false => AutoShutdown::AnySignificant,
    };
    validate(id, spec, auto_shutdown).map_err(|error| ChildError::Start(StartError::Spec(error)))
}

/// What is known at a place of the supervisor that holds it or has held it last.
#[derive(Default)]
struct KnownAutoShutdown {
    /// It does not end with its significant children.
    never: AtomicBool,
}

impl KnownAutoShutdown {
    fn note(place: &Place, auto_shutdown: AutoShutdown) {
        place.attached(Self::default).never.store(auto_shutdown == AutoShutdown::Never, Relaxed);
    }
}

/// How long the children of the supervisor that holds a place may need to end; `None` without limit.
#[derive(Default)]
struct KnownShutdownNeeded(Mutex<Option<Duration>>);

impl KnownShutdownNeeded {
    fn note(place: &Place, needed: Option<Duration>) {
        *lock(&place.attached(Self::default).0) = needed;
    }

    /// Of a supervisor that has never run, nothing.
    fn at(place: &Place) -> Option<Duration> {
        place.find_attached::<Self>().map_or(Some(Duration::ZERO), |known| *lock(&known.0))
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("strategy", &self.strategy)
            .field("restarts", &self.restarts)
            .field("period", &self.period)
            .field("auto_shutdown", &self.auto_shutdown)
            .field("name", &self.name)
            .field("children", &self.children.iter().map(|(id, _)| id).collect::<Vec<_>>())
            .finish()
    }
}

/// Starts a tree made by `supervisor!`.
///
/// # Errors
/// As for [`Supervisor::start`].
#[doc(hidden)]
pub fn start_tree(
    name: &'static str,
    build: impl FnOnce(&Place) -> Supervisor + Send + 'static,
    link: bool,
) -> Result<SupervisorRef, StartError> {
    server::start_root(name, build, if link { Relation::Link } else { Relation::None })
}

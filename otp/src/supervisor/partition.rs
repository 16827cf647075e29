//! Partition supervisors: a fixed number of children that do the same, each for its share of the keys.
//!
//! The process is that of every supervisor (`server`), and its children are static ones whose ids are their numbers.
//! This file owns which key belongs to which of them, and the typed builder and client. Among how many the keys are
//! divided is kept at the supervisor's place in the tree, where it is read without asking anybody.

use std::{
    any::TypeId,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    marker::PhantomData,
    sync::Arc,
    time::Duration,
};

use super::{
    AskMode, Child, ChildError, ChildSpec, Strategy, Supervisor, SupervisorRef,
    client::as_supervisor,
    kind::{Partitions, SeenKind, SupervisorKind},
    server::{self, Message},
    spec::{Spec, simple_name, tree_spec},
};
use crate::{
    actor::{Async, Blocking, CallError, Name, Place, StartError, requested},
    cell::{RegName, birth::Relation},
    process::Node,
};

/// Builds a partition supervisor: a number of children of one type, among which keys are divided. Elixir's
/// `PartitionSupervisor`.
///
/// It is for a process that would be a bottleneck, and whose state can be divided: each key has its partition, which
/// all who know the key reach without asking anybody. A partition that ends is restarted as its spec says. In
/// `supervisor!` a partition supervisor reads `shards: partition<Shard>(i, db) for i { partitions: 8 };`.
///
/// ```
/// use otp::{supervisor::PartitionSupervisor, prelude::*};
///
/// pub struct Counter { partition: usize, count: u32 }
///
/// #[actor]
/// impl Counter {
///     #[init]
///     fn init(partition: usize) -> Self { Self { partition, count: 0 } }
///     #[handle_call]
///     pub fn count(&mut self) -> u32 { self.count += 1; self.count }
///     #[handle_call]
///     pub fn partition(&self) -> usize { self.partition }
/// }
///
/// let counters = PartitionSupervisor::new(|partition| Counter::child_spec(partition)).partitions(4).start()?;
/// assert_eq!(counters.partitions()?, 4);
/// // A number finds its partition by its remainder, any other key by its hash.
/// assert_eq!(counters.route(&6).partition()?, 2);
/// counters.route("joe").count()?;
/// assert_eq!(counters.route("joe").count()?, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "it starts nothing until `start`"]
pub struct PartitionSupervisor<C> {
    /// What it has in common with any other.
    supervisor: Supervisor,
    /// As many as there are cores, if nothing is said.
    partitions: Option<usize>,
    make: Box<dyn Fn(usize) -> Spec + Send + Sync>,
    child: PhantomData<fn() -> C>,
}

impl<C: Child> PartitionSupervisor<C> {
    /// Of children that are what `child` makes of their numbers, which begin with 0. Elixir's `:with_arguments`.
    ///
    /// It is called once per partition at each start of the supervisor, in the supervisor. A name in the spec would be
    /// that of all partitions, if it does not depend on the number.
    pub fn new(child: impl Fn(usize) -> ChildSpec<C> + Send + Sync + 'static) -> Self {
        Self {
            supervisor: Supervisor::new(Strategy::OneForOne),
            partitions: None,
            make: Box::new(move |number| child(number).into_spec()),
            child: PhantomData,
        }
    }
}

impl<C> PartitionSupervisor<C> {
    /// One that chooses not to run; see [`Supervisor::ignore`].
    ///
    /// ```
    /// # use otp::{supervisor::PartitionSupervisor, prelude::*};
    /// # pub struct Shard;
    /// # #[actor]
    /// # impl Shard {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    /// assert_eq!(PartitionSupervisor::<Shard>::ignore().start().err(), Some(StartError::Ignore));
    /// ```
    pub fn ignore() -> Self {
        Self {
            supervisor: Supervisor::ignore(),
            partitions: Some(0),
            make: Box::new(|_| unreachable!("it starts no child")),
            child: PhantomData,
        }
    }

    /// How many there are, and the most that there can be; as many as the node has [cores](Node::cores), if nothing is
    /// said.
    pub fn partitions(mut self, partitions: usize) -> Self {
        self.partitions = Some(partitions);
        self
    }

    /// Who is restarted along with a partition; nobody, if nothing is said.
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.supervisor.strategy = strategy;
        self
    }

    /// See [`Supervisor::intensity`].
    pub fn intensity(mut self, restarts: u32, period: Duration) -> Self {
        self.supervisor = self.supervisor.intensity(restarts, period);
        self
    }

    /// Registers this name; see [`Supervisor::name`] and [`PartitionRef::lookup`].
    pub fn name(mut self, name: impl Into<Name<Self>>) -> Self {
        self.supervisor.name = Some(name.into().into());
        self
    }
}

impl<C: Child> PartitionSupervisor<C> {
    /// Starts it and its partitions, unlinked, and waits until all of them are ready.
    ///
    /// # Errors
    /// [`StartError::Child`] when a partition was not started; those before it were stopped again.
    /// [`StartError::AlreadyStarted`] when its name is taken. [`StartError::Spec`] when there are to be no partitions,
    /// when one is significant, or when restarts are counted in a period of no length.
    pub fn start(self) -> Result<PartitionRef<C>, StartError> {
        self.start_as(Relation::None)
    }

    /// As [`start`](PartitionSupervisor::start), linked to the current process. `PartitionSupervisor.start_link/1`.
    ///
    /// # Errors
    /// As for [`start`](PartitionSupervisor::start); the error also ends a caller that does not trap exits, unless it
    /// is a name that is taken.
    pub fn start_link(self) -> Result<PartitionRef<C>, StartError> {
        self.start_as(Relation::Link)
    }

    fn start_as(self, relation: Relation) -> Result<PartitionRef<C>, StartError> {
        server::start_root("Partition", move |_| self.into_supervisor(), relation).map(PartitionRef::new)
    }

    pub(crate) fn into_supervisor(self) -> Supervisor {
        let Self { mut supervisor, partitions, make, .. } = self;
        let most = partitions.unwrap_or_else(|| Node::current().cores());
        supervisor.kind = SupervisorKind::Partitioned(Partitions { of: TypeId::of::<C>(), most });
        supervisor.children = (0..most).map(|number| (number.into(), make(number))).collect();
        supervisor
    }
}

impl<C: Child> Child for PartitionSupervisor<C> {
    type Args = Self;
    type Client = PartitionRef<C>;

    fn spec(args: impl Fn() -> Self + Send + Sync + 'static) -> ChildSpec<Self> {
        tree_spec(move |_| args().into_supervisor())
    }

    fn client(place: Place) -> PartitionRef<C> {
        PartitionRef::new(SupervisorRef::from_place(place))
    }
}

impl<C> fmt::Debug for PartitionSupervisor<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partition")
            .field("child", &simple_name::<C>())
            .field("partitions", &self.partitions)
            .field("supervisor", &self.supervisor)
            .finish()
    }
}

/// What `supervisor!` needs of `partition<C>(..)`, as items of `C`: a type that is no actor then is one error.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "put `#[actor]` on an `impl {Self}` block, or implement `otp::Actor` by hand"
)]
pub trait InPartitions: Child {
    type Client;

    fn client(place: Place) -> <Self as InPartitions>::Client;
    /// `args` are those of the partition with a number, `each` is what all their specs say.
    fn spec(
        args: impl Fn(usize) -> Self::Args + Send + Sync + 'static,
        each: impl Fn(ChildSpec<Self>) -> ChildSpec<Self> + Clone + Send + Sync + 'static,
        settings: impl Fn(PartitionSupervisor<Self>) -> PartitionSupervisor<Self> + Send + Sync + 'static,
    ) -> ChildSpec<Supervisor>;
    fn named(
        spec: ChildSpec<Supervisor>,
        name: impl Into<Name<<PartitionSupervisor<Self> as Mentions<Self::Args>>::Itself>>,
    ) -> ChildSpec<Supervisor>;
}

/// A type, and another one that it says nothing of. The compiler finds out that a child is no actor wherever it meets
/// the type of its arguments, in the same words; met nowhere else, the same mistake is told in other words as well.
#[doc(hidden)]
pub trait Mentions<A> {
    type Itself;
}

impl<T, A> Mentions<A> for T {
    type Itself = Self;
}

#[diagnostic::do_not_recommend]
impl<C: Child> InPartitions for C {
    type Client = <PartitionRef<C> as Mentions<C::Args>>::Itself;

    fn client(place: Place) -> PartitionRef<C> {
        <PartitionSupervisor<C> as Child>::client(place)
    }

    fn spec(
        args: impl Fn(usize) -> C::Args + Send + Sync + 'static,
        each: impl Fn(ChildSpec<C>) -> ChildSpec<C> + Clone + Send + Sync + 'static,
        settings: impl Fn(PartitionSupervisor<C>) -> PartitionSupervisor<C> + Send + Sync + 'static,
    ) -> ChildSpec<Supervisor> {
        let args = Arc::new(args);
        let spec = <PartitionSupervisor<C> as Child>::spec(move || {
            let (args, each) = (Arc::clone(&args), each.clone());
            settings(PartitionSupervisor::new(move |number| {
                let args = Arc::clone(&args);
                each(<C as Child>::spec(move || args(number)))
            }))
        });
        ChildSpec::new(spec.into_spec())
    }

    fn named(spec: ChildSpec<Supervisor>, name: impl Into<Name<PartitionSupervisor<C>>>) -> ChildSpec<Supervisor> {
        spec.name(RegName::from(name.into()))
    }
}

/// A partition supervisor, by its place in a tree: it stays valid when the supervisor is restarted, which then has as
/// many partitions as at first. `PartitionSupervisor`'s functions.
///
/// As with [`SupervisorRef`], requests wait without a limit of time; [`route`](PartitionRef::route),
/// [`partition`](PartitionRef::partition) and [`partitions`](PartitionRef::partitions) ask nobody. Printed, it shows
/// its partitions.
///
/// ```
/// # use otp::{supervisor::{ChildError, PartitionSupervisor, PartitionRef}, prelude::*};
/// # pub struct Shard { number: usize }
/// # #[actor]
/// # impl Shard {
/// #     #[init] fn init(number: usize) -> Self { Self { number } }
/// #     #[handle_call] pub fn number(&self) -> usize { self.number }
/// # }
/// # fn shards() -> PartitionSupervisor<Shard> { PartitionSupervisor::new(|number| Shard::child_spec(number)).partitions(4) }
/// let shards = shards().start()?;
/// assert_eq!(shards.route(&6).number()?, 2);
/// assert_eq!(shards.which_children()?[0].pid(), shards.partition(3).pid());      // the last one first
/// assert_eq!(shards.resize(2)?, 4);
/// assert_eq!(shards.count_children()?.active, 2);
/// assert_eq!(shards.route(&6).number()?, 0);
///
/// let monitor = shards.monitor().expect("it runs");
/// shards.stop_with(ExitReason::Shutdown, Duration::from_secs(30))?;
/// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
/// assert_eq!((shards.pid(), shards.is_alive(), shards.gave_up()), (None, false, false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PartitionRef<C, M: AskMode = Blocking> {
    supervisor: SupervisorRef<M>,
    child: PhantomData<fn() -> C>,
}

impl<C: Child> PartitionRef<C> {
    /// The partition supervisor that has a name now, by its place in its tree.
    ///
    /// ```
    /// # use otp::{supervisor::{ChildError, PartitionSupervisor, PartitionRef}, prelude::*};
    /// # pub struct Shard { number: usize }
    /// # #[actor]
    /// # impl Shard {
    /// #     #[init] fn init(number: usize) -> Self { Self { number } }
    /// #     #[handle_call] pub fn number(&self) -> usize { self.number }
    /// # }
    /// # fn shards() -> PartitionSupervisor<Shard> { PartitionSupervisor::new(|number| Shard::child_spec(number)).partitions(4) }
    /// let shards = shards().name("shards").start()?;
    /// assert_eq!(PartitionRef::<Shard>::lookup("shards")?.pid(), shards.pid());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CallError::NoProc`] when nobody has the name, or a process that is no such supervisor;
    /// [`CallError::Timeout`] when the supervisor is busy for 5 seconds.
    pub fn lookup(name: impl Into<Name<PartitionSupervisor<C>>>) -> Result<Self, CallError> {
        requested::wait(Self::lookup_async(name))
    }

    /// As [`lookup`](PartitionRef::lookup), to be awaited on any executor.
    /// [`SupervisorRef::lookup_async`](crate::SupervisorRef::lookup_async) has an example.
    ///
    /// # Errors
    /// As for [`lookup`](PartitionRef::lookup).
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn lookup_async(name: impl Into<Name<PartitionSupervisor<C>>>) -> Result<Self, CallError> {
        let look = SupervisorRef::look_up(name.into().into()).await?;
        match look.kind {
            SeenKind::Partitioned(of) if of == TypeId::of::<C>() => {
                Ok(Self::new(SupervisorRef::from_place(look.place)))
            }
            _ => Err(CallError::NoProc),
        }
    }
}

impl<C: Child, M: AskMode> PartitionRef<C, M> {
    /// A client of the partition that a key belongs to. Elixir's `{:via, PartitionSupervisor, {Name, Key}}`.
    ///
    /// An integer belongs to the partition `key.abs() % partitions`, and so does all that hashes as one integer does,
    /// as an id that is a newtype. Any other key goes by its hash, which is the same for equal keys as long as the
    /// program runs; `"joe"` and `"joe".to_owned()` are equal keys.
    ///
    /// The client names the partition, not the key: it follows restarts, but not [`resize`](PartitionRef::resize). When
    /// there are no partitions, or the supervisor is gone, it reaches nobody.
    ///
    /// ```
    /// # use otp::{supervisor::{ChildError, PartitionSupervisor, PartitionRef}, prelude::*};
    /// # pub struct Shard { number: usize }
    /// # #[actor]
    /// # impl Shard {
    /// #     #[init] fn init(number: usize) -> Self { Self { number } }
    /// #     #[handle_call] pub fn number(&self) -> usize { self.number }
    /// # }
    /// # fn shards() -> PartitionSupervisor<Shard> { PartitionSupervisor::new(|number| Shard::child_spec(number)).partitions(4) }
    /// let shards = shards().start()?;
    /// assert_eq!(shards.route(&-7).number()?, 3);
    /// assert_eq!(shards.route("joe").number()?, shards.route(&"joe".to_owned()).number()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn route<K: Hash + ?Sized>(&self, key: &K) -> C::Client {
        let partitions = self.supervisor.place().partitions().unwrap_or(0);
        self.partition(share(key, partitions))
    }

    /// A client of the partition with this number. When there is none, it reaches nobody.
    ///
    /// ```
    /// # use otp::{supervisor::{ChildError, PartitionSupervisor, PartitionRef}, prelude::*};
    /// # pub struct Shard { number: usize }
    /// # #[actor]
    /// # impl Shard {
    /// #     #[init] fn init(number: usize) -> Self { Self { number } }
    /// #     #[handle_call] pub fn number(&self) -> usize { self.number }
    /// # }
    /// # fn shards() -> PartitionSupervisor<Shard> { PartitionSupervisor::new(|number| Shard::child_spec(number)).partitions(4) }
    /// let shards = shards().start()?;
    /// assert_eq!(shards.partition(3).number()?, 3);
    /// assert_eq!(shards.partition(4).number(), Err(CallError::NoProc));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn partition(&self, number: usize) -> C::Client {
        self.supervisor.child::<C>(number)
    }
}

impl<C, M: AskMode> PartitionRef<C, M> {
    fn new(supervisor: SupervisorRef<M>) -> Self {
        Self { supervisor, child: PhantomData }
    }

    /// The same supervisor, whose requests are futures; see [`SupervisorRef::as_async`].
    ///
    /// ```
    /// # use otp::{supervisor::PartitionSupervisor, prelude::*};
    /// # pub struct Shard;
    /// # #[actor]
    /// # impl Shard {
    /// #     #[init] fn init(_: usize) -> Self { Self }
    /// # }
    /// Sim::run(1, |_| {
    ///     let shards = PartitionSupervisor::new(|number| Shard::child_spec(number)).partitions(4).start().unwrap();
    ///     process::spawn_async(move |_| async move { shards.as_async().resize(2).await.map(drop) });
    /// });
    /// ```
    #[must_use]
    pub fn as_async(&self) -> PartitionRef<C, Async> {
        PartitionRef::new(self.supervisor.as_async())
    }

    /// Among how many partitions the keys are divided now. `PartitionSupervisor.partitions/1`.
    ///
    /// ```
    /// # use otp::{supervisor::{ChildError, PartitionSupervisor, PartitionRef}, prelude::*};
    /// # pub struct Shard { number: usize }
    /// # #[actor]
    /// # impl Shard {
    /// #     #[init] fn init(number: usize) -> Self { Self { number } }
    /// #     #[handle_call] pub fn number(&self) -> usize { self.number }
    /// # }
    /// # fn shards() -> PartitionSupervisor<Shard> { PartitionSupervisor::new(|number| Shard::child_spec(number)).partitions(4) }
    /// let shards = shards().start()?;
    /// assert_eq!(shards.partitions()?, 4);
    /// shards.stop()?;
    /// assert_eq!(shards.partitions(), Err(ChildError::Gone(CallError::NoProc)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::Gone`] when the supervisor is gone, or not yet started.
    pub fn partitions(&self) -> Result<usize, ChildError> {
        let partitions = self.supervisor.pid().and(self.supervisor.place().partitions());
        partitions.ok_or(ChildError::Gone(CallError::NoProc))
    }

    /// Divides the keys among so many partitions: those that are too many are ended, the last one first, or those that
    /// are missing are started again; says how many there were. `PartitionSupervisor.resize!/2`.
    ///
    /// Most keys then belong to another partition, to which nothing of their state is moved. A partition that was ended
    /// keeps its spec: as any child that was terminated it is started again with the others, if the strategy restarts
    /// them, but no key belongs to it.
    ///
    /// ```
    /// # use otp::{supervisor::{ChildError, PartitionSupervisor, PartitionRef}, prelude::*};
    /// # pub struct Shard { number: usize }
    /// # #[actor]
    /// # impl Shard {
    /// #     #[init] fn init(number: usize) -> Self { Self { number } }
    /// #     #[handle_call] pub fn number(&self) -> usize { self.number }
    /// # }
    /// # fn shards() -> PartitionSupervisor<Shard> { PartitionSupervisor::new(|number| Shard::child_spec(number)).partitions(4) }
    /// let shards = shards().start()?;
    /// assert_eq!(shards.resize(1)?, 4);
    /// assert_eq!(shards.route(&7).number()?, 0);
    /// assert_eq!(shards.resize(4)?, 1);
    /// assert_eq!(shards.resize(5), Err(ChildError::TooManyPartitions(4)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::TooManyPartitions`] when there were fewer at the start of the supervisor. [`ChildError::Start`]
    /// when one is not started again, and [`ChildError::NotFound`] when one is temporary, and so forgotten; those
    /// before it are counted in. [`ChildError::Gone`] when the supervisor is gone.
    pub fn resize(&self, partitions: usize) -> M::Outcome<usize, ChildError> {
        self.supervisor.ask(|reply| Message::Resize(partitions, reply), |before| before)
    }

    /// As any supervisor. Its children have their numbers as ids.
    ///
    /// ```
    /// # use otp::{supervisor::{ChildError, PartitionSupervisor, PartitionRef}, prelude::*};
    /// # pub struct Shard { number: usize }
    /// # #[actor]
    /// # impl Shard {
    /// #     #[init] fn init(number: usize) -> Self { Self { number } }
    /// #     #[handle_call] pub fn number(&self) -> usize { self.number }
    /// # }
    /// # fn shards() -> PartitionSupervisor<Shard> { PartitionSupervisor::new(|number| Shard::child_spec(number)).partitions(4) }
    /// let shards = shards().start()?;
    /// assert_eq!(shards.supervisor().which_child(2)?.pid(), shards.partition(2).pid());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn supervisor(&self) -> &SupervisorRef<M> {
        &self.supervisor
    }
}

as_supervisor! {
    impl<C, M: AskMode> PartitionRef<C, M>, mode = M;
    which_children = "Its partitions, the last one first; their ids are their numbers. \
                      `PartitionSupervisor.which_children/1`.",
    count_children = "How many partitions it has. Those that [`resize`](PartitionRef::resize) has ended are not active, and \
                      counted. `PartitionSupervisor.count_children/1`.",
    stop = "Ends it, after its partitions, the last one first; waits until it has ended. `PartitionSupervisor.stop/1`.",
}

impl<C> AsRef<SupervisorRef> for PartitionRef<C> {
    fn as_ref(&self) -> &SupervisorRef {
        &self.supervisor
    }
}

impl<C, M: AskMode> Clone for PartitionRef<C, M> {
    fn clone(&self) -> Self {
        Self::new(self.supervisor.clone())
    }
}

impl<C, M: AskMode> fmt::Debug for PartitionRef<C, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PartitionRef<{}>({:?})", simple_name::<C>(), self.supervisor.place())
    }
}

impl<C> fmt::Display for PartitionRef<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.supervisor.fmt(f)
    }
}

/// To which of so many partitions a key belongs; to the first one when there are none.
fn share<K: Hash + ?Sized>(key: &K, partitions: usize) -> usize {
    let mut heard = Heard::default();
    key.hash(&mut heard);
    let number = heard.integer.unwrap_or_else(|| heard.hasher.finish().into());
    // It is less than `partitions`.
    number.checked_rem(partitions as u128).unwrap_or(0) as usize
}

/// Hears what a key feeds to a hasher.
#[derive(Default)]
struct Heard {
    /// How far from zero the key is, if all that was heard is one integer.
    integer: Option<u128>,
    is_begun: bool,
    /// Has no seed: equal keys have equal hashes, whoever asks.
    hasher: DefaultHasher,
}

impl Heard {
    fn integer(&mut self, from_zero: u128) {
        let is_first = !self.is_begun;
        self.write(&from_zero.to_ne_bytes());
        self.integer = is_first.then_some(from_zero);
    }
}

/// The methods for integers, each as the distance from zero.
macro_rules! integers {
    ($($method:ident($integer:ident: $ty:ty) = $from_zero:expr;)*) => {
        $(fn $method(&mut self, $integer: $ty) {
            self.integer($from_zero as u128);
        })*
    };
}

impl Hasher for Heard {
    fn write(&mut self, bytes: &[u8]) {
        self.is_begun = true;
        self.integer = None;
        self.hasher.write(bytes);
    }

    integers! {
        write_u8(integer: u8) = integer;
        write_u16(integer: u16) = integer;
        write_u32(integer: u32) = integer;
        write_u64(integer: u64) = integer;
        write_u128(integer: u128) = integer;
        write_usize(integer: usize) = integer;
        write_i8(integer: i8) = integer.unsigned_abs();
        write_i16(integer: i16) = integer.unsigned_abs();
        write_i32(integer: i32) = integer.unsigned_abs();
        write_i64(integer: i64) = integer.unsigned_abs();
        write_i128(integer: i128) = integer.unsigned_abs();
        write_isize(integer: isize) = integer.unsigned_abs();
    }

    fn finish(&self) -> u64 {
        self.hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Hash)]
    struct Id(i64);

    #[test]
    fn an_integer_goes_by_its_remainder() {
        assert_eq!([0, 1, 7, 8, 9].map(|key: u8| share(&key, 8)), [0, 1, 7, 0, 1]);
        assert_eq!([-1, -7, -8, i32::MIN].map(|key| share(&key, 8)), [1, 7, 0, 0]);
        assert_eq!([share(&-7_i8, 10), share(&-7_i16, 10), share(&-7_i64, 10), share(&-7_i128, 10)], [7; 4]);
        assert_eq!(share(&u128::MAX, 10), 5);
        assert_eq!(share(&i128::MIN, 10), 8);
        assert_eq!((share(&-11_isize, 4), share(&11_usize, 4), share(&&&11_u64, 4)), (3, 3, 3));
        assert_eq!((share(&Id(-11), 4), share(&'c', 4)), (3, 3), "what hashes as one integer does");
    }

    #[test]
    fn any_other_key_goes_by_its_hash() {
        let words = (0..1000).map(|word| share(&format!("word {word}"), 8));
        let tuples = (0..1000).map(|number| share(&(8 * number, 0), 8));
        let lists = (0..1000).map(|number| share(&[8 * number][..], 8));
        for shares in [words.collect::<Vec<_>>(), tuples.collect(), lists.collect()] {
            for partition in 0..8 {
                let count = shares.iter().filter(|share| **share == partition).count();
                assert!((75..175).contains(&count), "{count} of 1000 keys for {partition}");
            }
        }
    }

    #[test]
    fn equal_keys_go_to_one_partition() {
        for partitions in 1..100 {
            assert_eq!(share("joe", partitions), share(&"joe".to_owned(), partitions));
            assert_eq!(share(&[1, 2], partitions), share(&vec![1, 2][..], partitions));
        }
    }

    #[test]
    fn there_is_an_answer_without_partitions() {
        assert_eq!((share(&7, 0), share("joe", 0)), (0, 0));
    }
}

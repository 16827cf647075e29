//! What a process does with a registry: registers itself, takes that back, holds the lock of a key.

use std::{
    any::Any,
    borrow::{Borrow, Cow},
    fmt,
    future::Future,
    hash::Hash,
    sync::Arc,
};

use super::{
    KeyKind, Registry, RegistryKey, RegistryValue, Unique,
    locks::{LockTurn, LockWait},
    meta::meta_value,
    table::RegistryTable,
};
use crate::{
    actor::{Blocking, CallError, Name, requested},
    cell::{RegName, RegisterError, current},
    supervisor::{ChildError, SupervisorRef, as_supervisor},
};

/// A registry, by its place in a tree: it stays valid when the registry is started again. `Registry`'s functions.
///
/// What it does it does in the process that calls, and waits for nobody; [`lock`](RegistryRef::lock), and requests to
/// the supervisor of its partitions, such as [`stop`](RegistryRef::stop), are the exceptions. When the registry is not
/// running, nothing is found, and nothing registered.
///
/// ```
/// use otp::{registry::Registry, name::RegisterError, prelude::*};
///
/// let rooms = Registry::<u32, &str>::new().start()?;
/// assert_eq!(rooms.lookup(&7), None);
/// rooms.register(7, "free")?;
/// assert_eq!(rooms.lookup(&7), Some((otp::self_pid(), "free")));
/// assert_eq!(rooms.register(7, "taken"), Err(RegisterError::Taken(otp::self_pid())));
/// rooms.unregister(&7);
/// assert_eq!(rooms.count(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RegistryRef<K: RegistryKey, V: RegistryValue, D: KeyKind = Unique> {
    pub(super) table: Arc<RegistryTable<K, V, D>>,
    supervisor: SupervisorRef,
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> RegistryRef<K, V, D> {
    pub(super) fn new(supervisor: SupervisorRef) -> Self {
        Self { table: supervisor.place().attached(RegistryTable::new), supervisor }
    }

    /// The registry that has a name now, by its place in its tree.
    ///
    /// ```
    /// use otp::registry::{Registry, RegistryRef};
    ///
    /// let rooms = Registry::<u32, ()>::new().name("rooms").start()?;
    /// assert_eq!(RegistryRef::<u32, ()>::find("rooms")?.pid(), rooms.pid());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CallError::NoProc`] when nobody has the name, or a process that is no such registry;
    /// [`CallError::Timeout`] when its supervisor is busy for 5 seconds.
    pub fn find(name: impl Into<Name<Registry<K, V, D>>>) -> Result<Self, CallError> {
        requested::wait(Self::find_async(name))
    }

    /// As [`find`](RegistryRef::find), to be awaited on any executor.
    ///
    /// ```
    /// use otp::{process, registry::{Registry, RegistryRef}, CallError};
    ///
    /// let rooms = Registry::<u32, ()>::new().name("halls").start()?;
    /// let (_, finds) = process::spawn_monitor_async(move |_| async move {
    ///     assert_eq!(RegistryRef::<u32, ()>::find_async("halls").await?.pid(), rooms.pid());
    ///     Ok::<(), CallError>(())
    /// });
    /// assert!(process::current().receive_down(finds, None).unwrap().reason.is_clean());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`find`](RegistryRef::find).
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn find_async(name: impl Into<Name<Registry<K, V, D>>>) -> Result<Self, CallError> {
        let supervisor = SupervisorRef::lookup_async(RegName::from(name.into())).await?;
        let table = supervisor.place().find_attached().ok_or(CallError::NoProc)?;
        Ok(Self { table, supervisor })
    }

    /// Registers the current process under a key, with a value. `Registry.register/3`.
    ///
    /// It is linked to the process that cleans up after it, until it has no key any more.
    ///
    /// ```
    /// use otp::{registry::{Duplicate, Registry}, name::RegisterError};
    ///
    /// let rooms = Registry::<u32, ()>::new().start()?;
    /// rooms.register(7, ())?;
    /// assert_eq!(rooms.register(7, ()), Err(RegisterError::Taken(otp::self_pid())));
    ///
    /// let topics = Registry::<&str, u32, Duplicate>::duplicate().start()?;
    /// topics.register("news", 1)?;
    /// topics.register("news", 2)?;
    /// assert_eq!(topics.values("news", otp::self_pid()), [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RegisterError::Taken`] when keys are unique and the key is that of a process that is alive, be it this one;
    /// [`RegisterError::NoRegistry`] when the registry is not running, [`RegisterError::OtherNode`] when it runs on
    /// another node, [`RegisterError::NoProc`] when the caller has been declared dead.
    pub fn register(&self, key: K, value: V) -> Result<(), RegisterError> {
        self.table.register(key, value)
    }

    /// Takes back a key that the current process has registered, each time that it did. Those of others stay, and
    /// nothing happens when there is none. `Registry.unregister/2`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, ()>::new().start()?;
    /// rooms.register(7, ())?;
    /// rooms.unregister(&7);
    /// rooms.unregister(&7);
    /// assert_eq!(rooms.lookup(&7), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unregister<Q: Hash + Eq + ?Sized>(&self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.unregister_matching(key, |_| true);
    }

    /// As [`unregister`](RegistryRef::unregister), of those of its entries whose value is such.
    /// `Registry.unregister_match/4`.
    ///
    /// A listener is told when the process has taken back all that it had under the key.
    ///
    /// ```
    /// use otp::registry::{Duplicate, Registry};
    ///
    /// let topics = Registry::<&str, u32, Duplicate>::duplicate().start()?;
    /// topics.register("news", 1)?;
    /// topics.register("news", 2)?;
    /// topics.unregister_matching("news", |n| *n > 1);
    /// assert_eq!(topics.values("news", otp::self_pid()), [1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unregister_matching<Q: Hash + Eq + ?Sized>(&self, key: &Q, matches: impl FnMut(&V) -> bool)
    where
        K: Borrow<Q>,
    {
        self.table.unregister(key, matches);
    }

    /// Calls `f` while no other process does so for the same key; waits for that. `Registry.lock/3`.
    ///
    /// Locks have nothing to do with who has registered the key. Those who wait have their turns in the order in which
    /// they came; one that ends meanwhile is skipped. The lock is given on when `f` returns or panics, and when the
    /// process ends, be it declared dead because its code does not come back. Two processes that wait for each other's
    /// locks wait for ever.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, ()>::new().start()?;
    /// let is_new = rooms.lock(&7, || match rooms.lookup(&7) {
    ///     Some(_) => false,
    ///     None => rooms.register(7, ()).is_ok(),
    /// });
    /// assert!(is_new);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When the process has the lock already. When it would have to wait, and the system has no further stack to wait
    /// on, or a panic unwinds it.
    pub fn lock<R>(&self, key: &K, f: impl FnOnce() -> R) -> R {
        let _turn = match self.begin_lock(key) {
            Ok(turn) => turn,
            Err(wait) => {
                current::block_on(wait.turn()).unwrap_or_else(|_| panic!("the system has no further stack to wait on"))
            }
        };
        f()
    }

    /// As [`lock`](RegistryRef::lock), for async code: awaits `body` while it has the lock.
    ///
    /// # Cancel safety
    /// Dropped, it gives the lock on, or waits for it no more.
    ///
    /// ```
    /// use otp::process;
    ///
    /// let rooms = otp::registry::Registry::<u32, ()>::new().start()?;
    /// let done = process::current().subject();
    /// let tell = done.clone();
    /// process::spawn_async(move |_| async move {
    ///     let free = rooms.lock_async(&7, async { rooms.lookup(&7).is_none() }).await;
    ///     tell.send(free);
    /// });
    /// assert_eq!(done.receive(None), Some(true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When the process has the lock already.
    pub async fn lock_async<R>(&self, key: &K, body: impl Future<Output = R>) -> R {
        let _turn = match self.begin_lock(key) {
            Ok(turn) => turn,
            Err(wait) => wait.turn().await,
        };
        body.await
    }

    fn begin_lock(&self, key: &K) -> Result<LockTurn<K>, LockWait<K>> {
        self.table.locks.take(key).unwrap_or_else(|| panic!("the process holds the lock of {key:?} already"))
    }

    /// Keeps a value of any type under a name, for all who know the registry, until it is started again.
    /// `Registry.put_meta/3`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, ()>::new().meta("floors", 3_u32).start()?;
    /// assert_eq!(rooms.meta::<u32>("floors"), Some(3));
    /// rooms.put_meta("floors", 4_u32);
    /// assert_eq!(rooms.meta::<u32>("floors"), Some(4));
    /// rooms.delete_meta("floors");
    /// assert_eq!(rooms.meta::<u32>("floors"), None);
    /// # Ok::<(), otp::StartError>(())
    /// ```
    pub fn put_meta<T: Any + Send + Sync>(&self, name: impl Into<Cow<'static, str>>, value: T) {
        self.table.meta.put(name.into(), meta_value(value));
    }

    /// A clone of the value under a name; `None` when there is none, or one of another type. `Registry.meta/2`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, ()>::new().meta("floors", 3_u32).start()?;
    /// assert_eq!((rooms.meta::<u32>("floors"), rooms.meta::<u32>("doors")), (Some(3), None));
    /// # Ok::<(), otp::StartError>(())
    /// ```
    #[must_use]
    pub fn meta<T: Clone + 'static>(&self, name: &str) -> Option<T> {
        self.table.meta.get(name)
    }

    /// Forgets the value under a name, if there is one. `Registry.delete_meta/2`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, ()>::new().meta("floors", 3_u32).start()?;
    /// rooms.delete_meta("floors");
    /// assert_eq!(rooms.meta::<u32>("floors"), None);
    /// # Ok::<(), otp::StartError>(())
    /// ```
    pub fn delete_meta(&self, name: &str) {
        self.table.meta.delete(name);
    }
}

as_supervisor! {
    impl<K: RegistryKey, V: RegistryValue, D: KeyKind> RegistryRef<K, V, D>, mode = Blocking;
    which_children = "Its partitions, the last one first; their ids are their numbers. `Supervisor.which_children/1`.",
    count_children = "How many partitions it has. `Supervisor.count_children/1`.",
    stop = "Ends it, after its partitions; waits until it has ended. Its entries are gone then. `Supervisor.stop/1`.",
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> AsRef<SupervisorRef> for RegistryRef<K, V, D> {
    fn as_ref(&self) -> &SupervisorRef {
        &self.supervisor
    }
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> Clone for RegistryRef<K, V, D> {
    fn clone(&self) -> Self {
        Self { table: Arc::clone(&self.table), supervisor: self.supervisor.clone() }
    }
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> fmt::Debug for RegistryRef<K, V, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistryRef({:?})", self.supervisor.place())
    }
}

/// The supervisor of its partitions.
impl<K: RegistryKey, V: RegistryValue, D: KeyKind> fmt::Display for RegistryRef<K, V, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.supervisor.fmt(f)
    }
}

//! How a registry is built, and what it is in a tree.

use std::{any::Any, borrow::Cow, fmt, marker::PhantomData, sync::Arc};

use super::{
    Duplicate, KeyKind, RegistryEvent, RegistryKey, RegistryRef, RegistryValue, Unique,
    meta::{MetaValues, meta_value},
    owners::Opened,
    partition::{PartitionArgs, RegistryPartition},
    table::RegistryTable,
};
use crate::{
    actor::{Name, Place, StartError},
    cell::RegName,
    process::Subject,
    supervisor::{Child, ChildSpec, PartitionSupervisor, Strategy, Supervisor, SupervisorRef, start_tree, tree_spec},
};

/// Builds a registry of processes by keys of type `K`, each with a value of type `V`. Elixir's `Registry`.
///
/// With [`Unique`] keys, which is what it has unless it is told otherwise, each key is one process's; with
/// [`Duplicate`] ones it may be that of many. In `supervisor!` it reads `sessions: Registry<u32, ()>(Registry::new());`.
///
/// ```
/// use otp::registry::Registry;
///
/// let rooms = Registry::<String, u32>::new().partitions(4).start()?;
/// rooms.register("lobby".into(), 12)?;
/// assert_eq!(rooms.lookup("lobby"), Some((otp::self_pid(), 12)));
/// assert_eq!(rooms.count_children()?.active, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "it starts nothing until `start`"]
pub struct Registry<K: RegistryKey, V: RegistryValue, D: KeyKind = Unique> {
    partitions: usize,
    name: Option<RegName>,
    listeners: Vec<Subject<RegistryEvent<K, V>>>,
    meta: MetaValues,
    kind: PhantomData<fn() -> D>,
}

impl<K: RegistryKey, V: RegistryValue> Registry<K, V> {
    /// With unique keys, one partition, no listeners.
    pub fn new() -> Self {
        Self::of_kind()
    }
}

impl<K: RegistryKey, V: RegistryValue> Registry<K, V, Duplicate> {
    /// With keys that several processes may have, one partition, no listeners.
    pub fn duplicate() -> Self {
        Self::of_kind()
    }
}

impl<K: RegistryKey, V: RegistryValue> Default for Registry<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> Registry<K, V, D> {
    fn of_kind() -> Self {
        Self { partitions: 1, name: None, listeners: Vec::new(), meta: MetaValues::new(), kind: PhantomData }
    }

    /// Among how many processes those who register are divided. What is registered, and what is taken out at an end,
    /// goes through the lock of one of them; what is looked up through none.
    pub fn partitions(mut self, partitions: usize) -> Self {
        self.partitions = partitions;
        self
    }

    /// Registers this name for the supervisor of its partitions; see [`RegistryRef::find`].
    pub fn name(mut self, name: impl Into<Name<Self>>) -> Self {
        self.name = Some(name.into().into());
        self
    }

    /// One more subject that is told of each process that registers itself or takes back its key, by that process.
    ///
    /// ```
    /// use otp::registry::{Registry, RegistryEvent};
    ///
    /// let events = otp::process::current().subject();
    /// let rooms = Registry::<u32, &str>::new().listener(events.clone()).start()?;
    /// rooms.register(7, "free")?;
    /// rooms.unregister(&7);
    /// let pid = otp::self_pid();
    /// assert_eq!(events.receive(None), Some(RegistryEvent::Registered { key: 7, pid, value: "free" }));
    /// assert_eq!(events.receive(None), Some(RegistryEvent::Unregistered { key: 7, pid }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn listener(mut self, listener: Subject<RegistryEvent<K, V>>) -> Self {
        self.listeners.push(listener);
        self
    }

    /// What is kept under a name at each of its starts; see [`RegistryRef::meta`].
    pub fn meta<T: Any + Send + Sync>(mut self, name: impl Into<Cow<'static, str>>, value: T) -> Self {
        self.meta.insert(name.into(), meta_value(value));
        self
    }

    /// Starts it, unlinked.
    ///
    /// # Errors
    /// [`StartError::AlreadyStarted`] when its name is taken. [`StartError::Spec`] when there are to be no partitions.
    pub fn start(self) -> Result<RegistryRef<K, V, D>, StartError> {
        self.start_as(false)
    }

    /// As [`start`](Registry::start), linked to the current process. `Registry.start_link/1`.
    ///
    /// # Errors
    /// As for [`start`](Registry::start); the error also ends a caller that does not trap exits, unless it is a name
    /// that is taken.
    pub fn start_link(self) -> Result<RegistryRef<K, V, D>, StartError> {
        self.start_as(true)
    }

    fn start_as(self, link: bool) -> Result<RegistryRef<K, V, D>, StartError> {
        start_tree("Registry", move |place| self.into_supervisor(place), link).map(RegistryRef::new)
    }

    /// Its spec as a child of a supervisor, which starts it empty each time. `Registry.child_spec/1`.
    ///
    /// ```
    /// use otp::{registry::Registry, prelude::*};
    ///
    /// let rooms = Registry::<u32, ()>::new().partitions(2);
    /// let top = Supervisor::new(Strategy::OneForOne).child("rooms", rooms.child_spec()).start()?;
    /// let rooms = top.child::<Registry<u32, ()>>("rooms");
    /// rooms.register(7, ())?;
    /// assert_eq!(rooms.whereis(&7), Some(otp::self_pid()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn child_spec(self) -> ChildSpec<Self> {
        Self::spec(move || (self.clone(),))
    }

    /// The supervisor of its partitions. Where keys are unique these have their entries in common, and start anew
    /// together.
    fn into_supervisor(self, place: &Place) -> Supervisor {
        let Self { partitions, name, listeners, meta, .. } = self;
        let table = place.attached(RegistryTable::<K, V, D>::new);
        let opened = Arc::new(Opened::new(partitions, listeners));
        table.open(&opened);
        table.meta.begin(meta);
        let strategy = if D::UNIQUE { Strategy::OneForAll } else { Strategy::OneForOne };
        let partition = move |number| {
            let args = PartitionArgs { table: Arc::clone(&table), opened: Arc::clone(&opened), number };
            RegistryPartition::spec(move || args.clone())
        };
        let supervisor = PartitionSupervisor::new(partition).partitions(partitions).strategy(strategy);
        match name {
            Some(name) => supervisor.name(name).into_supervisor(),
            None => supervisor.into_supervisor(),
        }
    }
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> Clone for Registry<K, V, D> {
    fn clone(&self) -> Self {
        let Self { partitions, name, listeners, meta, kind } = self;
        Self {
            partitions: *partitions,
            name: name.clone(),
            listeners: listeners.clone(),
            meta: meta.clone(),
            kind: *kind,
        }
    }
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> Child for Registry<K, V, D> {
    type Args = (Self,);
    type Client = RegistryRef<K, V, D>;

    fn spec(args: impl Fn() -> (Self,) + Send + Sync + 'static) -> ChildSpec<Self> {
        tree_spec(move |place| args().0.into_supervisor(place))
    }

    fn client(place: Place) -> RegistryRef<K, V, D> {
        RegistryRef::new(SupervisorRef::from_place(place))
    }
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> fmt::Debug for Registry<K, V, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("unique", &D::UNIQUE)
            .field("partitions", &self.partitions)
            .field("name", &self.name)
            .field("listeners", &self.listeners.len())
            .field("meta", &self.meta.keys())
            .finish()
    }
}

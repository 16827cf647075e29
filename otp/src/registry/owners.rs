//! Who owns which entries: what the partitions of a registry keep, and what each start of it brings along.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crossbeam_utils::CachePadded;

use super::{
    RegistryEvent, RegistryKey, RegistryValue,
    table::{HashSlot, RegistryEntry},
};
use crate::{cell::Pid, guard::Guarded, passed::pass, process::Subject};

type Entry<K, V> = Arc<RegistryEntry<K, V>>;
type Partition<K, V> = Mutex<Owners<K, V>>;

/// What a start of a registry has made: its partitions, among which owners are divided, and its listeners.
pub(super) struct Opened<K: RegistryKey, V: RegistryValue> {
    partitions: Box<[CachePadded<Partition<K, V>>]>,
    listeners: Guarded<Vec<Subject<RegistryEvent<K, V>>>>,
}

/// The owners of one partition.
pub(super) struct Owners<K: RegistryKey, V: RegistryValue> {
    /// The process that is linked to them; nothing is added while there is none.
    server: Option<Pid>,
    entries: BTreeMap<(Pid, HashSlot), Entry<K, V>>,
}

impl<K: RegistryKey, V: RegistryValue> Owners<K, V> {
    /// In the place of what is in its slot, if anything is.
    pub(super) fn insert(&mut self, entry: &Entry<K, V>) {
        self.entries.insert((entry.owner(), entry.slot), Arc::clone(entry));
    }

    fn of(&self, owner: Pid) -> impl Iterator<Item = (&(Pid, HashSlot), &Entry<K, V>)> {
        let (first, last) = (HashSlot::first(0), HashSlot::last(u64::MAX));
        self.entries.range((owner, first)..=(owner, last)).inspect(|_| pass(1))
    }
}

impl<K: RegistryKey, V: RegistryValue> Opened<K, V> {
    pub(super) fn new(partitions: usize, listeners: Vec<Subject<RegistryEvent<K, V>>>) -> Self {
        let none = |_| CachePadded::new(Mutex::new(Owners { server: None, entries: BTreeMap::new() }));
        Self { partitions: (0..partitions).map(none).collect(), listeners: Guarded::new(listeners) }
    }

    /// Those of the partition of a process; none when there are no partitions.
    pub(super) fn owners(&self, owner: Pid) -> Option<MutexGuard<'_, Owners<K, V>>> {
        let number = (owner.index as usize).checked_rem(self.partitions.len())?;
        Some(self.partition(number))
    }

    fn partition(&self, number: usize) -> MutexGuard<'_, Owners<K, V>> {
        self.partitions[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, if `server` is still there for them.
    pub(super) fn owners_at(&self, owner: Pid, server: Pid) -> Option<MutexGuard<'_, Owners<K, V>>> {
        self.owners(owner).filter(|owners| owners.server == Some(server))
    }

    /// The process that is to be linked to an owner.
    pub(super) fn server(&self, owner: Pid) -> Option<Pid> {
        self.owners(owner)?.server
    }

    /// A process begins to see to a partition; gives what the one before has left.
    pub(super) fn begin(&self, number: usize, server: Pid) -> Vec<Entry<K, V>> {
        let left = {
            let mut owners = self.partition(number);
            owners.server = Some(server);
            mem::take(&mut owners.entries)
        };
        left.into_values().collect()
    }

    /// The process that sees to a partition ends; gives what it leaves.
    pub(super) fn end(&self, number: usize, server: Pid) -> Vec<Entry<K, V>> {
        let left = {
            let mut owners = self.partition(number);
            if owners.server != Some(server) {
                return Vec::new();
            }
            owners.server = None;
            mem::take(&mut owners.entries)
        };
        left.into_values().collect()
    }

    /// All entries of an owner.
    pub(super) fn all(&self, owner: Pid) -> Vec<Entry<K, V>> {
        let Some(owners) = self.owners(owner) else { return Vec::new() };
        owners.of(owner).map(|(_, entry)| Arc::clone(entry)).collect()
    }

    /// Those with this hash, in the order in which they were added.
    pub(super) fn with_hash(&self, owner: Pid, hash: u64) -> Vec<Entry<K, V>> {
        let Some(owners) = self.owners(owner) else { return Vec::new() };
        let found = owners.entries.range((owner, HashSlot::first(hash))..=(owner, HashSlot::last(hash)));
        found.inspect(|_| pass(1)).map(|(_, entry)| Arc::clone(entry)).collect()
    }

    /// Whether a process owns nothing.
    pub(super) fn is_free(&self, owner: Pid) -> bool {
        self.owners(owner).is_none_or(|owners| owners.of(owner).next().is_none())
    }

    /// Takes out all entries of an owner.
    pub(super) fn take(&self, owner: Pid) -> Vec<Entry<K, V>> {
        let Some(mut owners) = self.owners(owner) else { return Vec::new() };
        let slots: Vec<_> = owners.of(owner).map(|(slot, _)| *slot).collect();
        slots.iter().filter_map(|slot| owners.entries.remove(slot)).collect()
    }

    pub(super) fn remove(&self, entry: &RegistryEntry<K, V>) -> Option<Entry<K, V>> {
        self.owners(entry.owner())?.entries.remove(&(entry.owner(), entry.slot))
    }

    /// Tells the listeners what `event` makes, if there are any.
    pub(super) fn tell(&self, event: impl Fn() -> RegistryEvent<K, V>) {
        self.listeners.iter().for_each(|listener| listener.send(event()));
    }
}

//! The table of a registry: its entries by key, in shards, each with a lock that readers share.
//!
//! It knows a key by its hash alone. No code of the user's runs under a lock: whoever looks for a key takes what has its
//! hash, and compares outside; whoever adds one says with what it has compared its key, and compares again if that has
//! changed meanwhile.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, btree_map::Range},
    hash::{DefaultHasher, Hash, Hasher},
    iter,
    marker::PhantomData,
    mem,
    ops::Bound::{Excluded, Unbounded},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crossbeam_utils::CachePadded;

use super::{KeyKind, RegistryKey, RegistryValue, locks::KeyLocks, meta::Meta, owners::Opened};
use crate::{
    cell::{Pid, aside, current},
    guard::Guarded,
    passed::pass,
};

/// So many shards: keys of different ones are written side by side.
const SHARDS: usize = 64;
/// So many entries are taken under a lock when all are walked through.
const CHUNK: usize = 256;

/// The hash of a key. It has no seed, so that a simulation can be repeated: keys that are chosen to share a shard cost
/// a logarithm, and nobody finds many that share a whole hash.
pub(super) fn hash_of<Q: Hash + ?Sized>(key: &Q) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Whether a process has not ended; one that has may still be in the table.
pub(super) fn is_alive(pid: Pid) -> bool {
    let process = current::with(|me| me.header().node.find(pid));
    process.is_some_and(|process| !process.header().life.is_dead())
}

/// Where something is kept by its key: by the hash, then in the order in which it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HashSlot {
    pub(super) hash: u64,
    pub(super) number: u64,
}

impl HashSlot {
    pub(super) fn first(hash: u64) -> Self {
        Self { hash, number: 0 }
    }

    pub(super) fn last(hash: u64) -> Self {
        Self { hash, number: u64::MAX }
    }
}

/// What is kept with a hash, as it was found.
pub(super) struct Candidates<T> {
    /// Usually the only one.
    first: Option<Arc<T>>,
    others: Vec<Arc<T>>,
}

impl<T> Candidates<T> {
    pub(super) fn new(mut found: Range<'_, HashSlot, Arc<T>>) -> Self {
        let first = found.next().map(|(_, first)| Arc::clone(first));
        let others: Vec<_> = found.map(|(_, other)| Arc::clone(other)).collect();
        pass(usize::from(first.is_some()) + others.len());
        Self { first, others }
    }

    pub(super) fn none() -> Self {
        Self { first: None, others: Vec::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.first.iter().chain(&self.others)
    }
}

impl<T> IntoIterator for Candidates<T> {
    type Item = Arc<T>;
    type IntoIter = iter::Chain<std::option::IntoIter<Arc<T>>, std::vec::IntoIter<Arc<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.others)
    }
}

/// Something of the user's that its owner has made, and that anybody may be left with.
pub(super) struct OwnersThing<T: Send + 'static> {
    pub(super) owner: Pid,
    /// Nothing only while it is dropped.
    thing: Option<T>,
}

impl<T: Send + 'static> OwnersThing<T> {
    pub(super) fn new(owner: Pid, thing: T) -> Self {
        Self { owner, thing: Some(thing) }
    }

    pub(super) fn get(&self) -> &T {
        self.thing.as_ref().expect("it is there until it is dropped")
    }

    fn take(mut self) -> Option<T> {
        self.thing.take()
    }
}

impl<T: Send + 'static> Drop for OwnersThing<T> {
    fn drop(&mut self) {
        if let Some(thing) = self.thing.take()
            && mem::needs_drop::<T>()
        {
            aside::drop_of(self.owner, Guarded::new(thing));
        }
    }
}

/// One registration.
pub(super) struct RegistryEntry<K: RegistryKey, V: RegistryValue> {
    pub(super) slot: HashSlot,
    key: OwnersThing<K>,
    /// Apart from the key: should the destructors of both panic, they do so one after the other.
    value: OwnersThing<V>,
}

impl<K: RegistryKey, V: RegistryValue> RegistryEntry<K, V> {
    pub(super) fn owner(&self) -> Pid {
        self.key.owner
    }

    pub(super) fn key(&self) -> &K {
        self.key.get()
    }

    pub(super) fn value(&self) -> &V {
        self.value.get()
    }

    /// The same registration with another value.
    pub(super) fn with_value(&self, value: V) -> Self {
        let (key, value) = (OwnersThing::new(self.owner(), self.key().clone()), OwnersThing::new(self.owner(), value));
        Self { slot: self.slot, key, value }
    }
}

/// Drops what was taken out for its owner: at once, in one process, if it is not this one.
fn drop_all<K: RegistryKey, V: RegistryValue>(owner: Pid, entries: Vec<Arc<RegistryEntry<K, V>>>) {
    if !mem::needs_drop::<(K, V)>() {
        return;
    }
    let last = entries.into_iter().filter_map(Arc::into_inner);
    let things: Vec<_> = last
        .map(|RegistryEntry { key, value, .. }| (key.take().map(Guarded::new), value.take().map(Guarded::new)))
        .collect();
    if !things.is_empty() {
        aside::drop_of(owner, things);
    }
}

type Entries<K, V> = BTreeMap<HashSlot, Arc<RegistryEntry<K, V>>>;
type Shard<K, V> = RwLock<Entries<K, V>>;

/// What became of an entry that was to be added.
pub(super) enum Added {
    Done,
    /// Its key may have been added meanwhile.
    Changed,
    /// The process that would have seen to it is gone.
    Closed,
}

/// All that the clients of a registry share; it is there before the registry is started, and when it has ended.
pub(super) struct RegistryTable<K: RegistryKey, V: RegistryValue, D> {
    shards: Box<[CachePadded<Shard<K, V>>]>,
    /// Of the latest entry.
    number: AtomicU64,
    opened: RwLock<Arc<Opened<K, V>>>,
    pub(super) locks: Arc<KeyLocks<K>>,
    pub(super) meta: Meta,
    kind: PhantomData<fn() -> D>,
}

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> RegistryTable<K, V, D> {
    /// That of a registry that was not started.
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| CachePadded::default()).collect(),
            number: AtomicU64::new(0),
            opened: RwLock::new(Arc::new(Opened::new(0, Vec::new()))),
            locks: KeyLocks::new(),
            meta: Meta::default(),
            kind: PhantomData,
        }
    }

    fn shard(&self, hash: u64) -> &Shard<K, V> {
        &self.shards[(hash >> 32) as usize % SHARDS]
    }

    fn read(&self, hash: u64) -> RwLockReadGuard<'_, Entries<K, V>> {
        self.shard(hash).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, hash: u64) -> RwLockWriteGuard<'_, Entries<K, V>> {
        self.shard(hash).write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The partitions and listeners of its latest start.
    pub(super) fn opened(&self) -> Arc<Opened<K, V>> {
        Arc::clone(&self.opened.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The registry is started anew.
    pub(super) fn open(&self, opened: &Arc<Opened<K, V>>) {
        let before = {
            let mut current = self.opened.write().unwrap_or_else(PoisonError::into_inner);
            mem::replace(&mut *current, Arc::clone(opened))
        };
        drop(before);
    }

    /// All entries with this hash, in the order in which they were added.
    pub(super) fn candidates(&self, hash: u64) -> Candidates<RegistryEntry<K, V>> {
        Candidates::new(self.read(hash).range(HashSlot::first(hash)..=HashSlot::last(hash)))
    }

    /// The entries of a key, in the order in which they were registered.
    pub(super) fn entries<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> impl Iterator<Item = Arc<RegistryEntry<K, V>>>
    where
        K: Borrow<Q>,
    {
        self.candidates(hash_of(key)).into_iter().filter(move |entry| entry.key().borrow() == key)
    }

    pub(super) fn new_entry(&self, owner: Pid, hash: u64, key: K, value: V) -> Arc<RegistryEntry<K, V>> {
        let slot = HashSlot { hash, number: self.number.fetch_add(1, Relaxed) };
        let (key, value) = (OwnersThing::new(owner, key), OwnersThing::new(owner, value));
        Arc::new(RegistryEntry { slot, key, value })
    }

    /// Adds an entry, of which the process `server` will be told when its owner ends; if keys are unique, as long as
    /// those that it was compared with are still the only ones with its hash.
    pub(super) fn add(
        &self,
        opened: &Opened<K, V>,
        server: Pid,
        entry: &Arc<RegistryEntry<K, V>>,
        compared: &Candidates<RegistryEntry<K, V>>,
    ) -> Added {
        let Some(mut owners) = opened.owners_at(entry.owner(), server) else { return Added::Closed };
        let mut shard = self.write(entry.slot.hash);
        if D::UNIQUE {
            let now = shard.range(HashSlot::first(entry.slot.hash)..=HashSlot::last(entry.slot.hash));
            if !now.map(|(slot, _)| slot).eq(compared.iter().map(|entry| &entry.slot)) {
                return Added::Changed;
            }
        }
        owners.insert(entry);
        shard.insert(entry.slot, Arc::clone(entry));
        Added::Done
    }

    /// Puts an entry in the place of another one with the same key; false if that is not there any more.
    pub(super) fn replace(
        &self,
        opened: &Opened<K, V>,
        old: &Arc<RegistryEntry<K, V>>,
        new: &Arc<RegistryEntry<K, V>>,
    ) -> bool {
        let Some(mut owners) = opened.owners(old.owner()) else { return false };
        let mut shard = self.write(old.slot.hash);
        let is_there = shard.get(&old.slot).is_some_and(|entry| Arc::ptr_eq(entry, old));
        // Whoever asks has the old one: it is not dropped here.
        if is_there {
            owners.insert(new);
            shard.insert(new.slot, Arc::clone(new));
        }
        is_there
    }

    /// Takes an entry out, if it is there.
    pub(super) fn remove(&self, opened: &Opened<K, V>, entry: &RegistryEntry<K, V>) {
        let own = opened.remove(entry);
        let removed = self.write(entry.slot.hash).remove(&entry.slot);
        drop((own, removed));
    }

    /// Takes out what was taken from its owners; in the order of owners.
    pub(super) fn clear(&self, entries: Vec<Arc<RegistryEntry<K, V>>>) {
        let removed = entries.iter().filter_map(|entry| self.write(entry.slot.hash).remove(&entry.slot));
        drop(removed.collect::<Vec<_>>());
        let mut entries = entries.into_iter().peekable();
        while let Some(first) = entries.next() {
            let owner = first.owner();
            let others = iter::from_fn(|| entries.next_if(|entry| entry.owner() == owner));
            drop_all(owner, iter::once(first).chain(others).collect());
        }
    }

    /// A process has ended.
    pub(super) fn owner_ended(&self, opened: &Opened<K, V>, owner: Pid) {
        self.clear(opened.take(owner));
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Calls `f` with each entry.
    pub(super) fn each(&self, mut f: impl FnMut(&RegistryEntry<K, V>)) {
        for shard in &self.shards {
            let mut after = Unbounded;
            loop {
                let chunk: Vec<_> = {
                    let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
                    shard.range((after, Unbounded)).take(CHUNK).map(|(_, entry)| Arc::clone(entry)).collect()
                };
                chunk.iter().for_each(|entry| f(entry));
                match chunk.last() {
                    Some(last) => after = Excluded(last.slot),
                    None => break,
                }
            }
        }
    }
}

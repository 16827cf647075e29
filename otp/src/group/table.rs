//! What a process that keeps groups shows to others: which groups there are, and who is in them.
//!
//! Others read it without asking the process. They also make the entries of groups that are to be: so the keys, whose
//! `Hash` and `Eq` are the user's, are looked at by those who bring them, and under no lock. The process only changes
//! who is in a group. An entry is there as long as somebody has it: a member, a watcher, a request on its way.

use std::{
    any::Any,
    collections::BTreeMap,
    hash::{DefaultHasher, Hasher},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak},
};

use super::{
    Group,
    roll::{Roll, RollSnapshot},
};
use crate::{
    cell::{Pid, aside},
    passed::pass,
};

/// The tables of all processes that keep groups, by these processes.
static TABLES: RwLock<BTreeMap<Pid, Arc<dyn Any + Send + Sync>>> = RwLock::new(BTreeMap::new());

/// A reference that keeps an entry.
pub(super) type EntryRef<G, T> = Arc<GroupEntry<G, T>>;

/// By the hashes of their keys.
type Entries<G, T> = BTreeMap<u64, Vec<Weak<GroupEntry<G, T>>>>;

/// The groups of one process.
pub(super) struct GroupTable<G: Group, T: Clone + Send + Sync + 'static> {
    keeper: Pid,
    entries: RwLock<Entries<G, T>>,
}

/// A group that has members, or is spoken of.
pub(crate) struct GroupEntry<G: Group, T: Clone + Send + Sync + 'static> {
    /// There until it is dropped.
    key: Option<G>,
    hash: u64,
    table: Weak<GroupTable<G, T>>,
    keeper: Pid,
    members: RwLock<Roll<Membership<T>>>,
}

/// That a member is in a group, once.
#[derive(Clone)]
pub(super) struct Membership<T> {
    pub(super) member: T,
    /// The process with whose end it ends.
    pub(super) owner: Pid,
    pub(super) number: u64,
}

impl<G: Group, T: Clone + Send + Sync + 'static> GroupTable<G, T> {
    /// The table of the process that keeps it, which gives it back by [`withdraw`](GroupTable::withdraw).
    pub(super) fn publish(keeper: Pid) -> Arc<Self> {
        let table = Arc::new(Self { keeper, entries: RwLock::default() });
        let shown: Arc<dyn Any + Send + Sync> = Arc::clone(&table) as _;
        TABLES.write().unwrap_or_else(PoisonError::into_inner).insert(keeper, shown);
        table
    }

    /// From now on nobody finds it.
    pub(super) fn withdraw(&self) {
        let withdrawn = TABLES.write().unwrap_or_else(PoisonError::into_inner).remove(&self.keeper);
        drop(withdrawn);
    }

    /// The table of a process; nothing if it keeps no such groups, or has ended.
    pub(super) fn of(keeper: Pid) -> Option<Arc<Self>> {
        let table = TABLES.read().unwrap_or_else(PoisonError::into_inner).get(&keeper).cloned();
        table?.downcast().ok()
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries<G, T>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries<G, T>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entries that may be that of a key with this hash: most often one.
    fn candidates(&self, hash: u64) -> impl Iterator<Item = EntryRef<G, T>> + use<G, T> {
        let entries = self.read();
        let mut candidates = entries.get(&hash).into_iter().flatten().inspect(|_| pass(1)).filter_map(Weak::upgrade);
        // One takes no memory of its own.
        candidates.next().into_iter().chain(candidates.collect::<Vec<_>>())
    }

    /// The entry of a group, if there is one.
    pub(super) fn find(&self, group: &G) -> Option<EntryRef<G, T>> {
        self.candidates(hash(group)).find(|entry| entry.key() == group)
    }

    /// The entry of a group, made if there is none.
    pub(super) fn intern(self: &Arc<Self>, group: G) -> EntryRef<G, T> {
        let hash = hash(&group);
        loop {
            let seen: Vec<_> = self.candidates(hash).collect();
            if let Some(entry) = seen.iter().find(|entry| *entry.key() == group) {
                return Arc::clone(entry);
            }
            let mut entries = self.write();
            let same = entries.entry(hash).or_default();
            // One that came since then is to be compared with as well.
            let is_new = |entry: &Weak<GroupEntry<G, T>>| {
                entry.strong_count() > 0 && !seen.iter().any(|seen| Arc::as_ptr(seen) == entry.as_ptr())
            };
            if same.iter().any(is_new) {
                continue;
            }
            let entry = Arc::new(GroupEntry {
                key: Some(group),
                hash,
                table: Arc::downgrade(self),
                keeper: self.keeper,
                members: RwLock::new(Roll::new()),
            });
            same.push(Arc::downgrade(&entry));
            return entry;
        }
    }

    /// The groups that have members.
    pub(super) fn groups(&self) -> Vec<EntryRef<G, T>> {
        let all: Vec<_> = self.read().values().flatten().inspect(|_| pass(1)).filter_map(Weak::upgrade).collect();
        all.into_iter().filter(|entry| !entry.is_empty()).collect()
    }
}

fn hash<G: Group>(group: &G) -> u64 {
    let mut hasher = DefaultHasher::new();
    group.hash(&mut hasher);
    hasher.finish()
}

impl<G: Group, T: Clone + Send + Sync + 'static> GroupEntry<G, T> {
    pub(super) fn key(&self) -> &G {
        self.key.as_ref().expect("it is there until it is dropped")
    }

    pub(super) fn members(&self) -> RollSnapshot<Membership<T>> {
        self.members.read().unwrap_or_else(PoisonError::into_inner).snapshot()
    }

    pub(super) fn len(&self) -> usize {
        self.members.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Adds a member; gives its position.
    pub(super) fn add(&self, membership: Membership<T>) -> usize {
        self.members.write().unwrap_or_else(PoisonError::into_inner).push(membership)
    }

    /// Takes a member out, and gives the number of the one that has its position now.
    pub(super) fn take(&self, position: usize) -> Option<u64> {
        let (taken, moved) = {
            let mut members = self.members.write().unwrap_or_else(PoisonError::into_inner);
            (members.swap_remove(position), members.get(position).map(|moved| moved.number))
        };
        drop(taken);
        moved
    }
}

impl<G: Group, T: Clone + Send + Sync + 'static> Drop for GroupEntry<G, T> {
    fn drop(&mut self) {
        if let Some(table) = self.table.upgrade() {
            let mut entries = table.write();
            if let Some(same) = entries.get_mut(&self.hash) {
                same.retain(|entry| entry.strong_count() > 0);
                if same.is_empty() {
                    entries.remove(&self.hash);
                }
            }
        }
        // Whoever has it last need not be who brought it.
        if let Some(key) = self.key.take() {
            aside::drop_apart(self.keeper, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{hash::Hash, num::NonZeroU32, thread};

    use super::*;

    /// All have one hash.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Alike(u32);

    impl Hash for Alike {
        fn hash<H: Hasher>(&self, state: &mut H) {
            0.hash(state);
        }
    }

    fn table(index: u32) -> Arc<GroupTable<Alike, u32>> {
        GroupTable::publish(Pid { node: u32::MAX, index, serial: NonZeroU32::MIN })
    }

    fn member(member: u32) -> Membership<u32> {
        Membership { member, owner: Pid { node: 0, index: 0, serial: NonZeroU32::MIN }, number: member.into() }
    }

    #[test]
    fn keys_with_one_hash_are_told_apart() {
        let table = table(0);
        let entries = [1, 2, 3].map(|n| table.intern(Alike(n)));
        for (n, entry) in (1..).zip(&entries) {
            assert!(Arc::ptr_eq(entry, &table.find(&Alike(n)).expect("it is there")));
            assert!(Arc::ptr_eq(entry, &table.intern(Alike(n))));
        }
        assert!(table.find(&Alike(4)).is_none());
        table.withdraw();
    }

    #[test]
    fn an_entry_is_there_as_long_as_somebody_has_it() {
        let table = table(1);
        let entry = table.intern(Alike(1));
        entry.add(member(7));
        assert_eq!(table.groups().len(), 1);
        drop(entry);
        assert!(table.find(&Alike(1)).is_none() && table.read().is_empty());
        table.withdraw();
    }

    #[test]
    fn one_that_has_no_members_is_no_group() {
        let table = table(2);
        let entry = table.intern(Alike(1));
        assert!(table.groups().is_empty());
        let position = entry.add(member(7));
        assert_eq!(table.groups().len(), 1);
        entry.take(position);
        assert!(table.groups().is_empty());
        table.withdraw();
    }

    #[test]
    fn all_who_make_an_entry_at_once_have_the_same() {
        let table = table(3);
        thread::scope(|scope| {
            let made: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..200).map(|n| table.intern(Alike(n % 8))).collect::<Vec<_>>()))
                .collect();
            let made: Vec<_> = made.into_iter().map(|made| made.join().expect("it makes entries")).collect();
            for entry in made.iter().flatten() {
                assert!(Arc::ptr_eq(entry, &table.find(entry.key()).expect("it is there")));
            }
        });
        assert!(table.read().is_empty());
        table.withdraw();
    }
}

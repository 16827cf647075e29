//! Who is in which group, as the process that keeps them knows it: what changes the table that others read.
//!
//! A member has an owner, with whose end it leaves. Each owner is monitored once, as long as it has anything here.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{BuildHasherDefault, DefaultHasher, Hash},
    sync::Arc,
};

use super::{
    Group,
    table::{EntryRef, GroupTable, Membership},
};
use crate::{
    cell::{MonitorRef, Pid},
    process::{self, self_pid},
};

/// What can be in a group. Its `Clone`, `Eq` and `Hash` are ours.
pub(super) trait Member: Clone + Eq + Hash + Send + Sync + 'static {}

impl<T: Clone + Eq + Hash + Send + Sync + 'static> Member for T {}

/// A member of a group and its owner. An entry has one address as long as somebody has it.
type MemberKey<T> = (usize, Pid, T);

pub(super) struct Roster<G: Group, T: Member> {
    table: Arc<GroupTable<G, T>>,
    owners: BTreeMap<Pid, MemberOwner>,
    /// By their numbers.
    memberships: BTreeMap<u64, HeldMembership<G, T>>,
    /// The numbers of a member's memberships. A simulation makes them in the same order each time; nobody walks them.
    numbers: HashMap<MemberKey<T>, Vec<u64>, BuildHasherDefault<DefaultHasher>>,
    last_number: u64,
}

struct HeldMembership<G: Group, T: Member> {
    entry: EntryRef<G, T>,
    position: usize,
    member: T,
}

/// A process that has something here.
struct MemberOwner {
    monitor: MonitorRef,
    memberships: BTreeSet<u64>,
    /// What else it has here.
    ties: BTreeSet<u64>,
}

/// What has left a group with its owner.
type LeftGroup<G, T> = (EntryRef<G, T>, Vec<T>);

impl<G: Group, T: Member> Roster<G, T> {
    /// That of the current process, empty.
    pub(super) fn new() -> Self {
        Self {
            table: GroupTable::publish(self_pid()),
            owners: BTreeMap::new(),
            memberships: BTreeMap::new(),
            numbers: HashMap::default(),
            last_number: 0,
        }
    }

    pub(super) fn table(&self) -> &Arc<GroupTable<G, T>> {
        &self.table
    }

    pub(super) fn has(&self, entry: &EntryRef<G, T>, owner: Pid, member: &T) -> bool {
        self.numbers.contains_key(&place(entry, owner, member))
    }

    /// A number that is given once.
    pub(super) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Adds a member, once more if it is in the group already.
    pub(super) fn join(&mut self, entry: EntryRef<G, T>, owner: Pid, member: T) {
        let number = self.number();
        self.owner(owner).memberships.insert(number);
        self.numbers.entry(place(&entry, owner, &member)).or_default().push(number);
        let position = entry.add(Membership { member: member.clone(), owner, number });
        self.memberships.insert(number, HeldMembership { entry, position, member });
    }

    /// Takes a member out once; false when it is in the group no more.
    pub(super) fn leave(&mut self, entry: &EntryRef<G, T>, owner: Pid, member: &T) -> bool {
        let place = place(entry, owner, member);
        let Some(numbers) = self.numbers.get_mut(&place) else { return false };
        let number = numbers.pop();
        if numbers.is_empty() {
            self.numbers.remove(&place);
        }
        let Some(number) = number else { return false };
        self.end(number);
        if let Some(owner) = self.owners.get_mut(&owner) {
            owner.memberships.remove(&number);
        }
        self.release(owner);
        true
    }

    /// A process has ended: all that it has here is gone with it. Gives what it had besides memberships.
    pub(super) fn down(&mut self, owner: Pid) -> (Vec<LeftGroup<G, T>>, BTreeSet<u64>) {
        let Some(MemberOwner { memberships, ties, .. }) = self.owners.remove(&owner) else { return Default::default() };
        let (mut left, mut order) = (BTreeMap::<usize, LeftGroup<G, T>>::new(), Vec::new());
        for number in memberships {
            let Some((entry, member)) = self.end(number) else { continue };
            self.numbers.remove(&place(&entry, owner, &member));
            let group = address(&entry);
            left.entry(group).or_insert_with(|| {
                order.push(group);
                (entry, Vec::new())
            });
            left.entry(group).and_modify(|(_, members)| members.push(member));
        }
        // In the order in which it came into them: addresses differ from run to run.
        (order.iter().filter_map(|group| left.remove(group)).collect(), ties)
    }

    /// From now on a process has something else here.
    pub(super) fn tie(&mut self, owner: Pid, number: u64) {
        self.owner(owner).ties.insert(number);
    }

    pub(super) fn untie(&mut self, owner: Pid, number: u64) {
        if let Some(owner) = self.owners.get_mut(&owner) {
            owner.ties.remove(&number);
        }
        self.release(owner);
    }

    fn owner(&mut self, owner: Pid) -> &mut MemberOwner {
        self.owners.entry(owner).or_insert_with(|| MemberOwner {
            monitor: process::monitor(owner),
            memberships: BTreeSet::new(),
            ties: BTreeSet::new(),
        })
    }

    /// Ends a membership, of which the owner is not told.
    fn end(&mut self, number: u64) -> Option<(EntryRef<G, T>, T)> {
        let HeldMembership { entry, position, member } = self.memberships.remove(&number)?;
        if let Some(moved) = entry.take(position).and_then(|moved| self.memberships.get_mut(&moved)) {
            moved.position = position;
        }
        Some((entry, member))
    }

    /// One that has nothing here is monitored no longer.
    fn release(&mut self, owner: Pid) {
        if let Some(MemberOwner { monitor, memberships, ties }) = self.owners.get(&owner)
            && memberships.is_empty()
            && ties.is_empty()
        {
            process::demonitor_flush(*monitor);
            self.owners.remove(&owner);
        }
    }
}

impl<G: Group, T: Member> Drop for Roster<G, T> {
    fn drop(&mut self) {
        self.table.withdraw();
    }
}

fn address<G: Group, T: Member>(entry: &EntryRef<G, T>) -> usize {
    Arc::as_ptr(entry).addr()
}

fn place<G: Group, T: Member>(entry: &EntryRef<G, T>, owner: Pid, member: &T) -> MemberKey<T> {
    (address(entry), owner, member.clone())
}

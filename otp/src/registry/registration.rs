//! How a process registers itself in a table, and takes that back.
//!
//! It is linked before its entry is there, so that its end is told of in any case; and the entry is among its own before
//! anybody finds it by its key.

use std::{borrow::Borrow, hash::Hash};

use super::{
    KeyKind, RegistryEvent, RegistryKey, RegistryValue,
    owners::Opened,
    table::{Added, Candidates, RegistryEntry, RegistryTable, hash_of, is_alive},
};
use crate::{
    cell::{Pid, RegisterError, current},
    process,
};

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> RegistryTable<K, V, D> {
    /// Registers the current process.
    pub(super) fn register(&self, key: K, value: V) -> Result<(), RegisterError> {
        let opened = self.opened();
        let (owner, hash) = (process::self_pid(), hash_of(&key));
        let server = opened.server(owner).filter(|server| is_alive(*server)).ok_or(RegisterError::NoRegistry)?;
        if server.node != owner.node {
            return Err(RegisterError::OtherNode);
        }
        let entry = self.new_entry(owner, hash, key, value);
        loop {
            let compared = self.free_for(&opened, &entry)?;
            process::link(server);
            match self.add(&opened, server, &entry, &compared) {
                Added::Done => break,
                Added::Changed => self.unlink_if_free(&opened, owner),
                Added::Closed => {
                    process::unlink(server);
                    return Err(RegisterError::NoRegistry);
                }
            }
        }
        // Nobody is told of the end of one that had ended before.
        if current::with(|me| me.header().life.is_dead()) {
            self.remove(&opened, &entry);
            return Err(RegisterError::NoProc);
        }
        opened.tell(|| RegistryEvent::Registered {
            key: entry.key().clone(),
            pid: owner,
            value: entry.value().clone(),
        });
        Ok(())
    }

    /// What the key of an entry was compared with, if it is nobody's.
    fn free_for(
        &self,
        opened: &Opened<K, V>,
        entry: &RegistryEntry<K, V>,
    ) -> Result<Candidates<RegistryEntry<K, V>>, RegisterError> {
        if !D::UNIQUE {
            return Ok(Candidates::none());
        }
        loop {
            let candidates = self.candidates(entry.slot.hash);
            let Some(holder) = candidates.iter().find(|other| other.key() == entry.key()) else {
                return Ok(candidates);
            };
            if is_alive(holder.owner()) {
                return Err(RegisterError::Taken(holder.owner()));
            }
            // It is not cleaned up yet.
            self.remove(opened, holder);
        }
    }

    fn unlink_if_free(&self, opened: &Opened<K, V>, owner: Pid) {
        if opened.is_free(owner)
            && let Some(server) = opened.server(owner)
        {
            process::unlink(server);
        }
    }

    /// Takes back those entries of the current process under a key whose value is such; says how many.
    pub(super) fn unregister<Q: Hash + Eq + ?Sized>(&self, key: &Q, mut matches: impl FnMut(&V) -> bool) -> usize
    where
        K: Borrow<Q>,
    {
        let (opened, owner) = (self.opened(), process::self_pid());
        let mut own = opened.with_hash(owner, hash_of(key));
        own.retain(|entry| entry.key().borrow() == key);
        let total = own.len();
        own.retain(|entry| matches(entry.value()));
        let Some(first) = own.first().cloned() else { return 0 };
        own.iter().for_each(|entry| self.remove(&opened, entry));
        self.unlink_if_free(&opened, owner);
        if own.len() == total {
            opened.tell(|| RegistryEvent::Unregistered { key: first.key().clone(), pid: owner });
        }
        own.len()
    }
}

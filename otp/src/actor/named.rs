//! The places of trees that names stand for, as far as senders know that wait for a restart.
//!
//! A name that a child spec gives belongs to its child. From the child's first start on, and until nobody is to come by
//! itself, such a sender leaves what finds nobody under the name at the child's place.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Place, place::WeakPlace};
use crate::{cell::RegName, process::Node};

/// A name by its hash: the keys of registries are compared and dropped by the user's code, so never under the lock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct NameKey {
    node: u32,
    hash: u64,
    place: usize,
}

impl NameKey {
    /// On the current node.
    fn new(name: &RegName, place: usize) -> Self {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(name);
        Self { node: Node::current().inner().number, hash, place }
    }
}

static PLACES: Mutex<BTreeMap<NameKey, (RegName, WeakPlace)>> = Mutex::new(BTreeMap::new());

fn places() -> MutexGuard<'static, BTreeMap<NameKey, (RegName, WeakPlace)>> {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// That a name stands for a place, until it is dropped.
pub(super) struct Named(NameKey);

impl Drop for Named {
    fn drop(&mut self) {
        let removed = places().remove(&self.0);
        drop(removed);
    }
}

impl Place {
    /// From now on this name stands for the place, until it is closed. That of a root is never waited for.
    pub(crate) fn stands_for(&self, name: &RegName) {
        if self.is_root() {
            return;
        }
        let key = NameKey::new(name, self.address());
        if self.state().named.as_ref().is_some_and(|named| named.0 == key) {
            return;
        }
        let replaced = places().insert(key, (name.clone(), self.downgrade()));
        let before = self.state().named.replace(Box::new(Named(key)));
        drop((replaced, before));
    }
}

/// The place that a name stands for; the one that is held, if there are several.
pub(super) fn place_of(name: &RegName) -> Option<Place> {
    let first = NameKey::new(name, 0);
    let candidates: Vec<_> =
        places().range(first..=NameKey { place: usize::MAX, ..first }).map(|(_, found)| found.clone()).collect();
    let same = candidates.iter().filter(|(other, _)| other == name);
    same.filter_map(|(_, place)| place.upgrade()).max_by_key(|place| place.present().is_some())
}

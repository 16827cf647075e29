//! What a process keeps beside its state, until it ends.

use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, btree_map::IntoValues},
};

/// A name, and the type of the value.
type Key = (&'static str, TypeId);

/// The values of one process.
#[derive(Default)]
pub(crate) struct Dictionary(BTreeMap<Key, Box<dyn Any + Send>>);

impl Dictionary {
    /// Puts a value in; gives back the one before.
    pub(crate) fn put(&mut self, key: Key, value: Box<dyn Any + Send>) -> Option<Box<dyn Any + Send>> {
        self.0.insert(key, value)
    }

    pub(crate) fn take(&mut self, key: Key) -> Option<Box<dyn Any + Send>> {
        self.0.remove(&key)
    }

    /// The names of all keys.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.keys().map(|(name, _)| *name).collect()
    }
}

impl IntoIterator for Dictionary {
    type Item = Box<dyn Any + Send>;
    type IntoIter = IntoValues<Key, Box<dyn Any + Send>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_values()
    }
}

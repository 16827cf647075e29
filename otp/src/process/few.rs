//! A map that most often has one entry, which then needs no memory of its own.

use std::collections::BTreeMap;

/// A sorted map whose first entry stands in the map itself.
#[derive(Debug)]
pub(crate) struct Few<K, V> {
    one: Option<(K, V)>,
    more: BTreeMap<K, V>,
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self { one: None, more: BTreeMap::new() }
    }
}

impl<K: Ord, V> Few<K, V> {
    /// Puts an entry in; returns the value that the key had before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match &mut self.one {
            Some((one, before)) if *one == key => Some(std::mem::replace(before, value)),
            None if self.more.is_empty() => {
                self.one = Some((key, value));
                None
            }
            _ => self.more.insert(key, value),
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        match &self.one {
            Some((one, value)) if one == key => Some(value),
            _ => self.more.get(key),
        }
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match &mut self.one {
            Some((one, value)) if one == key => Some(value),
            _ => self.more.get_mut(key),
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        match &self.one {
            Some((one, _)) if one == key => self.one.take().map(|(_, value)| value),
            _ => self.more.remove(key),
        }
    }

    /// All entries, in an order that only the history of the map decides.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.one.iter().map(|(key, value)| (key, value)).chain(&self.more)
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = (K, V)> {
        self.one.into_iter().chain(self.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// It is a map, whatever is done to it.
        #[test]
        fn does_what_a_map_does(steps in prop::collection::vec((0..3u8, 0..4u8, 0..100u8), 0..60)) {
            let (mut few, mut map) = (Few::default(), BTreeMap::new());
            for (step, key, value) in steps {
                match step {
                    0 => prop_assert_eq!(few.insert(key, value), map.insert(key, value)),
                    1 => prop_assert_eq!(few.remove(&key), map.remove(&key)),
                    _ => prop_assert_eq!(few.get_mut(&key), map.get_mut(&key)),
                }
                prop_assert_eq!(few.get(&key), map.get(&key));
                prop_assert_eq!(few.iter().collect::<BTreeMap<_, _>>(), map.iter().collect::<BTreeMap<_, _>>());
            }
            prop_assert_eq!(few.into_iter().collect::<BTreeMap<_, _>>(), map);
        }
    }
}

//! A map that most often has one entry, which then needs no memory of its own.

use std::{collections::BTreeMap, mem};

use crate::passed::pass;

/// A sorted map that is itself the place of its first entry, until there is a second.
#[derive(Debug, Default)]
pub(crate) enum SmallMap<K, V> {
    #[default]
    None,
    One(K, V),
    More(BTreeMap<K, V>),
}

impl<K: Ord, V> SmallMap<K, V> {
    /// Puts an entry in; returns the value that the key had before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self {
            Self::More(more) if !more.is_empty() => return more.insert(key, value),
            Self::One(one, before) if *one == key => return Some(mem::replace(before, value)),
            _ => {}
        }
        *self = match mem::take(self) {
            Self::One(one, before) => Self::More(BTreeMap::from([(one, before), (key, value)])),
            Self::None | Self::More(_) => Self::One(key, value),
        };
        None
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        match self {
            Self::One(one, value) if one == key => Some(value),
            Self::None | Self::One(..) => None,
            Self::More(more) => more.get(key),
        }
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match self {
            Self::One(one, value) if one == key => Some(value),
            Self::None | Self::One(..) => None,
            Self::More(more) => more.get_mut(key),
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        match self {
            Self::More(more) => more.remove(key),
            Self::One(one, _) if one == key => match mem::take(self) {
                Self::One(_, value) => Some(value),
                Self::None | Self::More(_) => None,
            },
            Self::None | Self::One(..) => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::One(..) => false,
            Self::More(more) => more.is_empty(),
        }
    }

    /// All entries, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let (one, more) = match self {
            Self::None => (None, None),
            Self::One(key, value) => (Some((key, value)), None),
            Self::More(more) => (None, Some(more)),
        };
        one.into_iter().chain(more.into_iter().flatten()).inspect(|_| pass(1))
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
            let (mut few, mut map) = (SmallMap::default(), BTreeMap::new());
            for (step, key, value) in steps {
                match step {
                    0 => prop_assert_eq!(few.insert(key, value), map.insert(key, value)),
                    1 => prop_assert_eq!(few.remove(&key), map.remove(&key)),
                    _ => prop_assert_eq!(few.get_mut(&key), map.get_mut(&key)),
                }
                prop_assert_eq!(few.get(&key), map.get(&key));
                prop_assert_eq!(few.is_empty(), map.is_empty());
                prop_assert!(few.iter().eq(&map));
            }
        }
    }
}

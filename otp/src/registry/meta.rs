//! What a registry keeps for all who know it, under names.

use std::{
    any::Any,
    borrow::Cow,
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::guard::Guarded;

/// A value of any type.
pub(super) type MetaValue = Arc<Guarded<Box<dyn Any + Send + Sync>>>;

pub(super) type MetaValues = BTreeMap<Cow<'static, str>, MetaValue>;

/// The values of one registry; nothing of the user's is cloned or dropped under the lock.
#[derive(Default)]
pub(super) struct Meta(Mutex<MetaValues>);

pub(super) fn meta_value<T: Any + Send + Sync>(value: T) -> MetaValue {
    Arc::new(Guarded::new(Box::new(value)))
}

impl Meta {
    fn values(&self) -> MutexGuard<'_, MetaValues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The registry is started anew, with these.
    pub(super) fn begin(&self, values: MetaValues) {
        let before = mem::replace(&mut *self.values(), values);
        drop(before);
    }

    pub(super) fn put(&self, name: Cow<'static, str>, value: MetaValue) {
        let before = self.values().insert(name, value);
        drop(before);
    }

    pub(super) fn get<T: Clone + 'static>(&self, name: &str) -> Option<T> {
        let value = self.values().get(name).cloned()?;
        value.downcast_ref().cloned()
    }

    pub(super) fn delete(&self, name: &str) {
        let before = self.values().remove(name);
        drop(before);
    }
}

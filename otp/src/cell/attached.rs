//! What rooms above keep at a thing of the floors below: one of a type.

use std::{any::Any, sync::Arc};

/// One of each type, made when it is asked for first.
#[derive(Default)]
pub(crate) struct Attached(Vec<Arc<dyn Any + Send + Sync>>);

impl Attached {
    pub(crate) fn find<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.0.iter().find_map(|attached| Arc::clone(attached).downcast().ok())
    }

    pub(crate) fn get_or_make<T: Any + Send + Sync>(&mut self, make: impl FnOnce() -> T) -> Arc<T> {
        self.find().unwrap_or_else(|| {
            let made = Arc::new(make());
            self.0.push(Arc::clone(&made) as Arc<dyn Any + Send + Sync>);
            made
        })
    }
}

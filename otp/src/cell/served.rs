//! For whom a thread runs code that blocks.

use std::{cell::RefCell, sync::Arc};

use super::{current, node::NodeInner};
use crate::guard::contain;

thread_local! {
    /// Whose closure the calling thread, one of a pool, runs.
    static SERVED: RefCell<Option<Served>> = const { RefCell::new(None) };
}

/// For whom a closure runs.
pub(crate) struct Served {
    node: Arc<NodeInner>,
    /// It is a process on a core, whose exit will tell of a panic.
    by_process: bool,
}

impl Served {
    /// A closure of the calling code, on a thread of `node`.
    pub(crate) fn by_caller(node: &Arc<NodeInner>) -> Self {
        Self { node: Arc::clone(node), by_process: current::on_core() }
    }

    /// Runs `f`, which is for it.
    pub(crate) fn during(self, f: impl FnOnce()) {
        SERVED.set(Some(self));
        contain(|| current::visiting(f));
        drop(SERVED.take());
    }
}

/// The node whose closure the calling thread runs.
pub(crate) fn node() -> Option<Arc<NodeInner>> {
    SERVED.try_with(|served| served.borrow().as_ref().map(|served| served.node.clone())).ok().flatten()
}

/// Whether the calling thread runs a closure of a process, which is told of its panics.
pub(crate) fn serves_process() -> bool {
    SERVED.try_with(|served| served.borrow().as_ref().is_some_and(|served| served.by_process)).unwrap_or(false)
}

//! A place in a supervision tree, which outlives the processes that hold it one after another.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use crate::process::{AnyProcess, Pid};

/// The id of a child: unique among its siblings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChildId {
    name: Arc<str>,
    index: Option<usize>,
}

impl ChildId {
    /// The name, without the index of a repeated child.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The index of a repeated child.
    pub fn index(&self) -> Option<usize> {
        self.index
    }
}

impl From<&str> for ChildId {
    fn from(name: &str) -> Self {
        Self { name: name.into(), index: None }
    }
}

impl From<String> for ChildId {
    fn from(name: String) -> Self {
        Self { name: name.into(), index: None }
    }
}

impl From<(&str, usize)> for ChildId {
    fn from((name, index): (&str, usize)) -> Self {
        Self { name: name.into(), index: Some(index) }
    }
}

impl From<&Self> for ChildId {
    fn from(id: &Self) -> Self {
        id.clone()
    }
}

impl fmt::Display for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "{}[{index}]", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Debug for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A place in a supervision tree: a path of ids.
///
/// It names whoever holds the place now, across restarts of the child and of the supervisors above it, until its child
/// spec is deleted. Clients made from it keep working without being re-wired.
#[derive(Clone)]
pub struct Slot(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    undelivered: AtomicU64,
    gave_up: AtomicBool,
}

#[derive(Default)]
struct State {
    holder: Option<AnyProcess>,
    children: BTreeMap<ChildId, Slot>,
    /// The children that have a spec.
    declared: BTreeSet<ChildId>,
}

impl Slot {
    /// A place of its own, at the root of a tree.
    pub(crate) fn root() -> Self {
        Self(Arc::new(Inner {
            state: Mutex::default(),
            undelivered: AtomicU64::new(0),
            gave_up: AtomicBool::new(false),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of a child, whether or not there is one now.
    pub fn child(&self, id: impl Into<ChildId>) -> Self {
        self.state().children.entry(id.into()).or_insert_with(Self::root).clone()
    }

    /// The places of all repeated children with this name, in order of their index.
    pub fn children(&self, name: &str) -> Vec<Self> {
        let state = self.state();
        let named = state.declared.iter().filter(|id| id.name() == name && id.index().is_some());
        named.filter_map(|id| state.children.get(id).cloned()).collect()
    }

    /// The process that holds the place now.
    pub fn pid(&self) -> Option<Pid> {
        self.state().holder.as_ref().map(AnyProcess::pid)
    }

    /// How many casts found nobody here, in the gap of a restart.
    pub fn undelivered(&self) -> u64 {
        self.0.undelivered.load(Relaxed)
    }

    pub(crate) fn count_undelivered(&self) {
        self.0.undelivered.fetch_add(1, Relaxed);
    }

    /// The supervisor that holds the place ends because it had to restart too often.
    pub(crate) fn give_up(&self) {
        self.0.gave_up.store(true, Relaxed);
    }

    pub(crate) fn gave_up(&self) -> bool {
        self.0.gave_up.load(Relaxed)
    }

    pub(crate) fn holder(&self) -> Option<AnyProcess> {
        self.state().holder.clone()
    }

    /// From now on this process holds the place, or nobody does.
    pub(crate) fn set_holder(&self, holder: Option<AnyProcess>) {
        let before = std::mem::replace(&mut self.state().holder, holder);
        drop(before);
    }

    /// This process holds the place no longer, if it did.
    pub(crate) fn leave(&self, pid: Pid) {
        let left = self.state().holder.take_if(|holder| holder.pid() == pid);
        drop(left);
    }

    /// There is a spec of a child with this id.
    pub(crate) fn declare(&self, id: &ChildId) {
        self.child(id);
        self.state().declared.insert(id.clone());
    }

    /// Forgets the places of all children with a spec but these.
    pub(crate) fn retain(&self, keep: impl Fn(&ChildId) -> bool) {
        let gone: Vec<ChildId> = self.state().declared.iter().filter(|id| !keep(id)).cloned().collect();
        gone.iter().for_each(|id| self.forget(id));
    }

    /// Forgets the place of a child whose spec is deleted. Clients that name it reach nobody.
    pub(crate) fn forget(&self, id: &ChildId) {
        let removed = {
            let mut state = self.state();
            state.declared.remove(id);
            state.children.remove(id)
        };
        if let Some(removed) = removed {
            removed.set_holder(None);
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid() {
            Some(pid) => write!(f, "Slot({pid})"),
            None => f.write_str("Slot(empty)"),
        }
    }
}

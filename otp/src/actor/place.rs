//! A place in a supervision tree, which outlives the processes that hold it one after another.

use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use super::named::Named;
use crate::{
    cell::{AnyProcess, Pid, attached::Attached},
    passed::pass,
};

/// The id of a child: unique among its siblings. That of a partition is a number alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChildId {
    name: Arc<str>,
    index: Option<usize>,
}

impl ChildId {
    /// One of many that share a name.
    pub(crate) fn numbered(name: &Arc<str>, index: usize) -> Self {
        Self { name: Arc::clone(name), index: Some(index) }
    }

    /// The name, without the index of a repeated child; empty for a partition.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The index of a repeated child, or the number of a partition.
    #[must_use]
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

impl From<usize> for ChildId {
    fn from(number: usize) -> Self {
        Self { name: Arc::default(), index: Some(number) }
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
            Some(number) if self.name.is_empty() => number.fmt(f),
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
pub struct Place(Arc<Inner>);

/// A place that is gone when nobody else names it.
#[derive(Clone)]
pub(super) struct WeakPlace(Weak<Inner>);

impl WeakPlace {
    pub(super) fn upgrade(&self) -> Option<Place> {
        self.0.upgrade().map(Place)
    }
}

struct Inner {
    /// Nothing at the root of a tree.
    id: Option<ChildId>,
    state: Mutex<PlaceState>,
    undelivered: AtomicU64,
    gave_up: AtomicBool,
}

#[derive(Default)]
pub(super) struct PlaceState {
    pub(super) holder: Option<AnyProcess>,
    /// Who held it last.
    before: Option<AnyProcess>,
    /// The holder, a supervisor, starts its children.
    enters: bool,
    /// The holder is being ended.
    ends: bool,
    /// The holder is still being given what was left for it: whatever else comes for it comes behind that.
    pub(super) fills: bool,
    /// Nobody is to come by itself.
    closed: bool,
    /// What waits for the next holder; see [`left`](super::left).
    pub(super) left: Option<Box<dyn Any + Send>>,
    /// The name that stands for the place; most have none.
    pub(super) named: Option<Box<Named>>,
    children: BTreeMap<ChildId, Known>,
    /// The place above, as long as this one is there only because somebody names it.
    above: Option<Place>,
    /// Among how many children keys are divided, once a partition supervisor has held the place.
    partitions: Option<usize>,
    /// What stays here whoever holds the place: one of a type.
    attached: Attached,
}

/// How a place knows one below it.
enum Known {
    /// The child has a spec.
    Declared(Place),
    /// Somebody has asked for it: it is there for as long as somebody names it.
    Named(WeakPlace),
}

impl Known {
    fn place(&self) -> Option<Place> {
        match self {
            Self::Declared(place) => Some(place.clone()),
            Self::Named(place) => place.upgrade(),
        }
    }
}

impl Place {
    /// A place of its own, at the root of a tree.
    pub(crate) fn root() -> Self {
        Self::new(None, None)
    }

    fn new(id: Option<ChildId>, above: Option<Self>) -> Self {
        Self(Arc::new(Inner {
            id,
            state: Mutex::new(PlaceState { above, ..PlaceState::default() }),
            undelivered: AtomicU64::new(0),
            gave_up: AtomicBool::new(false),
        }))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, PlaceState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of a child, whether or not there is one now.
    #[must_use]
    pub fn child(&self, id: impl Into<ChildId>) -> Self {
        let id = id.into();
        let mut state = self.state();
        if let Some(place) = state.children.get(&id).and_then(Known::place) {
            return place;
        }
        let place = Self::new(Some(id.clone()), Some(self.clone()));
        state.children.insert(id, Known::Named(place.downgrade()));
        place
    }

    /// The id of the child whose place it is.
    pub(crate) fn id(&self) -> Option<&ChildId> {
        self.0.id.as_ref()
    }

    /// Whether nobody above sees to it that it is held again.
    pub(super) fn is_root(&self) -> bool {
        self.0.id.is_none()
    }

    /// The places of all repeated children with this name, in order of their index.
    #[must_use]
    pub fn children(&self, name: &str) -> Vec<Self> {
        let first = ChildId { name: name.into(), index: Some(0) };
        let state = self.state();
        let named = state.children.range(first..).inspect(|_| pass(1)).take_while(|(id, _)| id.name() == name);
        let declared = named.filter_map(|(_, known)| match known {
            Known::Declared(place) => Some(place.clone()),
            Known::Named(_) => None,
        });
        declared.collect()
    }

    /// The process that holds the place now.
    pub fn pid(&self) -> Option<Pid> {
        self.state().holder.as_ref().map(AnyProcess::pid)
    }

    /// How many casts found nobody here, in the gap of a restart.
    #[must_use]
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

    /// A supervisor that is about to hold the place begins; whatever became of the one before.
    pub(crate) fn begin(&self) {
        self.0.gave_up.store(false, Relaxed);
    }

    /// A supervisor is about to start its children. It is reached from now on, so that a child which asks it is known
    /// to wait for it; what is left for it, it is given when it takes the place.
    pub(crate) fn enter(&self, supervisor: AnyProcess) {
        let before = {
            let mut state = self.state();
            (state.enters, state.ends) = (true, false);
            state.holder.replace(supervisor)
        };
        drop(before);
    }

    pub(crate) fn gave_up(&self) -> bool {
        self.0.gave_up.load(Relaxed)
    }

    /// From now on keys are divided among so many children.
    pub(crate) fn divide(&self, partitions: usize) {
        self.state().partitions = Some(partitions);
    }

    pub(crate) fn partitions(&self) -> Option<usize> {
        self.state().partitions
    }

    /// What all who know the place share, whoever holds it: made when it is asked for first.
    pub(crate) fn attached<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        self.state().attached.get_or_make(make)
    }

    /// The same, if it was asked for before.
    pub(crate) fn find_attached<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.state().attached.find()
    }

    /// The process that a message for the place reaches at once.
    pub(crate) fn reachable(&self) -> Option<AnyProcess> {
        self.state().reachable().cloned()
    }

    /// The process that a message for the place reaches at once, unless that is being ended.
    pub(super) fn present(&self) -> Option<AnyProcess> {
        self.state().present().cloned()
    }

    /// Whoever has held the place, if another is to come.
    pub(super) fn awaited<'a>(&self, state: &'a PlaceState) -> Option<&'a AnyProcess> {
        state.holder.as_ref().or(state.before.as_ref()).filter(|_| self.is_awaited(state))
    }

    /// Whether another process is to hold the place when this one has ended.
    pub(super) fn is_awaited(&self, state: &PlaceState) -> bool {
        !state.closed && !self.is_root()
    }

    /// The holder is about to be asked to end.
    pub(crate) fn begin_end(&self) {
        self.state().ends = true;
    }

    /// This process holds the place no longer, if it did. Another one is to come, unless the place is closed.
    pub(crate) fn vacate(&self, pid: Pid) {
        let before = {
            let mut state = self.state();
            let Some(holder) = state.holder.take_if(|holder| holder.pid() == pid) else { return };
            state.before.replace(holder)
        };
        drop(before);
    }

    /// Nobody is to hold the place, or a place below it, by itself. What was left there is dropped.
    pub(crate) fn close(&self) {
        let mut left = Vec::new();
        self.collect_closed(&mut left);
        drop(left);
    }

    fn collect_closed(&self, left: &mut Vec<Box<dyn Any + Send>>) {
        let (before, named, children) = {
            let mut state = self.state();
            state.closed = true;
            left.extend(state.left.take());
            let children: Vec<_> = state.children.values().inspect(|_| pass(1)).filter_map(Known::place).collect();
            (state.before.take(), state.named.take(), children)
        };
        drop((before, named));
        children.iter().for_each(|child| child.collect_closed(left));
    }

    /// The supervisor that held the place has ended its children, and if this is the root of a tree they do not come
    /// back.
    pub(crate) fn close_root(&self) {
        if self.is_root() {
            self.close();
        }
    }

    /// There is a spec of a child with this id.
    pub(crate) fn declare(&self, id: &ChildId) {
        let place = self.child(id);
        let above = place.state().above.take();
        self.state().children.insert(id.clone(), Known::Declared(place));
        drop(above);
    }

    /// Forgets the places of all children with a spec but these.
    pub(crate) fn retain(&self, keep: impl Fn(&ChildId) -> bool) {
        let is_gone = |(id, known): &(&ChildId, &Known)| matches!(known, Known::Declared(_)) && !keep(id);
        let gone: Vec<ChildId> = {
            let state = self.state();
            state.children.iter().inspect(|_| pass(1)).filter(is_gone).map(|(id, _)| id.clone()).collect()
        };
        gone.iter().for_each(|id| self.forget(id));
    }

    /// Forgets the place of a child whose spec is deleted. Clients that name it reach nobody.
    pub(crate) fn forget(&self, id: &ChildId) {
        let removed = self.state().children.remove(id);
        if let Some(removed) = removed.as_ref().and_then(Known::place) {
            let holder = removed.state().holder.take();
            drop(holder);
            removed.close();
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn downgrade(&self) -> WeakPlace {
        WeakPlace(Arc::downgrade(&self.0))
    }

    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let (Some(above), Some(id)) = (state.above.take(), &self.id) else { return };
        let mut siblings = above.state();
        // Another place may have the id by now.
        if let Some(Known::Named(place)) = siblings.children.get(id)
            && place.0.strong_count() == 0
        {
            siblings.children.remove(id);
        }
    }
}

impl PlaceState {
    /// The process that a message for the place reaches at once.
    pub(super) fn reachable(&self) -> Option<&AnyProcess> {
        self.holder.as_ref().filter(|_| !self.fills)
    }

    /// The same, unless it is being ended, or may not come to be.
    pub(super) fn present(&self) -> Option<&AnyProcess> {
        self.reachable().filter(|_| !self.enters && !self.ends)
    }

    /// From now on this process holds the place, and is given what was left; gives who was there.
    pub(super) fn hold(&mut self, holder: AnyProcess) -> (Option<AnyProcess>, Option<AnyProcess>) {
        (self.enters, self.ends, self.closed, self.fills) = (false, false, false, true);
        (self.holder.replace(holder), self.before.take())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid() {
            Some(pid) => write!(f, "Place({pid})"),
            None => f.write_str("Place(empty)"),
        }
    }
}

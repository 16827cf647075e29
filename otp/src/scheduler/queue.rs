//! A core's run queue.
//!
//! One lock holds the last-woken slot and the queue behind it, so that any core may take from any other's and a core
//! whose thread is lost leaves nothing behind. An uncontended lock costs what a lock-free deque's push costs.

use std::collections::VecDeque;

use super::{rng::Rng, task::Task};
use crate::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::Relaxed},
    lock,
};

/// How many turns in a row may come from the last-woken slot before the queue has its turn.
const STREAK: u32 = 64;

pub(crate) struct RunQueue {
    inner: Mutex<Inner>,
    /// The number of tasks, for a look without the lock.
    len: AtomicUsize,
}

struct Inner {
    /// Woken by the running task: what it needs is still in this core's cache.
    last_woken: Option<Task>,
    queue: VecDeque<Task>,
    streak: u32,
}

impl RunQueue {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner { last_woken: None, queue: VecDeque::new(), streak: 0 }),
            len: AtomicUsize::new(0),
        }
    }

    /// How many tasks wait, as of some moment ago.
    pub(crate) fn len(&self) -> usize {
        self.len.load(Relaxed)
    }

    /// Puts a task in the last-woken slot; the one that was there goes to the end of the queue. Returns the length.
    pub(crate) fn push_next(&self, task: Task) -> usize {
        let mut inner = lock(&self.inner);
        if let Some(before) = inner.last_woken.replace(task) {
            inner.queue.push_back(before);
        }
        self.note(&inner)
    }

    /// Puts a task at the end. Returns the length.
    pub(crate) fn push_last(&self, task: Task) -> usize {
        let mut inner = lock(&self.inner);
        inner.queue.push_back(task);
        self.note(&inner)
    }

    /// Takes the next task: the last woken one, unless it has had its share.
    pub(crate) fn pop(&self) -> Option<Task> {
        if self.len() == 0 {
            return None;
        }
        let mut inner = lock(&self.inner);
        let task = if inner.streak < STREAK && inner.last_woken.is_some() {
            inner.streak += 1;
            inner.last_woken.take()
        } else {
            inner.streak = 0;
            inner.queue.pop_front().or_else(|| inner.last_woken.take())
        };
        self.note(&inner);
        task
    }

    /// Takes any task, as the generator chooses.
    pub(crate) fn pop_any(&self, rng: &mut Rng) -> Option<Task> {
        let mut inner = lock(&self.inner);
        if let Some(task) = inner.last_woken.take() {
            inner.queue.push_back(task);
        }
        let index = rng.below(inner.queue.len())?;
        let task = inner.queue.swap_remove_back(index);
        self.note(&inner);
        task
    }

    /// Moves half of the queue to `thief`'s, or the last-woken task when there is no more than that and it is stale.
    /// Returns the number moved.
    pub(crate) fn steal_into(&self, thief: &Self, stale: bool) -> usize {
        if self.len() == 0 {
            return 0;
        }
        let mut loot = {
            let mut inner = lock(&self.inner);
            let half = inner.queue.len().div_ceil(2);
            let mut loot: VecDeque<Task> = inner.queue.drain(..half).collect();
            if loot.is_empty() && stale {
                loot.extend(inner.last_woken.take());
            }
            self.note(&inner);
            loot
        };
        let stolen = loot.len();
        if stolen > 0 {
            let mut inner = lock(&thief.inner);
            inner.queue.append(&mut loot);
            thief.note(&inner);
        }
        stolen
    }

    /// Takes everything, for the end of the node.
    pub(crate) fn drain(&self) -> Vec<Task> {
        let mut inner = lock(&self.inner);
        let mut tasks: Vec<Task> = inner.last_woken.take().into_iter().collect();
        tasks.extend(inner.queue.drain(..));
        self.note(&inner);
        tasks
    }

    fn note(&self, inner: &Inner) -> usize {
        let len = inner.queue.len() + usize::from(inner.last_woken.is_some());
        self.len.store(len, Relaxed);
        len
    }
}

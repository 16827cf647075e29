//! A core's run queue.
//!
//! The last-woken slot is one word; the queue behind it has a lock. Any core may take from any other's, and a core
//! whose thread is lost leaves nothing behind. An uncontended lock costs what a lock-free deque's push costs.
//!
//! Tasks that have had a core for as long as they may are *tired*: they come after the others, but for one now and
//! then.

use std::collections::VecDeque;

use super::{
    rng::Rng,
    task::{AnyTask, TaskSlot},
};
use crate::sync::{
    SpinGuard, SpinLock,
    atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed},
};

/// How many turns in a row may come from the last-woken slot before the queue has its turn.
const STREAK: u32 = 64;
/// How many turns in a row may come from the queue before a tired task has its turn.
const FRESH_STREAK: u32 = 32;

pub(crate) struct RunQueue {
    /// Woken by the running task: what it needs is still in this core's cache.
    last_woken: TaskSlot,
    /// Turns that came from the slot in a row; only the core itself counts.
    streak: AtomicU32,
    queue: SpinLock<Queue>,
    /// The length of the queue, for a look without the lock.
    queued: AtomicUsize,
}

#[derive(Default)]
struct Queue {
    fresh: VecDeque<AnyTask>,
    tired: VecDeque<AnyTask>,
    /// How many fresh ones were taken since a tired one was.
    streak: u32,
}

impl Queue {
    fn len(&self) -> usize {
        self.fresh.len() + self.tired.len()
    }

    fn pop(&mut self) -> Option<AnyTask> {
        if self.streak < FRESH_STREAK
            && let Some(task) = self.fresh.pop_front()
        {
            self.streak += 1;
            return Some(task);
        }
        self.streak = 0;
        self.tired.pop_front().or_else(|| self.fresh.pop_front())
    }
}

impl RunQueue {
    pub(crate) fn new() -> Self {
        Self {
            last_woken: TaskSlot::new(),
            streak: AtomicU32::new(0),
            queue: SpinLock::new(Queue::default()),
            queued: AtomicUsize::new(0),
        }
    }

    /// How many tasks wait, as of some moment ago.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.queued.load(Relaxed) + usize::from(!self.last_woken.is_empty())
    }

    /// Puts a task in the last-woken slot; the one that was there goes to the end of the queue. Returns the length.
    /// Only the core itself does so.
    #[inline]
    pub(crate) fn push_next(&self, task: AnyTask) -> usize {
        match self.last_woken.put(task) {
            Some(before) => self.push_last(before),
            None => self.queued.load(Relaxed) + 1,
        }
    }

    /// Puts a task at the end. Returns the length.
    #[inline]
    pub(crate) fn push_last(&self, task: AnyTask) -> usize {
        self.push(task, |queue| &mut queue.fresh)
    }

    /// Puts a task at the end of those that are tired. Returns the length.
    pub(crate) fn push_tired(&self, task: AnyTask) -> usize {
        self.push(task, |queue| &mut queue.tired)
    }

    #[inline]
    fn push(&self, task: AnyTask, end: impl FnOnce(&mut Queue) -> &mut VecDeque<AnyTask>) -> usize {
        let mut queue = self.queue.lock();
        end(&mut queue).push_back(task);
        self.note(&queue);
        queue.len() + usize::from(!self.last_woken.is_empty())
    }

    /// Takes the next task: the last woken one, unless it has had its share.
    #[inline]
    pub(crate) fn pop(&self) -> Option<AnyTask> {
        let streak = self.streak.load(Relaxed);
        if streak < STREAK
            && let Some(task) = self.last_woken.take()
        {
            self.streak.store(streak + 1, Relaxed);
            return Some(task);
        }
        self.streak.store(0, Relaxed);
        if self.queued.load(Relaxed) > 0 {
            let mut queue = self.queue.lock();
            let task = queue.pop();
            self.note(&queue);
            if task.is_some() {
                return task;
            }
        }
        self.last_woken.take()
    }

    /// Takes any task, as the generator chooses.
    pub(crate) fn pop_any(&self, rng: &mut Rng) -> Option<AnyTask> {
        let mut queue = self.queue.lock();
        // Whose turn it is the seed says, be they tired or not.
        let Queue { fresh, tired, .. } = &mut *queue;
        fresh.append(tired);
        fresh.extend(self.last_woken.take());
        let task = rng.below(fresh.len()).and_then(|index| fresh.swap_remove_back(index));
        self.note(&queue);
        task
    }

    /// Moves half of the queue to `thief`'s, or the last-woken task when there is no more than that and it is stale.
    /// Returns the number moved.
    pub(crate) fn steal_into(&self, thief: &Self, stale: bool) -> usize {
        let (mut fresh, mut tired) = (VecDeque::new(), VecDeque::new());
        if self.queued.load(Relaxed) > 0 {
            let mut queue = self.queue.lock();
            let Queue { fresh: own_fresh, tired: own_tired, .. } = &mut *queue;
            for (queue, loot) in [(own_fresh, &mut fresh), (own_tired, &mut tired)] {
                let half = queue.len().div_ceil(2);
                loot.extend(queue.drain(..half));
            }
            self.note(&queue);
        }
        if fresh.is_empty() && tired.is_empty() && stale {
            fresh.extend(self.last_woken.take());
        }
        let stolen = fresh.len() + tired.len();
        if stolen > 0 {
            let mut queue = thief.queue.lock();
            queue.fresh.append(&mut fresh);
            queue.tired.append(&mut tired);
            thief.note(&queue);
        }
        stolen
    }

    /// Takes everything, for a core that is given up.
    ///
    /// Ordering: the lock is taken even if there is nothing, so that whoever puts a task in the queue later sees what
    /// the caller did before. One that is put in the slot just then may be seen by neither: the watchdog looks again,
    /// and the core itself after its turn.
    pub(crate) fn drain(&self) -> Vec<AnyTask> {
        let mut tasks: Vec<AnyTask> = self.last_woken.take().into_iter().collect();
        let mut queue = self.queue.lock();
        let Queue { fresh, tired, .. } = &mut *queue;
        tasks.extend(fresh.drain(..).chain(tired.drain(..)));
        self.note(&queue);
        tasks
    }

    #[inline]
    fn note(&self, queue: &SpinGuard<'_, Queue>) {
        self.queued.store(queue.len(), Relaxed);
    }
}

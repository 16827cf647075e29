//! Who sleeps and who is woken for new work.
//!
//! A core that ran dry first *searches*: it looks into the other queues for a while. At most half of the cores search
//! at once. Then it *sleeps*. Whoever queues work that could be shared calls [`Sleep::notify`]: as long as somebody
//! searches, that one will find it; else one sleeper is woken, as a searcher.
//!
//! No wake-up is lost: a core says that it sleeps, then looks at all queues once more; a core that queues first queues,
//! then looks who sleeps. A sequentially consistent fence stands between the two steps on both sides, so at least one
//! of them sees the other.
//!
//! Of the sleepers one keeps the time: it sleeps until the next timer, the others without limit.

use crate::sync::{
    Mutex,
    atomic::{
        AtomicUsize,
        Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
        fence,
    },
    lock,
};

pub(crate) struct Sleep {
    searching: AtomicUsize,
    sleeping: AtomicUsize,
    sleepers: Mutex<Vec<u32>>,
    /// The seat that sleeps until the next timer; 0 for none.
    timekeeper: AtomicUsize,
}

impl Sleep {
    pub(crate) fn new() -> Self {
        Self {
            searching: AtomicUsize::new(0),
            sleeping: AtomicUsize::new(0),
            sleepers: Mutex::new(Vec::new()),
            timekeeper: AtomicUsize::new(0),
        }
    }

    /// Whether the caller may search; pairs with [`Sleep::end_search`].
    pub(crate) fn begin_search(&self, cores: usize) -> bool {
        if self.searching.load(Relaxed) * 2 >= cores.max(2) {
            return false;
        }
        self.searching.fetch_add(1, AcqRel);
        true
    }

    /// True when the caller was the last to search, and so must pass on a wake-up if it found work.
    pub(crate) fn end_search(&self) -> bool {
        self.searching.fetch_sub(1, AcqRel) == 1
    }

    /// There is work to share: the seat to wake, if it takes a wake-up for somebody to see it. That seat searches.
    pub(crate) fn notify(&self) -> Option<u32> {
        fence(SeqCst);
        if self.sleeping.load(Relaxed) == 0 || self.searching.load(Relaxed) > 0 {
            return None;
        }
        let mut sleepers = lock(&self.sleepers);
        if self.searching.load(Relaxed) > 0 {
            return None;
        }
        let seat = sleepers.pop()?;
        self.searching.fetch_add(1, AcqRel);
        self.sleeping.fetch_sub(1, AcqRel);
        Some(seat)
    }

    /// Wakes one whatever the others do, for a timer that is due or a core that is stuck.
    pub(crate) fn rouse(&self) -> Option<u32> {
        let seat = lock(&self.sleepers).pop()?;
        self.searching.fetch_add(1, AcqRel);
        self.sleeping.fetch_sub(1, AcqRel);
        Some(seat)
    }

    /// The caller is about to sleep and must look at all queues once more before it does.
    pub(crate) fn begin_sleep(&self, seat: u32) {
        lock(&self.sleepers).push(seat);
        self.sleeping.fetch_add(1, AcqRel);
        fence(SeqCst);
    }

    /// The caller is awake: true when it was woken as a searcher by [`Sleep::notify`].
    pub(crate) fn end_sleep(&self, seat: u32) -> bool {
        let mut sleepers = lock(&self.sleepers);
        match sleepers.iter().position(|sleeper| *sleeper == seat) {
            Some(index) => {
                sleepers.swap_remove(index);
                self.sleeping.fetch_sub(1, AcqRel);
                false
            }
            None => true,
        }
    }

    /// Makes the caller the one who sleeps until the next timer, if nobody is.
    pub(crate) fn keep_time(&self, seat: u32) -> bool {
        let keeps = self.timekeeper.compare_exchange(0, seat as usize, AcqRel, Acquire).is_ok();
        // Ordering: the keeper says so, then reads the next timer; whoever sets a timer sets it, then looks for the keeper.
        fence(SeqCst);
        keeps
    }

    pub(crate) fn end_keep_time(&self, seat: u32) {
        // Ordering: only the keeper itself resigns; losing the exchange means that it was not.
        let _ = self.timekeeper.compare_exchange(seat as usize, 0, AcqRel, Acquire);
    }

    /// The seat that keeps the time, to be woken when an earlier timer was set.
    pub(crate) fn timekeeper(&self) -> Option<u32> {
        fence(SeqCst);
        match self.timekeeper.load(Relaxed) {
            0 => None,
            seat => Some(seat as u32),
        }
    }

    /// How many sleep, as of some moment ago.
    pub(crate) fn sleeping(&self) -> usize {
        self.sleeping.load(Acquire)
    }
}

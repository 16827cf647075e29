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

/// A core, as seen by its sleep.
pub(crate) trait Sleeper {
    /// Its seat's.
    fn number(&self) -> u32;
    /// Looks around for a while; true when there is something to do.
    fn search(&self) -> bool;
    /// Looks around once, and takes what it finds; true when there is something to do.
    fn look_around(&self) -> bool;
    /// Whether there is anything that it could do, without taking it.
    fn has_work(&self) -> bool;
    /// Sleeps until it is woken; the one who keeps the time, not beyond the next timer.
    fn sleep(&self, keeps_time: bool);
    /// It does not count as asleep any more.
    fn awake(&self);
    /// Wakes another, if there is work left that can be shared.
    fn share(&self);
}

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

    /// Returns when there may be work for `core`, which ran dry: looks around, then sleeps.
    pub(crate) fn await_work(&self, cores: usize, core: &impl Sleeper) {
        if self.begin_search(cores) {
            let found = core.search();
            self.end_search();
            if found {
                return Self::pass_on(core);
            }
        } else if core.look_around() {
            return;
        }
        self.begin_sleep(core.number());
        if !core.has_work() {
            let keeps_time = self.keep_time(core.number());
            core.sleep(keeps_time);
            if keeps_time {
                self.end_keep_time(core.number());
            }
        }
        let searches = self.end_sleep(core.number());
        core.awake();
        let found = core.look_around();
        if searches {
            self.end_search();
        }
        if found {
            Self::pass_on(core);
        }
    }

    /// Has another see what `core` left, when it took its share of what nobody else was woken for.
    fn pass_on(core: &impl Sleeper) {
        // Ordering: it searches no longer, then looks what is left; who queues does so, then looks who searches.
        fence(SeqCst);
        core.share();
    }

    /// Whether the caller may search; pairs with [`Sleep::end_search`].
    fn begin_search(&self, cores: usize) -> bool {
        if self.searching.load(Relaxed) * 2 >= cores.max(2) {
            return false;
        }
        self.searching.fetch_add(1, AcqRel);
        true
    }

    pub(super) fn end_search(&self) {
        let searched = self.searching.fetch_sub(1, AcqRel);
        if cfg!(any(debug_assertions, loom)) {
            assert!(searched > 0, "who searches is counted before it can end");
        }
    }

    /// There is work to share: the seat to wake, if it takes a wake-up for somebody to see it. That seat searches.
    #[inline]
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
        let mut sleepers = lock(&self.sleepers);
        let seat = sleepers.pop()?;
        // Under the lock: a sleeper that wakes by itself finds that it searches, and that is counted.
        self.searching.fetch_add(1, AcqRel);
        self.sleeping.fetch_sub(1, AcqRel);
        Some(seat)
    }

    /// The caller is about to sleep and must look at all queues once more before it does.
    pub(super) fn begin_sleep(&self, seat: u32) {
        {
            let mut sleepers = lock(&self.sleepers);
            sleepers.push(seat);
            // Under the lock: whoever wakes it counts it off.
            self.sleeping.fetch_add(1, AcqRel);
        }
        fence(SeqCst);
    }

    /// The caller is awake: true when it was woken as a searcher by [`Sleep::notify`].
    pub(super) fn end_sleep(&self, seat: u32) -> bool {
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
        // Ordering: the keeper says so, then reads the next timer; whoever sets a timer sets it, then looks for the
        // keeper.
        fence(SeqCst);
        keeps
    }

    fn end_keep_time(&self, seat: u32) {
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

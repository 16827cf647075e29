//! A scheduler that is driven: one core on the thread of a test, where a seed makes every choice and the clock is
//! virtual.

use std::{
    rc::Rc,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use super::{
    Scheduler,
    core::{self, Core},
};
use crate::time::{Clock, Moment};

/// A scheduler with one core, driven step by step on the thread that made it.
pub(crate) struct Simulation {
    scheduler: Arc<Scheduler>,
    core: Rc<Core>,
}

/// The right to make a simulation go on.
#[derive(Clone)]
pub(crate) struct Driver(Rc<Core>);

impl Simulation {
    pub(crate) fn new(seed: u64, stack_size: usize) -> Self {
        let scheduler = Arc::new(Scheduler::with_clock(Clock::simulated(), 1, stack_size));
        let seat = scheduler.threads.new_seat();
        scheduler.threads.enlist(&seat);
        let core = Core::driven(Arc::clone(&scheduler), seat, seed);
        Self { scheduler, core }
    }

    pub(crate) fn driver(&self) -> Driver {
        Driver(Rc::clone(&self.core))
    }

    pub(crate) fn scheduler(&self) -> &Arc<Scheduler> {
        &self.scheduler
    }
}

impl Driver {
    /// Of the simulation that the calling code belongs to.
    pub(crate) fn current() -> Option<Self> {
        core::driven().map(Self)
    }

    /// Makes one step at the present moment; false when nothing is runnable.
    pub(crate) fn step(&self) -> bool {
        self.0.step()
    }

    /// Moves the clock to the next timer, but not beyond `limit`; false when there is none up to there.
    pub(crate) fn next_timer(&self, limit: Moment) -> bool {
        self.0.scheduler().next_timer(limit)
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        self.scheduler.stopping.store(true, Relaxed);
        self.core.end();
        self.scheduler.timers.clear();
    }
}

//! How many restarts in how much time are too many: an exact sliding window on the node's clock.

use std::{collections::VecDeque, time::Duration};

use crate::time::Moment;

/// The restarts of the last `period`, and how many there may be.
#[derive(Debug)]
pub(super) struct Intensity {
    limit: u32,
    period: Duration,
    /// Oldest first.
    restarts: VecDeque<Moment>,
}

impl Intensity {
    pub(super) fn new(limit: u32, period: Duration) -> Self {
        Self { limit, period, restarts: VecDeque::new() }
    }

    /// Counts a restart; false when it is one too many. A restart exactly one period ago counts still.
    pub(super) fn allows(&mut self, now: Moment) -> bool {
        let is_over = |at: &Moment| now.saturating_duration_since(*at) > self.period;
        while self.restarts.front().is_some_and(is_over) {
            self.restarts.pop_front();
        }
        self.restarts.push_back(now);
        self.restarts.len() <= self.limit as usize
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.restarts.len()
    }
}

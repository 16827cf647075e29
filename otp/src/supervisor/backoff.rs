//! How long a supervisor waits before it starts a child again that goes on failing: plain data, no clock.

use std::{ops::RangeInclusive, time::Duration};

/// The shortest and the longest wait between two restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Backoff {
    min: Duration,
    max: Duration,
}

impl Backoff {
    pub(super) fn new(range: RangeInclusive<Duration>) -> Self {
        let (min, max) = range.into_inner();
        Self { min, max }
    }

    /// Whether waits can grow from the shortest to the longest.
    pub(super) fn is_range(self) -> bool {
        !self.min.is_zero() && self.min <= self.max
    }

    /// How long a child has to run before its failures are forgotten. Never less than the period in which its
    /// supervisor counts restarts.
    pub(super) fn quiet(self, period: Duration) -> Duration {
        self.max.max(period)
    }

    pub(super) fn range(self) -> RangeInclusive<Duration> {
        self.min..=self.max
    }
}

/// What the failures of a child have come to: the wait before its next restart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Failures(Duration);

impl Failures {
    /// It has ended, after it ran for so long. How long to wait before it is started again.
    pub(super) fn ended(&mut self, backoff: Backoff, ran: Duration, period: Duration) -> Duration {
        if ran >= backoff.quiet(period) {
            *self = Self::default();
        }
        self.wait(backoff)
    }

    /// It could not be started again. How long to wait before the next try.
    pub(super) fn failed(&mut self, backoff: Backoff) -> Duration {
        self.0 = self.0.max(backoff.min);
        self.wait(backoff)
    }

    fn wait(&mut self, backoff: Backoff) -> Duration {
        let wait = self.0;
        self.0 = wait.saturating_mul(2).clamp(backoff.min, backoff.max);
        wait
    }
}

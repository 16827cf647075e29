//! A node's clock and the moments it tells.
//!
//! A clock counts nanoseconds since its node started, so that a moment is one word, and a simulated one looks like a
//! real one. Who may move a virtual clock, and when, is the simulation's business.

use std::{
    fmt,
    time::{Duration, Instant},
};

use crate::sync::atomic::{AtomicU64, Ordering};

/// A point in time on a node's clock: nanoseconds since the node started.
///
/// Moments of different nodes have nothing to do with each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Moment(u64);

impl Moment {
    /// The start of the node.
    pub(crate) const START: Self = Self(0);

    /// The moment that never comes. A deadline too far away to be counted, 584 years, is this one.
    pub(crate) const FAR: Self = Self(u64::MAX);

    pub(crate) const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    pub(crate) const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The moment `duration` later, or [`Moment::FAR`].
    pub(crate) const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }

    /// The time that has passed since `earlier`; zero if `earlier` is later.
    pub(crate) const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::FAR { f.write_str("never") } else { write!(f, "{:?}", Duration::from_nanos(self.0)) }
    }
}

/// `Duration::as_nanos` without its 128 bits; saturates.
const fn nanos(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(duration.subsec_nanos() as u64)
}

/// Tells the moment. It never goes backwards.
#[derive(Debug)]
pub(crate) struct Clock(Source);

#[derive(Debug)]
enum Source {
    /// The node's start on the system's monotonic clock.
    Real(Instant),
    /// The present moment.
    Virtual(AtomicU64),
}

impl Clock {
    /// A clock that starts now and goes by itself.
    pub(crate) fn real() -> Self {
        Self(Source::Real(Instant::now()))
    }

    /// A clock that stands at [`Moment::START`] until it is advanced.
    pub(crate) fn simulated() -> Self {
        Self(Source::Virtual(AtomicU64::new(Moment::START.0)))
    }

    pub(crate) fn now(&self) -> Moment {
        match &self.0 {
            Source::Real(start) => Moment(nanos(start.elapsed())),
            Source::Virtual(now) => Moment(now.load(Ordering::Acquire)),
        }
    }

    pub(crate) fn is_virtual(&self) -> bool {
        matches!(self.0, Source::Virtual(_))
    }

    /// Moves a virtual clock to `moment`; a moment that has passed leaves it where it is.
    ///
    /// # Panics
    /// If the clock is real.
    pub(crate) fn advance_to(&self, moment: Moment) {
        match &self.0 {
            Source::Real(_) => panic!("only a virtual clock can be advanced"),
            Source::Virtual(now) => {
                now.fetch_max(moment.0, Ordering::AcqRel);
            }
        }
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    #[test]
    fn moments_saturate_at_both_ends() {
        let second = Moment::START.saturating_add(Duration::from_secs(1));
        assert_eq!(second.as_nanos(), 1_000_000_000);
        assert_eq!(second.saturating_add(Duration::MAX), Moment::FAR);
        assert_eq!(Moment::FAR.saturating_add(Duration::MAX), Moment::FAR);
        assert_eq!(second.saturating_duration_since(Moment::START), Duration::from_secs(1));
        assert_eq!(Moment::START.saturating_duration_since(second), Duration::ZERO);
        let centuries = Duration::from_secs(500 * 365 * 24 * 60 * 60);
        assert!(second.saturating_add(centuries) < Moment::FAR);
        assert_eq!(nanos(Duration::from_nanos(u64::MAX)), u64::MAX);
    }

    #[test]
    fn moments_print_as_time_since_the_start() {
        assert_eq!(format!("{:?}", Moment::from_nanos(1_500_000)), "1.5ms");
        assert_eq!(format!("{:?}", Moment::FAR), "never");
    }

    #[test]
    fn a_virtual_clock_moves_only_when_told_and_only_forward() {
        let clock = Clock::simulated();
        assert!(clock.is_virtual());
        assert_eq!(clock.now(), Moment::START);
        clock.advance_to(Moment::from_nanos(7));
        clock.advance_to(Moment::from_nanos(5));
        assert_eq!(clock.now(), Moment::from_nanos(7));
    }

    #[test]
    fn a_real_clock_goes_by_itself() {
        let clock = Clock::real();
        assert!(!clock.is_virtual());
        let before = clock.now();
        while clock.now() == before {}
        assert!(clock.now() > before);
    }

    #[test]
    #[should_panic(expected = "only a virtual clock")]
    fn a_real_clock_cannot_be_advanced() {
        Clock::real().advance_to(Moment::FAR);
    }
}

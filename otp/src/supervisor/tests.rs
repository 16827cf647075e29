//! The decisions, as tables: no processes, no clock.

use std::time::Duration;

use super::{
    backoff::{Backoff, Failures},
    intensity::Intensity,
    spec::simple_name,
    strategy::{AfterExit, AutoShutdown, Restarts, Strategy, ended, is_obedient, is_reported, round, shuts_down},
};
use crate::{
    actor::{Restart, Shutdown},
    cell::ExitReason,
    time::Moment,
};
use AutoShutdown::{AllSignificant, AnySignificant, Never};
use Restart::{Permanent, Temporary, Transient};
use Strategy::{OneForAll, OneForOne, RestForOne};

fn clean() -> [ExitReason; 3] {
    [ExitReason::Normal, ExitReason::Shutdown, ExitReason::shutdown_with(1)]
}

fn unclean() -> [ExitReason; 5] {
    [ExitReason::Kill, ExitReason::Killed, ExitReason::NoProc, ExitReason::Timeout, ExitReason::other(1)]
}

#[test]
fn who_is_started_again() {
    for (restart, after_clean, after_unclean) in [
        (Permanent, AfterExit::Restart, AfterExit::Restart),
        (Transient, AfterExit::Keep, AfterExit::Restart),
        (Temporary, AfterExit::Forget, AfterExit::Forget),
    ] {
        for reason in clean() {
            assert_eq!(ended(restart, &reason), after_clean, "{restart:?} {reason:?}");
            assert_eq!(is_reported(restart, &reason), restart == Permanent, "{restart:?} {reason:?}");
        }
        for reason in unclean() {
            assert_eq!(ended(restart, &reason), after_unclean, "{restart:?} {reason:?}");
            assert!(is_reported(restart, &reason), "{restart:?} {reason:?}");
        }
    }
}

#[test]
fn who_ends_as_told() {
    let asked = Shutdown::After(Duration::from_secs(5));
    for (how, restart, reason, expected) in [
        (asked, Permanent, ExitReason::Shutdown, true),
        (asked, Permanent, ExitReason::Normal, false),
        (asked, Transient, ExitReason::Normal, true),
        (asked, Temporary, ExitReason::shutdown_with(1), true),
        (asked, Permanent, ExitReason::shutdown_with(1), false),
        (asked, Permanent, ExitReason::Killed, false),
        (Shutdown::Infinity, Temporary, ExitReason::Killed, false),
        (Shutdown::BrutalKill, Permanent, ExitReason::Killed, true),
        (Shutdown::BrutalKill, Permanent, ExitReason::Shutdown, true),
        (Shutdown::BrutalKill, Permanent, ExitReason::other("boom"), false),
    ] {
        assert_eq!(is_obedient(how, restart, &reason), expected, "{how:?} {restart:?} {reason:?}");
    }
}

#[test]
fn rounds() {
    let children = [(1, Permanent), (2, Transient), (3, Temporary), (4, Permanent), (5, Temporary)];
    for (strategy, failed, stop, forget, start) in [
        (OneForOne, 2, vec![], vec![], vec![2]),
        (OneForAll, 2, vec![5, 4, 3, 1], vec![3, 5], vec![1, 2, 4]),
        (OneForAll, 1, vec![5, 4, 3, 2], vec![3, 5], vec![1, 2, 4]),
        (RestForOne, 1, vec![5, 4, 3, 2], vec![3, 5], vec![1, 2, 4]),
        (RestForOne, 2, vec![5, 4, 3], vec![3, 5], vec![2, 4]),
        (RestForOne, 4, vec![5], vec![5], vec![4]),
    ] {
        let expected = Restarts { stop, forget, start };
        assert_eq!(round(strategy, failed, children.into_iter()), expected, "{strategy:?} {failed}");
    }
}

#[test]
fn automatic_shutdown() {
    for (policy, others, expected) in
        [(Never, 0, false), (AnySignificant, 1, true), (AllSignificant, 0, true), (AllSignificant, 1, false)]
    {
        assert_eq!(shuts_down(policy, others), expected, "{policy:?} {others:?}");
    }
}

/// A child ends at these nanoseconds; how many of its restarts are allowed before one is not.
fn allowed(limit: u32, period: u64, ends: &[u64]) -> Option<usize> {
    let mut intensity = Intensity::new(limit, Duration::from_nanos(period));
    ends.iter().position(|at| !intensity.allows(Moment::from_nanos(*at)))
}

#[test]
fn intensity_is_a_sliding_window() {
    for (limit, period, ends, refused) in [
        (0, 5, &[7][..], Some(0)),
        (1, 5, &[7, 7], Some(1)),
        (3, 5, &[1, 2, 3, 4], Some(3)),
        // The window is closed: what happened exactly one period ago counts, a nanosecond earlier it does not.
        (1, 5, &[10, 15], Some(1)),
        (1, 5, &[10, 16], None),
        (2, 10, &[0, 6, 11, 16], Some(3)),
        (2, 10, &[0, 6, 11, 17], None),
        (3, 5_000_000_000, &[0, 1, 2, 5_000_000_000], Some(3)),
        (3, 5_000_000_000, &[0, 1, 2, 5_000_000_001], None),
        (3, u64::MAX, &[0, 1, 2, u64::MAX - 1], Some(3)),
    ] {
        assert_eq!(allowed(limit, period, ends), refused, "{limit} in {period}: {ends:?}");
    }
}

#[test]
fn intensity_keeps_no_more_than_it_needs() {
    let mut intensity = Intensity::new(3, Duration::from_secs(5));
    for second in 0..10_000 {
        assert!(intensity.allows(Moment::from_nanos(second * 2_000_000_000)));
    }
    assert_eq!(intensity.len(), 3);
}

#[test]
fn names_of_types() {
    struct Tree<T>(std::marker::PhantomData<T>);
    assert_eq!(simple_name::<Tree<Vec<u8>>>(), "Tree");
    assert_eq!(simple_name::<u8>(), "u8");
}

#[test]
fn waits_double_up_to_the_longest_and_begin_anew_after_a_quiet_time() {
    let ms = Duration::from_millis;
    let (backoff, period) = (Backoff::new(ms(100)..=ms(350)), ms(1000));
    let mut failures = Failures::default();
    let waits: Vec<_> = (0..5).map(|_| failures.ended(backoff, ms(999), period)).collect();
    assert_eq!(waits, [ms(0), ms(100), ms(200), ms(350), ms(350)]);
    assert_eq!(failures.ended(backoff, ms(1000), period), ms(0));
    assert_eq!(failures.failed(backoff), ms(100));
    assert_eq!(failures.failed(backoff), ms(200));
    assert_eq!(failures.ended(backoff, ms(0), period), ms(350));
    // Who could not be started, having run until then, waits too.
    assert_eq!(Failures::default().failed(backoff), ms(100));
    // The longest wait is the quiet time where it is longer than the period.
    assert_eq!((backoff.quiet(ms(10)), backoff.quiet(period)), (ms(350), period));
    for (range, is_range) in [(ms(1)..=ms(1), true), (ms(0)..=ms(1), false), (ms(2)..=ms(1), false)] {
        assert_eq!(Backoff::new(range).is_range(), is_range);
    }
}

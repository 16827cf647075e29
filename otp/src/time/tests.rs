//! What [`Timers`] promise, case by case. `model.rs` compares them with a sorted map.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::*;

fn at(nanos: u64) -> Moment {
    Moment::from_nanos(nanos)
}

/// A target that runs a closure.
struct Run<F>(F);

impl<F: Fn(Moment) -> Option<Moment> + Send + Sync> Expire for Run<F> {
    fn expire(self: Arc<Self>, now: Moment) -> Option<Moment> {
        (self.0)(now)
    }
}

fn run(action: impl Fn(Moment) -> Option<Moment> + Send + Sync + 'static) -> Arc<dyn Expire> {
    Arc::new(Run(action))
}

fn nothing() -> Arc<dyn Expire> {
    run(|_| None)
}

/// Remembers in which order its targets ran.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u64>>>);

impl Log {
    fn writer(&self, line: u64) -> Arc<dyn Expire> {
        let log = self.clone();
        run(move |_| {
            log.0.lock().unwrap().push(line);
            None
        })
    }

    fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Deadlines around every boundary of a level, and the ends of the range.
fn boundaries() -> Vec<u64> {
    let last = u64::MAX - 1;
    let mut deadlines = vec![0, last];
    for level in 1..11 {
        let width = 1_u64 << (6 * level);
        deadlines.extend([width - 1, width, width + 1, width.saturating_mul(63), width.saturating_mul(64) - 1]);
    }
    deadlines.retain(|&deadline| deadline <= last);
    deadlines.sort_unstable();
    deadlines.dedup();
    deadlines
}

#[test]
fn nothing_is_early_or_late_at_the_boundaries_of_a_level() {
    for start in boundaries() {
        for deadline in boundaries() {
            let timers = Timers::new();
            // An entry of its own takes the wheel to `start`.
            timers.insert(at(start), nothing());
            assert_eq!(timers.expire(at(start)), 1);
            timers.insert(at(deadline), nothing());
            assert_eq!(timers.earliest(), Some(at(deadline)));
            if deadline > 0 {
                assert_eq!(timers.expire(at(deadline - 1)), 0, "{start} {deadline}");
            }
            assert_eq!(timers.next(), at(deadline), "a lone entry wakes nobody early");
            assert_eq!(timers.expire(at(deadline)), 1, "{start} {deadline}");
            assert_eq!((timers.len(), timers.next(), timers.earliest()), (0, Moment::FAR, None));
        }
    }
}

#[test]
fn all_boundaries_at_once_fire_in_order() {
    let timers = Timers::new();
    let log = Log::default();
    for deadline in boundaries().into_iter().rev() {
        timers.insert(at(deadline), log.writer(deadline));
    }
    assert_eq!(timers.expire(at(u64::MAX - 1)), boundaries().len());
    assert_eq!(log.take(), boundaries());
}

#[test]
fn one_deadline_after_another_is_earliest() {
    let timers = Timers::new();
    for deadline in boundaries() {
        timers.insert(at(deadline), nothing());
    }
    for deadline in boundaries() {
        assert_eq!(timers.earliest(), Some(at(deadline)));
        assert!(timers.next() <= at(deadline));
        assert_eq!(timers.expire(at(deadline)), 1);
    }
}

/// More entries in one slot than are moved or looked at in one go.
#[test]
fn a_crowded_slot_keeps_the_order_of_equal_deadlines() {
    let timers = Timers::new();
    let log = Log::default();
    let base = 1 << 40;
    // The first deadline isn't among the first entries.
    let deadline = |n: u64| base + n * 7919 % 500;
    for n in 1..=2000 {
        timers.insert(at(deadline(n)), log.writer(n));
    }
    assert_eq!(timers.earliest(), Some(at(base)));
    timers.insert(at(5), nothing());
    assert_eq!(timers.expire(at(5)), 1);
    assert!(timers.next() <= at(base));
    let mut expected: Vec<u64> = (1..=2000).collect();
    expected.sort_by_key(|&n| deadline(n));
    assert_eq!(timers.expire(at(base + 249)), 1000);
    assert_eq!(timers.earliest(), Some(at(base + 250)));
    assert_eq!(timers.expire(at(base + 499)), 1000);
    assert_eq!(log.take(), expected);
}

/// Others may look while the entries of a slot are being moved.
#[test]
fn a_slot_that_is_being_emptied_counts() {
    let mut wheel = wheel::Wheel::new();
    let (base, last) = (1 << 18, 500);
    for n in 0..200 {
        wheel.insert(at(base + 100_000 + n), ());
    }
    wheel.insert(at(base + last), ());
    assert!(matches!(wheel.step(at(base)), wheel::Advance::More), "the last one was not moved");
    assert!(wheel.bound() <= at(base + last));
    assert_eq!(wheel.earliest(), Some(at(base + last)));
}

#[test]
fn deadlines_that_have_passed_fire_in_order_too() {
    let timers = Timers::new();
    let log = Log::default();
    timers.insert(at(100), nothing());
    timers.expire(at(100));
    let lines = [(50, 3), (40, 1), (100, 5), (50, 4), (99, 0), (40, 2)];
    let keys = lines.map(|(deadline, line)| timers.insert(at(deadline), log.writer(line)).0);
    assert_eq!(timers.earliest(), Some(at(40)));
    assert!(timers.cancel(keys[4]).is_some());
    assert_eq!(timers.expire(at(45)), 2, "a caller whose clock is behind gets nothing early");
    assert_eq!(timers.next(), at(50));
    assert_eq!(timers.expire(at(100)), 3);
    assert_eq!(log.take(), [1, 2, 3, 4, 5]);
}

#[test]
fn insert_says_when_a_sleeper_must_be_told() {
    let timers = Timers::new();
    let (first, earlier) = timers.insert(at(100), nothing());
    assert!(earlier);
    assert!(!timers.insert(at(100), nothing()).1);
    assert!(!timers.insert(Moment::FAR, nothing()).1);
    assert!(timers.insert(at(99), nothing()).1);
    timers.cancel(first);
    assert_eq!(timers.next(), at(99));
}

#[test]
fn the_moment_that_never_comes_never_comes() {
    let timers = Timers::new();
    let never = Moment::START.saturating_add(Duration::MAX);
    let (key, _) = timers.insert(never, nothing());
    assert_eq!((timers.len(), timers.next(), timers.earliest()), (1, Moment::FAR, None));
    assert_eq!(timers.deadline(key), Some(Moment::FAR));
    assert_eq!(timers.expire(Moment::FAR), 0);
    assert!(timers.cancel(key).is_some());
    assert_eq!(timers.len(), 0);
}

#[test]
fn a_key_is_not_taken_for_a_later_entry() {
    let timers = Timers::new();
    let (old, _) = timers.insert(at(1), nothing());
    timers.expire(at(1));
    let (new, _) = timers.insert(at(2), nothing());
    assert!(timers.cancel(old).is_none());
    assert_eq!(timers.deadline(old), None);
    assert_eq!(timers.deadline(new), Some(at(2)));
    timers.clear();
    assert_eq!(timers.next(), Moment::FAR);
    timers.insert(at(3), nothing());
    assert!(timers.cancel(new).is_none());
    assert_eq!(timers.len(), 1);
}

#[test]
fn a_rearmed_entry_keeps_its_key_and_takes_its_turn() {
    let timers = Timers::new();
    let log = Log::default();
    let tick = log.clone();
    let (key, _) = timers.insert(
        at(10),
        run(move |now| {
            tick.0.lock().unwrap().push(now.as_nanos());
            Some(now.saturating_add(Duration::from_nanos(10)))
        }),
    );
    timers.insert(at(20), log.writer(0));
    for now in [10, 20, 30] {
        timers.expire(at(now));
        assert_eq!(timers.deadline(key), Some(at(now + 10)));
    }
    assert_eq!(log.take(), [10, 0, 20, 30], "re-armed at 10 for 20, after the other one");
    assert_eq!(timers.cancel(key).unwrap().0, at(40));
    assert_eq!(timers.len(), 0);
}

#[test]
fn an_interval_catches_up_and_cannot_stop_the_time() {
    let timers = Timers::new();
    timers.insert(at(10), run(|_| Some(Moment::START)));
    assert_eq!(timers.expire(at(14)), 5, "10, 11, 12, 13, 14");
    assert_eq!(timers.next(), at(15));
}

#[test]
fn a_target_may_use_the_timers() {
    let timers = Arc::new(Timers::new());
    let log = Log::default();
    let (victim, _) = timers.insert(at(30), log.writer(30));
    let (inner, lines) = (Arc::downgrade(&timers), log.clone());
    timers.insert(
        at(10),
        run(move |now| {
            let timers = inner.upgrade().unwrap();
            assert_eq!(timers.expire(now), 0, "one at a time");
            assert!(timers.cancel(victim).is_some(), "due, but not yet its turn");
            timers.insert(at(25), lines.writer(25));
            timers.insert(at(5), lines.writer(5));
            timers.insert(at(99), lines.writer(99));
            None
        }),
    );
    timers.insert(at(20), log.writer(20));
    assert_eq!(timers.expire(at(50)), 4);
    assert_eq!(log.take(), [5, 20, 25]);
    assert_eq!((timers.len(), timers.next()), (1, at(99)));
}

#[test]
fn cancelling_a_running_entry_keeps_it_from_being_rearmed() {
    let timers = Arc::new(Timers::new());
    let key = Arc::new(OnceLock::new());
    let (inner, own) = (Arc::downgrade(&timers), key.clone());
    let target = run(move |_| {
        let timers = inner.upgrade().unwrap();
        assert!(timers.cancel(*own.get().unwrap()).is_none());
        // Takes the place that has become vacant.
        timers.insert(at(1000), nothing());
        Some(at(500))
    });
    let observed = Arc::downgrade(&target);
    key.set(timers.insert(at(10), target).0).unwrap();
    assert_eq!(timers.expire(at(10)), 1);
    assert_eq!((timers.len(), timers.next()), (1, at(1000)));
    assert!(observed.upgrade().is_none(), "the target is dropped");
}

#[test]
fn a_target_that_panics_takes_nothing_with_it() {
    let timers = Timers::new();
    timers.insert(at(10), run(|_| panic!("expected by the test")));
    timers.insert(at(20), nothing());
    assert!(catch_unwind(AssertUnwindSafe(|| timers.expire(at(20)))).is_err());
    assert_eq!((timers.len(), timers.next()), (1, at(20)));
    assert_eq!(timers.expire(at(20)), 1);
}

/// Uses the timers when it is dropped, which would never return if they were locked.
struct DropsInside(Weak<Timers>, Arc<AtomicUsize>);

impl Expire for DropsInside {
    fn expire(self: Arc<Self>, now: Moment) -> Option<Moment> {
        (now == at(2)).then_some(at(3))
    }
}

impl Drop for DropsInside {
    fn drop(&mut self) {
        if let Some(timers) = self.0.upgrade() {
            let (key, _) = timers.insert(at(7), nothing());
            timers.cancel(key);
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn no_target_is_dropped_under_the_lock() {
    let timers = Arc::new(Timers::new());
    let dropped = Arc::new(AtomicUsize::new(0));
    let insert =
        |deadline| timers.insert(at(deadline), Arc::new(DropsInside(Arc::downgrade(&timers), dropped.clone())));
    insert(1);
    insert(2);
    let (key, _) = insert(9);
    insert(10);
    timers.expire(at(1));
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
    timers.expire(at(2));
    assert_eq!(dropped.load(Ordering::Relaxed), 1, "re-armed");
    timers.expire(at(3));
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    drop(timers.cancel(key));
    assert_eq!(dropped.load(Ordering::Relaxed), 3);
    timers.clear();
    assert_eq!(dropped.load(Ordering::Relaxed), 4);
    assert_eq!((timers.len(), timers.earliest()), (0, None));
}

/// Threads add, cancel and expire at once; every entry is either cancelled or has run, once.
#[test]
fn threads_at_once_lose_nothing() {
    const ENTRIES: u64 = 20_000;
    let timers = Timers::new();
    let clock = Clock::real();
    let ran = Arc::new(AtomicUsize::new(0));
    let cancelled = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..3 {
            let (timers, clock, ran, cancelled) = (&timers, &clock, &ran, &cancelled);
            scope.spawn(move || {
                let mut kept = None;
                for n in 0..ENTRIES {
                    let ran = ran.clone();
                    let deadline = clock.now().saturating_add(Duration::from_nanos(n * 7919 % 100_000));
                    let target = run(move |now| {
                        assert!(now >= deadline);
                        ran.fetch_add(1, Ordering::Relaxed);
                        None
                    });
                    let (key, _) = timers.insert(deadline, target);
                    if let Some(kept) = kept.replace(key)
                        && n % 2 == thread % 2
                        && timers.cancel(kept).is_some()
                    {
                        cancelled.fetch_add(1, Ordering::Relaxed);
                    }
                    timers.expire(clock.now());
                }
            });
        }
    });
    while timers.len() > 0 {
        timers.expire(clock.now());
        assert!(clock.now() < at(60_000_000_000), "lost");
    }
    let cancelled = cancelled.load(Ordering::Relaxed);
    assert_eq!(ran.load(Ordering::Relaxed) + cancelled, 3 * ENTRIES as usize);
    assert_eq!(timers.next(), Moment::FAR);
}

/// Those that have expired or were cancelled before are forgotten, whichever they are.
#[test]
fn the_entries_of_an_owner_are_cancelled_with_it() {
    for cancelled in 0..8 {
        let (timers, log) = (Timers::new(), Log::default());
        let [one, other] = [timers.new_owner(), timers.new_owner()];
        let keys: Vec<TimerKey> = (0..4)
            .map(|line| {
                timers.insert_for(other, at(10), log.writer(100 + line)).ok().unwrap();
                timers.insert_for(one, at(line), log.writer(line)).ok().unwrap().0
            })
            .collect();
        for (bit, key) in keys.iter().enumerate().skip(1) {
            if cancelled & 1 << (bit - 1) != 0 {
                timers.cancel(*key).unwrap();
            }
        }
        timers.expire(at(0));
        assert_eq!(log.take(), [0]);
        let left = 3 - u32::count_ones(cancelled) as usize;
        assert_eq!((timers.cancel_all(one).len(), timers.len()), (left, 4));
        assert!(timers.insert_for(one, at(1), nothing()).is_err(), "there is no such owner");
        // What takes its place is another.
        let next = timers.new_owner();
        assert!(timers.insert_for(one, at(1), nothing()).is_err() && timers.cancel_all(one).is_empty());
        assert_eq!(timers.cancel_all(next).len(), 0);
        timers.expire(at(10));
        assert_eq!(log.take(), [100, 101, 102, 103]);
        assert_eq!((timers.cancel_all(other).len(), timers.len()), (0, 0));
    }
}

#[test]
fn an_owner_has_many_entries_and_they_go_in_order() {
    let (timers, dropped) = (Timers::new(), Arc::new(Mutex::new(Vec::new())));
    let owner = timers.new_owner();
    struct Noted(usize, Arc<Mutex<Vec<usize>>>);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(self.0);
        }
    }
    impl Expire for Noted {
        fn expire(self: Arc<Self>, _: Moment) -> Option<Moment> {
            None
        }
    }
    for number in 0..1000 {
        timers.insert_for(owner, Moment::FAR, Arc::new(Noted(number, dropped.clone()))).ok().unwrap();
    }
    drop(timers.cancel_all(owner));
    assert!(dropped.lock().unwrap().iter().copied().eq(0..1000));
}

/// One that runs while its owner is cancelled is not set anew.
#[test]
fn an_entry_that_runs_is_cancelled_with_its_owner() {
    let timers = Arc::new(Timers::new());
    let owner = timers.new_owner();
    let own = Arc::downgrade(&timers);
    let again = run(move |now| {
        assert_eq!(own.upgrade().unwrap().cancel_all(owner).len(), 0);
        Some(at(now.as_nanos() + 1))
    });
    timers.insert_for(owner, at(1), again).ok().unwrap();
    assert_eq!((timers.expire(at(5)), timers.len()), (1, 0));
}

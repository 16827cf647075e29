//! Many items, a task for each, of which only so many run at once. Where a case names sizes, the tasks that may run at
//! once are as many as the items, fewer, and more.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use otp::{
    prelude::*,
    task::{self, OnTimeout, Task, TaskError, TaskStream},
};

use super::{end_of, millis, other, secs};

/// So many run at once, with four items.
const SIZES: [usize; 3] = [4, 2, 6];

type Results<T> = Vec<Result<T, TaskError>>;

fn oks<T>(values: impl IntoIterator<Item = T>) -> Results<T> {
    values.into_iter().map(Ok).collect()
}

fn exits<T>(count: usize, reason: &ExitReason) -> Results<T> {
    (0..count).map(|_| Err(TaskError::Exited(reason.clone()))).collect()
}

/// The slowest is the first.
fn slow(n: u64) -> u64 {
    otp::sleep(secs(10 - n));
    n
}

fn fail(_: u64) -> u64 {
    process::exit_self(other("no luck"))
}

fn slowest_first<I: Iterator<Item = u64>>(items: I, size: usize) -> TaskStream<I, u64> {
    task::stream(items, slow).max_concurrency(size).timeout(secs(60))
}

fn is_mailbox_empty() -> bool {
    process::current().flush() == 0 && process::info(otp::self_pid()).unwrap().links.is_empty()
}

#[otp::test(seeds = 20)]
fn xtsk_stream_fun(_: &mut Sim) {
    for size in SIZES {
        let results: Results<u64> = task::stream(1..=4, |n: u64| n * n).max_concurrency(size).collect();
        assert_eq!(results, oks([1, 4, 9, 16]));
    }
}

#[otp::test(seeds = 20)]
fn xtsk_stream_mfa(_: &mut Sim) {
    for size in SIZES {
        assert_eq!(slowest_first(1..=4, size).collect::<Results<_>>(), oks(1..=4));
        let results: Results<_> = task::stream_blocking(["a", "ab"], str::len).max_concurrency(size).collect();
        assert_eq!(results, oks([1, 2]));
    }
}

#[otp::test(seeds = 20)]
fn xtsk_stream_no_leak(t: &mut Sim) {
    for size in SIZES {
        assert_eq!(slowest_first(1..=4, size).count(), 4);
        assert_eq!(task::stream(1..=4, fail).max_concurrency(size).count(), 4);
        assert!(is_mailbox_empty());
    }
    assert_eq!(t.node().len(), 1);
    assert_eq!(t.crashes().len(), 12);
}

#[otp::test(seeds = 20)]
fn xtsk_stream_unused_no_leak(t: &mut Sim) {
    for size in SIZES {
        let mut stream = task::stream(1..=4, |n: u64| n).max_concurrency(size);
        assert_eq!(stream.next(), Some(Ok(1)));
        drop(stream);
        t.settle();
        assert!(is_mailbox_empty());
        drop(slowest_first(1..=4, size));
    }
    assert_eq!(t.node().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsk_stream_unordered(t: &mut Sim) {
    let unordered = |size| -> Results<u64> {
        task::stream([3, 1, 2], |n| {
            otp::sleep(secs(n));
            n
        })
        .max_concurrency(size)
        .ordered(false)
        .collect()
    };
    assert_eq!(unordered(3), oks([1, 2, 3]));
    assert_eq!(t.now(), secs(3));
    assert_eq!(unordered(1), oks([3, 1, 2]));
}

#[otp::test(seeds = 20)]
fn xtsk_stream_infinity(_: &mut Sim) {
    let results = task::stream([60, 3600], |n| otp::sleep(secs(n))).timeout(None);
    assert_eq!(results.collect::<Results<()>>(), oks([(), ()]));
}

#[otp::test]
#[should_panic(expected = "a stream runs at least one task at once")]
fn xtsk_stream_bad_concurrency(_: &mut Sim) {
    assert_eq!(task::stream(1..=4, |n: u64| n).max_concurrency(0).count(), 0);
}

#[otp::test(seeds = 20)]
fn xtsk_stream_callers(_: &mut Sim) {
    let me = otp::self_pid();
    let nested: Vec<_> = task::stream([()], |()| {
        let own = otp::self_pid();
        (own, task::stream([()], |()| task::callers()).next().unwrap().unwrap())
    })
    .map(Result::unwrap)
    .collect();
    let (outer, callers) = &nested[0];
    assert_eq!(callers, &[*outer, me]);
}

#[otp::test(seeds = 20)]
fn xtsk_stream_other_process(_: &mut Sim) {
    let stream = task::stream(1..=4, |_| task::callers());
    let other = Task::spawn(move || (otp::self_pid(), stream.map(Result::unwrap).collect::<Vec<_>>()));
    let (pid, callers) = other.wait()?;
    assert!(callers.iter().all(|callers| callers[0] == pid), "{callers:?}");
}

#[otp::test(seeds = 20)]
fn xtsk_stream_flat_map(_: &mut Sim) {
    let items = [[1, 2], [3, 4]].into_iter().flatten().chain([5]);
    assert_eq!(task::stream(items, |n: u64| n).collect::<Results<_>>(), oks(1..=5));
}

#[otp::test(seeds = 20)]
fn xtsk_stream_zip(t: &mut Sim) {
    for size in SIZES {
        let stream = || task::stream(1..=4, |n: u64| n).max_concurrency(size);
        let pairs: Vec<_> = stream().zip(stream()).collect();
        assert_eq!(pairs, (1..=4).map(|n| (Ok(n), Ok(n))).collect::<Vec<_>>());
        let before = t.node().len();
        let lazy = stream().zip(stream());
        assert_eq!(t.node().len(), before, "nothing runs before a result is asked for");
        drop(lazy);
    }
}

#[otp::test(seeds = 20)]
fn xtsk_stream_zip_fail(t: &mut Sim) {
    for size in SIZES {
        let stream = || task::stream(1..=4, fail).max_concurrency(size);
        let (left, right): (Results<_>, Results<_>) = stream().zip(stream()).unzip();
        assert_eq!((left, right), (exits(4, &other("no luck")), exits(4, &other("no luck"))));
    }
    assert_eq!(t.crashes().len(), 24);
}

#[otp::test(seeds = 20)]
fn xtsk_stream_zip_slow(_: &mut Sim) {
    for size in SIZES {
        let pairs: Vec<_> = slowest_first(1..=4, size).zip(slowest_first(1..=4, size)).collect();
        assert_eq!(pairs, (1..=4).map(|n| (Ok(n), Ok(n))).collect::<Vec<_>>());
    }
}

#[otp::test(seeds = 20)]
fn xtsk_stream_inner_halt(_: &mut Sim) {
    for size in SIZES {
        let taken = Cell::new(0);
        let items = (1..=8).inspect(|_| taken.set(taken.get() + 1)).take(4);
        assert_eq!(task::stream(items, |n: u64| n).max_concurrency(size).collect::<Results<_>>(), oks(1..=4));
        assert_eq!(taken.get(), 4);
    }
}

#[otp::test(seeds = 20)]
fn xtsk_stream_inner_halt_fail(t: &mut Sim) {
    for size in SIZES {
        let results: Results<_> = task::stream((1..=8).take(4), fail).max_concurrency(size).collect();
        assert_eq!(results, exits(4, &other("no luck")));
    }
    assert_eq!(t.crashes().len(), 12);
}

#[otp::test(seeds = 20)]
fn xtsk_stream_inner_halt_slow(_: &mut Sim) {
    for size in SIZES {
        assert_eq!(slowest_first((1..=8).take(4), size).collect::<Results<_>>(), oks(1..=4));
    }
}

#[otp::test(seeds = 20)]
fn xtsk_stream_outer_halt(t: &mut Sim) {
    for size in SIZES {
        let results: Results<_> = task::stream(1..=8, |n: u64| n).max_concurrency(size).take(4).collect();
        assert_eq!(results, oks(1..=4));
        t.settle();
        assert_eq!(t.node().len(), 1);
    }
}

#[otp::test(seeds = 20)]
fn xtsk_stream_outer_halt_fail(t: &mut Sim) {
    for size in SIZES {
        let results: Results<_> = task::stream(1..=8, fail).max_concurrency(size).take(4).collect();
        assert_eq!(results, exits(4, &other("no luck")));
    }
    t.settle();
    assert!(t.crashes().len() >= 12);
}

#[otp::test(seeds = 20)]
fn xtsk_stream_outer_halt_slow(t: &mut Sim) {
    for size in SIZES {
        assert_eq!(slowest_first(1..=8, size).take(4).collect::<Results<_>>(), oks(1..=4));
        t.settle();
        assert_eq!(t.node().len(), 1, "what ran for the rest was ended");
    }
}

/// What is cleaned up behind the stream is when it is over, and what is cleaned up before it as well.
#[otp::test(seeds = 20)]
fn xtsk_stream_inner_effect(_: &mut Sim) {
    struct Cleans<'a>(&'a Cell<bool>);
    impl Drop for Cleans<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    for size in SIZES {
        let cleaned = Cell::new(false);
        let guard = Cleans(&cleaned);
        let stage = task::stream(1..=4, |n: u64| n).max_concurrency(size).inspect(move |_| _ = &guard);
        assert_eq!(stage.collect::<Results<_>>(), oks(1..=4));
        assert!(cleaned.get());
    }
}

#[otp::test(seeds = 20)]
fn xtsk_stream_outer_effect(_: &mut Sim) {
    struct Items(u64, Arc<AtomicUsize>);
    impl Iterator for Items {
        type Item = u64;
        fn next(&mut self) -> Option<u64> {
            self.0 += 1;
            Some(self.0)
        }
    }
    impl Drop for Items {
        fn drop(&mut self) {
            self.1.fetch_add(1, SeqCst);
        }
    }
    for size in SIZES {
        let cleaned = Arc::new(AtomicUsize::new(0));
        let stream = task::stream(Items(0, Arc::clone(&cleaned)), |n: u64| n).max_concurrency(size);
        assert_eq!(stream.take(2).collect::<Results<_>>(), oks([1, 2]));
        assert_eq!(cleaned.load(SeqCst), 1);
    }
}

#[otp::test(seeds = 20)]
fn xtsk_stream_kill_task(t: &mut Sim) {
    for size in SIZES {
        let results: Results<u64> = task::stream([100, 1, 100, 1], |n| {
            otp::sleep(millis(n));
            n
        })
        .max_concurrency(size)
        .timeout(millis(50))
        .on_timeout(OnTimeout::KillTask)
        .collect();
        assert_eq!(results, [Err(TaskError::Timeout), Ok(1), Err(TaskError::Timeout), Ok(1)]);
        assert!(is_mailbox_empty());
        t.settle();
        assert_eq!(t.node().len(), 1);
    }
}

/// Unless late tasks are killed, the first ends the stream, and all that runs beside it.
#[otp::test(seeds = 20)]
fn a_late_item_ends_a_stream(t: &mut Sim) {
    for size in [4, 6] {
        let results: Results<u64> = task::stream([1, 100, 1, 100], |n| {
            otp::sleep(secs(n));
            n
        })
        .max_concurrency(size)
        .collect();
        assert_eq!(results, [Ok(1), Err(TaskError::Timeout)]);
        t.settle();
        assert_eq!(t.node().len(), 1);
    }
    let unordered = task::stream([1, 100, 1, 100], |n| {
        otp::sleep(secs(n));
        n
    });
    let results: Results<u64> = unordered.max_concurrency(4).ordered(false).collect();
    assert_eq!(results, [Ok(1), Ok(1), Err(TaskError::Timeout)]);
}

#[otp::test(seeds = 20)]
fn xtsk_stream_zip_input_fail(t: &mut Sim) {
    for size in SIZES {
        let stream = task::stream(1..=8, fail).max_concurrency(size).zip_input_on_exit();
        let results: Vec<_> = stream.take(4).collect();
        let expected: Vec<_> = (1..=4).map(|n| Err((n, TaskError::Exited(other("no luck"))))).collect();
        assert_eq!(results, expected);
        t.settle();
        assert_eq!(t.node().len(), 1);
    }
    drop(t.crashes());
}

/// A crash ends who asks for results and does not trap exits.
#[otp::test(seeds = 20)]
fn a_crash_ends_who_asks_for_results(t: &mut Sim) {
    assert_eq!(end_of(|| assert_eq!(task::stream(1..=4, fail).count(), 4)), other("no luck"));
    let normal = |_: u64| -> u64 { process::exit_self(ExitReason::Normal) };
    assert_eq!(end_of(move || assert_eq!(task::stream(1..=4, normal).count(), 4)), ExitReason::Normal);
    t.settle();
    assert_eq!(t.node().len(), 1);
    assert!(t.crashes().len() >= 2);
}

/// When who asks for results ends, so do the tasks, though nobody is linked to anybody.
#[otp::test(seeds = 20)]
fn tasks_end_with_who_asks_for_their_results(t: &mut Sim) {
    let asks = process::spawn(|_| {
        let endless = |_: u64| otp::timer::sleep_forever();
        assert_eq!(task::stream(0..4, endless).max_concurrency(4).timeout(None).count(), 0);
    });
    t.settle();
    assert_eq!(t.node().len(), 6);
    process::exit(asks, ExitReason::Kill);
    t.settle();
    assert_eq!(t.node().len(), 1);
}

/// Never do more run than may, results that nobody has asked for among them, and no item is taken too early.
#[otp::test(seeds = 50)]
fn no_more_run_than_may(_: &mut Sim) {
    for ordered in [true, false] {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counts = (Arc::clone(&running), Arc::clone(&most));
        let taken = Cell::new(0);
        let items = (0..50_u64).inspect(|_| taken.set(taken.get() + 1));
        let stream = task::stream(items, move |n| {
            counts.1.fetch_max(counts.0.fetch_add(1, SeqCst) + 1, SeqCst);
            otp::sleep(millis(n % 7));
            counts.0.fetch_sub(1, SeqCst);
            n
        });
        let mut given = 0;
        for result in stream.max_concurrency(5).ordered(ordered) {
            assert!(result.is_ok());
            given += 1;
            assert!(taken.get() <= given + 5, "{} were taken for {given}", taken.get());
        }
        assert_eq!((given, most.load(SeqCst)), (50, 5));
    }
}

/// One that never ends keeps nothing of the many that pass it.
#[otp::test]
fn nothing_grows_beside_one_that_never_ends(t: &mut Sim) {
    let stream = task::stream(0..10_000_u64, |n| {
        if n == 0 {
            otp::timer::sleep_forever();
        }
    });
    let mut stream = stream.max_concurrency(2).ordered(false).timeout(None);
    assert_eq!(stream.by_ref().take(9_999).filter(Result::is_ok).count(), 9_999);
    drop(stream);
    t.settle();
    assert_eq!((t.node().len(), t.node().timers()), (1, 0));
}

/// A stream is a `Stream` as well.
#[otp::test(seeds = 20)]
fn a_stream_is_awaited(_: &mut Sim) {
    let results = Task::spawn_async(async {
        let mut stream = std::pin::pin!(task::stream_async(1..=4_u64, |n| async move {
            otp::sleep_async(secs(10 - n)).await;
            n
        }));
        let mut results = Vec::new();
        while let Some(result) = std::future::poll_fn(|cx| futures_core::Stream::poll_next(stream.as_mut(), cx)).await {
            results.push(result);
        }
        results
    });
    assert_eq!(results.no_timeout().wait()?, [Err(TaskError::Timeout)]);
}

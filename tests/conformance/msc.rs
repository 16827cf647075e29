//! `receive_SUITE`, `after_SUITE`, `register_SUITE`, `hibernate_SUITE`.

mod hibernate;
mod register;
mod signals;

use std::panic::{AssertUnwindSafe, catch_unwind};

use otp::{
    prelude::*,
    process::{Me, Selector},
};

const NOW: Duration = Duration::ZERO;

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What marks what is waited for is made, then something fails: what was there before is still found.
#[otp::test]
fn msc_receive_opt_exception(t: &mut Sim) {
    let me = process::current();
    let older = me.subject();
    older.send(1);
    let (_, earlier) = process::spawn_monitor(|_| ());
    t.settle();
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let (_, _monitor) = process::spawn_monitor(|_| ());
        let _answer = me.subject::<u32>();
        panic!("before it receives");
    }));
    assert!(failed.is_err());
    assert_eq!(older.receive(NOW), Some(1));
    assert_eq!(me.receive_down(earlier, NOW).unwrap().reason, ExitReason::Normal);
    // So it is when what fails has begun to receive.
    older.send(2);
    let answer = me.subject();
    answer.send(());
    let selector = Selector::new().select_map(&answer, |()| panic!("while it receives"));
    catch_unwind(AssertUnwindSafe(|| selector.receive(NOW))).unwrap_err();
    assert_eq!(older.receive(NOW), Some(2));
}

#[otp::test(seeds = 20)]
fn msc_multi_recv_opt(_t: &mut Sim) {
    let echo = |me: &mut Me| {
        let requests = me.subject::<(process::Subject<u32>, u32)>();
        (requests.clone(), requests)
    };
    let told = process::current().subject();
    let sender = told.clone();
    process::spawn(move |me| {
        let (requests, to) = echo(me);
        sender.send(to);
        while let Some((answer, n)) = requests.receive(None) {
            answer.send(n);
        }
    });
    let echo = told.receive(None).unwrap();
    let me = process::current();
    // Much else waits.
    let noise = me.subject();
    (0..50).for_each(|n| noise.send(n));
    for round in 0..20 {
        let (one, two, three) = (me.subject(), me.subject(), me.subject());
        for (n, answer) in (0..).zip([&one, &two, &three]) {
            echo.send((answer.clone(), 10 * round + n));
        }
        // In another order than they come; the inner wait is in the middle of the outer one.
        let inner = one.clone();
        let outer = Selector::new().select_map(&three, move |last| (inner.receive(None).unwrap(), last));
        assert_eq!(outer.receive(None), Some((10 * round, 10 * round + 2)));
        assert_eq!(two.receive(None), Some(10 * round + 1));
    }
    assert_eq!(noise.receive(NOW), Some(0));
}

#[otp::test(seeds = 20)]
fn msc_t_after(t: &mut Sim) {
    let nothing = process::current().subject::<()>();
    for limit in [0, 1, 10, 1000, 86_400_000] {
        let began = t.now();
        assert_eq!(nothing.receive(millis(limit)), None);
        assert_eq!(t.now() - began, millis(limit));
        assert_eq!(Selector::new().select(&nothing).receive(millis(limit)), None);
        assert_eq!(t.now() - began, 2 * millis(limit));
    }
}

/// As on real time: never too early.
#[test]
fn msc_t_after_part_real() {
    let nothing = process::current().subject::<()>();
    let began = std::time::Instant::now();
    assert_eq!(nothing.receive(millis(20)), None);
    assert!(began.elapsed() >= millis(20));
}

#[otp::test(seeds = 20)]
fn msc_receive_after_big(t: &mut Sim) {
    let numbers = process::current().subject();
    let limits = [u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX].map(Duration::from_millis);
    for (n, limit) in (0..).zip(limits.into_iter().chain([Duration::MAX])) {
        let sender = numbers.clone();
        process::spawn(move |_| {
            otp::sleep(millis(10));
            sender.send(n);
        });
        let began = t.now();
        assert_eq!(numbers.receive(limit), Some(n));
        assert_eq!(t.now() - began, millis(10));
    }
    // What is larger than 32 bits of milliseconds is not cut.
    let began = t.now();
    assert_eq!(numbers.receive(Duration::from_millis(u64::from(u32::MAX) + 1)), None);
    assert_eq!(t.now() - began, Duration::from_millis(u64::from(u32::MAX) + 1));
}

/// What is negative does not compile: `tests/ui/types/receive_limit_negative.rs`. None is
/// too large.
#[otp::test]
fn msc_receive_after_errors(t: &mut Sim) {
    let told = process::current().subject();
    let sender = told.clone();
    let waiting = process::spawn(move |me| sender.send(me.subject::<()>().receive(Duration::MAX)));
    t.advance(Duration::from_secs(100 * 365 * 86_400));
    assert_eq!((process::is_alive(waiting), told.receive(NOW)), (true, None));
}

#[otp::test(seeds = 20)]
fn msc_multi_timeout(t: &mut Sim) {
    let numbers = process::current().subject();
    let sender = numbers.clone();
    process::spawn(move |_| {
        otp::sleep(millis(25));
        sender.send(1);
        otp::sleep(millis(50));
        sender.send(2);
    });
    let waits = [10, 10, 10, 20, 100, 5].map(|limit| (numbers.receive(millis(limit)), t.now().as_millis()));
    assert_eq!(waits, [(None, 10), (None, 20), (Some(1), 25), (None, 45), (Some(2), 75), (None, 80)]);
}

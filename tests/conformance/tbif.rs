//! `timer_bif_SUITE`: the timer functions of the `erlang` module.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, mpsc},
    thread,
};

use otp::{
    Node,
    prelude::*,
    process::Subject,
    timer::{self, Timeout},
};

const LONG: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);
/// More milliseconds than 31 bits hold.
const BIG: Duration = Duration::from_millis(1 << 31);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn subject<T: Send + 'static>() -> Subject<T> {
    process::current().subject()
}

/// What has come by now.
fn come<T: Send + 'static>(subject: &Subject<T>) -> Vec<T> {
    std::iter::from_fn(|| subject.receive(Duration::ZERO)).collect()
}

#[otp::test(seeds = 20)]
fn tbif_start_timer_1(t: &mut Sim) {
    let timeouts = subject();
    let [first, second] = [(); 2].map(|()| timer::start_timer(SECOND, &timeouts, "done"));
    assert_ne!(first, second);
    t.advance(millis(999));
    assert_eq!(come(&timeouts), []);
    t.advance(millis(1));
    let messages = come(&timeouts);
    assert_eq!(messages.len(), 2);
    for timer in [&first, &second] {
        assert!(messages.contains(&Timeout { timer: timer.clone(), message: "done" }), "each says which it is");
        assert_eq!((timer.left(), timer.cancel()), (None, None));
    }
    let timer = timer::start_timer(SECOND, &timeouts, "cancelled");
    t.advance(millis(300));
    assert_eq!((timer.cancel(), timer.cancel()), (Some(millis(700)), None));
    t.advance(LONG);
    assert_eq!(come(&timeouts), []);
}

#[otp::test(seeds = 20)]
fn tbif_send_after_1(t: &mut Sim) {
    let messages = subject();
    let timer = timer::send_after(SECOND, &messages, "bare");
    assert_eq!(timer.left(), Some(SECOND));
    t.advance(millis(400));
    assert_eq!((timer.left(), come(&messages).len()), (Some(millis(600)), 0));
    assert_eq!((messages.receive(None), t.now()), (Some("bare"), SECOND));
    assert_eq!((timer.left(), timer.cancel()), (None, None));
}

#[otp::test(seeds = 5)]
fn tbif_start_timer_big(t: &mut Sim) {
    let timeouts = subject();
    for big in [BIG, BIG * 4, Duration::from_secs(100 * 365 * 24 * 3600)] {
        let timer = timer::start_timer(big, &timeouts, ());
        t.advance(SECOND);
        assert_eq!((timer.left(), timer.cancel()), (Some(big - SECOND), Some(big - SECOND)));
    }
    t.advance(LONG);
    assert_eq!(come(&timeouts).len(), 0);
}

#[otp::test(seeds = 5)]
fn tbif_send_after_big(t: &mut Sim) {
    let messages = subject();
    let timer = timer::send_after(BIG, &messages, "big");
    let never = timer::send_after(Duration::MAX, &messages, "never");
    let at = timer::send_at(Duration::MAX, &messages, "never");
    let ticks = timer::send_interval(Duration::MAX, &messages, "never");
    t.advance(SECOND);
    assert_eq!(timer.left(), Some(BIG - SECOND));
    assert_eq!((messages.receive(None), t.now()), (Some("big"), BIG));
    t.advance(BIG);
    for timer in [never, at, ticks] {
        assert!(timer.left() > Some(BIG * 1000));
        assert!(timer.cancel() > Some(BIG * 1000));
    }
    assert_eq!((t.node().timers(), come(&messages).len()), (0, 0));
}

#[otp::test(seeds = 20)]
fn tbif_send_after_2(t: &mut Sim) {
    let messages = subject();
    for delay in [5, 3, 1, 4, 2, 0] {
        timer::send_after(millis(delay), &messages, delay);
    }
    // However late it is noticed that they are due.
    t.advance(millis(100));
    assert_eq!(come(&messages), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn tbif_send_after_3() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let messages = subject();
        let began = timer::now();
        for delay in (1..50).rev() {
            timer::send_at(began + millis(delay), &messages, delay);
        }
        let come: Vec<_> = (1..50).map(|_| messages.receive(None).unwrap()).collect();
        assert!(come.is_sorted(), "{come:?}");
    });
    node.stop();
}

#[otp::test(seeds = 5)]
fn tbif_cancel_timer_1(t: &mut Sim) {
    let messages = subject();
    let timer = timer::send_after(millis(1), &messages, ());
    assert_eq!(messages.receive(None), Some(()));
    assert_eq!(timer.cancel(), None);
    // In the mailbox it is delivered.
    let timer = timer::send_after(millis(1), &messages, ());
    t.advance(millis(1));
    assert_eq!((timer.cancel(), come(&messages).len()), (None, 1));
}

#[otp::test(seeds = 5)]
fn tbif_read_timer_trivial(t: &mut Sim) {
    let messages = subject();
    let timer = timer::send_after(millis(1), &messages, ());
    t.advance(millis(1));
    assert_eq!(timer.left(), None);
    let timer = timer::send_after(millis(1), &messages, ());
    timer.cancel();
    assert_eq!(timer.left(), None);
}

#[otp::test(seeds = 5)]
fn tbif_read_timer(t: &mut Sim) {
    let messages = subject();
    let timer = timer::send_after(LONG, &messages, ());
    t.advance(SECOND);
    // From another process as from any.
    let read = subject();
    let reader = read.clone();
    process::spawn(move |_| reader.send((timer.left(), timer.cancel(), timer.left())));
    let left = Some(LONG - SECOND);
    assert_eq!(read.receive(None), Some((left, left, None)));
}

#[otp::test(seeds = 5)]
fn tbif_evil_timers(t: &mut Sim) {
    let messages = subject();
    let message = |n: u64| (n, vec![n; n as usize], Some(Box::new(n.to_string())));
    for n in 0..500 {
        timer::send_after(millis(n * 7 % 50), &messages, message(n));
    }
    t.advance(millis(50));
    let mut come = come(&messages);
    come.sort();
    assert_eq!(come, (0..500).map(message).collect::<Vec<_>>());
}

const MANY: usize = 3000;

#[otp::test(seeds = 5)]
fn tbif_same_time_yielding(t: &mut Sim) {
    let messages = subject();
    for n in 0..MANY {
        timer::send_at(SECOND, &messages, n);
    }
    t.advance(SECOND);
    assert_eq!(come(&messages), (0..MANY).collect::<Vec<_>>());
}

/// Sets many for one moment and has half of them cancelled: one while others are being handled, say.
fn cancel_half(t: &Sim, cancel: impl FnOnce(Vec<TimerRef>)) {
    let messages = subject();
    let timers: Vec<_> = (0..MANY).map(|n| timer::send_at(SECOND, &messages, n)).collect();
    cancel(timers.into_iter().step_by(2).collect());
    assert_eq!(t.node().timers(), MANY / 2);
    t.advance(SECOND);
    assert_eq!(come(&messages), (0..MANY).skip(1).step_by(2).collect::<Vec<_>>());
}

#[otp::test(seeds = 5)]
fn tbif_same_time_yielding_with_cancel(t: &mut Sim) {
    cancel_half(t, |timers| assert!(timers.iter().all(|timer| timer.cancel() == Some(SECOND))));
}

#[otp::test(seeds = 5)]
fn tbif_same_time_yielding_with_cancel_other(t: &mut Sim) {
    cancel_half(t, |timers| {
        let done = subject();
        let all = done.clone();
        process::spawn(move |_| all.send(timers.iter().all(|timer| timer.cancel() == Some(SECOND))));
        assert_eq!(done.receive(None), Some(true));
    });
}

/// Cores find them due while another thread cancels them: each comes, or was cancelled, and never both.
#[test]
fn tbif_same_time_yielding_with_cancel_other_part_race() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let messages = subject();
        for _ in 0..20 {
            let at = timer::now() + millis(2);
            let timers: Vec<_> = (0..MANY).map(|n| timer::send_at(at, &messages, n)).collect();
            while timer::now() < at {}
            let mut delivered: Vec<_> = (0..MANY).filter(|n| timers[*n].cancel().is_none()).collect();
            let mut come: Vec<_> = delivered.iter().map(|_| messages.receive(None).unwrap()).collect();
            come.sort_unstable();
            delivered.sort_unstable();
            assert_eq!(come, delivered);
            assert_eq!(messages.receive(millis(1)), None);
        }
    });
    node.stop();
}

#[otp::test(seeds = 5)]
fn tbif_auto_cancel_yielding(t: &mut Sim) {
    let held = Arc::new(());
    let timers = subject();
    let (set, theirs) = (timers.clone(), held.clone());
    let pid = process::spawn(move |me| {
        let own = me.subject();
        for n in 0..MANY as u64 {
            timer::send_after(LONG + millis(n), &own, theirs.clone());
        }
        set.send((timer::send_interval(SECOND, &own, theirs), timer::kill_after(LONG, me.pid())));
        otp::sleep(LONG);
    });
    let (every, kill) = timers.receive(None).unwrap();
    assert_eq!(t.node().timers(), MANY + 2);
    process::exit(pid, ExitReason::Kill);
    t.settle();
    assert_eq!((t.node().timers(), Arc::strong_count(&held)), (0, 1), "what they held is gone");
    assert_eq!((every.left(), every.cancel(), kill.left(), kill.cancel()), (None, None, None, None));
    assert!(!process::is_alive(pid));
}

#[test]
fn tbif_suspended_scheduler_timeout() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let (let_go, held) = mpsc::channel::<()>();
        let (holds, core) = (subject(), subject());
        let (held_now, fires) = (holds.clone(), core.clone());
        process::spawn(move |_| {
            // Set on the core that is held.
            timer::send_after(millis(5), &fires, "fires");
            held_now.send(());
            let _ = held.recv();
        });
        holds.receive(None);
        assert_eq!(core.receive(None), Some("fires"));
        drop(let_go);
        thread::yield_now();
    });
    node.stop();
}

#[otp::test(seeds = 20)]
fn tbif_multizero_timeout_in_timeout(t: &mut Sim) {
    // Timers of no time set by those who were woken by one do not keep others from their turn.
    let (done, late) = (subject(), subject());
    let end = done.clone();
    process::spawn(move |me| {
        let own = me.subject();
        timer::send_after(Duration::ZERO, &own, 0);
        loop {
            match own.receive(None) {
                Some(1000) => return end.send(timer::now()),
                Some(n) => drop(timer::send_after(Duration::ZERO, &own, n + 1)),
                None => return,
            }
        }
    });
    timer::send_after(millis(1), &late, ());
    assert_eq!(done.receive(None), Some(Duration::ZERO));
    assert_eq!((late.receive(None), t.now()), (Some(()), millis(1)));
}

//! Who may call, and what goes on meanwhile.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
};

use otp::{blocking, blocking_async, blocking_timeout, blocking_timeout_async, prelude::*};

use super::{PATIENCE, down, held, node, on_foreign_executor, wait_until};

#[test]
fn a_plain_caller_gets_what_the_closure_returns_and_its_core_goes_on() {
    let node = node(512);
    node.enter(|| {
        let (closure, begun, open) = held();
        let (_, blocked) = process::spawn_monitor(|_| {
            let core = thread::current().id();
            let elsewhere = blocking(move || {
                closure();
                (thread::current().id(), thread::current().name().map(str::to_owned))
            });
            assert_ne!(elsewhere.0, core);
            assert_eq!(elsewhere.1.as_deref(), Some("otp-blocking"));
            assert_eq!(thread::current().id(), core);
        });
        begun.recv_timeout(PATIENCE).unwrap();
        // The only core is free.
        let (_, other) = process::spawn_monitor(|_| ());
        assert_eq!(down(other), ExitReason::Normal);
        open.send(()).unwrap();
        assert_eq!(down(blocked), ExitReason::Normal);
    });
    node.stop();
}

#[test]
fn an_async_caller_awaits_it() {
    let node = node(512);
    node.enter(|| {
        let (closure, begun, open) = held();
        let (_, blocked) = process::spawn_monitor_async(|_| async {
            let core = thread::current().id();
            blocking_async(closure).await;
            assert_ne!(blocking_async(|| thread::current().id()).await, core);
        });
        begun.recv_timeout(PATIENCE).unwrap();
        let (_, other) = process::spawn_monitor(|_| ());
        assert_eq!(down(other), ExitReason::Normal);
        open.send(()).unwrap();
        assert_eq!(down(blocked), ExitReason::Normal);
    });
    node.stop();
}

#[test]
fn a_thread_waits_for_it_too() {
    let (node, own) = (node(1), thread::current().id());
    node.enter(|| {
        assert_ne!(blocking(|| thread::current().id()), own);
        assert_eq!(blocking_timeout(PATIENCE, || 7), Ok(7));
    });
    node.stop();
}

#[test]
fn any_executor_can_await_it() {
    let own = thread::current().id();
    let (value, limited) = on_foreign_executor(async {
        let (closure, _begun, _open) = held();
        let other = blocking_async(|| thread::current().id()).await;
        (other, blocking_timeout_async(Duration::from_millis(1), closure).await)
    });
    assert_ne!(value, own);
    assert!(limited.is_err());
}

#[test]
fn nothing_begins_before_the_first_poll() {
    let began = Arc::new(AtomicBool::new(false));
    let begins = began.clone();
    drop(blocking_async(move || begins.store(true, SeqCst)));
    blocking(|| ());
    assert!(!began.load(SeqCst));
}

#[test]
fn ten_thousand_callers_of_four_threads_end_and_delay_nobody() {
    const CALLERS: u32 = 10_000;
    let node = node(4);
    node.enter(|| {
        let (running, most, done) =
            (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let (closures, begun, opens): (Vec<_>, Vec<_>, Vec<_>) =
            (0..4).map(|_| held()).fold(Default::default(), |(mut a, mut b, mut c), (x, y, z)| {
                a.push(x);
                b.push(y);
                c.push(z);
                (a, b, c)
            });
        let holders: Vec<_> =
            closures.into_iter().map(|closure| process::spawn_monitor(move |_| blocking(closure)).1).collect();
        begun.iter().for_each(|begun| begun.recv_timeout(PATIENCE).unwrap());
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (running, most, done) = (running.clone(), most.clone(), done.clone());
                process::spawn_monitor_async(move |_| async move {
                    blocking_async(move || {
                        most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                        done.fetch_add(1, SeqCst);
                        running.fetch_sub(1, SeqCst);
                    })
                    .await;
                })
                .1
            })
            .collect();
        // All threads are held and all others wait for one: whoever wants none is not delayed.
        let (_, other) = process::spawn_monitor(|_| ());
        assert_eq!(down(other), ExitReason::Normal);
        assert_eq!((done.load(SeqCst), node.blocking_threads()), (0, 4));
        drop(opens);
        for monitor in holders.into_iter().chain(callers) {
            assert_eq!(down(monitor), ExitReason::Normal);
        }
        assert_eq!(done.load(SeqCst), CALLERS);
        assert!(most.load(SeqCst) <= 4, "{most:?} at once");
        assert_eq!(node.blocking_threads(), 4);
    });
    node.stop();
    wait_until(|| node.blocking_threads() == 0);
}

#[test]
fn a_hundred_stacks_have_their_turn_in_the_order_in_which_they_came() {
    let node = node(1);
    node.enter(|| {
        let order = Arc::new(Mutex::new(Vec::new()));
        let (closure, begun, open) = held();
        let holder = process::spawn_monitor(move |_| blocking(closure)).1;
        begun.recv_timeout(PATIENCE).unwrap();
        let waiting: Vec<_> = (0..100)
            .map(|number| {
                let order = order.clone();
                let (_, monitor) =
                    process::spawn_monitor(move |_| blocking(move || order.lock().unwrap().push(number)));
                wait_until(|| node.blocking_queue_len() == number + 1);
                monitor
            })
            .collect();
        open.send(()).unwrap();
        for monitor in waiting.into_iter().chain([holder]) {
            assert_eq!(down(monitor), ExitReason::Normal);
        }
        assert_eq!(*order.lock().unwrap(), (0..100).collect::<Vec<_>>());
    });
    node.stop();
}

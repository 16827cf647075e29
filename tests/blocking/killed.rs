//! Callers that are killed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::SeqCst},
    mpsc,
};

use otp::{blocking, blocking_async, prelude::*};

use super::{OnDrop, PATIENCE, down, held, node, queued, wait_until};

#[test]
fn a_caller_that_is_killed_in_the_queue_takes_its_closure_along() {
    for (exit, ends) in [(ExitReason::Kill, ExitReason::Killed), (ExitReason::other("end"), ExitReason::other("end"))] {
        for by_async in [false, true] {
            let node = node(1);
            node.enter(|| {
                let (began, dropped) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
                let (begins, drops) = (began.clone(), dropped.clone());
                let guard = OnDrop(move || drops.store(true, SeqCst));
                let closure = move || {
                    let _guard = &guard;
                    begins.store(true, SeqCst);
                };
                let (pid, monitor, open) = queued(|| match by_async {
                    false => process::spawn_monitor(|_| blocking(closure)),
                    true => process::spawn_monitor_async(|_| blocking_async(closure)),
                });
                process::exit(pid, exit.clone());
                assert_eq!(down(monitor), ends);
                assert!(dropped.load(SeqCst), "its closure is gone with it");
                open.send(()).unwrap();
                blocking(|| ());
                assert!(!began.load(SeqCst));
            });
            node.stop();
        }
    }
}

#[test]
fn a_caller_that_is_killed_while_its_closure_runs_ends_at_once() {
    let node = node(2);
    node.enter(|| {
        for by_async in [false, true] {
            let (closure, begun, open) = held();
            let (unwound, result) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
            let (unwinds, drops) = (unwound.clone(), result.clone());
            let guard = OnDrop(move || unwinds.store(true, SeqCst));
            let closure = move || {
                closure();
                OnDrop(move || drops.store(true, SeqCst))
            };
            let (pid, monitor) = match by_async {
                false => process::spawn_monitor(move |_| {
                    let _guard = guard;
                    drop(blocking(closure));
                }),
                true => process::spawn_monitor_async(move |_| async move {
                    let _guard = guard;
                    drop(blocking_async(closure).await);
                }),
            };
            begun.recv_timeout(PATIENCE).unwrap();
            process::exit(pid, ExitReason::Kill);
            assert_eq!(down(monitor), ExitReason::Killed);
            assert!(unwound.load(SeqCst));
            assert!(!result.load(SeqCst));
            // What the closure returns is dropped by its thread.
            open.send(()).unwrap();
            wait_until(|| result.load(SeqCst));
        }
    });
    assert_eq!(node.lost_threads(), 0);
    node.stop();
}

#[test]
fn one_that_was_killed_before_does_not_begin() {
    let began = Arc::new(AtomicBool::new(false));
    let (begins, (ready, is_ready), (go, may_go)) = (began.clone(), mpsc::channel::<()>(), mpsc::channel::<()>());
    let (pid, monitor) = process::spawn_monitor(move |_| {
        ready.send(()).unwrap();
        may_go.recv().unwrap();
        blocking(move || begins.store(true, SeqCst));
    });
    is_ready.recv_timeout(PATIENCE).unwrap();
    process::exit(pid, ExitReason::other("stop"));
    go.send(()).unwrap();
    assert_eq!(down(monitor), ExitReason::other("stop"));
    blocking(|| ());
    assert!(!began.load(SeqCst));
}

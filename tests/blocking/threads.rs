//! The threads of the pool.

use std::{sync::mpsc, thread};

use otp::{blocking, prelude::*};

use super::{PATIENCE, held, node, wait_until};

#[test]
fn a_node_that_stops_leaves_closures_to_themselves_and_keeps_no_thread() {
    let node = node(1);
    let (closure, begun, open) = held();
    let (ended, has_ended) = mpsc::channel();
    let (unrun, was_dropped) = mpsc::channel::<()>();
    node.enter(|| {
        process::spawn(move |_| {
            blocking(move || {
                closure();
                ended.send(()).unwrap();
            });
        });
        begun.recv_timeout(PATIENCE).unwrap();
        process::spawn(move |_| blocking(move || unrun.send(()).unwrap()));
    });
    // An OS thread that waits for its turn.
    let (thread_node, (is_there, there)) = (node.clone(), mpsc::channel());
    let waiting = thread::spawn(move || {
        thread_node.enter(|| {
            is_there.send(()).unwrap();
            blocking(|| 7)
        })
    });
    there.recv_timeout(PATIENCE).unwrap();
    node.stop();
    assert_eq!(was_dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected), "it never runs");
    assert_eq!(has_ended.try_recv(), Err(mpsc::TryRecvError::Empty), "it was not waited for");
    open.send(()).unwrap();
    has_ended.recv_timeout(PATIENCE).unwrap();
    assert_eq!(waiting.join().unwrap(), 7);
    wait_until(|| node.blocking_threads() == 0);
    // Threads go on.
    assert_eq!(node.enter(|| blocking(|| 8)), 8);
    wait_until(|| node.blocking_threads() == 0);
}

#[test]
fn threads_are_started_when_they_are_needed() {
    let node = node(512);
    assert_eq!(node.blocking_threads(), 0);
    node.enter(|| {
        let held: Vec<_> = (0..3)
            .map(|_| {
                let (closure, begun, open) = held();
                process::spawn(move |_| blocking(closure));
                begun.recv_timeout(PATIENCE).unwrap();
                open
            })
            .collect();
        assert_eq!(node.blocking_threads(), 3);
        drop(held);
    });
    node.stop();
}

//! Destructors of what is taken along, and of what comes back.

use std::sync::mpsc;

use otp::{blocking, prelude::*};

use super::{OnDrop, PATIENCE, down, held, node, queued, wait_until};

/// Panics when it is dropped.
struct Loud;

impl Drop for Loud {
    fn drop(&mut self) {
        panic!("it is dropped");
    }
}

#[test]
fn what_panics_or_blocks_in_its_drop_harms_nobody() {
    let node = node(2);
    node.enter(|| {
        // A result that nobody waits for.
        let (closure, begun, open) = held();
        let (pid, monitor) = process::spawn_monitor(move |_| {
            drop(blocking(move || {
                closure();
                Loud
            }));
        });
        begun.recv_timeout(PATIENCE).unwrap();
        process::exit(pid, ExitReason::Kill);
        assert_eq!(down(monitor), ExitReason::Killed);
        open.send(()).unwrap();
        // A result whose drop blocks.
        let (blocked, is_blocked, unblock) = held();
        let (_, monitor) = process::spawn_monitor(move |me| {
            let (own, mut blocked) = (me.pid(), Some(blocked));
            drop(blocking(move || {
                process::exit(own, ExitReason::Kill);
                wait_until(|| !process::is_alive(own));
                OnDrop(move || blocked.take().into_iter().for_each(|blocked| blocked()))
            }));
        });
        assert_eq!(down(monitor), ExitReason::Killed);
        is_blocked.recv_timeout(PATIENCE).unwrap();
        // The other thread serves all.
        (0..10).for_each(|n| assert_eq!(blocking(move || n), n));
        unblock.send(()).unwrap();
    });
    node.stop();
    let node = self::node(1);
    node.enter(|| {
        // A closure that never begins.
        let loud = Loud;
        let closure = move || {
            let _loud = &loud;
        };
        let (pid, monitor, open) = queued(|| process::spawn_monitor(|_| blocking(closure)));
        process::exit(pid, ExitReason::Kill);
        assert_eq!(down(monitor), ExitReason::Killed);
        open.send(()).unwrap();
        assert_eq!(blocking(|| 7), 7);
    });
    node.stop();
}

#[test]
fn a_result_that_its_caller_does_not_live_to_see_is_dropped_and_harms_nobody() {
    let node = node(1);
    node.enter(|| {
        // The result comes while the caller is told of its end: before, at the same time, or after.
        for _ in 0..500 {
            let (_, monitor) = process::spawn_monitor(|me| {
                let own = me.pid();
                drop(blocking(move || {
                    process::exit(own, ExitReason::Kill);
                    Loud
                }));
            });
            assert_eq!(down(monitor), ExitReason::Killed);
        }
        assert_eq!(blocking(|| 7), 7);
    });
    node.stop();
}

#[test]
fn a_destructor_of_a_process_that_is_killed_can_block() {
    let (wrote, written) = mpsc::channel();
    let ready = process::current().subject();
    let is_ready = ready.clone();
    let (pid, monitor) = process::spawn_monitor(move |me| {
        let _guard = OnDrop(move || {
            let wrote = wrote.clone();
            blocking(move || wrote.send(7).unwrap());
        });
        is_ready.send(());
        me.receive_exit(None);
    });
    ready.receive(PATIENCE).unwrap();
    process::exit(pid, ExitReason::Kill);
    assert_eq!(down(monitor), ExitReason::Killed);
    assert_eq!(written.try_recv(), Ok(7));
}

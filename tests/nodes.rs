//! Nodes and threads that come and go, and how a node of many processes stops.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicIsize, Ordering::Relaxed},
    },
    thread,
};

use otp::{Node, prelude::*};

#[path = "common/counting.rs"]
mod counting;

/// Tests that look at all threads run one after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Echo;

#[actor]
impl Echo {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn say(&self, n: u32) -> u32 {
        n
    }
}

/// Has much to do when it ends.
struct Dutiful(Arc<AtomicIsize>);

#[actor]
impl Dutiful {
    #[init]
    fn init(ended: Arc<AtomicIsize>, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self(ended)
    }

    #[terminate]
    fn terminate(&mut self, _: &ExitReason) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// What the end of one costs does not depend on how many others there are.
#[test]
fn a_node_that_stops_lets_all_terminate_however_many_they_are() {
    let _alone = alone();
    const SERVERS: usize = if cfg!(debug_assertions) { 20_000 } else { 200_000 };
    let (node, ended) = (Node::builder().cores(2).start().unwrap(), Arc::new(AtomicIsize::new(0)));
    node.enter(|| (0..SERVERS).for_each(|_| drop(Dutiful::start(ended.clone()).unwrap())));
    node.stop();
    assert_eq!((ended.load(Relaxed), node.len()), (SERVERS as isize, 0));
}

#[test]
fn nodes_that_come_and_go() {
    let _alone = alone();
    let rounds = || {
        for _ in 0..50 {
            let node = Node::builder().cores(1).start().unwrap();
            node.enter(|| {
                let server = Echo::start().unwrap();
                assert_eq!(server.say(1), Ok(1));
                thread::scope(|scope| drop(scope.spawn(|| server.say(1)).join()));
            });
            node.stop();
        }
        counting::all()
    };
    let before = rounds();
    let left = rounds() - before;
    assert!(left < 2_000, "{left} bytes are left");
}

#[test]
fn threads_that_come_and_go() {
    let _alone = alone();
    let node = Node::builder().cores(1).start().unwrap();
    let rounds = || {
        for _ in 0..500 {
            thread::scope(|scope| drop(scope.spawn(|| node.enter(process::self_pid)).join()));
        }
        (node.len(), counting::all())
    };
    let before = rounds();
    let after = rounds();
    assert!(after.0 == before.0 && after.1 - before.1 < 2_000, "{before:?} {after:?}");
    node.stop();
}

/// Crashes are recorded from when somebody wants to know, once each, and no more than are ever read.
#[test]
fn crashes_are_recorded_for_those_who_ask() {
    let node = Node::builder().cores(1).start().unwrap();
    let crash = |number: u32| {
        node.enter(|| {
            let (pid, monitor) = process::spawn_monitor(move |_| process::exit_self(ExitReason::other(number)));
            process::current().receive_down(monitor, None).unwrap();
            pid
        })
    };
    crash(0);
    assert!(node.crashes().is_empty(), "nobody had asked");
    node.record_crashes();
    let pid = crash(1);
    node.record_crashes();
    node.enter(|| {
        let (_, monitor) = process::spawn_monitor(|_| process::exit_self(ExitReason::Shutdown));
        process::current().receive_down(monitor, None).unwrap();
    });
    let [seen] = &node.crashes()[..] else { panic!("one crash") };
    assert_eq!((seen.pid, &seen.reason), (pid, &ExitReason::other(1_u32)));
    assert!(node.crashes().is_empty(), "it was seen");
    for number in 0..1100 {
        crash(number);
    }
    let kept = node.crashes();
    assert_eq!((kept.len(), &kept[0].reason), (1000, &ExitReason::other(100_u32)));
    node.stop();
}

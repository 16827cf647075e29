//! Tasks on real cores.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use otp::{
    Node,
    prelude::*,
    task::{self, Task, TaskSupervisor, await_many},
};

use crate::latch::Latch;

#[test]
fn many_tasks_on_real_cores() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let sum = task::stream(0..20_000_u64, |n| n).max_concurrency(100).map(Result::unwrap).sum::<u64>();
        assert_eq!(sum, 19_999 * 10_000);
        let squares = await_many((0..1000_u64).map(|n| Task::spawn(move || n * n)), None).unwrap();
        assert_eq!(squares.len(), 1000);
        let tasks = TaskSupervisor::new().start().unwrap();
        let sum = tasks.unlinked().stream(0..2000_u64, |n| n).max_concurrency(50).map(Result::unwrap).sum::<u64>();
        assert_eq!(sum, 1999 * 1000);
        tasks.stop().unwrap();
    });
    node.stop();
    assert!(node.is_empty());
}

/// Tasks that block or never come back hold up nobody, and end with their owner as far as they can.
#[test]
fn a_task_that_never_comes_back_holds_up_nobody() {
    let node = Node::builder().cores(2).start().unwrap();
    let latch = Latch::default();
    let finished = Arc::new(AtomicU32::new(0));
    node.enter(|| {
        let stuck: Vec<_> = (0..4)
            .map(|_| {
                let (latch, finished) = (latch.clone(), Arc::clone(&finished));
                Task::spawn(move || {
                    latch.wait();
                    finished.fetch_add(1, SeqCst)
                })
            })
            .collect();
        assert_eq!(Task::spawn(|| 42).wait(), Ok(42));
        for task in stuck {
            // It is declared dead.
            let result = task.shutdown(Shutdown::BrutalKill);
            assert!(matches!(result, None | Some(Err(_))), "{result:?}");
        }
        assert_eq!(finished.load(SeqCst), 0);
        assert_eq!(Task::spawn(|| 42).wait(), Ok(42));
    });
    latch.open();
    node.stop();
}

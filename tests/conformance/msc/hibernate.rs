//! `hibernate_SUITE`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use otp::{
    prelude::*,
    process::{Hibernate, Me, Subject},
};

struct OnStack(Arc<AtomicUsize>);

impl Drop for OnStack {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Sends each number on, sleeping between them; ends after the last.
fn relay(from: Subject<u32>, to: Subject<u32>, stacks: Arc<AtomicUsize>) -> Option<Hibernate> {
    let _on_stack = OnStack(stacks.clone());
    let n = from.receive(Duration::ZERO).expect("it wakes for a message");
    to.send(n);
    (n > 0).then(|| process::hibernate(move |_: &mut Me| relay(from, to, stacks)))
}

/// A process that relays what it gets at the subject.
fn relaying(to: &Subject<u32>, stacks: &Arc<AtomicUsize>) -> (Pid, MonitorRef, Subject<u32>) {
    let (to, stacks) = (to.clone(), stacks.clone());
    process::start_monitor(move |me, ack| {
        let from = me.subject();
        ack.started(from.clone());
        process::hibernate(move |_| relay(from, to, stacks))
    })
    .unwrap()
}

#[otp::test(seeds = 20)]
fn msc_hibernate_basic(t: &mut Sim) {
    let (answers, stacks) = (process::current().subject(), Arc::new(AtomicUsize::new(0)));
    let (pid, monitor, numbers) = relaying(&answers, &stacks);
    for n in [3, 2, 1] {
        t.advance(Duration::from_secs(10));
        assert_eq!(stacks.load(SeqCst), 3 - n as usize, "what was on the stack is dropped, and it has not woken");
        numbers.send(n);
        assert_eq!(answers.receive(None), Some(n));
    }
    // A link, an unlink and a question are no messages.
    process::link(pid);
    process::unlink(pid);
    assert!(process::info(pid).is_some());
    t.settle();
    assert_eq!(stacks.load(SeqCst), 3);
    numbers.send(0);
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);

    // An exit signal ends it where it sleeps.
    let (pid, monitor, _) = relaying(&answers, &stacks);
    t.settle();
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
}

#[otp::test(seeds = 20)]
fn msc_hibernate_messages_in_queue(t: &mut Sim) {
    let (answers, stacks) = (process::current().subject(), Arc::new(AtomicUsize::new(0)));
    let (_, monitor, numbers) = relaying(&answers, &stacks);
    // It has not run yet, or sleeps: what waits wakes it at once, one after the other and in order.
    for n in [5, 4, 3, 0] {
        numbers.send(n);
    }
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    let all: Vec<u32> = std::iter::from_fn(|| answers.receive(Duration::ZERO)).collect();
    assert_eq!((all, t.now()), (vec![5, 4, 3, 0], Duration::ZERO));
}

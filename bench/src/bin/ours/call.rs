//! Calls, one after another, to one counter: from an async handler, a sync one, a thousand of them, a plain thread.

use std::sync::mpsc;

use bench::{per_op, report};
use otp::{ClientExt, ActorRef};

use crate::{
    counter::{Counter, Message},
    inside::{self, Runner, Work},
};

pub(crate) fn actor() {
    let counter = Counter::start();
    let ns = per_op(1_000_000, |n| {
        let counter = counter.as_async();
        inside::awaiting(async move {
            let before = counter.call(Message::Read).await.expect("it answers");
            let mut last = before;
            for _ in 0..n {
                last = counter.call(|reply| Message::AddAndRead(1, reply)).await.expect("it answers");
            }
            assert_eq!(last, before + n);
        });
    });
    report("call_actor", ns, "ns");
}

pub(crate) fn blocking() {
    let counter = Counter::start();
    let ns = per_op(1_000_000, |n| {
        let counter = counter.clone();
        inside::waiting(move || calls(&counter, n));
    });
    report("call_blocking", ns, "ns");
}

pub(crate) fn blocking_1000() {
    const CALLERS: u64 = 1000;
    let counter = Counter::start();
    let callers: Vec<ActorRef<Runner>> = (0..CALLERS).map(|_| Runner::start()).collect();
    let ns = per_op(1_000_000, |n| {
        let (done, ended) = mpsc::channel();
        let before = counter.call(Message::Read).expect("it answers");
        for caller in &callers {
            let (counter, done) = (counter.clone(), done.clone());
            caller.cast(Work::Sync(Box::new(move || {
                for _ in 0..n / CALLERS {
                    counter.call(|reply| Message::AddAndRead(1, reply)).expect("it answers");
                }
                done.send(()).expect("the main thread waits");
            })));
        }
        (0..CALLERS).for_each(|_| ended.recv().expect("every caller ends well"));
        assert_eq!(counter.call(Message::Read), Ok(before + n));
    });
    report("call_blocking_1000", ns, "ns");
}

pub(crate) fn outside() {
    let counter = Counter::start();
    let ns = per_op(50_000, |n| calls(&counter, n));
    report("call_outside", ns, "ns");
}

/// Calls that wait for their reply.
fn calls(counter: &ActorRef<Counter>, n: u64) {
    let before = counter.call(Message::Read).expect("it answers");
    let mut last = before;
    for _ in 0..n {
        last = counter.call(|reply| Message::AddAndRead(1, reply)).expect("it answers");
    }
    assert_eq!(last, before + n);
}

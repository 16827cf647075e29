//! The peer "raw tokio": a task and an unbounded channel per process, a oneshot per call.
//!
//! It shows what the bare pieces cost. It has no names, links, monitors, timeouts, reasons or supervision.

use std::time::Duration;

use bench::{Workload, per_op, report, resident};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

const WORKLOADS: &[Workload] = &[
    ("call_actor", call_actor),
    ("call_outside", call_outside),
    ("cast", cast),
    ("ring", || ring("ring", 1, 1_000_000)),
    ("ring_100", || ring("ring_100", 100, 5_000_000)),
    ("spawn_seq", spawn_seq),
    ("spawn_bulk", spawn_bulk),
    ("idle", idle),
    // A task waits in one way only.
    ("skynet", || skynet("skynet")),
    ("skynet_async", || skynet("skynet_async")),
];

fn main() {
    bench::main(WORKLOADS);
}

fn runtime() -> Runtime {
    Runtime::new().expect("tokio's runtime starts")
}

enum Message {
    Add(u64),
    Read(oneshot::Sender<u64>),
    AddAndRead(u64, oneshot::Sender<u64>),
}

/// A counter: a task that owns its number and ends when its last sender is gone.
#[derive(Clone)]
struct Counter(mpsc::UnboundedSender<Message>);

impl Counter {
    fn spawn() -> (Counter, JoinHandle<()>) {
        let (counter, mut mailbox) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut number = 0;
            while let Some(message) = mailbox.recv().await {
                match message {
                    Message::Add(by) => number += by,
                    Message::Read(reply) => _ = reply.send(number),
                    Message::AddAndRead(by, reply) => {
                        number += by;
                        _ = reply.send(number);
                    }
                }
            }
        });
        (Counter(counter), task)
    }

    fn cast(&self, message: Message) {
        self.0.send(message).unwrap_or_else(|_| panic!("the counter has ended"));
    }

    async fn call(&self, make: impl FnOnce(oneshot::Sender<u64>) -> Message) -> u64 {
        let (reply, answer) = oneshot::channel();
        self.cast(make(reply));
        answer.await.expect("the counter answers")
    }
}

fn call_actor() {
    let runtime = runtime();
    let counter = runtime.block_on(async { Counter::spawn().0 });
    let ns = per_op(1_000_000, |n| {
        let counter = counter.clone();
        // Spawned, as `block_on` would leave the caller on a thread outside the pool.
        let caller = runtime.spawn(async move {
            let before = counter.call(Message::Read).await;
            let mut last = before;
            for _ in 0..n {
                last = counter.call(|reply| Message::AddAndRead(1, reply)).await;
            }
            assert_eq!(last, before + n);
        });
        runtime.block_on(caller).expect("the caller ends well");
    });
    report("call_actor", ns, "ns");
}

fn call_outside() {
    let runtime = runtime();
    let counter = runtime.block_on(async { Counter::spawn().0 });
    let ns = per_op(50_000, |n| {
        for _ in 0..n {
            let (reply, answer) = oneshot::channel();
            counter.cast(Message::AddAndRead(1, reply));
            answer.blocking_recv().expect("the counter answers");
        }
    });
    report("call_outside", ns, "ns");
}

fn cast() {
    let runtime = runtime();
    let counter = runtime.block_on(async { Counter::spawn().0 });
    let ns = per_op(2_000_000, |n| {
        let counter = counter.clone();
        let caster = runtime.spawn(async move {
            let before = counter.call(Message::Read).await;
            for _ in 0..n {
                counter.cast(Message::Add(1));
            }
            assert_eq!(counter.call(Message::Read).await, before + n);
        });
        runtime.block_on(caster).expect("the caster ends well");
    });
    report("cast", ns, "ns");
}

/// A thousand tasks in a ring. Every token makes its share of `hops`, then tells the main thread.
fn ring(name: &str, tokens: u64, hops: u64) {
    const SIZE: usize = 1000;
    let runtime = runtime();
    let (ended, arrivals) = std::sync::mpsc::channel();
    let (nodes, mut mailboxes): (Vec<_>, Vec<_>) = (0..SIZE).map(|_| mpsc::unbounded_channel::<u64>()).unzip();
    for (index, mut mailbox) in mailboxes.drain(..).enumerate() {
        let next = nodes[(index + 1) % SIZE].clone();
        let ended = ended.clone();
        runtime.spawn(async move {
            while let Some(left) = mailbox.recv().await {
                if left == 0 {
                    ended.send(()).expect("the main thread waits");
                } else {
                    next.send(left - 1).expect("the ring is closed");
                }
            }
        });
    }
    let ns = per_op(hops, |hops| {
        for token in 0..tokens {
            let start = &nodes[token as usize * SIZE / tokens as usize];
            start.send(hops / tokens).expect("the ring is closed");
        }
        (0..tokens).for_each(|_| arrivals.recv().expect("the ring lives"));
    });
    report(name, ns, "ns");
}

fn spawn_seq() {
    let runtime = runtime();
    let ns = per_op(500_000, |n| {
        let spawner = runtime.spawn(async move {
            for _ in 0..n {
                let (counter, task) = Counter::spawn();
                drop(counter);
                task.await.expect("the counter ends well");
            }
        });
        runtime.block_on(spawner).expect("the spawner ends well");
    });
    report("spawn_seq", ns, "ns");
}

fn spawn_bulk() {
    let runtime = runtime();
    let ns = per_op(100_000, |n| {
        let spawner = runtime.spawn(async move {
            let (counters, tasks): (Vec<_>, Vec<_>) = (0..n).map(|_| Counter::spawn()).unzip();
            drop(counters);
            for task in tasks {
                task.await.expect("the counter ends well");
            }
        });
        runtime.block_on(spawner).expect("the spawner ends well");
    });
    report("spawn_bulk", ns, "ns");
}

fn idle() {
    const COUNT: usize = 1_000_000;
    let runtime = runtime();
    let before = resident();
    let spawner = runtime.spawn(async {
        let counters: Vec<_> = (0..COUNT).map(|_| Counter::spawn().0).collect();
        for counter in &counters {
            assert_eq!(counter.call(|reply| Message::AddAndRead(1, reply)).await, 1);
        }
        counters
    });
    let counters = runtime.block_on(spawner).expect("the spawner ends well");
    report("idle", (resident() - before) / COUNT as f64, "bytes");
    drop(counters);
    // A million tasks need not be ended one by one.
    runtime.shutdown_timeout(Duration::ZERO);
    std::process::exit(0);
}

/// A tree of tasks: each has a channel for the sums of those below.
fn skynet(name: &str) {
    let runtime = runtime();
    let ns = bench::skynet(|leaves| {
        let (up, mut sums) = mpsc::unbounded_channel();
        runtime.spawn(async move { grow(&up, 0, leaves) });
        runtime.block_on(sums.recv()).expect("the root has a sum")
    });
    report(name, ns, "ns");
}

fn grow(up: &mpsc::UnboundedSender<u64>, first: u64, leaves: u64) {
    let up = up.clone();
    tokio::spawn(async move {
        let mut sum = first;
        if leaves > 1 {
            let (below, mut sums) = mpsc::unbounded_channel();
            for index in 0..10 {
                grow(&below, first + index * (leaves / 10), leaves / 10);
            }
            sum = 0;
            for _ in 0..10 {
                sum += sums.recv().await.expect("every task has a sum");
            }
        }
        up.send(sum).expect("whoever is above waits");
    });
}

//! One process publishes to 10,000 that have subscribed: until all is sent, and until all have it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bench::report;
use otp::{
    process::{self, Subject},
    topic::{PubSub, Topic},
};

use crate::inside;

const SUBSCRIBERS: usize = 10_000;
const ROUNDS: u32 = 100;

pub(crate) fn run() {
    let topic = PubSub::<u64>::start().expect("it starts").topic("prices");
    let heard = Arc::new(AtomicUsize::new(0));
    let (sent, handled) = inside::waiting(move || {
        let all = process::current().subject();
        (0..SUBSCRIBERS).for_each(|_| subscriber(topic.clone(), heard.clone(), all.clone()));
        all.receive(None).expect("all have subscribed");
        publish(&topic, &all, ROUNDS / 10);
        publish(&topic, &all, ROUNDS)
    });
    let each = f64::from(ROUNDS) * SUBSCRIBERS as f64;
    report("topic.sent", sent.as_nanos() as f64 / each, "ns");
    report("topic.handled", handled.as_nanos() as f64 / each, "ns");
}

/// A process that subscribes. Whoever is the last of all to have done so, or to hear something, says so.
fn subscriber(topic: Topic<u64>, heard: Arc<AtomicUsize>, all: Subject<()>) {
    process::spawn_async(move |me| async move {
        let (inbox, mut message) = (me.subject(), Some(0));
        topic.subscribe(&inbox).expect("it keeps topics");
        while message.is_some() {
            if heard.fetch_add(1, Relaxed) % SUBSCRIBERS == SUBSCRIBERS - 1 {
                all.send(());
            }
            message = inbox.receive_async(None).await;
        }
    });
}

/// How long it takes to send, and until all is handled.
fn publish(topic: &Topic<u64>, all: &Subject<()>, rounds: u32) -> (Duration, Duration) {
    let (mut sent, began) = (Duration::ZERO, Instant::now());
    for round in 0..rounds {
        let begins = Instant::now();
        assert_eq!(topic.broadcast(round.into()), SUBSCRIBERS);
        sent += begins.elapsed();
        all.receive(None).expect("all have heard it");
    }
    (sent, began.elapsed())
}

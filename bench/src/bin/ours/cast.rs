//! One process casts to one counter, then calls it once, so that every cast has been handled.

use bench::{per_op, report};

use crate::{
    counter::{Counter, Message},
    inside,
};

pub(crate) fn run() {
    let counter = Counter::start();
    let ns = per_op(2_000_000, |n| {
        let counter = counter.clone();
        inside::waiting(move || {
            let before = counter.call(Message::Read).expect("it answers");
            for _ in 0..n {
                counter.cast(Message::Add(1));
            }
            assert_eq!(counter.call(Message::Read), Ok(before + n));
        });
    });
    report("cast", ns, "ns");
}

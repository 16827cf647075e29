//! A million idle actors, each called once: bytes of resident memory for each, the handle included.

use bench::{report, resident};

use crate::{
    counter::{Counter, Message},
    inside,
};

const COUNT: usize = 1_000_000;

pub(crate) fn run() {
    let before = resident();
    let counters = inside::waiting(|| {
        let counters: Vec<_> = (0..COUNT).map(|_| Counter::start()).collect();
        for counter in &counters {
            assert_eq!(counter.call(|reply| Message::AddAndRead(1, reply)), Ok(1));
        }
        counters
    });
    report("idle", (resident() - before) / COUNT as f64, "bytes");
    drop(counters);
    // A million actors need not be ended one by one.
    std::process::exit(0);
}

//! What an operation costs does not grow with what it was not asked about: with how many others there are.
//!
//! Entries that are passed are counted, not time: in a table, list or queue of 1,000 and in one of 100,000.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(debug_assertions)]

use otp::{prelude::*, timer};

const SIZES: [usize; 2] = [1_000, 100_000];

/// So many entries may be passed, however many there are.
const FEW: usize = 8;

/// How many entries `it` passes.
fn passes<R>(it: impl FnOnce() -> R) -> usize {
    let before = otp::__private::passed();
    drop(it());
    otp::__private::passed() - before
}

/// What `it` costs at most, done so often in a row that no list stays as full as it was.
#[track_caller]
fn is_cheap(what: &str, size: usize, mut it: impl FnMut(usize)) {
    let costs = (0..50).map(|n| passes(|| it(n)));
    let most = costs.max().unwrap();
    assert!(most <= FEW, "{what}: {most} of {size} are passed");
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

struct Desk {
    kept: Vec<ReplyTo<u32>>,
}

#[actor]
impl Desk {
    #[init]
    fn init() -> Self {
        Self { kept: vec![] }
    }

    #[handle_call]
    fn answer(&self) -> u32 {
        42
    }

    /// Answers never.
    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<u32>) {
        self.kept.push(reply);
    }

    #[handle_cast]
    fn hear(&self) {}
}

#[otp::test(seeds = 1)]
fn one_more_timer(_: &mut Sim) {
    for size in SIZES {
        let subject = process::current().subject::<u32>();
        let _live: Vec<_> = (0..size).map(|_| timer::send_after(secs(1), &subject, 1)).collect();
        is_cheap("a timer", size, |_| drop(timer::send_after(secs(1), &subject, 1)));
        is_cheap("a timer that is cancelled", size, |_| {
            assert!(timer::send_after(secs(1), &subject, 1).cancel().is_some());
        });
        is_cheap("what is left", size, |_| assert!(timer::send_after(secs(1), &subject, 1).left().is_some()));
    }
}

#[otp::test(seeds = 1)]
fn one_more_call(t: &mut Sim) {
    for size in SIZES {
        let desk = Desk::start()?;
        let mut live: Vec<_> = (0..size).map(|_| desk.request().keep()).collect();
        // Asked about by a thread of no process, as it were.
        live.iter_mut().for_each(|reply| drop(reply.check()));
        t.settle();
        is_cheap("a call", size, |_| assert_eq!(desk.answer(), Ok(42)));
        is_cheap("a call that is deferred", size, |_| {
            drop(desk.request().keep().check());
            t.settle();
        });
        is_cheap("a call that is given up", size, |_| drop(desk.timeout(Duration::ZERO).keep()));
    }
}

//! What waits in the caller's own queue costs a call nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Instant;

use otp::prelude::*;

use crate::puppet::own_info;

/// Messages that the caller does not receive.
const WAITING: u32 = 200_000;
const CALLS: u32 = 200;

struct Echo;

#[actor]
impl Echo {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn echo(&mut self, n: u32) -> u32 {
        n
    }
}

/// The time of some calls in a simulation, where no thread wakes another: the shortest of several, so that other work
/// of the machine is left out.
fn cost(echo: &EchoRef) -> Duration {
    let once = || {
        let began = Instant::now();
        (0..CALLS).for_each(|n| assert_eq!(echo.echo(n), Ok(n)));
        began.elapsed()
    };
    (0..30).map(|_| once()).min().unwrap()
}

/// Calls from its handler, with casts in its queue.
struct Caller(EchoRef);

#[actor]
impl Caller {
    #[init]
    fn init(echo: EchoRef) -> Self {
        Self(echo)
    }

    #[handle_call]
    fn cost(&mut self) -> Duration {
        cost(&self.0)
    }

    #[handle_call]
    fn fill_and_cost(&mut self, ctx: &mut Context<Self>) -> (Duration, usize) {
        (0..WAITING).for_each(|n| ctx.me().note(n));
        (cost(&self.0), own_info().message_queue_len)
    }

    #[handle_cast]
    fn note(&mut self, _n: u32) {}
}

/// The cost is less than ten times as high, as in OTP's own test; to look at each message would cost a thousand times.
#[otp::test]
fn gs_call_with_huge_message_queue(_t: &mut Sim) {
    let echo = Echo::start().unwrap();
    let numbers = process::current().subject();
    let empty = cost(&echo);
    for n in 0..WAITING {
        numbers.send(n);
        process::send(otp::self_pid(), n);
    }
    let full = cost(&echo);
    assert!(full < empty * 10, "{full:?} with a full queue, {empty:?} with an empty one");
    assert_eq!(own_info().message_queue_len, 2 * WAITING as usize);
    assert!((0..3).all(|n| numbers.receive(None) == Some(n)));
}

#[otp::test]
fn gs_call_with_huge_message_queue_part_server(_t: &mut Sim) {
    let caller = Caller::start(Echo::start().unwrap()).unwrap();
    let empty = caller.no_timeout().cost().unwrap();
    let (full, waiting) = caller.no_timeout().fill_and_cost().unwrap();
    assert!(full < empty * 10, "{full:?} with a full queue, {empty:?} with an empty one");
    assert_eq!(waiting, WAITING as usize);
}

//! What the tests of programs are written with: probes and contexts for tests; and requests that are collected
//! together.

#![cfg(feature = "macros")]

mod contexts;
mod failing;
mod probes;
mod requests;

use otp::{prelude::*, process::Subject};

const SECOND: Duration = Duration::from_secs(1);

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

/// A server that others depend on.
struct Db {
    log: Subject<String>,
}

#[actor]
impl Db {
    #[init]
    fn init(log: Subject<String>) -> Self {
        Self { log }
    }

    #[handle_call]
    fn get(&self, key: String) -> Option<u32> {
        self.log.send(format!("real get {key}"));
        Some(1)
    }

    #[handle_call]
    fn size(&self, reply: ReplyTo<usize>) {
        reply.send(10);
    }

    #[handle_call]
    fn sleep(&self, duration: Duration) {
        otp::sleep(duration);
    }

    #[handle_cast]
    fn put(&mut self, key: String, value: u32) {
        self.log.send(format!("real put {key} {value}"));
    }
}

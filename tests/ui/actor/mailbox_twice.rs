use otp::prelude::*;

struct Counter;

#[actor(mailbox = unbounded, mailbox = bounded(10, stop))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

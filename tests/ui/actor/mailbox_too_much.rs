use otp::prelude::*;

struct Counter;

#[actor(mailbox = bounded(10, stop, block))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

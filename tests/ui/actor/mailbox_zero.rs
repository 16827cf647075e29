use otp::prelude::*;

struct Counter;

#[actor(mailbox = bounded(0, block))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

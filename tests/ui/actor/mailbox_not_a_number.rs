use otp::prelude::*;

struct Counter;

#[actor(mailbox = bounded("many", block))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor(mailbox = bounded(10, drop_oldst))]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

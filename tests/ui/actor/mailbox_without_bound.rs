use otp::prelude::*;

struct Counter;

#[actor(mailbox = bounded)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

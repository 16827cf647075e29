use otp::prelude::*;

struct Counter;

#[actor(mailbox = unbound)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor(shutdown = 5)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

}

fn main() {}

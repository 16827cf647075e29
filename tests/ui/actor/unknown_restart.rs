use otp::prelude::*;

struct Counter;

#[actor(restart = always)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

}

fn main() {}

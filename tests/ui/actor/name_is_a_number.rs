use otp::prelude::*;

struct Counter;

#[actor(name = 42)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor(on_full = overflowed)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

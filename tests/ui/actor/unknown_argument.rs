use otp::prelude::*;

struct Counter;

#[actor(nmae = "c")]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

}

fn main() {}

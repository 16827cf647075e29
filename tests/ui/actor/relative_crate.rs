use otp::prelude::*;

struct Counter;

#[actor(crate = otp)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

}

fn main() {}

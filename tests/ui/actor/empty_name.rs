use otp::prelude::*;

struct Counter;

#[actor(name = "")]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

}

fn main() {}

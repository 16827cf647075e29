use otp::prelude::*;

struct Counter;

#[actor(name = "c", name = "d")]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

}

fn main() {}

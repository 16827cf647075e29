use otp::prelude::*;

struct Counter;

#[actor(client)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

}

fn main() {}

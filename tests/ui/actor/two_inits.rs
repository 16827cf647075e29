use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[init]
    fn other() -> Self {
        Self
    }
}

fn main() {}

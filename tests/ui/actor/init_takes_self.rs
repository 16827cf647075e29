use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init(&mut self) -> Self {
        Self
    }
}

fn main() {}

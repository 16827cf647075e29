use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() {}
}

fn main() {}

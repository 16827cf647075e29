use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> u32 {
        1
    }
}

fn main() {}

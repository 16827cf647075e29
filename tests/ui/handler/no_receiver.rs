use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get(n: u32) -> u32 {
        n
    }
}

fn main() {}

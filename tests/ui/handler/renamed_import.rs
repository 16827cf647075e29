use otp::prelude::*;

use otp::handle_call as call;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[call]
    fn get(&self) -> u32 {
        1
    }
}

fn main() {}

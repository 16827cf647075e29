use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn bump(&mut self) -> u32 {
        1
    }
}

fn main() {}

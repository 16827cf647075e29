use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_info]
    fn tick(&mut self) -> bool {
        true
    }
}

fn main() {}

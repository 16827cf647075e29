use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_continue]
    fn load(&mut self) -> bool {
        true
    }
}

fn main() {}

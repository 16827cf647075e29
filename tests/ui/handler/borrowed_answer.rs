use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn name(&self) -> &str {
        "counter"
    }
}

fn main() {}

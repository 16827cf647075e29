use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call(prority)]
    fn get(&self) -> u32 {
        1
    }
}

fn main() {}

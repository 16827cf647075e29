use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn add(&mut self, by: u32) -> u32 {
        by
    }
}

fn main() {
    let _ = Counter::start().map(|counter| counter.add("one"));
}

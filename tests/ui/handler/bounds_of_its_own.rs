use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get(&self) -> u32
    where
        Self: Sized,
    {
        1
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn all(&self) -> impl Iterator<Item = u32> {
        [1].into_iter()
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn find(&self, key: &str) -> bool {
        key.is_empty()
    }
}

fn main() {}

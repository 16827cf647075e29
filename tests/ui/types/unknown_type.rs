use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get(&self, key: Missing) -> u32 {
        let _ = key;
        1
    }
}

fn main() {}

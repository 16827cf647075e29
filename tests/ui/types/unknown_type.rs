use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get(&self, key: Strng) -> u32 {
        let _ = key;
        1
    }
}

fn main() {}

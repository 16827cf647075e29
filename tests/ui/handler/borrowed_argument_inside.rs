use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn find(&self, keys: Vec<Option<&[u8]>>) -> bool {
        keys.is_empty()
    }
}

fn main() {}

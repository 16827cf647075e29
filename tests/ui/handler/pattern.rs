use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn put(&mut self, (a, b): (u32, u32)) {
        let _ = a + b;
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn put(&mut self, #[cfg(unix)] value: u32) {
        let _ = value;
    }
}

fn main() {}

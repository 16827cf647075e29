use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn bump(&mut self, by: impl Into<u32>) {
        let _ = by;
    }
}

fn main() {}

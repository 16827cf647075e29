use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[terminate]
    fn bye(&mut self, reason: &ExitReason, count: u32) {
        let _ = (reason, count);
    }
}

fn main() {}

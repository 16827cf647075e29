use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    #[cfg(unix)]
    fn init() -> Self {
        Self
    }
}

fn main() {}

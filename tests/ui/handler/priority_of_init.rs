use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init(priority)]
    fn init() -> Self {
        Self
    }
}

fn main() {}

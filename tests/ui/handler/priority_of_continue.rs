use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_continue(priority)]
    fn load(&mut self) {}
}

fn main() {}

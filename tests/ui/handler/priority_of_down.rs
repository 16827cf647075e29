use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_info(priority)]
    fn down(&mut self, _down: Down) {}
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_info]
    fn down(&mut self, down: &Down) {
        let _ = down;
    }
}

fn main() {}

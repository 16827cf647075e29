use otp::prelude::*;

struct Camera;

#[actor(thread, thread)]
impl Camera {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

use otp::prelude::*;

struct Camera;

#[actor(thread = true)]
impl Camera {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

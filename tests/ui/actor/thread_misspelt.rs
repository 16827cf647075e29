use otp::prelude::*;

struct Camera;

#[actor(thred)]
impl Camera {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

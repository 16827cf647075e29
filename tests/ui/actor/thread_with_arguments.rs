use otp::prelude::*;

struct Camera;

#[actor(thread(2))]
impl Camera {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

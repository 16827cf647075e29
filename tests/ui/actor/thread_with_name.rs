use otp::prelude::*;

struct Camera;

#[actor(thread = "camera", restart = transient)]
impl Camera {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

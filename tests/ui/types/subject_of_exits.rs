use otp::prelude::*;

pub struct Clock;

#[actor]
impl Clock {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_info]
    fn exit(&mut self, _exit: Exit) {}
}

fn main() {
    let clock = Clock::start().unwrap();
    let _ = clock.subject::<Exit>();
}

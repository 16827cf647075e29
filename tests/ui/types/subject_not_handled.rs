use otp::prelude::*;

pub struct Clock;

pub struct Tick;
pub struct Tock;

#[actor]
impl Clock {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_info]
    fn tick(&mut self, _tick: Tick) {}
}

fn main() {
    let clock = Clock::start().unwrap();
    clock.subject::<Tick>().send(Tick);
    clock.subject::<Tock>().send(Tock);
}

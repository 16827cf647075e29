use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn run(&mut self, job: Box<dyn FnOnce(u32) -> u32>) {
        job(1);
    }
}

fn main() {}

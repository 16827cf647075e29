use otp::prelude::*;

pub struct Counter(u32);

#[actor]
impl Counter {
    #[init]
    fn init(start: u32) -> Self {
        Self(start)
    }

    #[handle_call]
    fn get(&self) -> u32 {
        self.0
    }
}

fn main() {
    let _ = otp::run(|| Counter::start_link(1));
}

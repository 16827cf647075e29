use otp::prelude::*;

struct Counter(i64);

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self(0)
    }

    #[handle_call]
    fn get(&self) -> i64 {
        self.0
    }
}

#[actor]
impl Counter {
    #[handle_cast]
    fn reset(&mut self) {
        self.0 = 0;
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get<T>(&self, t: T) -> u32 {
        let _ = t;
        1
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {

    #[handle_call]
    fn get(&self) -> u32 {
        1
    }
}

fn main() {}

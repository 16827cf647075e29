use otp::prelude::*;

struct Counter;

impl Counter {
    #[handle_call]
    fn get(&self) -> u32 {
        1
    }
}

const _: fn(&Counter) -> u32 = Counter::get;

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Clone for Counter {

    fn clone(&self) -> Self {
        Self
    }
}

fn main() {}

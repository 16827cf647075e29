use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[terminate]
    fn bye(&mut self) {}
    #[terminate]
    fn ciao(&mut self) {}
}

fn main() {}

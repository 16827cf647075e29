use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[terminate]
    fn bye(&mut self) -> Result<(), std::fmt::Error> {
        Ok(())
    }
}

fn main() {}

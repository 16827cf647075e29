use otp::prelude::*;

struct Full;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Result<Self, Full> {
        Err(Full)
    }
}

fn main() {}

use otp::prelude::*;

struct Full;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn put(&mut self) -> Result<(), Full> {
        Err(Full)
    }
}

fn main() {}

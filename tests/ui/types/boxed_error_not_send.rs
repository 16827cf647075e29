use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get(&self) -> Result<u32, Box<dyn std::error::Error>> {
        Ok(1)
    }
}

fn main() {}

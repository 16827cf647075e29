use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn bump(&mut self) -> Result<u32, std::fmt::Error> {
        Ok(1)
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[cfg_attr(all(), handle_call)]
    fn get(&self) -> u32 {
        1
    }
    fn uses_it(&self) -> u32 {
        self.get()
    }
}

fn main() {}

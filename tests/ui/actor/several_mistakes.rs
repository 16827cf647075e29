use otp::prelude::*;

struct Counter;

#[actor(restart = sometimes)]
impl Counter {
    #[handle_call]
    fn get() -> u32 {
        1
    }
    #[handle_cast]
    fn find(&mut self, key: &str) -> bool {
        key.is_empty()
    }
}

fn main() {}

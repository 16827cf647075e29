use otp::prelude::*;

use std::rc::Rc;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get(&self) -> Rc<u32> {
        Rc::new(1)
    }
}

fn main() {}

use otp::prelude::*;

use std::rc::Rc;

struct Counter(Rc<u32>);

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self(Rc::new(1))
    }
    #[handle_call]
    fn get(&self) -> u32 {
        *self.0
    }
}

fn main() {}

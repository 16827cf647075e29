use otp::prelude::*;

use std::rc::Rc;

struct Job {
    done: Rc<u32>,
}

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get(&self) -> Job {
        Job { done: Rc::new(1) }
    }
}

fn main() {}

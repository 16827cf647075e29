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

    #[handle_cast]
    fn run(&mut self, job: Job) {
        let _ = job.done;
    }
}

fn main() {}

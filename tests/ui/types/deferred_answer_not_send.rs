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
    fn get(&self, reply: ReplyTo<Vec<Rc<u32>>>) {
        reply.send(Vec::new());
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn wait(&self, reply: ReplyTo<u32>) -> u32 {
        reply.send(1);
        1
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn wait(&self, first: ReplyTo<u32>, second: ReplyTo<u32>) {
        first.send(1);
        second.send(2);
    }
}

fn main() {}

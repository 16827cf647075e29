use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn wait(&self, reply: &ReplyTo<u32>) {
        let _ = reply;
    }
}

fn main() {}

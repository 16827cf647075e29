use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

supervisor! {
    Tree<one_for_one> {
        counter: Counter() { mailbox: bounded(0, block) };
    }
}

fn main() {}

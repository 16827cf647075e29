use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn bump(&mut self, ctx: Context<Self>) {
        let _ = ctx;
    }
}

fn main() {}

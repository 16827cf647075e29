use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn total(&self) -> u32 {
        1
    }
    #[handle_cast]
    fn bump(&mut self, ctx: &mut Context<Self>) {
        let _ = ctx.me().total();
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init(ctx: &mut Context<Self>) -> Self {
        ctx.next().missing_continue();
        Self
    }

    #[handle_cast]
    fn reset(&mut self) {}
}

fn main() {
    let counter = Counter::start().unwrap();
    counter.reset();
    let _ = counter.missing_call();
    counter.missing_cast();
}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn bump(&mut self, one: &mut Context<Self>, two: &mut Context<Self>) {
        let _ = (one, two);
    }
}

fn main() {}

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
    async fn get(&mut self) -> u32 {
        let one = Rc::new(1);
        std::future::ready(()).await;
        *one
    }
}

fn main() {}

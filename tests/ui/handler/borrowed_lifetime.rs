use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn say(&mut self, text: std::borrow::Cow<'_, str>) {
        let _ = text;
    }
}

fn main() {}

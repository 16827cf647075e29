use otp::prelude::*;

struct Stack<T>(T);

#[actor]
impl<T: 'static> Stack<T> {
    #[init]
    fn init(top: T) -> Self {
        Self(top)
    }
}

fn main() {}

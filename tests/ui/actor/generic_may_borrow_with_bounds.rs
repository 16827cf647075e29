use otp::prelude::*;

struct Stack<T>(T);

#[actor]
impl<T: Clone> Stack<T>
where
    T: Send,
{

    #[init]
    fn init(top: T) -> Self {
        Self(top)
    }
}

fn main() {}

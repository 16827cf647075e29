use otp::prelude::*;

struct Stack<T>(Vec<T>);

#[actor]
impl<T: Clone + 'static> Stack<T> {
    #[init]
    fn init(items: Vec<T>) -> Self {
        Self(items)
    }
    #[handle_call]
    fn top(&self) -> Option<T> {
        self.0.last().cloned()
    }
}

fn main() {}

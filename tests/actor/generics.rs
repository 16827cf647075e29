//! Generic actors.

use otp::prelude::*;

/// A stack of anything.
struct Stack<T> {
    items: Vec<T>,
}

#[actor]
impl<T: Clone + Send + 'static> Stack<T> {
    #[init]
    fn init(items: Vec<T>) -> Self {
        Self { items }
    }

    #[handle_cast]
    fn push(&mut self, item: T) {
        self.items.push(item);
    }

    #[handle_call]
    fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }
}

#[otp::test(seeds = 20)]
fn an_actor_may_be_generic(_t: &mut Sim) {
    let texts = Stack::start(vec!["a".to_owned()]).unwrap();
    texts.push("b".into());
    assert_eq!([texts.pop(), texts.pop(), texts.pop()], [Ok(Some("b".into())), Ok(Some("a".into())), Ok(None)]);
    let numbers = Stack::<u8>::start(vec![]).unwrap();
    numbers.push(1);
    assert_eq!(numbers.pop(), Ok(Some(1)));
}

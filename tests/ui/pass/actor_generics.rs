//! Generics, bounds, `Self` and projections leave the block and still mean the same.
#![deny(warnings)]

use std::marker::PhantomData;

use otp::prelude::*;

struct Stack<T>(Vec<T>);

#[actor]
impl<T: Clone + Send + 'static> Stack<T> {
    #[init]
    fn init(items: Vec<T>) -> Self {
        Self(items)
    }
    #[handle_cast]
    fn push(&mut self, item: T) {
        self.0.push(item);
    }
    #[handle_call]
    fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }
    #[handle_call]
    fn swap(&mut self, other: Self) -> Option<Self> {
        Some(std::mem::replace(self, other))
    }
}

/// Parameters that no message mentions; one is called as the client's mode is.
struct Silent<M, Mode: ?Sized, const N: usize> {
    items: [u8; N],
    parameters: PhantomData<fn() -> (Box<Mode>, M)>,
}

#[actor]
impl<M, Mode, const N: usize> Silent<M, Mode, N>
where
    M: 'static + Iterator,
    Mode: ?Sized + 'static,
    <M as Iterator>::Item: Send + Clone + 'static,
    Self: Sized,
{
    #[init]
    fn init(items: [u8; N]) -> Self {
        Self { items, parameters: PhantomData }
    }
    #[handle_call]
    fn sum(&self) -> u32 {
        self.items.iter().map(|item| u32::from(*item)).sum()
    }
    #[handle_cast]
    fn put(&mut self, item: M::Item, items: [u8; N]) {
        let _ = item;
        self.items = items;
    }
}

trait Source {
    type Item: Send + 'static;
    const SIZE: usize;
}

struct Bytes;

impl Source for Bytes {
    type Item = u8;
    const SIZE: usize = 2;
}

/// `Self::` in types.
#[actor]
impl Bytes {
    #[init]
    fn init() -> Self {
        Self
    }
    #[handle_call]
    fn first(&self, item: <Self as Source>::Item) -> [u8; Self::SIZE] {
        [item, item]
    }
    #[handle_call]
    fn all(&self) -> Vec<Option<Self>> {
        vec![]
    }
}

/// One instance of a generic type.
struct Pair<A, B>(A, B);

#[actor(client = PairOfNumbers)]
impl Pair<u8, u16> {
    #[init]
    fn init(pair: (u8, u16)) -> Self {
        Self(pair.0, pair.1)
    }
    #[handle_call]
    fn sum(&self) -> u16 {
        u16::from(self.0) + self.1
    }
}

fn main() {
    fn uses() -> Result<(), Box<dyn std::error::Error>> {
        let stack: StackRef<u8> = Stack::start(vec![1])?;
        stack.push(2);
        let _: Option<u8> = stack.pop()?;
        let _: Option<Stack<u8>> = stack.swap(Stack(vec![]))?;
        let _ = Stack::child_spec(vec![String::new()]);
        let silent: SilentRef<std::vec::IntoIter<u8>, str, 2> = Silent::start_link([1, 2])?;
        let _: u32 = silent.sum()?;
        silent.put(1, [2, 3]);
        let bytes = Bytes::start()?;
        let _: [u8; 2] = bytes.first(1)?;
        let _ = bytes.all()?;
        let _: u16 = Pair::start((1, 2))?.sum()?;
        Ok(())
    }
    let _ = uses;
}

//! A handler under a `cfg` takes everything that is made of it along.
#![deny(warnings)]

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[cfg(any())]
    #[handle_call]
    fn gone(&self, nowhere: NoSuchType) -> NoSuchType {
        nowhere
    }
    #[handle_info]
    #[cfg(any())]
    fn gone_too(&self, nowhere: NoSuchType) {}

    #[cfg(all())]
    #[handle_call]
    fn get(&self) -> u32 {
        1
    }
    #[cfg(not(all()))]
    #[handle_call]
    fn get(&self, which: u8) -> u64 {
        which.into()
    }

    #[cfg(all())]
    #[handle_info]
    fn down(&mut self, down: Down) {
        let _ = down;
    }
    #[cfg(any())]
    #[handle_info]
    fn down(&mut self, down: Down) {
        let _ = down;
    }

    #[cfg(all())]
    #[terminate]
    fn bye(&mut self) {}
    #[cfg(any())]
    #[terminate]
    fn bye(&mut self) {}
}

#[cfg(any())]
#[actor]
impl Gone {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {
    let _ = |counter: CounterRef| -> Result<u32, CallError> { counter.get() };
}

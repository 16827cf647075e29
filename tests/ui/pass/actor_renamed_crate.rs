//! The crate under another name.
#![deny(warnings)]

extern crate otp as beam;

mod reexport {
    pub use otp::*;
}

struct One;

#[beam::actor(crate = ::beam)]
impl One {
    #[beam::init]
    fn init() -> Self {
        Self
    }
    #[beam::handle_call]
    fn get(&self) -> u8 {
        1
    }
}

struct Two;

#[reexport::actor(crate = crate::reexport)]
impl Two {
    #[reexport::init]
    fn init() -> Self {
        Self
    }
    #[reexport::handle_info]
    fn down(&mut self, down: reexport::Down) {
        let _ = down;
    }
}

fn main() {
    let _ = |one: OneRef| one.get();
    let _: Option<TwoRef> = None;
}

//! What is made of a block is clean under the user's lints, forbidden ones among them.
#![forbid(unsafe_code, missing_docs, non_camel_case_types, unused_must_use)]
#![deny(
    warnings,
    unused,
    deprecated,
    unreachable_pub,
    unused_qualifications,
    single_use_lifetimes,
    elided_lifetimes_in_paths,
    trivial_casts,
    unused_lifetimes,
    unused_results,
    missing_debug_implementations
)]

use otp::prelude::*;

/// A counter.
#[derive(Debug)]
pub struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init(start: u32, max: u32) -> Self {
        let _ = start + max;
        Self
    }
    /// Documented.
    #[handle_call]
    #[must_use]
    pub fn get(&self) -> u32 {
        1
    }
    #[handle_cast]
    fn undocumented(&mut self) {}
    /// Old.
    #[handle_cast]
    #[deprecated = "use `get`"]
    pub fn old(&mut self) {}
    #[handle_info]
    fn never_sent(&mut self, what: u8) {
        let _ = what;
    }
    #[terminate]
    fn bye(&mut self) {}
}

/// A counter that never answers.
#[derive(Debug)]
struct Panics;

#[actor(restart = temporary)]
impl Panics {
    #[init]
    fn init() -> Self {
        panic!("as it should")
    }
    #[handle_call]
    fn get(&self) -> u32 {
        unreachable!()
    }
}

fn main() {
    let _ = |counter: CounterRef| {
        counter.undocumented();
        counter.get()
    };
    let _ = |panics: PanicsRef| panics.get();
}

//! What holds for any interleaving, tried under hundreds of seeds: each process does what its dice say, and the
//! scheduler runs them in an order of its own.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod death;
mod left;
mod links;
mod order;

use otp::prelude::*;

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Choices that are a function of a seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64, of: u64) -> Self {
        Self((seed * 1000 + of).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % bound
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    /// Lets others run, now and then.
    fn pause(&mut self) {
        if self.below(3) == 0 {
            process::sleep(Duration::from_micros(self.below(4)));
        }
    }
}

use otp::prelude::*;

#[otp::test(seeds = 0)]
fn evicts(t: &mut Sim) {
    let _ = t;
}

fn main() {}

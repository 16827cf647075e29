use otp::prelude::*;

#[otp::test(seeds = 200, seed = 7)]
fn evicts(t: &mut Sim) {
    let _ = t;
}

fn main() {}

use otp::prelude::*;

#[otp::test]
fn evicts(t: &mut Sim, more: u32) {
    let _ = (t, more);
}

fn main() {}

use otp::prelude::*;

#[otp::test]
#[test]
fn evicts(t: &mut Sim) {
    let _ = t;
}

fn main() {}

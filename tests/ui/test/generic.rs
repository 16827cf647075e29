use otp::prelude::*;

#[otp::test]
fn evicts<T>(t: &mut Sim) {
    let _ = t;
}

fn main() {}

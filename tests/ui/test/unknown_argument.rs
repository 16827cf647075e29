use otp::prelude::*;

#[otp::test(sedes = 200)]
fn evicts(t: &mut Sim) {
    let _ = t;
}

fn main() {}

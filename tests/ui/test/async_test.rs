use otp::prelude::*;

#[otp::test]
async fn evicts(t: &mut Sim) {
    let _ = t;
}

fn main() {}

#[otp::test]
fn evicts() {}

fn main() {}

#[otp::test]
pub struct Evicts;

fn main() {}

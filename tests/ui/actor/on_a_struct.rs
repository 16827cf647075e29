use otp::prelude::*;

#[actor]
pub struct Counter;

fn main() {}

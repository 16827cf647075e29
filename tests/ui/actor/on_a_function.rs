use otp::prelude::*;

#[actor]
fn counter() {}

const _: fn() = counter;

fn main() {}

use otp::prelude::*;

fn main() {
    let numbers = process::current().subject::<u32>();
    let _ = numbers.receive(Duration::from_millis(-1));
}

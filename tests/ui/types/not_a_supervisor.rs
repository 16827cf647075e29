use otp::prelude::*;

fn main() {
    let _ = Supervisor::spec(|| "invalid");
}

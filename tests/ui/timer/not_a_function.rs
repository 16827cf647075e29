use otp::{prelude::*, timer};

fn main() {
    timer::apply_after(Duration::ZERO, "io:format");
}

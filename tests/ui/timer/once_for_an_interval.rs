use otp::{prelude::*, timer};

fn main() {
    let text = String::new();
    timer::apply_interval(Duration::ZERO, move || drop(text));
}

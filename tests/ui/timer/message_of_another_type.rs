use otp::{prelude::*, process::Subject, timer};

fn main() {
    timer::send_after(Duration::ZERO, &Subject::<u32>::null(), "one");
}

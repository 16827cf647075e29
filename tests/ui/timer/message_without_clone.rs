use otp::{prelude::*, process::Subject, timer};

struct Tick;

fn main() {
    timer::send_interval(Duration::ZERO, &Subject::null(), Tick);
}

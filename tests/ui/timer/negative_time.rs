use otp::{process::Subject, timer};

fn main() {
    timer::send_after(-1, &Subject::<u32>::null(), 1);
}

use otp::{prelude::*, timer};

fn main() {
    timer::send_interval(Duration::ZERO, &otp::self_pid(), 1);
}

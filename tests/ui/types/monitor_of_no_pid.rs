use otp::prelude::*;

fn main() {
    otp::monitor("a name");
    otp::monitor(1);
    process::monitor_name(1);
    otp::demonitor(1);
    process::demonitor_flush(otp::self_pid());
}

use otp::prelude::*;

fn main() {
    otp::process::monitor("a name");
    otp::process::monitor(1);
    process::monitor_name(1);
    otp::process::demonitor(1);
    process::demonitor_flush(otp::self_pid());
}

//! OTP's `process_flag` refuses a bad value when it runs.

fn main() {
    otp::process::trap_exit("yes");
}

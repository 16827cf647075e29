//! OTP's `process_flag` refuses a bad value when it runs.

fn main() {
    otp::trap_exit("yes");
}

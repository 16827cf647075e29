fn main() {
    otp::self_pid().cancel();
}

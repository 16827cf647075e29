//! What a plain process returns says how it ends; a value would go nowhere.

fn main() {
    otp::process::spawn(|_| 42);
}

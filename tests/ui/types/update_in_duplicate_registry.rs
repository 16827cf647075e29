use otp::registry::{Duplicate, RegistryRef};

fn main() {
    let topics: fn() -> RegistryRef<u32, u32, Duplicate> = || unreachable!();
    let _ = topics().update_value(&1, |n| n + 1);
}

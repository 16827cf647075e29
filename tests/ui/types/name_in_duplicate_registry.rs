use otp::registry::{Duplicate, RegistryRef};

struct Db;

fn main() {
    let topics: fn() -> RegistryRef<u32, (), Duplicate> = || unreachable!();
    let _ = topics().name::<Db>(1);
}

use otp::prelude::*;

struct Db;
#[actor]
impl Db {
    #[init]
    fn init() -> Self {
        Db
    }
}

supervisor! {
    Shop<one_for_one> {
        db: Db() { shutdown: 5sec };
        other: Db() { shutdown: 1.5s };
    }
}

fn main() {}

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
        intensity: 3 in 99999999999999h;
        db: Db();
    }
}

fn main() {}

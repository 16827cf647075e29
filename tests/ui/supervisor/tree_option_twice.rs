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
        intensity: 3 in 5s;
        intensity: 4 in 5s;
        db: Db();
    }
}

fn main() {}

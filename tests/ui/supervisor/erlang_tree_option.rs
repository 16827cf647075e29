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
        strategy: one_for_all;
        max_restarts: 3;
        db: Db();
    }
}

fn main() {}

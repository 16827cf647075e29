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
        backoff: 100ms..=30s;
        db: Db();
    }
}

fn main() {}

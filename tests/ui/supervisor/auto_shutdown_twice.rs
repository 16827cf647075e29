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
        auto_shutdown: never;
        auto_shutdown: never;
        db: Db();
    }
}

fn main() {}

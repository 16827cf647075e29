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
        db: [Db() for _ in 0..3] { name: "db" };
    }
}

fn main() {}

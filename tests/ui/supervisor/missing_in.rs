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
        db: [Db() for i];
        other: [Db() for i of 0..3];
        third: [Db() for i in];
    }
}

fn main() {}

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
        start: Db();
        child_spec: Db();
    }
}

fn main() {}

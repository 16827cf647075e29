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
        back: supervisor<one_for_all> {
            db: Db();
        } { restart: transient, restart: transient };
    }
}

fn main() {}

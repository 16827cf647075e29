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
    Shop<one_for_one>(mut a: u8, #[cfg(test)] b: u8, c, d: u8) {
        db: Db();
    }
}

fn main() {}

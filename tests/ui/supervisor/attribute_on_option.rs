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
        #[cfg(test)]
        intensity: 3 in 5s;
        db: Db();
    }
}

fn main() {}

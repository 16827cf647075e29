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
    Shop<one_for_one>(name: impl Into<String>) {
        db: Db();
    }
}

fn main() {
    let _ = Shop::start("shop");
}

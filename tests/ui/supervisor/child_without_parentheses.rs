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
        db: Db;
        other: Db { restart: transient };
    }
}

fn main() {
    let _ = |shop: Shop| (shop.db(), shop.other());
}

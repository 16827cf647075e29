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
    Shop<one_for_some> {
        intensity: three in 5s;
        db: Db() { restart: always };
        db: Db();
        cache: Db;
        last: Db() { shutdwn: 5s };
    }
}

fn main() {
    let _ = |shop: Shop| (shop.db(), shop.cache(), shop.last());
    let _ = Shop::start();
}

use otp::prelude::*;

struct Db;
#[actor]
impl Db {
    #[init]
    fn init() -> Self {
        Db
    }
}

struct Cache;
#[actor]
impl Cache {
    #[init]
    fn init(_db: DbRef) -> Self {
        Cache
    }
}

supervisor! {
    Shop<one_for_one> {
        cache: Cache(db);
        db: Db();
    }
}

fn main() {}

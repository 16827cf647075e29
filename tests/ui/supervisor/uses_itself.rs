use otp::prelude::*;

struct DbRef;

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
        cache: Cache(cache);
    }
}

fn main() {}

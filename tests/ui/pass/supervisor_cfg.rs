//! What a `#[cfg]` takes away, it takes away everywhere.

use otp::prelude::*;

struct Db;
#[actor]
impl Db {
    #[init]
    fn init(_url: String, _shards: usize) -> Self {
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
    Shop<one_for_one>(cache: DbRef) {
        #[cfg(not(windows))]
        db: Db(String::new(), 1);
        #[cfg(windows)]
        db: Db(String::from("windows"), 1);
        second: Cache(db);

        // The parameter stands in for the child.
        #[cfg(any())]
        cache: Missing(db);
        third: Cache(cache.clone());

        #[cfg(any())]
        gone: supervisor<one_for_one> {
            deep: supervisor<one_for_one> {
                missing: Missing(nothing);
            };
        };
        #[cfg(any())]
        repeated: [Missing(i) for i in nothing];
        #[cfg(any())]
        spec: = nothing;
        #[cfg(all())]
        shard: [Db(String::new(), i) for i in 0..3];
        #[cfg(any())]
        sessions: dynamic<Missing>(nothing) for nothing: Nothing;
        // Of two siblings of one name it is the one that is there.
        caches: dynamic<Db>(format!("{db:?}{url}"), 1) for url: String;
        user: [Cache(db) for db in shard] { name: format!("user") };
    }
}

supervisor! {
    #[cfg(any())]
    Missing<one_for_one>(nothing: Nothing) {
        missing: Missing(nothing);
    }
}

fn main() {
    let _ = |shop: Shop| (shop.db(), shop.third(), shop.shard());
}

//! Every form that a tree can have.

use otp::prelude::*;

pub struct Config {
    url: String,
    workers: usize,
}

pub struct Db;
#[actor]
impl Db {
    #[init]
    fn init(_url: String, _shards: usize) -> Self {
        Db
    }
}

pub struct Cache;
#[actor]
impl Cache {
    #[init]
    fn init(_db: DbRef) -> Self {
        Cache
    }
}

pub struct Pool;
#[actor]
impl Pool {
    #[init]
    fn init(_workers: Vec<CacheRef>, _shards: Vec<DbRef>, _tree: ShopWorkers) -> Self {
        Pool
    }
}

supervisor! {
    /// Keeps a shop running.
    pub Shop<rest_for_one>(config: Config, shards: usize) {
        intensity: 3 in 500ms;
        auto_shutdown: all_significant;

        /// Where the data is.
        db: Db(config.url.clone(), *shards) { shutdown: 10s, name: "db" };
        cache: Cache(db);
        workers: supervisor<one_for_all> {
            intensity: 0 in 1h;
            worker: [Cache(db) for i in 0..config.workers] { restart: transient, name: format!("worker-{i}") };
            deep_down: supervisor<one_for_one> {
                leaf: Cache(db) { shutdown: infinity };
            } { restart: temporary, shutdown: brutal_kill };
        };
        shard: [Db(name.to_string(), i,) for (i, name) in ["a", "b"].into_iter().enumerate()] {
            significant: true,
            restart: transient,
        };
        pool: Pool(workers.worker(), shard, workers) { significant: false };
        all: dynamic<Db> { max_children: 10 };
        caches: dynamic<Cache>(db,) for () {};
        dbs: dynamic<Db>(format!("{}{name}", config.url), i) for (i, name): (usize, &'static str) { name: "dbs" };
        trees: dynamic<Mall>() for _name: Box<dyn FnOnce(&str) -> String + Send> { restart: temporary };
        extra: = CacheChild::spec(db);
        r#type: Cache(db);
        supervisor: Cache(db);
    }
}

/// A spec made elsewhere.
struct CacheChild;
impl CacheChild {
    fn spec(db: DbRef) -> otp::ChildSpec<Cache> {
        <Cache as otp::Child>::spec(move || (db.clone(),))
    }
}

supervisor! {
    /// A tree as the child of another; a tree without parameters, and one without children.
    pub Mall<one_for_one> {
        shop: Shop(Config { url: String::new(), workers: 2 }, 3) { restart: temporary };
        other: = Shop::child_spec(Config { url: String::new(), workers: 2 }, 3);
        empty: Empty();
    }
}

supervisor! { Empty<one_for_all> {} }

fn main() {
    let _ = |shop: Shop| -> (DbRef, Vec<CacheRef>, CacheRef, Vec<DbRef>, otp::supervisor::Place, CacheRef, CacheRef) {
        let workers: ShopWorkers = shop.workers();
        let deep: ShopWorkersDeepDown = workers.deep_down();
        let _ = format!("{shop} {shop:?} {workers}");
        (shop.db(), workers.worker(), deep.leaf(), shop.shard(), shop.extra(), shop.r#type(), shop.supervisor())
    };
    let _ = |mall: Mall| -> DbRef { mall.shop().clone().db() };
    let _ = (Mall::start, Mall::start_link, Mall::child_spec, |mall: Mall| mall.supervisor().clone());
}

use otp::{Name, actor::Starter, prelude::*};

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
    fn init() -> Self {
        Cache
    }
}

const CACHE: Name<Cache> = Name::new("cache");

fn main() {
    let _ = Starter::<Db>::new().name(CACHE).start(());
}

//! Names that meet those of the expansion, of parameters, or of each other.

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

fn url(args: &str, index: usize) -> String {
    format!("{args}{index}")
}

supervisor! {
    Shop<one_for_one>(args: String, slot: usize, db: String) {
        // A child may take the name of a parameter, for those after it.
        db: Db(db.clone(), *slot);
        builder: Cache(db);
        clients: [Db(url(args, index), *slot) for index in 0..*slot];
        // A loop variable hides a sibling.
        index: [Cache(db) for db in clients];
        // So does what a dynamic child is started with; what it is taken apart into may be called as anything of ours.
        given: dynamic<Db>(format!("{args}{db}"), slot) for (args, slot, db): (String, usize, u8);
        starts: dynamic<Db>(given, *slot) for given: String { max_children: *slot };
        last: supervisor<one_for_one> {
            db: Cache(db);
            args: Db(String::from("x"), index.len());
            // Only mentioned in a string.
            inner: Db(format!("{slot}"), 0);
        };
    }
}

// The tokens of a tree may come from more than one place.
macro_rules! tree {
    ($name:ident, $child:ident, $actor:ty, $given:ident: $ty:ty, $($argument:expr),*) => {
        supervisor! {
            $name<one_for_one>(shards: usize) {
                $child: $actor($($argument,)* *shards);
                second: Cache($child);
                third: Cache($child);
                fourth: dynamic<$actor>($given, *shards) for $given: $ty { restart: temporary };
            }
        }
    };
}
tree!(Made, first, Db, url: String, String::new());

fn main() {
    // In a function, too.
    supervisor! {
        Local<one_for_one> {
            db: Db(String::new(), 1);
            cache: Cache(db);
        }
    }
    let _ = |shop: Shop, made: Made, local: Local| (shop.last().db(), made.third(), local.cache());
}

//! An expansion is clean where the user is strict, though nothing of it is used.

#![deny(unused, unused_lifetimes, unused_qualifications, single_use_lifetimes, unreachable_pub, missing_docs)]
#![deny(missing_debug_implementations)]
#![forbid(unsafe_code)]

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

mod strict {
    #![no_implicit_prelude]
    #![forbid(dead_code, unused_variables, unused_mut, unused_must_use)]

    use super::{Cache, Db};

    ::otp::supervisor! {
        Private<one_for_one>(shards: usize, names: ::std::vec::Vec<&'static str>) {
            db: Db(::std::string::String::new(), *shards);
            cache: Cache(db);
            back: supervisor<one_for_one> {
                worker: [Cache(db) for _ in ::std::clone::Clone::clone(names)];
            };
            all: dynamic<Cache>;
            some: dynamic<Cache>(db) for ();
            named: dynamic<Db>(name, *shards) for name: ::std::string::String { max_children: *shards };
        }
    }

    ::otp::supervisor! {
        pub(super) Shared<one_for_one> {
            private: Private(1, ::std::vec::Vec::new());
        }
    }
}

fn main() {
    let _ = strict::Shared::start_link;
}

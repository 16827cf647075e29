use otp::prelude::*;

struct Db;

supervisor! {
    Shop<one_for_one> {
        db: Db();
    }
}

fn main() {}

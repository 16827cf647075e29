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
    Shop<one_for_one>(name: &str, rest: Vec<&'static str>) {
        db: Db();
    }
}

fn main() {
    let _ = Shop::start("shop", vec!["a"]);
}

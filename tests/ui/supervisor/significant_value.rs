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
    Shop<one_for_one> {
        auto_shutdown: any_significant;
        db: Db() { significant: yes, restart: transient };
    }
}

fn main() {}

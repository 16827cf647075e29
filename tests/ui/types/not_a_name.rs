use otp::{actor::Starter, prelude::*};

struct Db;
#[actor]
impl Db {
    #[init]
    fn init() -> Self {
        Db
    }
}

fn main() {
    let _ = Starter::<Db>::new().name(42).start(());
    let _ = Db::child_spec().name(("my", "pair"));
}

use otp::prelude::*;

struct Db;

#[actor]
impl Db {
    #[init]
    fn init() -> Self {
        Db
    }
}

fn main() {
    let tree = Supervisor::new(Strategy::OneForOne).start().unwrap();
    let _ = tree.start_child(Db::child_spec());
    let _ = tree.start_child("db", Db);
    let _ = tree.start_child("db", Db::child_spec().restart("always"));
    let _ = tree.start_child("db", Db::child_spec().shutdown(-1));
}

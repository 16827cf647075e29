use otp::prelude::*;

struct Session;
#[actor]
impl Session {
    #[init]
    fn init(_user: String, _age: u32) -> Self {
        Session
    }
}

supervisor! {
    Shop<one_for_one> {
        sessions: dynamic<Session>(user, age) for (user, age): (String, u32);
        others: dynamic<Session>(String::new(), 7) for ();
    }
}

fn main() {
    let shop = Shop::start().unwrap();
    let _ = shop.sessions().start_child("joe".to_owned());
    let _ = shop.others().start_child("joe".to_owned());
}

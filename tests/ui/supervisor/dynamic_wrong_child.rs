use otp::prelude::*;

struct Session;
#[actor]
impl Session {
    #[init]
    fn init(_user: String) -> Self {
        Session
    }
}

supervisor! {
    Shop<one_for_one> {
        sessions: dynamic<Session>;
    }
}

fn main() {
    let shop = Shop::start().unwrap();
    let _ = shop.sessions().start_child((1,));
    let _ = shop.sessions().restart_child("joe");
}

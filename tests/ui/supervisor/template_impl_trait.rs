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
        sessions: dynamic<Session>(user.into(), 7) for user: impl Into<String>;
    }
}

fn main() {
    let shop = Shop::start().unwrap();
    let _ = shop.sessions();
}

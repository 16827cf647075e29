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
        sessions: dynamic<Session>(user.to_owned(), 7) for user: &str;
    }
}

fn main() {
    let shop = Shop::start().unwrap();
    let _ = shop.sessions();
}

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
        sessions: dynamic<Session>(user, 7) for user: { restart: temporary };
        others: dynamic<Session>(user, 7) for user: 7;
    }
}

fn main() {}

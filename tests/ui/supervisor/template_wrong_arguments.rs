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
        sessions: dynamic<Session>(user) for user: String;
        others: dynamic<Session>(user, 7) for user: u32;
    }
}

fn main() {}

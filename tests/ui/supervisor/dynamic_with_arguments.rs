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
        sessions: dynamic<Session>("joe".to_owned()) { restart: temporary };
    }
}

fn main() {}

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
        auto_shutdown: any_significant;
        sessions: dynamic<Session> { restart: temporary, significant };
    }
}

fn main() {}

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
        sessions: dynamic<Session> { max_childs: 3 };
        others: dynamic<Session> { queue: 3 };
    }
}

fn main() {}

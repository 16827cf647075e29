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
        sessions: dynamic<Session> { shutdown: -1s };
        others: dynamic<Session> { intensity: 3 };
        more: dynamic<Session> { max_children };
        last: dynamic<Session> { max_children: 1, max_children: 2 };
    }
}

fn main() {}

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
        sessions: dynamic { restart: temporary };
        others: dynamic;
        more: dynamic<>;
        last: Session(String::new());
    }
}

fn main() {}

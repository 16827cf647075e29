use otp::prelude::*;

/// Neither is it `Clone`, nor are its children temporary: a restart has nothing to start them with.
struct User;

struct Session;
#[actor]
impl Session {
    #[init]
    fn init(_user: User) -> Self {
        Session
    }
}

supervisor! {
    Shop<one_for_one> {
        sessions: dynamic<Session>;
    }
}

fn main() {}

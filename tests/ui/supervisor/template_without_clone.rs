use otp::prelude::*;

/// Neither is it `Clone`, nor are the children temporary: a restart has nothing to make arguments of.
struct User(String);

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
        sessions: dynamic<Session>(user.0, 7) for user: User;
    }
}

fn main() {}

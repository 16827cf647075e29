use otp::prelude::*;

/// It is no `Clone`, and the tree takes back that those who are started with it are temporary.
struct User;

struct Session;
#[actor(restart = temporary)]
impl Session {
    #[init]
    fn init(_user: User) -> Self {
        Session
    }
}

supervisor! {
    Shop<one_for_one> {
        sessions: dynamic<Session> { restart: permanent };
    }
}

fn main() {}

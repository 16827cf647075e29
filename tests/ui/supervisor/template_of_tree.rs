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
        inner: supervisor<one_for_one> { session: Session(user, 7); } for user: String;
    }
}

fn main() {}

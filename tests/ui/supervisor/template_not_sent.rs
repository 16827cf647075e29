use otp::prelude::*;

use std::rc::Rc;


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
        sessions: dynamic<Session>(user.to_string(), 7) for user: Rc<str>;
    }
}

fn main() {}

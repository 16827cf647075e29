use otp::prelude::*;

struct Session;

supervisor! {
    Shop<one_for_one> {
        sessions: dynamic<Session>(user) for user: String;
    }
}

fn main() {}

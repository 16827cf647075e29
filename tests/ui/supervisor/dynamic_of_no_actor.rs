use otp::prelude::*;

struct Session;

supervisor! {
    Shop<one_for_one> {
        sessions: dynamic<Session>;
    }
}

fn main() {}

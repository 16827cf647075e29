use otp::{Name, prelude::*};

struct Counter;
struct Other;

const OTHER: Name<Other> = Name::new("other");

#[actor(name = OTHER)]
impl Counter {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {}

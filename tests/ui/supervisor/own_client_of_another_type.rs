//! A child takes any supervisor, and is given the client of its tree.

use otp::prelude::*;

struct Front;

#[actor]
impl Front {
    #[init]
    fn init(_shop: SupervisorRef) -> Self {
        Self
    }
}

supervisor! {
    Shop<one_for_one>() {
        front: Front(supervisor);
    }
}

fn main() {}

use otp::prelude::*;

use std::rc::Rc;

struct Config {
    path: Rc<str>,
}

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init(config: Config) -> Self {
        let _ = config.path;
        Self
    }
}

fn main() {}

use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init(path: &std::path::Path) -> Self {
        let _ = path;
        Self
    }
}

fn main() {}

use otp::prelude::*;

struct Cache;
#[actor]
impl Cache {
    #[init]
    fn init(_port: u16) -> Self {
        Cache
    }
}

supervisor! {
    Shop<one_for_one>(port: u16) {
        cache: Cache(port);
        other: Cache();
    }
}

fn main() {}

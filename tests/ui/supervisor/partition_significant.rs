use otp::prelude::*;

struct Shard;
#[actor]
impl Shard {
    #[init]
    fn init(_number: usize) -> Self {
        Shard
    }
}

supervisor! {
    Shop<one_for_one> {
        auto_shutdown: any_significant;
        shards: partition<Shard>(1) { restart: transient, significant };
    }
}

fn main() {}

use otp::prelude::*;

struct Shard;
#[actor]
impl Shard {
    #[init]
    fn init() -> Self {
        Shard
    }
}

supervisor! {
    Shop<one_for_one> {
        shards: partition<Shard>() { partitions: 0 };
    }
}

fn main() {}

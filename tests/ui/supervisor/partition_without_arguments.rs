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
        shards: partition<Shard> { partitions: 2 };
        others: partition<Shard>;
    }
}

fn main() {}

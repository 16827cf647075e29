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
        shards: partition(1) { partitions: 2 };
        others: partition;
        more: partition<>(1);
        last: Shard(1);
    }
}

fn main() {}

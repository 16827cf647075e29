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
        shards: partition<Shard>(1) { strategy: all_for_one };
        others: partition<Shard>(1) { partitions };
        more: partition<Shard>(i) for i in 0..3 { partitions: 3 };
        last: partition<Shard>(1) { partitions: 1, partitions: 2 };
    }
}

fn main() {}

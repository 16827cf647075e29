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
        shards: partition<Shard>(count);
        others: partition<Shard>(count) for count;
        more: partition<Shard>(1) { partitions: count };
        count: Shard(1);
    }
}

fn main() {}

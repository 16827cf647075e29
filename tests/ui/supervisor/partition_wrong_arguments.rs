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
        shards: partition<Shard>("one");
        others: partition<Shard>(i, 2) for i;
    }
}

fn main() {}

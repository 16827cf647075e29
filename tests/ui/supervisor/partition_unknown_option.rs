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
        shards: partition<Shard>(1) { partition: 3 };
        others: partition<Shard>(1) { max_children: 3 };
    }
}

fn main() {}

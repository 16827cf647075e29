use otp::prelude::*;

struct Shard;

supervisor! {
    Shop<one_for_one> {
        shards: partition<Shard>(i) for i { partitions: 2, strategy: one_for_all, name: "shards" };
    }
}

fn main() {}

use otp::{supervisor::PartitionSupervisor, prelude::*};

struct Shard;
#[actor]
impl Shard {
    #[init]
    fn init(_number: usize) -> Self {
        Shard
    }
}

/// It has no `Hash`.
struct Key;

fn main() {
    // What makes a child spec is given the number of the partition, and nothing else.
    let _ = PartitionSupervisor::new(|number: usize, _: u32| Shard::child_spec(number));
    // There is none without it.
    let _ = PartitionSupervisor::<Shard>::new();
    // A partition supervisor is never shut down by the end of a child.
    let _ = PartitionSupervisor::new(Shard::child_spec).auto_shutdown(otp::supervisor::AutoShutdown::AnySignificant);
    // A number of partitions is not negative.
    let _ = PartitionSupervisor::new(Shard::child_spec).partitions(-1);
    let shards = PartitionSupervisor::new(Shard::child_spec).start().unwrap();
    let _ = shards.route(&Key);
    let _ = shards.resize(-1);
}

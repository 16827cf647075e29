//! 9 Partition supervisors.

use otp::{
    prelude::*,
    supervisor::{ChildError, PartitionSupervisor},
};

use super::Server;

#[otp::test(seeds = 20)]
fn s9_a_key_has_its_partition_and_a_resize_gives_the_number_before(_: &mut Sim) {
    let shards =
        PartitionSupervisor::new(|_| Server::child_spec(process::current().subject())).partitions(4).start()?;
    let pid = shards.route(&17).who()?;
    assert_eq!((shards.route(&17).who(), shards.partitions()), (Ok(pid), Ok(4)));
    assert_eq!((shards.resize(2), shards.partitions(), shards.resize(4)), (Ok(4), Ok(2), Ok(2)));
    assert_eq!(shards.resize(5), Err(ChildError::TooManyPartitions(4)), "no more than there were at first");
    let numbers: Vec<_> = shards.which_children()?.iter().filter_map(|child| child.id.index()).collect();
    assert_eq!(numbers.len(), 4);
    assert_eq!(shards.count_children()?.active, 4);
}

//! Our own columns: the workloads of `bench/workloads`, written as a user of otp would write them.
//!
//! One file for each family of workloads. The timed loops run inside a process (`inside.rs`), unless a workload says
//! otherwise; what is set up around them is not timed.

mod call;
mod cast;
mod counter;
mod flooded;
mod hostage;
mod idle;
mod inside;
mod parked;
mod registry;
mod restart;
mod ring;
mod skynet;
mod spawn;
mod task;
mod topic;

use bench::Workload;

const WORKLOADS: &[Workload] = &[
    ("call_actor", call::actor),
    ("call_blocking", call::blocking),
    ("call_blocking_1000", call::blocking_1000),
    ("call_outside", call::outside),
    ("parked_10000", parked::ten_thousand),
    ("parked_100000", parked::hundred_thousand),
    ("parked_million", parked::million),
    ("cast", cast::run),
    ("ring", ring::one_token),
    ("ring_100", ring::hundred_tokens),
    ("spawn_seq", spawn::seq),
    ("spawn_bulk", spawn::bulk),
    ("idle", idle::run),
    ("restart", restart::by_panic),
    ("restart_error", restart::by_error),
    ("task", task::one),
    ("task_stream", task::stream),
    ("skynet", skynet::waiting),
    ("skynet_async", skynet::awaiting),
    ("hostage", hostage::run),
    ("flooded", flooded::run),
    ("registry", registry::run),
    ("topic", topic::run),
];

fn main() {
    bench::main(WORKLOADS);
}

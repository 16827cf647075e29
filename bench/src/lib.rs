//! What all programs of the benchmark share: how a workload is chosen, warmed up, timed and reported.
//!
//! A program is a table of workloads. `program NAME` runs one of them in a fresh process, so that none inherits the
//! memory or the threads of another, and prints lines of the form `metric value unit`. `bench/run` starts the programs
//! in turns, takes medians and draws the table. This file knows nothing of actors, nor of what is measured.

use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

/// A name and the function that measures it and reports.
pub type Workload = (&'static str, fn());

/// Runs the workload that the command line names.
///
/// Without a name it lists them. A name that this program lacks prints nothing: the table then shows a dash.
pub fn main(workloads: &[Workload]) {
    match std::env::args().nth(1) {
        None => workloads.iter().for_each(|(name, _)| println!("{name}")),
        Some(wanted) => workloads.iter().filter(|(name, _)| *name == wanted).for_each(|(_, run)| run()),
    }
}

/// Nanoseconds per operation of a `body` that does as many operations as it is told.
///
/// A tenth of `n` goes first, untimed, as warm-up.
pub fn per_op(n: u64, mut body: impl FnMut(u64)) -> f64 {
    body(n / 10);
    let start = Instant::now();
    body(n);
    start.elapsed().as_nanos() as f64 / n as f64
}

/// How many leaves the tree of `skynet` has: ten below each process, six levels.
const LEAVES: u64 = 1_000_000;

/// Nanoseconds per process of a tree that `grow` makes with so many leaves, ten below each process.
///
/// `grow` returns the sum of the numbers of all leaves, from 0 on. A tenth of the tree goes first, as warm-up.
pub fn skynet(mut grow: impl FnMut(u64) -> u64) -> f64 {
    let per_leaf = per_op(LEAVES, |leaves| assert_eq!(grow(leaves), leaves * (leaves - 1) / 2));
    // Leaves, their parents, and so on up to the root: 11..1 in decimal digits.
    let processes = (LEAVES * 10 - 1) / 9;
    per_leaf * LEAVES as f64 / processes as f64
}

/// Ends this program: `bench/run` then says so and leaves the row out.
pub fn fail(why: impl fmt::Display) -> ! {
    eprintln!("{why}");
    std::process::exit(1);
}

/// Prints one result for `bench/run` to collect.
pub fn report(metric: &str, value: impl Into<f64>, unit: impl fmt::Display) {
    println!("{metric} {:.1} {unit}", value.into());
}

/// Prints a time as [`report`] does, in milliseconds.
pub fn report_ms(metric: &str, time: Duration) {
    report(metric, time.as_secs_f64() * 1e3, "ms");
}

/// Bytes of memory that this program has resident now.
pub fn resident() -> f64 {
    status("VmRSS:") * 1024.0
}

/// How many threads this program has now.
pub fn threads() -> f64 {
    status("Threads:")
}

/// A number from the kernel's account of this program.
fn status(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("the benchmarks read /proc, so they want Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the kernel names this field");
    let number = line.split_whitespace().next().expect("a field has a value");
    number.parse().expect("the value is a number")
}

//! Tasks: one after another, and a stream of small items.

use bench::{per_op, report};
use otp::task::{self, Task};

use crate::inside;

/// Start, await.
pub(crate) fn one() {
    let ns = per_op(200_000, |n| {
        inside::waiting(move || {
            for i in 0..n {
                assert_eq!(Task::spawn(move || i).wait(), Ok(i));
            }
        });
    });
    report("task", ns, "ns");
}

/// As many small items as there are operations, of which as many run at once as there are cores.
pub(crate) fn stream() {
    let ns = per_op(100_000, |n| {
        inside::waiting(move || {
            let sum: u64 = task::stream(0..n, |item| item).map(|result| result.expect("it does not fail")).sum();
            assert_eq!(sum, n * (n - 1) / 2);
        });
    });
    report("task_stream", ns, "ns");
}

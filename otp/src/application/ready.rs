//! Whether the applications of a node are ready to serve.

use super::{
    is_draining,
    table::{AppStatus, table},
};
use crate::{
    cell::current,
    supervisor::{Readiness, Unready},
};

/// Whether all applications of the node are ready to serve: none is being started or [drains](super::on_drain), and no
/// child in their trees is to be started again. See [`SupervisorRef::readiness`](crate::SupervisorRef::readiness).
///
/// ```
/// use otp::prelude::*;
///
/// Sim::run(1, |_| assert!(otp::application::readiness().is_ready()));
/// ```
#[must_use]
pub fn readiness() -> Readiness {
    let interrupted = |_| Readiness { waiting: vec![Unready::new("", "the caller is ending and cannot wait")] };
    current::block_on(readiness_async()).unwrap_or_else(interrupted)
}

/// As [`readiness`], to be awaited on any executor.
///
/// # Cancel safety
/// It changes nothing.
pub async fn readiness_async() -> Readiness {
    let (starting, running): (Vec<_>, Vec<_>) = {
        let table = table();
        let state = table.state();
        let names = |wanted: fn(&AppStatus) -> bool| {
            state.apps.iter().filter(move |(_, loaded)| wanted(&loaded.status)).map(|(name, _)| *name)
        };
        (names(|status| matches!(status, AppStatus::Starting(_))).collect(), state.order.clone())
    };
    let mut readiness = Readiness::default();
    readiness.waiting.extend(starting.into_iter().map(|name| Unready::new(name, "being started")));
    if is_draining() {
        readiness.waiting.push(Unready::new("applications", "draining"));
    }
    for name in running {
        if let Some(supervisor) = table().running(name).and_then(|running| running.supervisor) {
            readiness.add(name, supervisor.readiness_async().await);
        }
    }
    readiness
}

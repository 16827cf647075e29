//! A process that waits for nothing but time.

use std::time::Duration;

use crate::cell::{
    current::{self, Interrupted},
    wake_up::until,
};

/// Waits for so long; never less. A [`Duration::MAX`] is never over.
///
/// The process does not handle messages meanwhile; an exit signal ends the wait. `Process.sleep`, `timer:sleep/1`.
///
/// ```
/// use otp::prelude::*;
///
/// Sim::run(1, |t| {
///     otp::sleep(Duration::from_secs(60));
///     assert_eq!(t.now(), Duration::from_secs(60));
/// });
/// ```
///
/// # Panics
/// When the system has no further stack to wait on, or an adopted thread that does not trap exits receives an exit.
pub fn sleep(duration: Duration) {
    let at = current::with(|me| me.header().deadline(Some(duration)));
    match current::block_on(until(at)) {
        Ok(()) | Err(Interrupted::Exiting) => {}
        Err(Interrupted::Resources) => panic!("the system has no further stack to wait on"),
    }
}

/// As [`sleep`](fn@sleep), to be awaited; on any executor.
///
/// ```
/// use otp::{prelude::*, process};
///
/// Sim::run(1, |t| {
///     let (_, monitor) = process::spawn_monitor_async(|_| otp::sleep_async(Duration::from_secs(60)));
///     process::current().receive_down(monitor, None);
///     assert_eq!(t.now(), Duration::from_secs(60));
/// });
/// ```
///
/// # Cancel safety
/// Cancel safe: dropped, it leaves nothing behind.
pub async fn sleep_async(duration: Duration) {
    let at = current::with(|me| me.header().deadline(Some(duration)));
    until(at).await;
}

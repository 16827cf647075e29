//! Asking a server to terminate: `gen_server:stop/3`.

use std::{future::Future, time::Duration};

use super::{
    CallError, Reply, ToPid,
    requested::{self, Requested},
};
use crate::cell::{AnyProcess, ExitReason, FailedCall, IntoReason, current, signal::Signal};

/// Asks a server or a supervisor to terminate with a reason, and waits until it has, at most for `limit` (`None`: for
/// as long as it takes). `gen_server:stop/3`, `proc_lib:stop/3`.
///
/// It terminates after the messages that it received before, also when the caller waits no longer. A plain process does
/// not know the request, and the time passes: it is ended by [`exit`](crate::process::exit).
///
/// ```
/// # use otp::prelude::*;
/// # struct Door;
/// # #[actor] impl Door { #[init] fn init() -> Self { Door } #[handle_cast] pub fn close(&mut self) {} }
/// let door = Door::start()?;
/// otp::stop(&door, ExitReason::Shutdown, Duration::from_secs(5))?;
/// assert!(!door.is_alive());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CallError::NoProc`] when it is gone, [`CallError::Exited`] when it ended for another reason,
/// [`CallError::Timeout`] when it takes too long, [`CallError::CallingSelf`] for a process that would stop itself: its
/// handlers say [`ctx.stop`](crate::Context::stop).
pub fn stop<Kind>(
    target: &(impl ToPid<Kind> + ?Sized),
    reason: impl IntoReason,
    limit: impl Into<Option<Duration>>,
) -> Result<(), CallError> {
    stop_process(process_of(target), reason.into_reason(), limit.into())
}

/// As [`stop`], to be awaited on any executor.
///
/// ```
/// # use otp::prelude::*;
/// # struct Door;
/// # #[actor] impl Door { #[init] fn init() -> Self { Door } #[handle_cast] pub fn close(&mut self) {} }
/// let door = Door::start()?;
/// let closed = otp::stop_async(&door, ExitReason::Shutdown, Duration::from_secs(5));
/// let (_, waits) = process::spawn_monitor_async(|_| closed);
/// assert!(process::current().receive_down(waits, None).unwrap().reason.is_clean());
/// assert!(!door.is_alive());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As for [`stop`].
///
/// # Cancel safety
/// The process was asked when the function was called; dropped or not, it terminates.
pub fn stop_async<Kind>(
    target: &(impl ToPid<Kind> + ?Sized),
    reason: impl IntoReason,
    limit: impl Into<Option<Duration>>,
) -> Requested<(), CallError> {
    Requested::new(stopping(process_of(target), reason.into_reason(), limit.into()))
}

fn process_of<Kind>(target: &(impl ToPid<Kind> + ?Sized)) -> Option<AnyProcess> {
    target.to_pid().and_then(|pid| current::with(|me| me.header().node.find(pid)))
}

pub(crate) fn stop_process(
    process: Option<impl Into<AnyProcess>>,
    reason: ExitReason,
    limit: Option<Duration>,
) -> Result<(), CallError> {
    requested::wait(stopping(process.map(Into::into), reason, limit))
}

/// As [`stop_process`], to be awaited on any executor: the request is sent at once.
pub(crate) fn stopping(
    process: Option<AnyProcess>,
    reason: ExitReason,
    limit: Option<Duration>,
) -> impl Future<Output = Result<(), CallError>> + Send {
    let asked = process.ok_or(CallError::NoProc).and_then(|process| {
        if current::try_with(|me| me.pid()) == Some(process.pid()) {
            FailedCall::of_process(process.header(), "stop", limit).keep(&CallError::CallingSelf);
            return Err(CallError::CallingSelf);
        }
        // It ends with the process, whatever becomes of whoever asked.
        let (kept, mut end) = Reply::<()>::of_process(process.clone(), "stop");
        process.signal(Signal::Terminate(reason.clone())).map_err(|_| CallError::NoProc)?;
        end.set_limit(limit);
        Ok((kept, end))
    });
    async move {
        let (_kept, end) = asked?;
        match end.await {
            Err(CallError::Exited(ended)) if ended != reason => Err(CallError::Exited(ended)),
            Ok(()) | Err(CallError::Exited(_)) => Ok(()),
            // It may not have begun to terminate, but it will.
            Err(CallError::Timeout { .. }) => Err(CallError::Timeout { started: true }),
            Err(error) => Err(error),
        }
    }
}

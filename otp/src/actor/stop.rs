//! Asking a server to terminate: `gen_server:stop/3`.

use std::time::Duration;

use super::{CallError, ToPid};
use crate::{
    cell::{AnyProcess, ExitReason, IntoReason, current},
    process::{self, me},
};

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
    let process = target.to_pid().and_then(|pid| current::with(|me| me.header().node.find(pid)));
    stop_process(process, reason.into_reason(), limit.into())
}

pub(super) fn stop_process(
    process: Option<impl Into<AnyProcess>>,
    reason: ExitReason,
    limit: Option<Duration>,
) -> Result<(), CallError> {
    let process = process.ok_or(CallError::NoProc)?.into();
    if process.pid() == process::self_pid() {
        return Err(CallError::CallingSelf);
    }
    let mark = me::mark();
    let monitor = current::with(|me| process::terminate(me, &process, reason.clone()));
    match me::try_receive_down(mark, monitor, limit) {
        Ok(Some(down)) if down.reason == reason => Ok(()),
        Ok(Some(down)) if down.reason == ExitReason::NoProc => Err(CallError::NoProc),
        Ok(Some(down)) => Err(CallError::Exited(down.reason)),
        Ok(None) => {
            process::demonitor_flush(monitor);
            // It may not have begun to terminate, but it will.
            Err(CallError::Timeout { started: true })
        }
        Err(interrupted) => Err(interrupted.into()),
    }
}

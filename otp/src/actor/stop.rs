//! Asking a server to terminate: `gen_server:stop/3`.

use std::{future::Future, time::Duration};

use super::{CallError, Reply, ToPid};
use crate::{
    cell::{AnyProcess, ExitReason, IntoReason, current, signal::Signal},
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

pub(crate) fn stop_process(
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

/// As [`stop_process`], to be awaited on any executor: the request is sent at once.
pub(crate) fn stopping(
    process: Option<AnyProcess>,
    reason: ExitReason,
    limit: Option<Duration>,
) -> impl Future<Output = Result<(), CallError>> + Send {
    let asked = process.ok_or(CallError::NoProc).and_then(|process| {
        if current::try_with(|me| me.pid()) == Some(process.pid()) {
            return Err(CallError::CallingSelf);
        }
        // It ends with the process, whatever becomes of whoever asked.
        let (kept, mut end) = Reply::<()>::of_process(process.clone());
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

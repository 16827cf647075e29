//! Asking a server to terminate: `gen_server:stop/3`.

use std::time::Duration;

use super::CallError;
use crate::{
    cell::{AnyProcess, ExitReason, current},
    process::{self, me},
};

pub(super) fn stop(
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

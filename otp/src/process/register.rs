//! The names of the current node: giving, freeing and looking up.

use crate::cell::{Pid, RegisterError, UnregisterError, current};

/// Registers a process under a name, which is free again when the process has ended, before links and monitors are
/// told. A process has at most one. `erlang:register/2`.
///
/// ```
/// use otp::{process, name::RegisterError};
///
/// process::register("main", otp::self_pid())?;
/// assert_eq!(process::whereis("main"), Some(otp::self_pid()));
/// let other = process::spawn(|_| otp::timer::sleep_forever());
/// assert_eq!(process::register("main", other), Err(RegisterError::Taken(otp::self_pid())));
/// # Ok::<(), RegisterError>(())
/// ```
///
/// # Errors
/// When the name is taken, by the process itself too; when the process has a name already, has ended, or is another
/// node's.
pub fn register(name: &str, pid: Pid) -> Result<(), RegisterError> {
    current::with(|me| {
        let node = &me.header().node;
        if pid.node != node.number {
            return Err(RegisterError::OtherNode);
        }
        let process = node.table.get(pid).filter(|_| !me.header().life.is_lost()).ok_or(RegisterError::NoProc)?;
        node.names.register(name, &process)
    })
}

/// Frees a name. `erlang:unregister/1`.
///
/// ```
/// use otp::{process, name::UnregisterError};
///
/// process::register("main", otp::self_pid())?;
/// assert_eq!(process::unregister("main"), Ok(()));
/// assert_eq!(process::unregister("main"), Err(UnregisterError));
/// # Ok::<(), otp::name::RegisterError>(())
/// ```
///
/// # Errors
/// When it is nobody's.
pub fn unregister(name: &str) -> Result<(), UnregisterError> {
    current::with(|me| me.header().node.names.unregister(name))
}

/// Who has a name of the current node; `None` when it is nobody's, or its process has ended. `erlang:whereis/1`.
///
/// ```
/// use otp::process;
///
/// assert_eq!(process::whereis("main"), None);
/// process::register("main", otp::self_pid())?;
/// assert_eq!(process::whereis("main"), Some(otp::self_pid()));
/// # Ok::<(), otp::name::RegisterError>(())
/// ```
#[must_use]
pub fn whereis(name: &str) -> Option<Pid> {
    current::with(|me| me.header().node.names.get(name).map(|process| process.pid()))
}

/// All names of the current node. `erlang:registered/0`.
///
/// ```
/// use otp::process;
///
/// process::register("main", otp::self_pid())?;
/// assert_eq!(process::registered(), ["main"]);
/// # Ok::<(), otp::name::RegisterError>(())
/// ```
#[must_use]
pub fn registered() -> Vec<String> {
    current::with(|me| me.header().node.names.all().iter().map(|name| name.to_string()).collect())
}

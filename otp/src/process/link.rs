//! Links, as the current process uses them.

use crate::cell::{Pid, current, signal::Signal};

/// Links the current process and `other`: when one ends, the other receives its exit signal.
///
/// There is at most one link between two processes; linking again, or to oneself, changes nothing. When `other` is gone
/// the caller receives an exit signal with the reason `NoProc`, as a message if it traps exits. `erlang:link/1`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let pid = process::spawn(|me| {
///     me.receive_exit(None);
/// });
/// process::link(pid);
/// otp::process::exit(pid, ExitReason::Shutdown);
/// let exit = process::current().receive_exit(None).unwrap();       // this thread traps exits
/// assert_eq!((exit.from, exit.reason), (pid, ExitReason::Shutdown));
/// ```
pub fn link(other: Pid) {
    current::with(|me| {
        let (header, own) = (me.header(), me.pid());
        if other != own && header.relate(|relations| relations.links.link(other)) == Some(true) {
            header.node.signal(other, Signal::Link { from: own });
        }
    });
}

/// Ends the link between the current process and `other`, if there is one.
///
/// When it returns, no exit signal of that link will be delivered any more; a trapped one that was delivered before
/// stays in the mailbox. `erlang:unlink/1`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let pid = process::spawn_link(|me| {
///     me.receive_exit(None);
/// });
/// process::unlink(pid);
/// otp::process::exit(pid, ExitReason::Shutdown);
/// assert!(!otp::process::is_alive(pid));
/// assert_eq!(process::current().receive_exit(Duration::ZERO), None);
/// ```
pub fn unlink(other: Pid) {
    current::with(|me| {
        let (header, own) = (me.header(), me.pid());
        me.process().take_arrivals(me);
        if let Some(number) = header.relate(|relations| relations.links.unlink(other)).flatten() {
            header.node.signal(other, Signal::Unlink { from: own, number });
        }
    });
}

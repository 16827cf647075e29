//! What names a process, for whatever takes any of them.

use std::time::Duration;

use super::{Actor, Addressed, CALL_TIMEOUT, Client, ClientExt, Name, Slot};
use crate::{cell::Pid, process};

/// Something that names a process: a pid, a client, a place in a tree, a name.
///
/// `Kind` only keeps the implementations apart.
pub trait HasPid<Kind> {
    /// The process that it names now.
    fn pid_now(&self) -> Option<Pid>;

    /// How long a request to it waits.
    #[doc(hidden)]
    fn time_limit(&self) -> Option<Duration> {
        Some(CALL_TIMEOUT)
    }

    /// The place in a tree that it names, if it is one.
    #[doc(hidden)]
    fn place(&self) -> Option<Slot> {
        None
    }
}

impl HasPid<Pid> for Pid {
    fn pid_now(&self) -> Option<Pid> {
        Some(*self)
    }
}

impl<A: Actor, C: Client<A, Mode: Addressed>> HasPid<(A,)> for C {
    fn pid_now(&self) -> Option<Pid> {
        ClientExt::pid(self)
    }

    fn time_limit(&self) -> Option<Duration> {
        self.target().timeout()
    }

    fn place(&self) -> Option<Slot> {
        self.target().address.as_slot().cloned()
    }
}

impl HasPid<Slot> for Slot {
    fn pid_now(&self) -> Option<Pid> {
        self.pid()
    }

    fn place(&self) -> Option<Slot> {
        Some(self.clone())
    }
}

impl HasPid<String> for str {
    fn pid_now(&self) -> Option<Pid> {
        process::whereis(self)
    }
}

impl<A> HasPid<Name<A>> for Name<A> {
    fn pid_now(&self) -> Option<Pid> {
        self.whereis()
    }
}

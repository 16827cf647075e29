//! What names a process, for whatever takes any of them.

use std::time::Duration;

use super::{Actor, Addressed, CALL_TIMEOUT, Client, ClientExt, Name, Place};
use crate::{cell::Pid, process};

/// Something that names a process: a pid, a client, a place in a tree, a name.
///
/// You need not implement it. `Kind` only keeps the implementations apart.
pub trait ToPid<Kind> {
    /// The process that it names now.
    fn to_pid(&self) -> Option<Pid>;

    /// How long a request to it waits.
    #[doc(hidden)]
    fn time_limit(&self) -> Option<Duration> {
        Some(CALL_TIMEOUT)
    }

    /// The place in a tree that it names, if it is one.
    #[doc(hidden)]
    fn place(&self) -> Option<Place> {
        None
    }
}

impl ToPid<Pid> for Pid {
    fn to_pid(&self) -> Option<Pid> {
        Some(*self)
    }
}

impl<A: Actor, C: Client<A, Mode: Addressed>> ToPid<(A,)> for C {
    fn to_pid(&self) -> Option<Pid> {
        ClientExt::pid(self)
    }

    fn time_limit(&self) -> Option<Duration> {
        self.target().timeout()
    }

    fn place(&self) -> Option<Place> {
        self.target().address.as_place().cloned()
    }
}

impl ToPid<Place> for Place {
    fn to_pid(&self) -> Option<Pid> {
        self.pid()
    }

    fn place(&self) -> Option<Place> {
        Some(self.clone())
    }
}

impl ToPid<String> for str {
    fn to_pid(&self) -> Option<Pid> {
        process::whereis(self)
    }
}

impl<A> ToPid<Name<A>> for Name<A> {
    fn to_pid(&self) -> Option<Pid> {
        self.whereis()
    }
}

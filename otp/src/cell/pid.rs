//! The identity of a process.

use std::{fmt, num::NonZeroU32};

/// Identifies a process for ever: a pid is never given to another one.
///
/// It is plain data: holding it keeps nothing alive. Printed as Erlang prints it, `<node.number.serial>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid {
    pub(crate) node: u32,
    pub(crate) index: u32,
    /// Never 0, so that an `Option` of a pid takes no more room.
    pub(crate) serial: NonZeroU32,
}

impl Pid {
    /// Number and serial in one word; never 0, since serials begin at 1.
    pub(crate) fn token(self) -> u64 {
        u64::from(self.index) << 32 | u64::from(self.serial.get())
    }

    /// The pid that no process has.
    pub(crate) fn nobody(node: u32) -> Self {
        Self { node, index: u32::MAX, serial: NonZeroU32::MAX }
    }

    pub(crate) fn from_token(node: u32, token: u64) -> Option<Self> {
        Some(Self { node, index: (token >> 32) as u32, serial: NonZeroU32::new(token as u32)? })
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}.{}.{}>", self.node, self.index, self.serial)
    }
}

impl fmt::Debug for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Identifies one monitor; given by [`monitor`](crate::process::monitor), carried by its [`Down`](crate::Down).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonitorRef {
    pub(crate) watcher: Pid,
    /// In two halves, the upper one first: a `Down` has to be small, and a `u64` would be padded.
    number: [u32; 2],
}

impl MonitorRef {
    pub(crate) fn new(watcher: Pid, number: u64) -> Self {
        Self { watcher, number: [(number >> 32) as u32, number as u32] }
    }
}

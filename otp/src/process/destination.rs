//! Whom something is for.

use crate::cell::{Pid, RegName};

/// Whom something is for: a process, or whoever has a name when it gets there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// This process.
    Pid(Pid),
    /// Whoever has this name then.
    Name(RegName),
}

impl Destination {
    /// The process that it stands for now, as the current process sees it.
    ///
    /// ```
    /// use otp::name::Destination;
    ///
    /// assert_eq!(Destination::from(otp::self_pid()).whereis(), Some(otp::self_pid()));
    /// assert_eq!(Destination::from("nobody").whereis(), None);
    /// ```
    #[must_use]
    pub fn whereis(&self) -> Option<Pid> {
        match self {
            Self::Pid(pid) => Some(*pid),
            Self::Name(name) => name.whereis(),
        }
    }
}

impl From<Pid> for Destination {
    fn from(pid: Pid) -> Self {
        Self::Pid(pid)
    }
}

impl<N: Into<RegName>> From<N> for Destination {
    fn from(name: N) -> Self {
        Self::Name(name.into())
    }
}

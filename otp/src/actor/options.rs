//! What an actor says about itself for the child specs made of it.

use std::time::Duration;

use crate::cell::{Mailbox, birth::Carrier};

/// When a supervisor starts a child again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Restart {
    /// Always.
    Permanent,
    /// Unless it ended with a clean reason.
    Transient,
    /// Never; its spec is forgotten when it ends.
    Temporary,
}

/// How a supervisor ends a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// It is asked, and killed if it has not ended after so long.
    After(Duration),
    /// It is asked, and waited for as long as it takes.
    Infinity,
    /// It is killed.
    BrutalKill,
}

/// Defaults of an actor's child spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "options are values; each method returns changed ones"]
pub struct Options {
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) name: Option<&'static str>,
    pub(crate) mailbox: Mailbox,
    pub(crate) carrier: Carrier,
}

impl Options {
    /// Permanent, five seconds to shut down, no name, an unbounded mailbox, on the cores of its node.
    pub const DEFAULT: Self = Self {
        restart: Restart::Permanent,
        shutdown: Shutdown::After(Duration::from_secs(5)),
        name: None,
        mailbox: Mailbox::UNBOUNDED,
        carrier: Carrier::Cores,
    };

    /// When it is started again.
    pub const fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How it is ended.
    pub const fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// The name that it registers before its `init`.
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// How many messages may wait for it.
    pub const fn mailbox(mut self, mailbox: Mailbox) -> Self {
        self.mailbox = mailbox;
        self
    }

    /// It has a thread of its own for its whole life, as with `#[actor(thread)]`: all its code runs there, and nobody
    /// else's.
    pub const fn thread(mut self) -> Self {
        self.carrier = Carrier::OwnThread;
        self
    }
}

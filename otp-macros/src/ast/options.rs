//! The options that an actor and a child of a tree have in common.

use std::time::Duration;

/// When a supervisor starts a child again.
#[derive(Clone, Copy)]
pub(crate) enum Restart {
    Permanent,
    Transient,
    Temporary,
}

/// How a supervisor ends a child.
#[derive(Clone, Copy)]
pub(crate) enum Shutdown {
    After(Duration),
    Infinity,
    BrutalKill,
}

/// How many messages may wait for an actor.
#[derive(Clone, Copy)]
pub(crate) enum Mailbox {
    Unbounded,
    Bounded(usize, Policy),
}

/// What happens to a message for a mailbox that is full.
#[derive(Clone, Copy)]
pub(crate) enum Policy {
    Block,
    Reject,
    DropOldest,
    DropNewest,
    Stop,
}

//! Groups: processes, or typed subjects, that are found together by a key.
//!
//! A group is there as long as it has members, and a member leaves all groups when its process ends. Who is in a group
//! is read without asking anybody; what changes a group waits until the process that keeps it has done it.
//!
//! | | members | made for |
//! |---|---|---|
//! | [`Scope`] | pids, each as often as it has joined | finding them, hearing who comes and goes: Erlang's `pg` |
//! | [`Groups`] | subjects of one type, each once | sending to all of a group, or to who has an id: Gleam's `chip` |
//!
//! [`topic`](crate::topic) publishes and subscribes on the second kind. Keys are of a type of one's own choice: any
//! [`Group`].
//!
//! ```
//! use otp::{group::Groups, prelude::*};
//!
//! let rooms = Groups::<&str, String>::start()?;
//! let inbox = process::current().subject();
//! rooms.register("lobby", &inbox)?;
//! rooms.dispatch(&"lobby", |member| member.send("hello".into()));
//! assert_eq!(inbox.receive(None).as_deref(), Some("hello"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Keys
//!
//! A key's `Hash` and `Eq` run in those who bring it, its `Drop` in a process of its own unless it is of a plain type:
//! what goes wrong in them is nobody else's.

mod listed;
mod monitor;
mod roll;
mod roster;
mod scope;
mod table;
mod typed;

use std::{error::Error, fmt, hash::Hash};

pub use self::{
    monitor::{GroupChange, GroupEvent, GroupMonitor},
    scope::{Pids, Scope, ScopeRef},
    typed::{Groups, GroupsRef},
};
#[doc(hidden)]
pub use self::{scope::ScopeMessage, typed::GroupsMessage};
use crate::{
    actor::{Actor, CallError, Info},
    cell::{Pid, aside, failed_call},
    process::self_pid,
};

/// What a group can be called by. You need not implement it: all types that are fit have it.
pub trait Group: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static {}

impl<G: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static> Group for G {}

/// Why a group was not changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GroupError {
    /// It is no process of the scope's node. `{nolocal, Pid}`.
    NotLocal(Pid),
    /// It is in no such group. `not_joined`.
    NotJoined,
    /// The subject is nobody's: a null one, or that of a name or a place that nobody has now.
    NoOwner,
    /// What keeps the group did not answer.
    Call(CallError),
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLocal(pid) => write!(f, "{pid} is no process of the scope's node"),
            Self::NotJoined => f.write_str("it is in no such group"),
            Self::NoOwner => f.write_str("the subject is nobody's"),
            Self::Call(error) => write!(f, "the group was not changed: {error}"),
        }
    }
}

/// Its text says what is behind it.
impl Error for GroupError {}

impl From<CallError> for GroupError {
    fn from(error: CallError) -> Self {
        failed_call::wrap(error, Self::Call)
    }
}

/// Reports what is no message of a process that keeps groups. What it is nobody else is to suffer from.
fn unexpected<A: Actor>(info: Info) {
    info.log_unexpected::<A>();
    aside::drop_apart(self_pid(), info);
}

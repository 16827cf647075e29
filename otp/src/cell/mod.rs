//! What a process is: its cell in memory, its identity, what arrives for it, whom it is related to, who runs it, its
//! end.
//!
//! The floor above has what users call. A process's [`Cell`](typed::Cell) is generic over its messages; what does not
//! depend on them is in [`Header`](header::Header), and [`AnyProcess`] is a reference that has forgotten the type.

pub(crate) mod answer;
mod any;
mod any_message;
pub(crate) mod aside;
pub(crate) mod attached;
pub(crate) mod birth;
mod crash;
pub(crate) mod current;
pub(crate) mod debug;
mod dictionary;
pub(crate) mod failed_call;
mod handler;
pub(crate) mod header;
mod info;
pub(crate) mod lanes;
mod locals;
#[cfg(all(test, loom))]
mod loom_tests;
mod mailbox;
pub(crate) mod mark;
pub(crate) mod node;
mod owned;
pub(crate) mod panic;
mod pid;
mod reason;
pub(crate) mod reg_name;
mod remains;
pub(crate) mod reply;
pub(crate) mod report;
pub(crate) mod served;
pub(crate) mod signal;
mod small_map;
mod term;
pub(crate) mod typed;
pub(crate) mod waits;
pub(crate) mod wake_up;

pub(crate) use self::{
    any::AnyProcess,
    node::{NodeInner, STACK_SIZE},
    owned::Running,
};
pub use self::{
    any_message::AnyMessage,
    crash::Crash,
    debug::{Event, MessageKind, Statistics},
    failed_call::FailedCall,
    info::Info,
    locals::watch_local,
    mailbox::{Dropped, IsUrgent, Mailbox, MailboxFull, Policy, Queued},
    node::names::{RegisterError, UnregisterError},
    pid::{MonitorRef, Pid},
    reason::{Down, Exit, ExitReason, IntoReason, Panic},
    reg_name::RegName,
    remains::{Neighbour, Remains},
    term::{Failure, Term, TermValue},
};

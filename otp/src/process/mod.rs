//! Processes: code with an identity, an inbox, and relations to other processes.
//!
//! A process is a plain closure or future here ([`spawn`], [`spawn_async`]); servers stand on the floor above. Any OS
//! thread becomes a process on first use.

pub(crate) mod answer;
mod any;
pub(crate) mod cell;
pub(crate) mod common;
pub(crate) mod current;
mod few;
mod handler;
mod link;
#[cfg(all(test, loom))]
mod loom_tests;
pub(crate) mod me;
mod names;
mod node;
mod owned;
pub(crate) mod panic;
mod pid;
mod reason;
pub(crate) mod signal;
pub(crate) mod spawn;
mod table;
pub(crate) mod timer;

pub(crate) use self::{any::AnyProcess, node::STACK_SIZE};
pub use self::{
    current::{sleep, sleep_async},
    link::{
        ProcessInfo, demonitor, demonitor_flush, exit, exit_self, is_alive, link, monitor, process_info, register,
        registered, self_pid, trap_exit, unlink, unregister, whereis,
    },
    me::{Me, Subject, current},
    names::RegisterError,
    node::{Node, NodeBuilder},
    pid::{MonitorRef, Pid},
    reason::{Down, Exit, ExitReason, IntoReason, Panic, Term, TermValue},
    spawn::{Outcome, spawn, spawn_async, spawn_link, spawn_link_async, spawn_monitor, spawn_monitor_async},
    timer::TimerRef,
};

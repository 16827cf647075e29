//! Processes: code with an identity, an inbox, and relations to other processes.
//!
//! A process is a plain closure or future here ([`spawn`], [`spawn_async`]); servers stand on the floor above. Any OS
//! thread becomes a process on first use.

pub(crate) mod answer;
mod any;
pub(crate) mod aside;
mod blocking;
pub(crate) mod cell;
mod channel;
pub(crate) mod common;
pub(crate) mod current;
pub(crate) mod debug;
mod dictionary;
mod few;
mod handler;
mod info;
mod link;
pub(crate) mod locals;
#[cfg(all(test, loom))]
mod loom_tests;
pub(crate) mod mailbox;
pub(crate) mod mark;
pub(crate) mod me;
mod names;
mod nobody;
mod node;
mod outcome;
mod overdue;
mod owned;
pub(crate) mod panic;
mod pid;
mod reason;
mod registry;
pub(crate) mod reply;
pub(crate) mod report;
mod selector;
pub(crate) mod signal;
pub(crate) mod spawn;
pub(crate) mod start;
pub(crate) mod subject;
mod table;
mod term;
pub(crate) mod timer;

pub(crate) use self::{
    any::AnyProcess,
    link::terminate,
    node::{NodeInner, STACK_SIZE},
    registry::Claim,
};
pub use self::{
    blocking::{BlockingTimeout, blocking, blocking_async, blocking_timeout, blocking_timeout_async},
    channel::Receiver,
    current::{sleep, sleep_async},
    debug::{Event, MessageKind, Statistics},
    dictionary::{Key, erase_all, keys, keys_of},
    info::{ProcessInfo, ProcessStatus, get_label, process_info, processes, set_label},
    link::{
        demonitor, demonitor_flush, exit, exit_self, is_alive, link, monitor, monitor_name, register, registered,
        self_pid, trap_exit, unlink, unregister, whereis,
    },
    locals::watch_local,
    mailbox::{Dropped, IsUrgent, Mailbox, MailboxFull, Policy, Queued},
    me::{Me, current},
    names::{RegisterError, Unregistered},
    node::{Node, NodeBuilder},
    outcome::{Hibernate, Outcome, hibernate},
    pid::{MonitorRef, Pid},
    reason::{Down, Exit, ExitReason, IntoReason, Panic},
    registry::{Destination, RegName, Registry},
    selector::Selector,
    signal::AnyMessage,
    spawn::{
        Spawn, spawn, spawn_async, spawn_link, spawn_link_async, spawn_monitor, spawn_monitor_async, start, start_link,
        start_monitor,
    },
    start::{Ack, StartError},
    subject::{SendError, Subject, send},
    term::{Failure, Term, TermValue},
    timer::TimerRef,
};

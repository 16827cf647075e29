//! Processes: code with an identity, an inbox, and relations to other processes.
//!
//! A process is a plain closure or future here ([`spawn`], [`spawn_async`]); servers stand on the floor above. Any OS
//! thread becomes a process on first use.

mod blocking;
mod channel;
mod destination;
pub mod dictionary;
mod info;
mod link;
pub(crate) mod me;
mod node;
mod outcome;
mod registry;
mod report;
mod selector;
mod sleep;
mod spawn;
pub(crate) mod start;
pub(crate) mod subject;
pub(crate) mod timer;

pub use self::{
    blocking::{BlockingTimeout, blocking, blocking_async, blocking_timeout, blocking_timeout_async},
    channel::Receiver,
    destination::Destination,
    dictionary::Key,
    info::{ProcessInfo, ProcessStatus, info, label, list, set_label},
    link::{
        demonitor, demonitor_flush, exit, exit_self, is_alive, link, monitor, monitor_name, register, registered,
        self_pid, trap_exit, unlink, unregister, whereis,
    },
    me::{Me, current},
    node::{Node, NodeBuilder},
    outcome::{Hibernate, Termination, hibernate},
    registry::Registry,
    selector::Selector,
    sleep::{sleep, sleep_async},
    spawn::{
        Spawn, spawn, spawn_async, spawn_link, spawn_link_async, spawn_monitor, spawn_monitor_async, start, start_link,
        start_monitor,
    },
    start::{Ack, AckError},
    subject::{SendError, Subject, send},
    timer::TimerRef,
};
pub(crate) use self::{link::terminate, registry::Claim};
/// Whose channels [`Receiver`] stands for: its `select!` waits for several.
pub use crossbeam_channel;

pub use crate::cell::{
    AnyMessage, Down, Exit, ExitReason, Failure, IntoReason, MonitorRef, Panic, Pid, Term, TermValue, watch_local,
};

//! Processes: code with an identity, an inbox, and relations to other processes.
//!
//! A plain process is a closure or a future: [`spawn`], [`spawn_async`], [`start`](fn@start) to wait until it is ready,
//! [`Spawn`] for all options. It ends when its code returns, panics, is told to ([`exit_self`]), or when an exit signal
//! ends it. Servers are processes as well, and all of this works for them.
//!
//! * **Links and monitors.** Those who are [linked](link) end together, unless one [traps exits](trap_exit) and
//!   receives an [`Exit`] instead. Whoever [monitors](monitor) a process receives a [`Down`] when it ends, with its
//!   [`ExitReason`].
//! * **Messages.** A [`Subject`] is a typed address; its owner receives. A [`Selector`] waits for several things at
//!   once. [`send`] sends any value to a pid. What one process sends another arrives in order; what is for the gone is
//!   dropped.
//! * **Names.** [`register`], [`whereis`], [`monitor_name`], [`Subject::named`]; [`Via`] for names of one's
//!   own, as [registries](crate::registry) keep them.
//! * **Waiting.** A receive, a call or a [`sleep`](fn@sleep) leaves the core to others. For code that blocks there is
//!   [`blocking`](fn@blocking).
//! * **Seeing.** [`info`](fn@info), [`list`], [`set_label`], and [`Key`], a typed dictionary of each process.
//!
//! ```
//! use otp::{prelude::*, process};
//!
//! let me = process::current();
//! let answers = me.subject();
//! let to = answers.clone();
//! let (pid, monitor) = process::spawn_monitor(move |me| {
//!     let questions = me.subject();
//!     to.send(questions.clone());
//!     while let Some(question) = questions.receive(None) {
//!         if question == "stop" {
//!             process::exit_self(ExitReason::Shutdown);
//!         }
//!     }
//! });
//! let questions = answers.receive(None).expect("it runs");
//! questions.send("how are you?");
//! questions.send("stop");
//! let down = me.receive_down(monitor, None).expect("it ends");
//! assert_eq!((down.pid, down.reason), (pid, ExitReason::Shutdown));
//! ```
//!
//! # Threads
//!
//! Any OS thread becomes a process on first use: of the default node, or of the one that it has [entered](Node::enter).
//! It traps exits unless it says otherwise; it has no parent and no supervisor, and ends with the thread. A wait blocks
//! the thread. Where a process would be ended, by an exit that it does not trap or by a kill, a thread panics in its
//! next wait, since it cannot be ended otherwise.
//!
//! # Panics
//!
//! A wait panics when the system has no further stack to wait on; and in an adopted thread that an exit signal is to
//! end.

mod blocking;
mod channel;
mod destination;
pub mod dictionary;
mod exit;
mod info;
mod link;
pub(crate) mod me;
mod monitor;
mod node;
mod outcome;
mod register;
mod report;
mod selector;
mod sleep;
pub(crate) mod spawn;
pub(crate) mod start;
mod start_info;
pub(crate) mod subject;
pub(crate) mod timer;
mod via;
mod wait;

pub(crate) use self::via::Claim;
pub use self::{
    blocking::{BlockingTimeout, blocking, blocking_async, blocking_timeout, blocking_timeout_async},
    channel::Receiver,
    destination::Destination,
    dictionary::Key,
    exit::{exit, exit_self, is_alive, is_alive_async, trap_exit},
    info::{ProcessInfo, ProcessStatus, info, info_async, label, list, set_label},
    link::{link, unlink},
    me::{Me, current, self_pid},
    monitor::{demonitor, demonitor_flush, monitor, monitor_name},
    node::{Node, NodeBuilder},
    outcome::{Hibernate, Termination, hibernate},
    register::{register, registered, unregister, whereis},
    selector::Selector,
    sleep::{sleep, sleep_async},
    spawn::{
        Spawn, spawn, spawn_async, spawn_link, spawn_link_async, spawn_monitor, spawn_monitor_async, start, start_link,
        start_monitor,
    },
    start::{Ack, AckError},
    start_info::StartInfo,
    subject::{SendError, Subject, send},
    timer::TimerRef,
    via::Via,
    wait::{WaitTimeout, wait, wait_timeout},
};
/// Whose channels [`Receiver`] stands for: its `select!` waits for several.
pub use crossbeam_channel;

pub use crate::cell::{
    AnyMessage, Down, Exit, ExitReason, FailedCall, Failure, IntoReason, MonitorRef, Panic, Pid, Term, TermValue,
    watch_local,
};

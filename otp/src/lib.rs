//! Erlang/OTP for Rust: processes, servers and supervision trees, checked by the compiler.
//!
//! A *process* is code with an identity and an inbox; it can be linked to others, monitored, and sent exit signals
//! ([`process`]). A *server* is a process made from an `impl` block under [`actor`](macro@actor): each handler becomes a
//! message and a method of a typed client ([`Actor`]). A *supervisor* starts children in order, ends them in reverse, and
//! starts again what dies ([`supervisor!`], [`supervisor`](mod@supervisor)). In tests all of it runs under a seed and on
//! virtual time ([`test`](macro@test), [`Sim`]); in programs [`run`] runs a tree until it is asked to end.
//!
//! ```
//! use otp::prelude::*;
//!
//! pub struct Greeter { greeted: u32 }
//!
//! #[actor]
//! impl Greeter {
//!     #[init]
//!     fn init() -> Self { Self { greeted: 0 } }
//!
//!     /// Greets somebody.
//!     #[handle_call]
//!     pub fn greet(&mut self, name: String) -> String {
//!         self.greeted += 1;
//!         format!("hello {name}, you are number {}", self.greeted)
//!     }
//! }
//!
//! let greeter = Greeter::start()?;
//! assert_eq!(greeter.greet("Joe".into())?, "hello Joe, you are number 1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Our own tests and docs name the crate as users do.
extern crate self as otp;

#[doc(hidden)]
pub mod __private;
pub mod actor;
mod cell;
mod guard;
mod passed;
mod probe;
pub mod process;
mod report;
#[cfg(feature = "run")]
mod run;
mod scheduler;
mod sim;
pub mod supervisor;
mod sync;
pub mod sys;
mod time;
pub mod timer;

/// Clients: typed handles to servers, what their calls come to, and requests that are collected together.
pub mod client {
    pub use crate::actor::{
        call::Reply,
        client::{ActorRef, Client, ClientExt},
        error::CallError,
        reply::ReplyTo,
        requests::{Requests, RequestsError},
        sent::Sent,
    };
}

/// Mailboxes with a bound, or with a lane for messages that go first.
///
/// ```
/// use otp::mailbox::{Mailbox, Policy};
///
/// const AT_MOST_100: Mailbox = Mailbox::bounded(100, Policy::Reject);
/// # let _ = AT_MOST_100;
/// ```
pub mod mailbox {
    pub use crate::cell::{Dropped, IsUrgent, Mailbox, MailboxFull, Policy, Queued};
}

/// What a client's methods do: wait for the answer, give a future, a request to collect later, or send to oneself.
pub mod mode {
    pub use crate::actor::mode::{
        Addressed, After, Async, AwaitsReply, Blocking, Build, IdleTimeout, Mode, Next, OneWay, Request,
    };
}

/// Names of processes, whoever keeps them, and whatever else says which process is meant.
pub mod name {
    pub use crate::{
        actor::{name::Name, to_pid::ToPid},
        cell::{RegName, RegisterError, UnregisterError},
        process::{Destination, Registry},
    };
}

/// Tests: simulations, probes that stand in for servers, handlers without a process.
pub mod testing {
    pub use crate::{
        actor::test_context::TestContext,
        probe::{Message, Probe},
        sim::{Crash, Sim},
    };
}

#[doc(no_inline)]
pub use self::{
    actor::{Actor, Context, StartError},
    client::{ActorRef, CallError, ClientExt, Reply, ReplyTo},
    name::Name,
    process::{Down, Exit, ExitReason, Node, Pid, self_pid, sleep, sleep_async},
    supervisor::{Child, ChildSpec, Restart, Shutdown, Strategy, Supervisor, SupervisorRef},
    testing::Sim,
};
pub use self::{
    actor::{start, start_link, stop},
    process::{blocking, blocking_async, blocking_timeout, blocking_timeout_async},
};

#[cfg(feature = "run")]
pub use run::{Runnable, run};

#[cfg(feature = "macros")]
pub use otp_macros::{actor, handle_call, handle_cast, handle_continue, handle_info, init, terminate, test};

/// Declares a supervision tree: a type with start functions and a typed accessor per child.
///
/// ```text
/// supervisor! {
///     /// db, then cache, then workers.                        // the docs of the type
///     pub Shop<rest_for_one>(cfg: Config) {                   // or one_for_one, one_for_all; the parameters may be left out
///         intensity: 3 in 5s;                                 // restarts in a period (the default)
///         auto_shutdown: any_significant;                     // or all_significant, never (the default)
///
///         db:      Db(cfg.url.clone())  { shutdown: 10s, name: "db" };
///         cache:   Cache(db, Duration::from_secs(60));        // earlier siblings are in scope, as clients
///         workers: supervisor<one_for_one> {                  // a nested tree: `ShopWorkers`
///             worker: [Worker(i, cache) for i in 0..cfg.workers] { restart: transient };
///         };
///         sessions: dynamic<Session>    { restart: temporary, max_children: 10_000 }; // started as the program goes
///         shards:  partition<Shard>(i, db) for i { partitions: 8 }; // each key has its shard: `shop.shards().route(&key)`
///         #[cfg(feature = "metrics")]
///         metrics: Metrics(cache) { significant, restart: transient };
///         extra:   = third_party_spec(cfg);                   // any expression that is a `ChildSpec`
///     }
/// }
/// ```
///
/// `Shop::start(cfg)`, `Shop::start_link(cfg)` and `Shop::child_spec(cfg)` start it; `shop.db()` is a client of the child `db`,
/// valid across its restarts, `shop.workers().worker()` a `Vec` of them, `shop.sessions()` a [`DynamicRef`](crate::supervisor::DynamicRef), `shop.shards()` a [`PartitionRef`](crate::supervisor::PartitionRef), `shop.extra()` a [`Place`](crate::supervisor::Place), `shop.supervisor()` the
/// supervisor itself.
///
/// **What is evaluated when.** The parameters are kept once and shared by reference (they must be `Send + Sync`, not `Clone`). A child's
/// arguments are evaluated at each of its starts, a loop's range, a `name` and a spec once per start of their supervisor.
/// Siblings and loop variables are clones; what a loop yields is kept for restarts, so it can't borrow from the parameters.
///
/// **Child options.** `restart: permanent | transient | temporary`, `shutdown: 10s | infinity | brutal_kill`, `significant`,
/// `name: "db"`, or an expression that is a [`Name`]; what is left out comes from the actor's own options. A significant child says itself how it is restarted, and needs
/// a supervisor with `auto_shutdown`. Off unless they are given: `backoff: 100ms..=30s`, the shortest and the longest wait between
/// restarts of a child that goes on failing ([`ChildSpec::backoff`]), and `mailbox_on_restart: keep`, whose waiting messages are for
/// its next incarnation (or `drop`, the default; [`ChildSpec::mailbox_on_restart`]).
///
/// **Dynamic supervisors.** `dynamic<Session>` starts without children; see [`DynamicSupervisor`](crate::supervisor::DynamicSupervisor). Of its options `name`,
/// `max_children: 10_000` and `intensity: 5 in 10s` are its own, all others those of each child.
/// The arguments of children that are not `restart: temporary` are kept for restarts, and so must be `Clone`.
///
/// **Partition supervisors.** `partition<Shard>(i, db) for i` starts a fixed number of children, to which `i` is their
/// number, and which share the keys; see [`PartitionSupervisor`](crate::supervisor::PartitionSupervisor). `for i` may be left out. Of its options `name`, `partitions: 8` (one for each core, if nothing is
/// said), `strategy: one_for_all` (`one_for_one`) and `intensity: 5 in 10s` are its own, all others those of each partition.
///
/// `Shop::tree()` is the shape of the tree, as a value that can be looked at and printed; nothing has to run for it.
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! supervisor {
    ($($tree:tt)*) => {
        $crate::__private::supervisor! { $crate; $($tree)* }
    };
}

/// What programs and tests name all the time.
pub mod prelude {
    pub use std::time::Duration;

    #[cfg(feature = "macros")]
    pub use crate::supervisor;
    pub use crate::{
        Actor, CallError, Child, ChildSpec, ClientExt as _, Context, Down, Exit, ExitReason, Pid, Reply, ReplyTo,
        Restart, Shutdown, Sim, StartError, Strategy, Supervisor, SupervisorRef,
        actor::{Info, Init},
        mailbox::{Mailbox, Policy},
        mode::{Blocking, Mode},
        process::{self, IntoReason, MonitorRef, TimerRef},
    };
    #[cfg(feature = "macros")]
    pub use crate::{actor, handle_call, handle_cast, handle_continue, handle_info, init, terminate};
}

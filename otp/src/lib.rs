//! Erlang/OTP for Rust: processes, servers and supervision trees, checked by the compiler.
//!
//! A *process* is code with an identity and an inbox; it can be linked to others, monitored, and sent exit signals
//! ([`process`]). A *server* is a process made from an `impl` block under [`actor`](macro@actor): each handler becomes
//! a message and a method of a typed client ([`Actor`]). A *supervisor* starts children in order, ends them in reverse,
//! and starts again what dies ([`supervisor!`], [`supervisor`](mod@supervisor)). In tests all of it runs under a seed
//! and on virtual time ([`test`](macro@test), [`Sim`]); in programs [`run`] runs a tree, or
//! [applications](application), until it is asked to end.
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
//!
//! # Where to begin
//!
//! | to | read |
//! |---|---|
//! | learn it | the [`guide`]: [from Elixir](guide::from_elixir), [errors](guide::errors), [tests](guide::testing) |
//! | write a server | [`actor`](macro@actor), and [`Context`] for what a handler can do |
//! | talk to one | [`ClientExt`]: limits of time, async calls, replies to collect later |
//! | keep servers alive | [`supervisor!`], [`supervisor`](mod@supervisor) |
//! | find servers by keys of your own | [`registry`] |
//! | run code that is no server, or takes long | [`process`], [`blocking`](fn@blocking), [`wait`](fn@wait) |
//! | do something later | [`Context::after`], [`timer`] |
//! | do work beside, and get what it comes to | [`task`], [`Context::task`] |
//! | share a state, without a server of its own | [`agent`] |
//! | find processes by a key, or tell all who want to know | [`group`], [`topic`] |
//! | test all that | [`test`](macro@test), [`Sim`], [`Probe`](testing::Probe) |
//! | look into a running program | [`sys`], [`process::info`], a tree as text: `println!("{app}")` |
//! | run a program until it is asked to end | [`run`] |
//! | build it of parts that are started and stopped in order, with their configuration | [`application`] |
//!
//! # Conventions
//!
//! * **Mistakes.** What can be seen at compile time does not compile: messages of a wrong type, calls to oneself,
//!   clients of children that start later. All else is an error of the function that finds it. A function without a
//!   `Result` panics, and says when under *Panics*.
//! * **Builders.** `new` takes what must be said. Setters take values, and neither panic nor correct them. `start` and
//!   `start_link` consume the builder; their error says what is wrong with it.
//! * **Arguments.** What is made for one type takes the parameters of its `#[init]`: `Counter::start(1)`,
//!   `Counter::child_spec(1)`. What takes any type takes them as a tuple: `Starter::<Counter>::new().start((1,))`.
//! * **Limits of time.** They are an `impl Into<Option<Duration>>`: `None` waits for ever, `Duration::ZERO` looks
//!   without waiting. Where waiting for ever would make no sense, or has a method of its own, they are a `Duration`. A
//!   call waits 5 seconds unless it is told otherwise. `Duration::MAX` is never over.
//! * **Waiting.** Calls of plain clients, `start`, `stop`, receives, [`is_alive`](process::is_alive),
//!   [`process::info`], requests to supervisors, what changes [groups](group) and those of [`sys`] wait. In a process,
//!   async code as well, such a wait leaves the core to others. In a future that a foreign executor polls it blocks the
//!   executor's thread: there one awaits what is made for it, the calls of [`as_async`](ClientExt::as_async) clients
//!   and supervisors, a [`Reply`], and functions whose names end in `_async`. Each of these has a section *Cancel
//!   safety*. What is made for the current process has no such form, starts and monitors of groups: a
//!   supervisor's [`start_child`](supervisor::DynamicRef::start_child) has one.
//! * **The gone.** What is sent to a process that has ended is dropped; a call of it ends with [`CallError::NoProc`], a
//!   monitor tells at once. Whoever waits for a process when it ends is told why.
//! * **Later versions.** What the crate makes and programs read, such as errors, reports and infos, may grow: most of
//!   it is `non_exhaustive`. What programs write is not.
//! * **OTP.** Docs name the function of Erlang, Elixir or Gleam that something stands for, as in `gen_server:call/2`.
//!
//! # Features
//!
//! | feature | default | what it gives |
//! |---|---|---|
//! | `macros` | yes | [`actor`](macro@actor), [`supervisor!`], [`test`](macro@test) |
//! | `stacks` | yes | handlers that wait switch stacks in nanoseconds; without it each such wait hands a thread over |
//! | `tracing` | yes | reports as `tracing` events |
//! | `run` | yes | [`run`] |
//! | `toml` | no | `application::AppConfig::file`: environments from TOML files |

// Our own tests and docs name the crate as users do.
extern crate self as otp;

#[doc(hidden)]
pub mod __private;
pub mod actor;
pub mod agent;
pub mod application;
mod cell;
pub mod group;
mod guard;
#[cfg(all(any(doc, doctest), feature = "macros"))]
pub mod guide;
mod passed;
mod probe;
pub mod process;
pub mod registry;
mod report;
#[cfg(feature = "run")]
mod run;
mod scheduler;
mod sim;
pub mod supervisor;
mod sync;
pub mod sys;
pub mod task;
mod time;
pub mod timer;
pub mod topic;

/// Clients: typed handles to servers, what their calls come to, and requests that are collected together.
pub mod client {
    pub use crate::actor::{
        call::Reply,
        client::{ActorRef, Client, ClientExt},
        error::CallError,
        reply::ReplyTo,
        requested::Requested,
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
        process::{Destination, Via},
    };
}

/// Tests: simulations, probes that stand in for servers, handlers without a process.
pub mod testing {
    pub use crate::{
        actor::test_context::TestContext,
        cell::{Crash, Neighbour, Remains},
        probe::{Message, Probe},
        sim::Sim,
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
    actor::{start, start_link, stop, stop_async},
    process::{blocking, blocking_async, blocking_timeout, blocking_timeout_async, wait, wait_timeout},
};

#[cfg(feature = "run")]
pub use run::{Runnable, Runner, run};

/// Makes an actor of an `impl` block: a process whose messages are the block's annotated methods.
///
/// ```
/// use otp::prelude::*;
///
/// /// Sells tickets, and watches who holds one.
/// pub struct Office { left: u32, holders: Vec<Pid> }
///
/// #[actor]
/// impl Office {
///     #[init]
///     fn init(tickets: u32, ctx: &mut Context<Self>) -> Self {
///         ctx.next().open();
///         Self { left: tickets, holders: Vec::new() }
///     }
///
///     /// Runs before any message that waits.
///     #[handle_continue]
///     fn open(&mut self) { self.left += 1 }
///
///     /// Sells one, if there is one: the caller waits for the answer.
///     #[handle_call]
///     pub fn buy(&mut self, holder: Pid, ctx: &mut Context<Self>) -> Option<u32> {
///         self.left = self.left.checked_sub(1)?;
///         ctx.monitor(holder);
///         self.holders.push(holder);
///         Some(self.left)
///     }
///
///     /// The sender does not wait.
///     #[handle_cast]
///     pub fn print(&mut self, tickets: u32) { self.left += tickets }
///
///     /// A holder has ended: its ticket is back.
///     #[handle_info]
///     fn returned(&mut self, down: Down) {
///         self.holders.retain(|holder| *holder != down.pid);
///         self.left += 1;
///     }
///
///     #[terminate]
///     fn terminate(&mut self, _reason: &ExitReason) { self.left = 0 }
/// }
///
/// let office = Office::start(0)?;
/// let (holder, _) = process::spawn_monitor(|_| otp::timer::sleep_forever());
/// assert_eq!(office.buy(holder)?, Some(0));
/// assert_eq!(office.buy(holder)?, None);
/// office.print(2);
/// assert_eq!(office.buy(holder)?, Some(1));
/// office.stop()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "macros")]
#[doc(inline)]
pub use otp_macros::actor;
/// A method of an [`actor`](macro@actor) whose caller waits for an answer. `Module:handle_call/3`.
///
/// ```
/// # use otp::prelude::*;
/// # pub struct Account { balance: u32 }
/// # #[actor]
/// # impl Account {
/// #     #[init] fn init(balance: u32) -> Self { Self { balance } }
/// #[handle_call]
/// pub fn withdraw(&mut self, amount: u32) -> Result<u32, &'static str> {
///     self.balance = self.balance.checked_sub(amount).ok_or("not that much")?;
///     Ok(self.balance)
/// }
/// # }
///
/// let account = Account::start(50)?;
/// assert_eq!(account.withdraw(8)?, Ok(42));
/// assert_eq!(account.withdraw(80)?, Err("not that much"));        // an answer as any other
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "macros")]
#[doc(inline)]
pub use otp_macros::handle_call;
/// A method of an [`actor`](macro@actor) whose sender doesn't wait. `Module:handle_cast/2`.
///
/// ```
/// # use otp::prelude::*;
/// # pub struct Form { fields: u32 }
/// # #[actor]
/// # impl Form {
/// #     #[init] fn init() -> Self { Self { fields: 0 } }
/// #     #[handle_call] pub fn fields(&self) -> u32 { self.fields }
/// #[handle_cast]
/// pub fn fill(&mut self, text: &'static str) -> Result<(), std::num::ParseIntError> {
///     self.fields += text.parse::<u32>()?;               // an `Err` ends the actor
///     Ok(())
/// }
/// # }
///
/// Sim::run(1, |t| {
///     let form = Form::start().unwrap();
///     form.fill("42");
///     assert_eq!(form.fields(), Ok(42));
///     form.fill("forty-two");
///     assert!(matches!(form.fields(), Err(CallError::Exited(ExitReason::Error(_)))));
///     assert_eq!(t.crashes().len(), 1);
/// });
/// ```
#[cfg(feature = "macros")]
#[doc(inline)]
pub use otp_macros::handle_cast;
/// A method of an [`actor`](macro@actor) that `ctx.next()` sends, to run before any message.
/// `Module:handle_continue/2`.
///
/// ```
/// # use otp::prelude::*;
/// # pub struct Store { rows: Vec<u32> }
/// # #[actor]
/// # impl Store {
/// #[init]
/// fn init(ctx: &mut Context<Self>) -> Self {
///     ctx.next().load();                         // `start` does not wait for it
///     Self { rows: Vec::new() }
/// }
/// #[handle_continue]
/// fn load(&mut self) { self.rows = vec![40, 2] }
/// #     #[handle_call] pub fn sum(&self) -> u32 { self.rows.iter().sum() }
/// # }
///
/// assert_eq!(Store::start()?.sum()?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "macros")]
#[doc(inline)]
pub use otp_macros::handle_continue;
/// A method of an [`actor`](macro@actor) for what arrives by itself: timers, `Down`, `Exit`, messages of others.
/// `Module:handle_info/2`.
///
/// ```
/// # use otp::prelude::*;
/// # pub struct Desk { calls: u32, rings: u32 }
/// pub struct Ring;
///
/// # #[actor]
/// # impl Desk {
/// #     #[init] fn init() -> Self { Self { calls: 0, rings: 0 } }
/// #     #[handle_call] pub fn seen(&self) -> (u32, u32) { (self.calls, self.rings) }
/// #[handle_info]
/// pub fn call(&mut self) { self.calls += 1 }             // sent by its client, or a timer
/// #[handle_info]
/// fn ring(&mut self, _ring: Ring) { self.rings += 1 }    // whoever sends a `Ring`
/// # }
///
/// let desk = Desk::start()?;
/// desk.call();
/// process::send(desk.pid().unwrap(), Ring);
/// assert_eq!(desk.seen()?, (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "macros")]
#[doc(inline)]
pub use otp_macros::handle_info;
/// The method that makes the state of an [`actor`](macro@actor). `Module:init/1`.
///
/// ```
/// # use otp::prelude::*;
/// # pub struct Dice { sides: u32 }
/// # #[actor]
/// # impl Dice {
/// #[init]
/// fn init(sides: u32) -> Result<Self, &'static str> {
///     if sides < 2 { Err("a die has two sides") } else { Ok(Self { sides }) }
/// }
/// #     #[handle_call] pub fn sides(&self) -> u32 { self.sides }
/// # }
///
/// Sim::run(1, |t| {
///     assert_eq!(Dice::start(6).unwrap().sides(), Ok(6));
///     assert!(matches!(Dice::start(1), Err(StartError::Failed(_))));
///     assert_eq!(t.crashes().len(), 1);
/// });
/// ```
#[cfg(feature = "macros")]
#[doc(inline)]
pub use otp_macros::init;
/// The method of an [`actor`](macro@actor) that runs before it ends. `Module:terminate/2`.
///
/// ```
/// # use otp::{prelude::*, process::Subject};
/// # pub struct Till { log: Subject<String> }
/// # #[actor]
/// # impl Till {
/// #     #[init] fn init(log: Subject<String>) -> Self { Self { log } }
/// #[terminate]
/// fn close(&mut self, reason: &ExitReason) { self.log.send(format!("closed: {reason}")) }
/// # }
///
/// let log = process::current().subject();
/// Till::start(log.clone())?.stop_with(ExitReason::Shutdown, None)?;
/// assert_eq!(log.receive(None).as_deref(), Some("closed: shutdown"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "macros")]
#[doc(inline)]
pub use otp_macros::terminate;
/// A test that runs in a simulation: one thread, a virtual clock, and a seed that decides every choice of the
/// scheduler.
///
/// ```
/// use otp::prelude::*;
///
/// #[otp::test(seeds = 3)]
/// fn an_hour_takes_no_time(t: &mut Sim) {
///     otp::sleep(Duration::from_secs(3600));
///     assert_eq!(t.now(), Duration::from_secs(3600));
/// }
/// # Sim::run(1, |t| {
/// #     otp::sleep(Duration::from_secs(3600));
/// #     assert_eq!(t.now(), Duration::from_secs(3600));
/// # });
/// ```
#[cfg(feature = "macros")]
#[doc(inline)]
pub use otp_macros::test;

/// Declares a supervision tree: a type with start functions and a typed accessor per child.
///
/// ```
/// # use otp::{Strategy, prelude::*};
/// # pub struct Config { url: String, workers: usize }
/// # pub struct Db(String);
/// # #[actor]
/// # impl Db {
/// #     #[init] fn init(url: String) -> Self { Self(url) }
/// #     #[handle_call] pub fn url(&self) -> String { self.0.clone() }
/// # }
/// # pub struct Cache(DbRef);
/// # #[actor] impl Cache { #[init] fn init(db: DbRef, _ttl: Duration) -> Self { Self(db) } }
/// # pub struct Worker(usize);
/// # #[actor]
/// # impl Worker {
/// #     #[init] fn init(i: usize, _: CacheRef) -> Self { Self(i) }
/// #     #[handle_call] pub fn index(&self) -> usize { self.0 }
/// # }
/// # pub struct Session(String);
/// # #[actor]
/// # impl Session {
/// #     #[init] fn init(user: String) -> Self { Self(user) }
/// #     #[handle_call] pub fn user(&self) -> String { self.0.clone() }
/// # }
/// # pub struct Shard(usize);
/// # #[actor]
/// # impl Shard {
/// #     #[init] fn init(i: usize, _: DbRef) -> Self { Self(i) }
/// #     #[handle_call] pub fn number(&self) -> usize { self.0 }
/// # }
/// # fn third_party_spec(cfg: &Config) -> ChildSpec<Db> { Db::child_spec(cfg.url.clone()) }
/// use otp::supervisor;
///
/// supervisor! {
///     /// db, then cache, then workers.                        // the docs of the type
///     pub Shop<rest_for_one>(cfg: Config) {                   // the strategy; parameters may be left out
///         intensity: 3 in 5s;                                 // restarts in a period (the default)
///         auto_shutdown: any_significant;                     // or all_significant, never (the default)
///
///         db:       Db(cfg.url.clone()) { shutdown: 10s, name: "db" };
///         cache:    Cache(db, Duration::from_secs(60));       // earlier siblings are in scope, as clients
///         workers:  supervisor<one_for_one> {                 // a nested tree: `ShopWorkers`
///             worker: [Worker(i, cache) for i in 0..cfg.workers] { restart: transient };
///         };
///         sessions: dynamic<Session> { restart: temporary, max_children: 10_000 };
///         shards:   partition<Shard>(i, db) for i { partitions: 8 };
///         #[cfg(feature = "metrics")]
///         metrics:  Metrics(cache) { significant, restart: transient };
///         extra:    = third_party_spec(cfg);                  // any expression that is a `ChildSpec`
///     }
/// }
///
/// let shop = Shop::start(Config { url: "db.example.org".into(), workers: 3 })?;
/// assert_eq!(shop.db().url()?, "db.example.org");
/// assert_eq!(shop.workers().worker()[2].index()?, 2);
/// assert_eq!(shop.sessions().start_child(("joe".into(),))?.user()?, "joe");
/// assert_eq!(shop.shards().route(&6).number()?, 6);           // each key has its shard
/// assert_eq!(shop.supervisor().count_children()?.specs, 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Shop::start(cfg)`, `Shop::start_link(cfg)` and `Shop::child_spec(cfg)` start it, with the errors of
/// [`Supervisor::start`]. `Shop::tree()` is its shape, as a value that can be looked at and printed; nothing has to run
/// for it.
///
/// | child | accessor | gives |
/// |---|---|---|
/// | `db: Db(..)` | `shop.db()` | a client, valid across restarts of the child |
/// | `worker: [Worker(..) for i in ..]` | `shop.workers().worker()` | a `Vec` of clients |
/// | `workers: supervisor<..> { .. }` | `shop.workers()` | the nested tree |
/// | `sessions: dynamic<Session>` | `shop.sessions()` | a [`DynamicRef<Session>`](crate::supervisor::DynamicRef) |
/// | `sessions: dynamic<Session>(..) for user: String` | `shop.sessions()` | a `DynamicRef<Session, String>` |
/// | `shards: partition<Shard>(..)` | `shop.shards()` | a [`PartitionRef`](crate::supervisor::PartitionRef) |
/// | `names: Registry<u32, ()>(Registry::new())` | `shop.names()` | a [`RegistryRef`](crate::registry::RegistryRef) |
/// | `extra: = spec` | `shop.extra()` | a [`Place`](crate::supervisor::Place) |
/// | | `shop.supervisor()` | the supervisor itself, a [`SupervisorRef`] |
///
/// # A child that knows its tree
///
/// In the expressions of a child `supervisor` is a client of the supervisor that it is declared in, and `root` one of
/// the whole tree: a `Shop` in both cases above, and a `ShopWorkers` and a `Shop` in `workers`. What the tree itself
/// calls so, as a parameter, a child or a loop variable, comes first. They reach siblings that start later, and children
/// to be started. Whoever calls them in its `init` is told that it and its supervisor wait for each other
/// ([`CallError::Deadlock`]). By hand: [`Supervisor::start_with`].
///
/// ```
/// # use otp::prelude::*;
/// pub struct Front { shop: Shop }
///
/// #[actor]
/// impl Front {
///     #[init]
///     fn init(shop: Shop) -> Self { Self { shop } }
///
///     #[handle_call]
///     pub fn order(&self) -> Result<u32, CallError> { self.shop.stock().take() }
/// }
/// # pub struct Stock;
/// # #[actor]
/// # impl Stock {
/// #     #[init] fn init() -> Self { Self }
/// #     #[handle_call] pub fn take(&mut self) -> u32 { 7 }
/// # }
///
/// supervisor! {
///     pub Shop<one_for_one>() {
///         front: Front(supervisor);
///         stock: Stock();                                     // later than `front`, and reached all the same
///     }
/// }
///
/// assert_eq!(Shop::start()?.front().order()?, Ok(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is evaluated when
///
/// The parameters are kept once and shared by reference: they must be `Send + Sync`, not `Clone`. A child's arguments
/// are evaluated at each of its starts; a loop's range, a `name` and a spec once per start of their supervisor.
/// Siblings, loop variables and supervisors are clones. What a loop yields is kept for restarts, so it can't borrow from the
/// parameters.
///
/// # Child options
///
/// What is left out comes from the actor's own options.
///
/// | option | values |
/// |---|---|
/// | `restart` | `permanent`, `transient`, `temporary` ([`Restart`]) |
/// | `shutdown` | `10s`, `infinity`, `brutal_kill` ([`Shutdown`]) |
/// | `significant` | no value; the child says itself how it is restarted, and its supervisor has an `auto_shutdown` |
/// | `name` | `"db"`, or an expression that is a [`Name`] |
/// | `backoff` | `100ms..=30s`: the waits between restarts of a child that goes on failing ([`ChildSpec::backoff`]) |
/// | `mailbox_on_restart` | `drop`, or `keep` for the next incarnation ([`ChildSpec::mailbox_on_restart`]) |
///
/// # Dynamic supervisors
///
/// `dynamic<Session>` starts without children; see [`DynamicSupervisor`](crate::supervisor::DynamicSupervisor). Of its
/// options `name`, `max_children: 10_000` and `intensity: 5 in 10s` are its own, all others those of each child. The
/// arguments of a child are kept for its restarts, and so must be `Clone`; not those of a temporary one, be it so by
/// `restart: temporary` in the tree or, when that says nothing, by `#[actor(restart = temporary)]`.
///
/// Arguments that all children have in common, and those that the tree knows better than whoever starts a child, are
/// written in the tree; `for` says what is left for `start_child` to take, and of which type:
///
/// ```
/// # use otp::{prelude::*, supervisor::DynamicRef};
/// # pub struct Db;
/// # #[actor] impl Db { #[init] fn init() -> Self { Self } }
/// pub struct Session { user: String, host: String }
///
/// #[actor(restart = transient)]
/// impl Session {
///     #[init]
///     fn init(user: String, host: String, _db: DbRef) -> Self { Self { user, host } }
///     #[handle_call]
///     pub fn address(&self) -> String { format!("{}@{}", self.user, self.host) }
/// }
///
/// supervisor! {
///     pub Chat<one_for_one>(host: String) {
///         db:       Db();
///         sessions: dynamic<Session>(user, host.clone(), db) for user: String { max_children: 10_000 };
///     }
/// }
///
/// let sessions: DynamicRef<Session, String> = Chat::start("example.org".into())?.sessions();
/// let joe = sessions.start_child("joe".into())?;
/// assert_eq!(joe.address()?, "joe@example.org");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Several values are one tuple, as in `for (user, age): (String, u32)`; `for ()` takes nothing. As those of any child,
/// the arguments are evaluated at each of its starts: a restart makes them anew of a clone of what `start_child` took.
/// So that must be `Clone`, if the child is not temporary, and the arguments need not be. A panic in them is a start
/// that has failed. The supervisor is a `DynamicSupervisor<Session, String>`, as the type of its `name` says:
/// `Name<DynamicSupervisor<Session, String>>`.
///
/// # Partition supervisors
///
/// `partition<Shard>(i, db) for i` starts a fixed number of children, which share the keys; `i` is the number of each.
/// See [`PartitionSupervisor`](crate::supervisor::PartitionSupervisor). `for i` may be left out. Of its options `name`,
/// `partitions: 8` (by default one for each core), `strategy: one_for_all` (by default `one_for_one`) and `intensity: 5
/// in 10s` are its own, all others those of each partition.
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! supervisor {
    ($($tree:tt)*) => {
        $crate::__private::supervisor! { $crate; $($tree)* }
    };
}

/// What programs and tests name all the time: `use otp::prelude::*`.
///
/// `Duration` is that of `std`, which every limit of time is. [`ClientExt`] comes without its name, for its methods.
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

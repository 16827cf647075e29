//! What a handler can say to its own process.

use std::{
    any::{Any, TypeId},
    fmt,
    marker::PhantomData,
    time::Duration,
};

use super::{
    Actor, ActorRef, Address, After, Build, Client, IdleTimeout, Next, OneWay, ReplyTo, StartError,
    client::of_process,
    mode::{DelayedHandle, LocalHandle},
    reply::ReplyTracker,
};
use crate::{
    cell::{AnyProcess, Event, ExitReason, IntoReason, MonitorRef, Pid, RegName, Running, current, typed::Cell},
    process::{self, Ack, Destination, StartInfo, Subject, TimerRef, timer},
    scheduler::{Code, Program, TaskRef},
};

/// The process of an actor, as its own handlers see it.
///
/// A handler gets it by a parameter `ctx: &mut Context<Self>`, at any place. [`Context::for_test`] makes one for a
/// plain `#[test]`.
///
/// ```
/// use otp::prelude::*;
///
/// pub struct Session { user: String }
///
/// #[actor]
/// impl Session {
///     #[init]
///     fn init(user: String, ctx: &mut Context<Self>) -> Self {
///         ctx.after(Duration::from_secs(60)).close();         // a message to itself, in a minute
///         Self { user }
///     }
///
///     #[handle_call]
///     pub fn user(&self) -> String { self.user.clone() }
///
///     #[handle_info]
///     fn close(&mut self, ctx: &mut Context<Self>) { ctx.stop(ExitReason::Shutdown) }
/// }
///
/// Sim::run(1, |t| {
///     let session = Session::start("joe".into()).unwrap();
///     t.advance(Duration::from_secs(59));
///     assert_eq!(session.user(), Ok("joe".into()));
///     t.advance(Duration::from_secs(1));
///     assert_eq!(session.user(), Err(CallError::NoProc));
/// });
/// ```
pub struct Context<A: Actor> {
    cell: TaskRef<Cell<A::Message>>,
    stop: Option<Box<Stop>>,
    ack: Ack<Option<StartInfo>, StartError>,
}

/// Why the actor is to end.
pub(super) struct Stop {
    pub(super) reason: ExitReason,
    /// The answer of the call that stopped it: sent after `terminate`.
    pub(super) reply: Option<Box<dyn FnOnce() + Send>>,
    /// Whose call that is.
    pub(super) client: Option<Pid>,
    /// What it handled last.
    pub(super) handled: &'static Code,
}

/// What an actor is, as a program that a process runs; reports call it `label`.
pub(super) fn program<A: Actor>(label: &'static str) -> &'static Program {
    Program::of(TypeId::of::<A>(), label, "init")
}

impl<A: Actor> Context<A> {
    pub(super) fn new(cell: TaskRef<Cell<A::Message>>, ack: Ack<Option<StartInfo>, StartError>) -> Self {
        Self { cell, stop: None, ack }
    }

    #[inline]
    pub(super) fn program(&self) -> &'static Program {
        self.cell.header().program
    }

    #[inline]
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    /// A handler has failed: that is why it ends, whatever the handler said before.
    pub(super) fn fail(&mut self, reason: ExitReason) {
        let (reply, client) = self.stop.take().map_or((None, None), |stop| (stop.reply, stop.client));
        let client = current::in_turn(|me| me.own().client()).or(client);
        self.stop = Some(Box::new(Stop { reason, reply, client, handled: self.cell.header().handler.code() }));
    }

    /// It has not started, and ends.
    pub(super) fn refuse(&mut self, error: StartError) {
        self.ack.refused(error);
    }

    pub(super) fn take_stop(&mut self) -> Option<Box<Stop>> {
        self.stop.take()
    }

    pub(crate) fn cell(&self) -> &TaskRef<Cell<A::Message>> {
        &self.cell
    }

    pub(super) fn stop_reason(&self) -> Option<&ExitReason> {
        self.stop.as_ref().map(|stop| &stop.reason)
    }

    /// Calls `f` as the process itself, which in a test of its handlers is not the current one.
    pub(super) fn as_process<R>(&self, f: impl FnOnce(&Running) -> R) -> R {
        if !self.cell.header().is_tested_here() {
            return current::with(f);
        }
        let process = AnyProcess::new(&self.cell);
        let me = current::at_home(&process).expect("its home is this thread");
        let _entered = current::enter(me);
        f(me)
    }

    fn address(&self) -> Address<A> {
        Address::process(self.cell.clone())
    }

    /// A client of the actor itself. It can cast, and be given to others; a call through it does not compile, since
    /// it would wait for itself.
    ///
    /// It names the process and not its place in a tree: after a restart it reaches nobody.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # struct Job(u32);
    /// # #[actor]
    /// # impl Job {
    /// #     #[init] fn init() -> Self { Self(0) }
    /// #[handle_cast]
    /// fn step(&mut self, ctx: &mut Context<Self>) {
    ///     self.0 += 1;
    ///     ctx.me().step();                           // the next step, behind all that waits
    /// }
    /// # }
    ///
    /// let (mut ctx, mut job) = (Context::for_test(), Job::init());
    /// job.step(&mut ctx);
    /// assert_eq!(ctx.waiting(), ["step"]);
    /// assert_eq!(ctx.deliver(&mut job), Some("step"));
    /// ```
    #[must_use = "nothing is sent until a method of it is called"]
    pub fn me(&self) -> A::Client<OneWay> {
        of_process(self.address())
    }

    /// A client of this process for others, which may call. It names the process and not its place in a tree: after a
    /// restart it reaches nobody. A client of the place comes from the tree (`shop.db()`, an earlier sibling) or from a
    /// [`Name`](crate::Name).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Room;
    /// # #[actor]
    /// # impl Room {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn name(&self) -> &'static str { "lobby" }
    /// #[handle_call]
    /// pub fn enter(&mut self, ctx: &mut Context<Self>) -> RoomRef { ctx.client() }
    /// # }
    ///
    /// let room = Room::start()?;
    /// let same: RoomRef = room.enter()?;
    /// assert_eq!(same, room);
    /// assert_eq!(same.name()?, "lobby");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "nothing is sent until a method of it is called"]
    pub fn client(&self) -> A::Client<super::Blocking> {
        of_process(self.address())
    }

    /// Its pid. `erlang:self/0`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Door;
    /// # #[actor]
    /// # impl Door {
    /// #     #[init] fn init() -> Self { Self }
    /// #[handle_call]
    /// pub fn who(&self, ctx: &mut Context<Self>) -> Pid { ctx.pid() }
    /// # }
    ///
    /// let door = Door::start()?;
    /// assert_eq!(Some(door.who()?), door.pid());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.cell.header().pid
    }

    /// Who started it: of a child of a tree, its supervisor.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Door;
    /// # #[actor]
    /// # impl Door {
    /// #     #[init] fn init() -> Self { Self }
    /// #[handle_call]
    /// pub fn maker(&self, ctx: &mut Context<Self>) -> Option<Pid> { ctx.parent() }
    /// # }
    ///
    /// assert_eq!(Door::start()?.maker()?, Some(otp::self_pid()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn parent(&self) -> Option<Pid> {
        self.cell.header().parent()
    }

    /// Sends to itself after a while: `ctx.after(d).reset()`. The timer ends with the process. `erlang:send_after/3`.
    ///
    /// The method returns a [`TimerRef`], by which the timer can be cancelled.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # struct Lamp { lit: bool }
    /// # #[actor]
    /// # impl Lamp {
    /// #     #[init] fn init() -> Self { Self { lit: false } }
    /// #[handle_cast]
    /// fn light(&mut self, ctx: &mut Context<Self>) {
    ///     self.lit = true;
    ///     ctx.after(Duration::from_secs(60)).dim();
    /// }
    /// #[handle_info]
    /// fn dim(&mut self) { self.lit = false; }
    /// # }
    ///
    /// let (mut ctx, mut lamp) = (Context::for_test(), Lamp::init());
    /// lamp.light(&mut ctx);
    /// ctx.advance(Duration::from_secs(60));
    /// assert_eq!(ctx.deliver(&mut lamp), Some("dim"));
    /// ```
    #[must_use = "nothing is sent until a method of it is called"]
    pub fn after(&self, after: Duration) -> A::Client<After> {
        A::Client::from_ref(ActorRef::new(DelayedHandle { address: self.address(), after }))
    }

    /// Sends to itself every `period`, the first time after one: `ctx.every(d, |me| me.tick())`. Ticks stand at
    /// multiples of the period, without drift; those that were missed are not made up for. The timer ends with the
    /// process. A period of zero is one nanosecond. `timer:send_interval/2`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Clock { ticks: u32 }
    /// # #[actor]
    /// # impl Clock {
    /// #[init]
    /// fn init(ctx: &mut Context<Self>) -> Self {
    ///     ctx.every(Duration::from_secs(1), |me| me.tick());
    ///     Self { ticks: 0 }
    /// }
    /// #[handle_info]
    /// fn tick(&mut self) { self.ticks += 1; }
    /// #     #[handle_call] pub fn ticks(&self) -> u32 { self.ticks }
    /// # }
    ///
    /// Sim::run(1, |t| {
    ///     let clock = Clock::start().unwrap();
    ///     t.advance(Duration::from_secs(60));
    ///     assert_eq!(clock.ticks(), Ok(60));
    /// });
    /// ```
    pub fn every(
        &self,
        period: Duration,
        message: impl Fn(A::Client<Build>) -> A::Message + Send + Sync + 'static,
    ) -> TimerRef {
        timer::send_every(&self.cell, period, move || message(A::Client::from_ref(ActorRef::new(()))))
    }

    /// A subject of its own, whose messages arrive as one of its own: `ctx.subject(|me, line| me.line(line))`. The
    /// closure runs in the actor, with each message in turn. Gleam's `with_selector`.
    ///
    /// The actor closes it with [`Subject::close`]; what has not been handled by then never is.
    ///
    /// ```
    /// # use otp::{prelude::*, process::Subject};
    /// # pub struct Sum(u32);
    /// # #[actor]
    /// # impl Sum {
    /// #     #[init] fn init() -> Self { Self(0) }
    /// #     #[handle_call] pub fn total(&self) -> u32 { self.0 }
    /// #[handle_call]
    /// pub fn inlet(&self, ctx: &mut Context<Self>) -> Subject<u32> { ctx.subject(|me, n| me.add(n)) }
    /// #[handle_cast]
    /// fn add(&mut self, n: u32) { self.0 += n; }
    /// # }
    ///
    /// let sum = Sum::start()?;
    /// let inlet = sum.inlet()?;                      // whoever has it needs to know nothing of `Sum`
    /// inlet.send(40);
    /// inlet.send(2);
    /// assert_eq!(sum.total()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When it is called in another process than the actor's own.
    pub fn subject<T: Send + 'static>(
        &self,
        message: impl Fn(A::Client<Build>, T) -> A::Message + Send + Sync + 'static,
    ) -> Subject<T> {
        let own = current::with(|me| me.pid()) == self.pid();
        assert!(own, "only the process itself can do this, in its own handler");
        super::subject::own::<A, T>(message)
    }

    /// Sends to itself if no message arrives within a while; any message cancels it: `ctx.idle_timeout(d).poke()`.
    /// OTP's timeout in the return value of a callback.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # struct Cache;
    /// # #[actor]
    /// # impl Cache {
    /// #     #[init] fn init() -> Self { Self }
    /// #[handle_cast]
    /// fn touch(&mut self, ctx: &mut Context<Self>) { ctx.idle_timeout(Duration::from_secs(30)).close(); }
    /// #[handle_info]
    /// fn close(&mut self, ctx: &mut Context<Self>) { ctx.stop(ExitReason::Normal) }
    /// # }
    ///
    /// let (mut ctx, mut cache) = (Context::for_test(), Cache::init());
    /// cache.touch(&mut ctx);
    /// ctx.advance(Duration::from_secs(30));
    /// assert_eq!(ctx.deliver(&mut cache), Some("close"));
    /// assert_eq!(ctx.stopped(), Some(ExitReason::Normal));
    /// ```
    ///
    /// # Panics
    /// The client that it gives panics in another process than the actor's own.
    #[must_use = "nothing is sent until a method of it is called"]
    pub fn idle_timeout(&self, after: Duration) -> A::Client<IdleTimeout> {
        A::Client::from_ref(ActorRef::new(LocalHandle { address: self.address(), after, here: PhantomData }))
    }

    /// Handles something before any message that waits: `ctx.next().load()`. OTP's `{continue, Term}`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Store { rows: Vec<u32> }
    /// # #[actor]
    /// # impl Store {
    /// #[init]
    /// fn init(ctx: &mut Context<Self>) -> Self {
    ///     ctx.next().load();                         // `start` returns, and no message comes before it
    ///     Self { rows: Vec::new() }
    /// }
    /// #[handle_continue]
    /// fn load(&mut self) { self.rows = vec![40, 2]; }
    /// #     #[handle_call] pub fn sum(&self) -> u32 { self.rows.iter().sum() }
    /// # }
    ///
    /// assert_eq!(Store::start()?.sum()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// The client that it gives panics in another process than the actor's own.
    #[must_use = "nothing is sent until a method of it is called"]
    pub fn next(&self) -> A::Client<Next> {
        A::Client::from_ref(ActorRef::new(LocalHandle {
            address: self.address(),
            after: Duration::ZERO,
            here: PhantomData,
        }))
    }

    /// Ends the actor after this handler: `terminate` runs, then the handler's answer is sent, then the process ends.
    /// OTP's `{stop, Reason, ..}`. The first reason counts.
    ///
    /// In `terminate` it does nothing any more; see [`Actor::terminate`] for a reason that comes up there.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # struct Till { open: bool }
    /// # #[actor]
    /// # impl Till {
    /// #     #[init] fn init() -> Self { Self { open: true } }
    /// #[handle_call]
    /// fn close(&mut self, ctx: &mut Context<Self>) -> bool {
    ///     ctx.stop(ExitReason::Normal);
    ///     self.open                                  // the caller gets its answer
    /// }
    /// # }
    ///
    /// let (mut ctx, mut till) = (Context::for_test(), Till::init());
    /// assert!(till.close(&mut ctx));
    /// assert_eq!(ctx.stopped(), Some(ExitReason::Normal));
    /// ```
    pub fn stop(&mut self, reason: impl IntoReason) {
        self.stop.get_or_insert_with(|| {
            Box::new(Stop {
                reason: reason.into_reason(),
                reply: None,
                client: None,
                handled: self.cell.header().handler.code(),
            })
        });
    }

    /// In `init`: whoever starts it goes on now, rather than when `init` is over. What goes wrong afterwards is seen by
    /// links and monitors only. Later it does nothing. `proc_lib:init_ack/1`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Store;
    /// # #[actor]
    /// # impl Store {
    /// #[init]
    /// fn init(ctx: &mut Context<Self>) -> Self {
    ///     ctx.init_ack();                            // `start` returns; messages wait
    ///     otp::sleep(Duration::from_secs(60));
    ///     Self
    /// }
    /// #     #[handle_call] pub fn ready(&self) {}
    /// # }
    ///
    /// Sim::run(1, |t| {
    ///     let store = Store::start().unwrap();
    ///     assert_eq!(t.now(), Duration::ZERO);
    ///     store.no_timeout().ready().unwrap();
    ///     assert_eq!(t.now(), Duration::from_secs(60));
    /// });
    /// ```
    pub fn init_ack(&mut self) {
        self.ack.said(None);
    }

    /// As [`init_ack`](Context::init_ack), with a value for whoever asked a supervisor to start the actor: see
    /// [`StartInfo`](crate::process::StartInfo). Others who start it don't get the value. The `Info` of OTP's
    /// `{ok, Pid, Info}`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Printer;
    /// # #[actor]
    /// # impl Printer {
    /// #[init]
    /// fn init(ctx: &mut Context<Self>) -> Self {
    ///     ctx.init_ack_with(631_u16);
    ///     Self
    /// }
    /// # }
    ///
    /// let office = Supervisor::new(Strategy::OneForOne).start()?;
    /// let (printer, info) = office.start_child_with_info("printer", Printer::child_spec())?;
    /// assert_eq!(info.unwrap().downcast::<u16>().unwrap(), 631);
    /// assert!(printer.is_alive());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn init_ack_with(&mut self, info: impl Any + Send) {
        self.ack.said(Some(StartInfo::new(self.pid(), info)));
    }

    /// Says whether exit signals become [`Exit`](crate::Exit)s for a `#[handle_info]`; returns what was said before.
    /// The exit of the parent ends the actor in any case, after `terminate`. `process_flag(trap_exit, Flag)`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Nest { last: Option<ExitReason> }
    /// # #[actor]
    /// # impl Nest {
    /// #[init]
    /// fn init(ctx: &mut Context<Self>) -> Self {
    ///     ctx.trap_exit(true);
    ///     Self { last: None }
    /// }
    /// #[handle_info]
    /// fn ended(&mut self, exit: Exit) { self.last = Some(exit.reason); }
    /// #     #[handle_call] pub fn last(&self) -> Option<ExitReason> { self.last.clone() }
    /// # }
    ///
    /// Sim::run(1, |t| {
    ///     let nest = Nest::start().unwrap();
    ///     let pid = nest.pid().unwrap();
    ///     process::spawn(move |_| otp::process::exit(pid, ExitReason::other("cold")));
    ///     t.settle();
    ///     assert_eq!(nest.last(), Ok(Some(ExitReason::other("cold"))));       // it lives
    /// });
    /// ```
    pub fn trap_exit(&mut self, trap: bool) -> bool {
        self.as_process(|_| process::trap_exit(trap))
    }

    /// Watches a process; its [`Down`](crate::Down) comes to a `#[handle_info]`. `erlang:monitor/2`.
    ///
    /// When the process is gone already, the `Down` comes with the reason `NoProc`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Roll { gone: Vec<Pid> }
    /// # #[actor]
    /// # impl Roll {
    /// #     #[init] fn init() -> Self { Self { gone: Vec::new() } }
    /// #[handle_call]
    /// pub fn watch(&mut self, pid: Pid, ctx: &mut Context<Self>) { ctx.monitor(pid); }
    /// #[handle_info]
    /// fn down(&mut self, down: Down) { self.gone.push(down.pid); }
    /// #     #[handle_call] pub fn gone(&self) -> Vec<Pid> { self.gone.clone() }
    /// # }
    ///
    /// Sim::run(1, |t| {
    ///     let (roll, pid) = (Roll::start().unwrap(), process::spawn(|_| ()));
    ///     roll.watch(pid).unwrap();
    ///     t.settle();
    ///     assert_eq!(roll.gone(), Ok(vec![pid]));
    /// });
    /// ```
    pub fn monitor(&self, target: Pid) -> MonitorRef {
        self.as_process(|_| process::monitor(target))
    }

    /// Ends a monitor; see [`demonitor`](crate::process::demonitor).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # struct Roll;
    /// # #[actor] impl Roll { #[init] fn init() -> Self { Self } }
    /// let ctx = Context::<Roll>::for_test();
    /// let monitor = ctx.monitor(otp::self_pid());
    /// assert!(ctx.demonitor(monitor));
    /// assert!(!ctx.demonitor(monitor));              // it is over
    /// ```
    pub fn demonitor(&self, monitor: MonitorRef) -> bool {
        self.as_process(|_| process::demonitor(monitor))
    }

    /// As [`demonitor`](Context::demonitor); a [`Down`](crate::Down) that has come is dropped as well. See
    /// [`demonitor_flush`](crate::process::demonitor_flush).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # struct Roll;
    /// # #[actor] impl Roll { #[init] fn init() -> Self { Self } }
    /// let ctx = Context::<Roll>::for_test();
    /// let monitor = ctx.monitor_name("nobody");
    /// assert_eq!(ctx.waiting(), ["info"]);           // its `Down`
    /// ctx.demonitor_flush(monitor);
    /// assert!(ctx.waiting().is_empty());
    /// ```
    pub fn demonitor_flush(&self, monitor: MonitorRef) {
        self.as_process(|_| process::demonitor_flush(monitor));
    }

    /// Watches the process that has a name now; see [`monitor_name`](crate::process::monitor_name).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Clerk { desk_is_free: bool }
    /// # #[actor]
    /// # impl Clerk {
    /// #[init]
    /// fn init(ctx: &mut Context<Self>) -> Self {
    ///     ctx.monitor_name("desk");
    ///     Self { desk_is_free: false }
    /// }
    /// #[handle_info]
    /// fn down(&mut self, down: Down) { self.desk_is_free = down.name == Some("desk".into()); }
    /// #     #[handle_call] pub fn desk_is_free(&self) -> bool { self.desk_is_free }
    /// # }
    ///
    /// assert!(Clerk::start()?.desk_is_free()?);      // nobody has the name
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn monitor_name(&self, name: impl Into<RegName>) -> MonitorRef {
        self.as_process(|_| process::monitor_name(name))
    }

    /// Sends an exit signal, which comes from this process; see [`exit`](crate::process::exit).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Guard;
    /// # #[actor]
    /// # impl Guard {
    /// #     #[init] fn init() -> Self { Self }
    /// #[handle_cast]
    /// pub fn evict(&mut self, pid: Pid, ctx: &mut Context<Self>) { ctx.exit(pid, ExitReason::Shutdown); }
    /// # }
    ///
    /// let guard = Guard::start()?;
    /// guard.evict(otp::self_pid());
    /// let exit = process::current().receive_exit(None).unwrap();      // this thread traps exits
    /// assert_eq!((Some(exit.from), exit.reason), (guard.pid(), ExitReason::Shutdown));
    /// # Ok::<(), StartError>(())
    /// ```
    pub fn exit(&self, to: impl Into<Destination>, reason: impl IntoReason) {
        self.as_process(|_| process::exit(to, reason));
    }

    /// Links itself to a process; see [`link`](crate::process::link).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Twin;
    /// # #[actor]
    /// # impl Twin {
    /// #     #[init] fn init() -> Self { Self }
    /// #[handle_call]
    /// pub fn join(&mut self, other: Pid, ctx: &mut Context<Self>) { ctx.link(other) }
    /// # }
    ///
    /// let (castor, pollux) = (Twin::start()?, Twin::start()?);
    /// castor.join(pollux.pid().unwrap())?;
    /// let monitor = castor.monitor().unwrap();
    /// pollux.stop_with(ExitReason::Shutdown, None)?;
    /// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn link(&self, other: Pid) {
        self.as_process(|_| process::link(other));
    }

    /// Ends a link; see [`unlink`](crate::process::unlink).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Twin;
    /// # #[actor]
    /// # impl Twin {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn join(&mut self, other: Pid, ctx: &mut Context<Self>) { ctx.link(other) }
    /// #[handle_call]
    /// pub fn leave(&mut self, other: Pid, ctx: &mut Context<Self>) { ctx.unlink(other) }
    /// # }
    ///
    /// let (castor, pollux) = (Twin::start()?, Twin::start()?);
    /// castor.join(pollux.pid().unwrap())?;
    /// castor.leave(pollux.pid().unwrap())?;
    /// pollux.stop_with(ExitReason::Shutdown, None)?;
    /// assert!(castor.is_alive());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unlink(&self, other: Pid) {
        self.as_process(|_| process::unlink(other));
    }

    /// Gives back the memory that its empty queues hold. OTP's `hibernate`.
    ///
    /// The server goes on as before; its queues take memory again with the next messages.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Inbox(usize);
    /// # #[actor]
    /// # impl Inbox {
    /// #     #[init] fn init() -> Self { Self(0) }
    /// #     #[handle_call] pub fn len(&self) -> usize { self.0 }
    /// #[handle_cast]
    /// pub fn put(&mut self, _letter: String, ctx: &mut Context<Self>) {
    ///     self.0 += 1;
    ///     ctx.idle_timeout(Duration::from_secs(60)).rest();
    /// }
    /// #[handle_info]
    /// fn rest(&mut self, ctx: &mut Context<Self>) { ctx.hibernate() }
    /// # }
    ///
    /// Sim::run(1, |t| {
    ///     let inbox = Inbox::start().unwrap();
    ///     (0..1000).for_each(|n| inbox.put(n.to_string()));
    ///     t.advance(Duration::from_secs(60));        // the room of a thousand messages is given back
    ///     assert_eq!(inbox.len(), Ok(1000));
    /// });
    /// ```
    pub fn hibernate(&self) {
        Cell::shrink(&self.cell);
    }

    /// Answers the call that is being handled, in an [`Actor`](crate::Actor) written by hand. When the handler has
    /// [stopped](Context::stop) the actor, the answer is sent after `terminate`. `{reply, Reply, State}` and
    /// `{stop, Reason, Reply, State}`.
    ///
    /// ```
    /// # use otp::{Actor, Context, ExitReason, actor::{Handled, Init}, mode::Mode, ActorRef, ReplyTo};
    /// # struct Till(u32);
    /// # impl Actor for Till {
    /// #     type Args = ();
    /// #     type Message = ReplyTo<u32>;
    /// #     type Client<M: Mode> = ActorRef<Self, M>;
    /// #     const NAME: &'static str = "Till";
    /// #     fn init(_: (), _: &mut Context<Self>) -> Handled<'_, Init<Self>> { Handled::Done(Init::Ok(Till(42))) }
    /// fn handle<'a>(&'a mut self, close: ReplyTo<u32>, ctx: &'a mut Context<Self>) -> Handled<'a> {
    ///     if close.begin() {
    ///         ctx.stop(ExitReason::Normal);
    ///         ctx.reply(close, self.0);              // sent when `terminate` has run
    ///     }
    ///     Handled::Done(Ok(()))
    /// }
    /// #     fn message_name(_: &ReplyTo<u32>) -> &'static str { "close" }
    /// # }
    ///
    /// assert_eq!(otp::start::<Till>(())?.call(|reply| reply), Ok(42));
    /// # Ok::<(), otp::StartError>(())
    /// ```
    pub fn reply<T: 'static>(&mut self, reply: ReplyTo<T>, answer: T) {
        match &mut self.stop {
            Some(stop) => {
                stop.client = reply.caller();
                stop.reply = Some(reply.prepare(answer));
            }
            None => {
                if self.cell.header().is_watched() {
                    self.tell_of_answer(reply.caller());
                }
                reply.send(answer);
            }
        }
    }

    #[cold]
    fn tell_of_answer(&self, to: Option<Pid>) {
        let message = self.cell.header().handler.name().unwrap_or_default();
        current::as_itself(&self.cell, |me| self.cell.tell(me, || Event::Out { message: message.into(), to }));
    }

    /// Has `keep` put the right to answer a call away, to be used later, in an [`Actor`](crate::Actor) written by hand:
    /// the caller is told when the actor ends before it is used. Does nothing when the caller's time is over.
    /// `{noreply, State}`.
    ///
    /// ```
    /// use otp::{Actor, ClientExt, Context, actor::{Handled, Init}, mode::Mode, ActorRef, ReplyTo};
    ///
    /// /// A door that those who came before it opens wait for.
    /// struct Door(Vec<ReplyTo<()>>);
    ///
    /// enum Message {
    ///     Pass(ReplyTo<()>),
    ///     Open,
    /// }
    ///
    /// impl Actor for Door {
    ///     type Args = ();
    ///     type Message = Message;
    ///     type Client<M: Mode> = ActorRef<Self, M>;
    ///     const NAME: &'static str = "Door";
    ///
    ///     fn init((): (), _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
    ///         Handled::Done(Init::Ok(Door(Vec::new())))
    ///     }
    ///
    ///     fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
    ///         match message {
    ///             Message::Pass(reply) => ctx.defer(reply, |reply| self.0.push(reply)),
    ///             Message::Open => self.0.drain(..).for_each(|reply| reply.send(())),
    ///         }
    ///         Handled::Done(Ok(()))
    ///     }
    ///
    ///     fn message_name(message: &Message) -> &'static str {
    ///         match message {
    ///             Message::Pass(_) => "pass",
    ///             Message::Open => "open",
    ///         }
    ///     }
    /// }
    ///
    /// let door = otp::start::<Door>(())?;
    /// let pass = door.request().call(Message::Pass);
    /// door.cast(Message::Open);
    /// assert_eq!(pass.wait(), Ok(()));
    /// # Ok::<(), otp::StartError>(())
    /// ```
    pub fn defer<T: 'static>(&mut self, reply: ReplyTo<T>, keep: impl FnOnce(ReplyTo<T>)) {
        if reply.begin() {
            let tracker = reply.tracker();
            keep(reply);
            self.deferred(tracker);
        }
    }

    /// For generated code: a handler that was given a `ReplyTo` has returned.
    #[doc(hidden)]
    pub fn deferred(&mut self, tracker: ReplyTracker) {
        let call = tracker.0.clone();
        if call.is_pending() {
            call.deferred();
            let _ = self.as_process(|me| me.header().watch_call(call));
        }
    }
}

impl<A: Actor> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({} {})", A::NAME, self.pid())
    }
}

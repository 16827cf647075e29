//! The heap cell of a process: its identity, its inbox, its relations, its code.
//!
//! [`Cell`] is generic over its message type; what does not depend on that is in [`Common`], and [`AnyProcess`] is a
//! counted reference that has forgotten the type. The code of a process is one future, polled by the scheduler's turns.
//!
//! **Inbox.** Others push into the outer queue, under a lock that is held for a few instructions. The process takes all
//! of it at once into its mail, which only it touches, and acts on the signals in it in order of arrival.
//!
//! **Death** ([`Cell::die`]): code and mail are dropped, timers cancelled, the name is freed, the pid is gone; then the
//! crash is reported, links and monitors are told, and callers that wait for a reply get the reason.

use std::{
    any::Any,
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{
            AtomicU8, AtomicU64,
            Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
        },
    },
    task::{Context, Poll},
    thread::Thread,
    time::Duration,
};

use super::{
    Down, Exit, ExitReason, MonitorRef, Panic, Pid,
    any::AnyProcess,
    current,
    handler::Handler,
    node::NodeInner,
    owned::Owned,
    signal::{self, Item, Links, Signal},
};
use crate::{
    report,
    scheduler::{Run, Scheduler, Task, TaskRef, Turn},
    time::{Expire, Key, Moment},
};

/// Something in the outer queue asks to be acted on.
const SIGNALLED: u8 = 1;
/// It waits for something that no message of its own type can be.
const DEAF: u8 = 2;
/// Whoever set this does the farewell.
const ENDING: u8 = 4;
/// Declared dead while its code was running; the code must not do anything any more.
const LOST: u8 = 8;
/// A kill signal was sent to it.
const DOOMED: u8 = 32;
/// Its resources are released.
const DEAD: u8 = 16;

/// The code of a process.
pub(crate) type Body = Pin<Box<dyn Future<Output = ExitReason> + Send>>;

/// What carries the turns of a process.
pub(crate) enum Home {
    /// The cores of its node.
    Core,
    /// It is an OS thread that was adopted.
    Thread(Thread),
    /// It is the test that drives a simulation.
    Driver,
}

pub(crate) struct Cell<M> {
    common: Common,
    outer: Mutex<Outer<M>>,
    mail: Owned<VecDeque<Item<M>>>,
    body: Owned<Option<Body>>,
    rare: Owned<Option<Box<Rare<M>>>>,
}

/// What most processes never need.
struct Rare<M> {
    /// How many messages at the head of the mail were put there by the process itself.
    ahead: usize,
    /// What it wants to be told if nothing has arrived until then.
    idle: Option<(Moment, M)>,
}

struct Outer<M> {
    queue: VecDeque<Item<M>>,
    closed: bool,
}

/// What a process is, whatever its messages are.
pub(crate) struct Common {
    pub(crate) pid: Pid,
    pub(crate) parent: Option<Pid>,
    pub(crate) node: Arc<NodeInner>,
    /// What reports call it.
    pub(crate) label: &'static str,
    pub(crate) home: Home,
    /// The message that it handles.
    pub(crate) handler: Handler,
    flags: AtomicU8,
    /// The earliest moment at which it wants to look again; `FAR` for none.
    wake_at: AtomicU64,
    /// The moment of its entry in the timers; `FAR` for none.
    armed_at: AtomicU64,
    /// The token of the process whose reply it waits for, and for nothing else; 0 for none.
    pub(crate) waits_for: AtomicU64,
    relations: Mutex<Option<Box<Relations>>>,
    reason: OnceLock<ExitReason>,
    pub(crate) own: Owned<Own>,
}

/// Whom it must tell when it ends, and who must tell it.
#[derive(Default)]
pub(crate) struct Relations {
    pub(crate) links: Links,
    pub(crate) watchers: BTreeMap<MonitorRef, ()>,
    pub(crate) monitoring: BTreeMap<MonitorRef, Pid>,
    pub(crate) name: Option<Arc<str>>,
    /// Its timers, which end with it.
    timers: Vec<Key>,
    /// Calls that must be told when it ends: deferred ones, and those that no process waits for.
    pub(crate) calls: Vec<Arc<dyn PendingCall>>,
    /// The thread that its code blocks, having handed its core over.
    pub(crate) blocked: Option<Thread>,
}

/// What only its own turns touch.
#[derive(Default)]
pub(crate) struct Own {
    pub(crate) trap_exit: bool,
    /// It has to end, for this reason.
    pub(crate) fatal: Option<ExitReason>,
    armed: Option<Key>,
    /// The number of calls that its code waits for.
    pub(crate) calls: u32,
    /// Calls whose replies were dropped in its last moments.
    pub(crate) orphans: Vec<Arc<dyn PendingCall>>,
}


/// A call that somebody waits for.
pub(crate) trait PendingCall: Send + Sync {
    /// Nobody will answer it any more.
    fn abandon(&self);
    fn is_pending(&self) -> bool;
    /// Its handler has returned without an answer.
    fn deferred(&self);
}

/// The payload that unwinds a process: because it has to end where it waits, or by its own will and for this reason.
struct Unwind(Option<ExitReason>);

/// Whether a caught payload ends the process without further ceremony.
pub(crate) fn is_fatal(payload: &(dyn Any + Send)) -> bool {
    payload.downcast_ref::<Unwind>().is_some_and(|unwind| unwind.0.is_none())
}

thread_local! {
    /// The last panic on this thread, noted by the hook.
    static PANIC: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Notes panics of processes, which are reported with their exit, and leaves all others to the hook before.
pub(crate) fn install_panic_hook() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !current::on_core() {
                return before(info);
            }
            let mut panic = Panic::new(info.payload(), info.location());
            let backtrace = std::backtrace::Backtrace::capture();
            if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
                panic.backtrace = Some(backtrace.to_string());
            }
            PANIC.set(Some(panic));
        }));
    });
}

impl<M: Send + 'static> Cell<M> {
    /// A new process, not yet in its node's table, without code.
    pub(crate) fn new(
        pid: Pid,
        parent: Option<Pid>,
        node: Arc<NodeInner>,
        label: &'static str,
        home: Home,
    ) -> TaskRef<Self> {
        TaskRef::new(Self {
            common: Common {
                pid,
                parent,
                node,
                label,
                home,
                handler: Handler::new(),
                flags: AtomicU8::new(0),
                wake_at: AtomicU64::new(Moment::FAR.as_nanos()),
                armed_at: AtomicU64::new(Moment::FAR.as_nanos()),
                waits_for: AtomicU64::new(0),
                relations: Mutex::new(None),
                reason: OnceLock::new(),
                own: Owned::new(Own::default()),
            },
            outer: Mutex::new(Outer { queue: VecDeque::new(), closed: false }),
            mail: Owned::new(VecDeque::new()),
            body: Owned::new(None),
            rare: Owned::new(None),
        })
    }

    pub(crate) fn common(&self) -> &Common {
        &self.common
    }

    /// Gives a new process its code; before it is started.
    pub(crate) fn set_body(&self, body: Body) {
        *self.body.borrow_mut() = Some(body);
    }

    fn outer(&self) -> std::sync::MutexGuard<'_, Outer<M>> {
        self.outer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message into the inbox of `this`.
    ///
    /// # Errors
    /// Gives the item back when the process has ended.
    pub(crate) fn push(this: &TaskRef<Self>, item: Item<M>) -> Result<(), Item<M>> {
        let acts = match &item {
            Item::Signal(signal) => Some(signal.acts()),
            Item::Message(_) | Item::Timed(_) => None,
        };
        {
            let mut outer = this.outer();
            if outer.closed {
                return Err(item);
            }
            if outer.queue.capacity() == 0 {
                outer.queue.reserve_exact(1);
            }
            outer.queue.push_back(item);
            if acts == Some(true) {
                this.common.flags.fetch_or(SIGNALLED, Relaxed);
            }
        }
        // A process that waits for a reply is not woken by messages: it takes the inbox when it is back in its loop.
        if acts.is_some() || this.common.flags.load(Relaxed) & DEAF == 0 {
            this.task().wake_after_lock();
        }
        Ok(())
    }

    /// Takes what has arrived into the mail and acts on the signals.
    fn take_arrivals(&self, me: &AnyProcess) {
        let batch = {
            let mut outer = self.outer();
            if outer.queue.is_empty() {
                return;
            }
            let mut mail = self.mail.borrow_mut();
            let signalled = self.common.flags.load(Relaxed) & SIGNALLED != 0;
            if !signalled && mail.is_empty() {
                mem::swap(&mut outer.queue, &mut *mail);
                return;
            }
            if signalled {
                self.common.flags.fetch_and(!SIGNALLED, Relaxed);
            }
            mem::take(&mut outer.queue)
        };
        for item in batch {
            let item = match item {
                Item::Signal(signal) if signal.acts() => match me.act_on(*signal) {
                    Some(signal) => Item::Signal(Box::new(signal)),
                    None => continue,
                },
                item => item,
            };
            self.mail.borrow_mut().push_back(item);
        }
    }

    /// The next item of its mail, if there is one.
    pub(crate) fn next_item(&self, me: &AnyProcess) -> Option<Item<M>> {
        if self.mail.borrow().is_empty() {
            self.take_arrivals(me);
        }
        let item = self.mail.borrow_mut().pop_front();
        if let Some(rare) = self.rare.borrow_mut().as_mut() {
            rare.ahead = rare.ahead.saturating_sub(1);
        }
        item
    }

    fn with_rare<R>(&self, f: impl FnOnce(&mut Rare<M>) -> R) -> R {
        f(self.rare.borrow_mut().get_or_insert_with(|| Box::new(Rare { ahead: 0, idle: None })))
    }

    /// Puts a message before all others but those that were put there before it. `{continue, Term}`.
    pub(crate) fn put_first(&self, message: M) {
        let ahead = self.with_rare(|rare| {
            rare.ahead += 1;
            rare.ahead - 1
        });
        self.mail.borrow_mut().insert(ahead, Item::Message(message));
    }

    /// Has `message` delivered if nothing else arrives within `after`.
    pub(crate) fn set_idle(&self, after: Duration, message: M) {
        let at = self.common.deadline(Some(after));
        let before = self.with_rare(|rare| rare.idle.replace((at, message)));
        drop(before);
    }

    /// Takes what [`Cell::set_idle`] left, if there is any.
    pub(crate) fn take_idle(&self) -> Option<(Moment, M)> {
        self.rare.borrow_mut().as_mut().and_then(|rare| rare.idle.take())
    }

    /// When it will have been idle for long enough, if it wants to know.
    pub(crate) fn idle_at(&self) -> Option<Moment> {
        self.rare.borrow().as_ref().and_then(|rare| rare.idle.as_ref().map(|(at, _)| *at))
    }

    /// Gives back memory that its queues do not need now.
    pub(crate) fn shrink(&self) {
        self.mail.borrow_mut().shrink_to_fit();
        self.outer().queue.shrink_to_fit();
    }

    /// One turn; what it says has to be done in the state that the scheduler keeps.
    fn turn(this: &TaskRef<Self>, me: &AnyProcess) -> Turn {
        if this.common.is_signalled() {
            this.take_arrivals(me);
        }
        let fatal = this.common.own.borrow().fatal.clone();
        if let Some(reason) = fatal {
            return Self::die(this, me, reason);
        }
        let polled = {
            let mut body = this.body.borrow_mut();
            let body = body.as_mut().expect("a process has its code until it dies");
            me.task().with_waker(|waker| catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(&mut Context::from_waker(waker)))))
        };
        if this.common.is_lost() {
            this.drop_remains();
            return Turn::Done;
        }
        let reason = match polled {
            Ok(Poll::Pending) if this.common.own.borrow().fatal.is_none() => return Turn::Idle,
            Ok(Poll::Pending) => ExitReason::Normal,
            Ok(Poll::Ready(reason)) => reason,
            Err(payload) => this.common.panicked(&*payload),
        };
        // Code that caught the unwinding of its own end does not change the reason.
        let fatal = this.common.own.borrow().fatal.clone();
        Self::die(this, me, fatal.unwrap_or(reason))
    }

    /// Ends the process; see the module's header for the order.
    pub(crate) fn die(this: &TaskRef<Self>, me: &AnyProcess, reason: ExitReason) -> Turn {
        let common = &this.common;
        if common.flags.fetch_or(ENDING, AcqRel) & ENDING != 0 {
            this.drop_remains();
            return Turn::Done;
        }
        let mut reason = reason;
        let body = this.body.borrow_mut().take();
        common.quietly(|| drop(body), &mut reason);
        let timers = common.relate(|relations| mem::take(&mut relations.timers));
        for key in timers.into_iter().flatten() {
            let cancelled = common.node.scheduler.timers().cancel(key);
            common.quietly(|| drop(cancelled), &mut reason);
        }
        common.disarm();
        let rare = this.rare.borrow_mut().take();
        common.quietly(|| drop(rare), &mut reason);
        let closed = this.close();
        let mail = mem::take(&mut *this.mail.borrow_mut());
        for item in mail.into_iter().chain(closed) {
            match item {
                Item::Signal(signal) => me.bounce(*signal),
                item => common.quietly(|| drop(item), &mut reason),
            }
        }
        common.farewell(me, reason);
        Turn::Done
    }

    /// From now on nothing more arrives; what had arrived.
    fn close(&self) -> VecDeque<Item<M>> {
        let mut outer = self.outer();
        outer.closed = true;
        mem::take(&mut outer.queue)
    }

    /// Drops what a process that was declared dead has left.
    fn drop_remains(&self) {
        let mut ignored = ExitReason::Normal;
        let body = self.body.borrow_mut().take();
        self.common.quietly(|| drop(body), &mut ignored);
        let mail = mem::take(&mut *self.mail.borrow_mut());
        for item in mail {
            self.common.quietly(|| drop(item), &mut ignored);
        }
    }
}

impl<M: Send + 'static> Run for Cell<M> {
    fn run(this: &TaskRef<Self>) -> Turn {
        let me = AnyProcess::borrowed(this);
        let _current = current::enter(&me);
        Self::turn(this, &me)
    }

    fn scheduler(&self) -> &Scheduler {
        &self.common.node.scheduler
    }

    fn token(&self) -> u64 {
        self.common.pid.token()
    }

    fn unpark_thread(&self) {
        match &self.common.home {
            Home::Thread(thread) => thread.unpark(),
            Home::Core => {
                if let Some(thread) = self.common.relate(|relations| relations.blocked.clone()).flatten() {
                    thread.unpark();
                }
            }
            Home::Driver => {}
        }
    }
}

/// What can be asked of a process whatever its messages are.
pub(crate) trait Process: Send + Sync {
    fn common(&self) -> &Common;
    fn push_signal(&self, me: &Task, signal: Signal) -> Result<(), Signal>;
    fn take_arrivals(&self, me: &AnyProcess);
    /// Takes the oldest message for a subject, trapped exit or `Down` that `take` accepts.
    fn take_signal(&self, take: &mut dyn FnMut(&Signal) -> bool) -> Option<Signal>;
    /// Declares it dead from outside: what is queued is refused.
    fn refuse_all(&self, me: &AnyProcess);
    fn end(&self, me: &AnyProcess, reason: ExitReason);
    fn queue_len(&self) -> usize;
    /// The cell, to be recognised by its type.
    fn as_any(&self) -> &dyn Any;
}

impl<M: Send + 'static> Process for Cell<M> {
    fn common(&self) -> &Common {
        &self.common
    }

    fn push_signal(&self, me: &Task, signal: Signal) -> Result<(), Signal> {
        let this = me.downcast::<Self>().expect("the task of this cell");
        Self::push(this, Item::Signal(Box::new(signal))).map_err(|item| match item {
            Item::Signal(signal) => *signal,
            Item::Message(_) | Item::Timed(_) => unreachable!("what comes back is what was pushed"),
        })
    }

    fn take_arrivals(&self, me: &AnyProcess) {
        Cell::take_arrivals(self, me);
    }

    fn take_signal(&self, take: &mut dyn FnMut(&Signal) -> bool) -> Option<Signal> {
        let mut mail = self.mail.borrow_mut();
        let index = mail.iter().position(|item| matches!(item, Item::Signal(signal) if take(signal)))?;
        match mail.remove(index) {
            Some(Item::Signal(signal)) => Some(*signal),
            _ => None,
        }
    }

    fn refuse_all(&self, me: &AnyProcess) {
        let mut ignored = ExitReason::Normal;
        for item in self.close() {
            match item {
                Item::Signal(signal) => me.bounce(*signal),
                item => self.common.quietly(|| drop(item), &mut ignored),
            }
        }
    }

    fn end(&self, me: &AnyProcess, reason: ExitReason) {
        Self::die(me.task().downcast().expect("the task of this cell"), me, reason);
        me.task().finish();
    }

    fn queue_len(&self) -> usize {
        self.outer().queue.len() + self.mail.borrow().len()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Common {
    fn relations(&self) -> std::sync::MutexGuard<'_, Option<Box<Relations>>> {
        self.relations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `f` with its relations; nothing once it is ending.
    pub(crate) fn relate<R>(&self, f: impl FnOnce(&mut Relations) -> R) -> Option<R> {
        let mut relations = self.relations();
        // The farewell takes the relations under this lock after it has set the reason.
        self.reason.get().is_none().then(|| f(relations.get_or_insert_default()))
    }

    pub(crate) fn is_signalled(&self) -> bool {
        self.flags.load(Relaxed) & SIGNALLED != 0
    }

    /// Whether its resources are released.
    pub(crate) fn is_dead(&self) -> bool {
        self.flags.load(Acquire) & DEAD != 0
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.flags.load(Acquire) & ENDING != 0
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.flags.load(Acquire) & LOST != 0
    }

    /// Notes that a kill signal was sent to it.
    pub(crate) fn doom(&self) {
        self.flags.fetch_or(DOOMED, Relaxed);
    }

    /// Whether it has been sent a kill signal, which it has not acted on.
    pub(crate) fn is_doomed(&self) -> bool {
        self.flags.load(Relaxed) & (DOOMED | ENDING) == DOOMED
    }

    /// Why it ended, once it did.
    pub(crate) fn reason(&self) -> Option<&ExitReason> {
        self.reason.get()
    }

    /// Says whether messages of its own type may wake it; returns what was said before.
    pub(crate) fn set_deaf(&self, deaf: bool) -> bool {
        let before = if deaf { self.flags.fetch_or(DEAF, Relaxed) } else { self.flags.fetch_and(!DEAF, Relaxed) };
        before & DEAF != 0
    }

    /// Unwinds the running code if the process has to end: acts on the signals that wait.
    pub(crate) fn must_end(&self, me: &AnyProcess) -> bool {
        if self.is_signalled() {
            me.process().take_arrivals(me);
        }
        self.is_lost() || self.own.borrow().fatal.is_some()
    }

    /// Ends the running code where it is.
    pub(crate) fn unwind(&self) -> ! {
        match self.home {
            Home::Core => resume_unwind(Box::new(Unwind(None))),
            Home::Thread(_) | Home::Driver => {
                let reason = self.own.borrow_mut().fatal.take().unwrap_or(ExitReason::Killed);
                panic!("this thread received an exit signal: {reason}");
            }
        }
    }

    /// Ends the running code by its own will.
    pub(crate) fn exit_self(&self, reason: ExitReason) -> ! {
        match self.home {
            Home::Core => resume_unwind(Box::new(Unwind(Some(reason)))),
            Home::Thread(_) | Home::Driver => panic!("this thread called for its own exit: {reason}"),
        }
    }

    /// Drops something of the user's; if that panics, that is why the process ends.
    fn quietly(&self, drop: impl FnOnce(), reason: &mut ExitReason) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(drop)) {
            *reason = self.panicked(&*payload);
        }
    }

    /// The reason that a panic stands for.
    pub(crate) fn panicked(&self, payload: &(dyn Any + Send)) -> ExitReason {
        if let Some(Unwind(reason)) = payload.downcast_ref() {
            return reason.clone().or_else(|| self.own.borrow().fatal.clone()).unwrap_or(ExitReason::Killed);
        }
        let mut panic = PANIC.take().unwrap_or_else(|| Panic::new(payload, None));
        panic.handler = self.handler.get();
        ExitReason::Panic(Arc::new(panic))
    }

    /// Releases what others can see, then tells them.
    fn farewell(&self, me: &AnyProcess, reason: ExitReason) {
        let relations = {
            let mut relations = self.relations();
            self.reason.get_or_init(|| reason.clone());
            relations.take().map(|relations| *relations).unwrap_or_default()
        };
        let node = &self.node;
        if let Some(name) = &relations.name {
            node.names.remove(name, self.pid);
        }
        let in_table = node.table.remove(self.pid);
        self.flags.fetch_or(DEAD, AcqRel);
        report::ended(me, &reason);
        for other in relations.links.iter() {
            node.signal(other, Signal::Exit { from: self.pid, reason: reason.clone(), link: true });
        }
        for monitor in relations.watchers.into_keys() {
            node.signal(monitor.watcher, Signal::Down(Down { monitor, pid: self.pid, reason: reason.clone() }));
        }
        for (monitor, target) in relations.monitoring {
            node.signal(target, Signal::Demonitor { monitor });
        }
        // What a lost process still holds belongs to its thread.
        let orphans = if self.is_lost() { Vec::new() } else { mem::take(&mut self.own.borrow_mut().orphans) };
        orphans.iter().chain(&relations.calls).for_each(|call| call.abandon());
        drop(in_table);
        node.ended();
    }

    /// Has a timer cancelled when this process ends.
    pub(crate) fn own_timer(&self, key: Key) {
        let timers = self.node.scheduler.timers();
        self.relate(|relations| {
            let own = &mut relations.timers;
            if own.len() == own.capacity() {
                own.retain(|key| timers.deadline(*key).is_some());
            }
            own.push(key);
        });
    }

    /// Has `call` abandoned when this process ends, if it is pending then. False when it has ended.
    pub(crate) fn watch_call(&self, call: Arc<dyn PendingCall>) -> bool {
        self.relate(|relations| {
            let calls = &mut relations.calls;
            if calls.len() == calls.capacity() {
                calls.retain(|call| call.is_pending());
            }
            calls.push(call);
        })
        .is_some()
    }

    /// Asks to be woken at a moment, if not before.
    ///
    /// An entry in the timers stays when its wait is over: the next wait, which most often is for a later moment, finds
    /// it there and pays nothing. It may cause one look too many when it expires.
    pub(crate) fn wake_at(&self, me: &AnyProcess, at: Moment) {
        if at.as_nanos() >= self.wake_at.load(Relaxed) {
            return;
        }
        // Ordering: we say when, then look at the entry; the entry that expires says so, then looks when.
        self.wake_at.store(at.as_nanos(), SeqCst);
        if self.armed_at.load(SeqCst) <= at.as_nanos() {
            return;
        }
        let before = self.own.borrow_mut().armed.take();
        if let Some(before) = before {
            self.node.scheduler.timers().cancel(before);
        }
        self.armed_at.store(at.as_nanos(), SeqCst);
        let (key, next) = self.node.scheduler.timers().insert(at, Arc::new(Alarm(me.clone())));
        self.own.borrow_mut().armed = Some(key);
        if next {
            self.node.scheduler.timer_is_next();
        }
    }

    fn disarm(&self) {
        let armed = self.own.borrow_mut().armed.take();
        if let Some(key) = armed {
            self.node.scheduler.timers().cancel(key);
        }
    }

    /// The moment when a wait of so long from now is over.
    pub(crate) fn deadline(&self, after: Option<Duration>) -> Moment {
        after.map_or(Moment::FAR, |after| self.node.scheduler.now().saturating_add(after))
    }
}

/// Wakes a process; see [`Common::wake_at`].
struct Alarm(AnyProcess);

impl Expire for Alarm {
    fn expire(self: Arc<Self>, now: Moment) -> Option<Moment> {
        let common = self.0.common();
        common.armed_at.store(Moment::FAR.as_nanos(), SeqCst);
        let at = common.wake_at.load(SeqCst);
        if at == Moment::FAR.as_nanos() || common.is_dead() {
            return None;
        }
        if at > now.as_nanos() {
            common.armed_at.store(at, Release);
            return Some(Moment::from_nanos(at));
        }
        // A moment that was said meanwhile is later than now: its process saw no entry and made one.
        let _ = common.wake_at.compare_exchange(at, Moment::FAR.as_nanos(), AcqRel, Relaxed);
        self.0.task().wake();
        None
    }
}

impl AnyProcess {
    /// Acts on a signal that arrived; gives back what belongs among the messages.
    fn act_on(&self, signal: Signal) -> Option<Signal> {
        let common = self.common();
        match signal {
            Signal::Exit { from, reason, link } => {
                let active = link.then(|| common.relate(|relations| relations.links.ended(from)) == Some(true));
                let trapping = common.own.borrow().trap_exit;
                match signal::decide(common.pid, from, &reason, active, trapping) {
                    signal::Verdict::Drop => None,
                    signal::Verdict::Deliver => Some(Signal::Trapped(Exit { from, reason })),
                    signal::Verdict::Die(reason) => {
                        common.own.borrow_mut().fatal.get_or_insert(reason);
                        None
                    }
                }
            }
            Signal::Link { from } => {
                common.relate(|relations| relations.links.linked(from));
                None
            }
            Signal::Unlink { from, number } => {
                common.relate(|relations| relations.links.unlinked(from));
                common.node.signal(from, Signal::UnlinkAck { from: common.pid, number });
                None
            }
            Signal::UnlinkAck { from, number } => {
                common.relate(|relations| relations.links.acknowledged(from, number));
                None
            }
            Signal::Monitor { monitor } => {
                common.relate(|relations| relations.watchers.insert(monitor, ()));
                None
            }
            Signal::Demonitor { monitor } => {
                common.relate(|relations| relations.watchers.remove(&monitor));
                None
            }
            Signal::Down(down) => {
                let active = common.relate(|relations| relations.monitoring.remove(&down.monitor)).flatten();
                active.map(|_| Signal::Down(down))
            }
            Signal::Ask(ask) => {
                ask.answer(self);
                None
            }
            signal @ (Signal::Trapped(_) | Signal::Foreign { .. } | Signal::Terminate(_)) => Some(signal),
        }
    }

    /// Answers a signal that came too late.
    pub(crate) fn bounce(&self, signal: Signal) {
        let common = self.common();
        common.node.bounce(common.pid, signal);
    }

    /// Declares the process dead although its code runs, for a reason that the node decided on. False when it was
    /// ending already.
    pub(crate) fn declare_dead(&self, reason: ExitReason) -> bool {
        let common = self.common();
        if common.flags.fetch_or(ENDING | LOST, AcqRel) & ENDING != 0 {
            return false;
        }
        self.process().refuse_all(self);
        common.farewell(self, reason);
        true
    }
}

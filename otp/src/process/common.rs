//! What a process is, whatever its messages are: identity, flags, relations, what it says about its end.

use std::{
    any::Any,
    cell::Cell,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::Thread,
    time::Duration,
};

use super::{
    AnyProcess, Down, ExitReason, MonitorRef, Pid,
    few::Few,
    handler::Handler,
    node::NodeInner,
    owned::Owned,
    panic,
    signal::{Item, Links, Signal},
};
use crate::{
    sync::{
        Mutex, MutexGuard,
        atomic::{
            AtomicU8, AtomicU64,
            Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
        },
        lock,
    },
    time::{Expire, Key, Moment},
};

/// Something in the outer queue asks to be acted on.
const SIGNALLED: u8 = 1;
/// It waits for something that no message of its own type can be.
const DEAF: u8 = 2;
/// Its code has ended, and what it held is being dropped.
const DYING: u8 = 64;
/// Whoever set this does the farewell.
const ENDING: u8 = 4;
/// Declared dead while its code was running; the code must not do anything any more.
const LOST: u8 = 8;
/// A kill signal was sent to it.
const DOOMED: u8 = 32;
/// Its resources are released.
const DEAD: u8 = 16;
/// Messages for some of its subjects go to channels.
const CHANNELS: u8 = 128;

/// Where messages for one subject of an OS thread go instead of its inbox; gives back what nobody receives.
pub(crate) type Channel = Box<dyn Fn(Box<dyn Any + Send>) -> Option<Box<dyn Any + Send>> + Send>;

/// What carries the turns of a process.
pub(crate) enum Home {
    /// The cores of its node.
    Core,
    /// It is an OS thread that was adopted.
    Thread(Thread),
    /// It is the test that drives a simulation.
    Driver,
}

/// What a process is, whatever its messages are.
#[repr(C)]
pub(crate) struct Common {
    flags: AtomicU8,
    pub(crate) own: Owned<Own>,
    pub(crate) node: Arc<NodeInner>,
    /// The message that it handles.
    pub(crate) handler: Handler,
    pub(crate) pid: Pid,
    pub(crate) parent: Option<Pid>,
    /// What reports call it.
    pub(crate) label: &'static str,
    pub(crate) home: Home,
    /// The earliest moment at which it wants to look again; `FAR` for none.
    wake_at: AtomicU64,
    /// The moment of its entry in the timers; `FAR` for none.
    armed_at: AtomicU64,
    /// The token of the process whose reply it waits for, and for nothing else; 0 for none.
    pub(crate) waits_for: AtomicU64,
    relations: Mutex<Standing>,
}

/// How it stands to others.
enum Standing {
    /// Alive; relations are made when the first is needed.
    Alive(Option<Box<Relations>>),
    Ended(Box<ExitReason>),
}

/// Whom it must tell when it ends, and who must tell it.
#[derive(Default)]
pub(crate) struct Relations {
    pub(crate) links: Links,
    pub(crate) watchers: Few<MonitorRef, ()>,
    pub(crate) monitoring: Few<MonitorRef, Pid>,
    pub(crate) name: Option<Arc<str>>,
    /// Its timers, which end with it.
    timers: Vec<Key>,
    /// Calls that must be told when it ends: deferred ones, and those that no process waits for.
    pub(crate) calls: Vec<Arc<dyn PendingCall>>,
    channels: Few<u64, Channel>,
    /// The thread that its code blocks, having handed its core over.
    pub(crate) blocked: Option<Thread>,
}

/// What only its own turns touch.
#[derive(Default)]
pub(crate) struct Own {
    pub(crate) trap_exit: Cell<bool>,
    /// The number of calls that its code waits for, as of the last time that it was polled.
    pub(crate) calls: Cell<u32>,
    /// The number of processes whose start or end its code waits for.
    pub(crate) waits: Cell<u16>,
    armed: Cell<Option<Key>>,
    last: Cell<Option<Box<Last>>>,
}

/// What a process needs in its last moments.
#[derive(Default)]
struct Last {
    /// It has to end, for this reason.
    fatal: Option<ExitReason>,
    /// Calls whose replies were dropped by then.
    orphans: Vec<Arc<dyn PendingCall>>,
}

impl Own {
    fn last<R>(&self, f: impl FnOnce(&mut Last) -> R) -> R {
        let mut last = self.last.take().unwrap_or_default();
        let result = f(&mut last);
        self.last.set(Some(last));
        result
    }

    /// Whether anything was said about its end.
    #[inline]
    fn is_ending(&self) -> bool {
        let last = self.last.take();
        let ending = last.is_some();
        self.last.set(last);
        ending
    }

    /// Why it has to end, if it has to.
    #[inline]
    pub(crate) fn fatal(&self) -> Option<ExitReason> {
        if self.is_ending() { self.last(|last| last.fatal.clone()) } else { None }
    }

    /// It has to end for this reason, if there is none yet.
    pub(crate) fn set_fatal(&self, reason: ExitReason) {
        self.last(|last| {
            last.fatal.get_or_insert(reason);
        });
    }

    /// Keeps a call until the process has ended.
    pub(crate) fn keep_orphan(&self, call: Arc<dyn PendingCall>) {
        self.last(|last| last.orphans.push(call));
    }

    pub(crate) fn take_orphans(&self) -> Vec<Arc<dyn PendingCall>> {
        if self.is_ending() { self.last(|last| mem::take(&mut last.orphans)) } else { Vec::new() }
    }
}

/// A call that somebody waits for.
pub(crate) trait PendingCall: Send + Sync {
    /// Nobody will answer it any more.
    fn abandon(&self);
    fn is_pending(&self) -> bool;
    /// Its handler has returned without an answer.
    fn deferred(&self);
}

impl Common {
    /// A process of a node, alive and unrelated.
    pub(super) fn new(pid: Pid, parent: Option<Pid>, node: Arc<NodeInner>, label: &'static str, home: Home) -> Self {
        Self {
            flags: AtomicU8::new(0),
            own: Owned::new(Own::default()),
            node,
            handler: Handler::new(),
            pid,
            parent,
            label,
            home,
            wake_at: AtomicU64::new(Moment::FAR.as_nanos()),
            armed_at: AtomicU64::new(Moment::FAR.as_nanos()),
            waits_for: AtomicU64::new(0),
            relations: Mutex::new(Standing::Alive(None)),
        }
    }

    #[inline]
    fn relations(&self) -> MutexGuard<'_, Standing> {
        lock(&self.relations)
    }

    /// Calls `f` with its relations; nothing once it has ended.
    #[inline]
    pub(crate) fn relate<R>(&self, f: impl FnOnce(&mut Relations) -> R) -> Option<R> {
        match &mut *self.relations() {
            Standing::Alive(relations) => Some(f(relations.get_or_insert_default())),
            Standing::Ended(_) => None,
        }
    }

    /// Calls `f` with its relations, if it ever had any.
    fn related<R>(&self, f: impl FnOnce(&mut Relations) -> R) -> Option<R> {
        match &mut *self.relations() {
            Standing::Alive(Some(relations)) => Some(f(relations)),
            Standing::Alive(None) | Standing::Ended(_) => None,
        }
    }

    #[inline]
    pub(crate) fn is_signalled(&self) -> bool {
        self.flags.load(Relaxed) & SIGNALLED != 0
    }

    /// Whether its resources are released.
    #[inline]
    pub(crate) fn is_dead(&self) -> bool {
        self.flags.load(Acquire) & DEAD != 0
    }

    #[inline]
    pub(crate) fn is_ending(&self) -> bool {
        self.flags.load(Acquire) & (DYING | ENDING) != 0
    }

    #[inline]
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
    pub(crate) fn reason(&self) -> Option<ExitReason> {
        match &*self.relations() {
            Standing::Alive(_) => None,
            Standing::Ended(reason) => Some((**reason).clone()),
        }
    }

    /// Its code has ended; it can still be declared dead, should a `Drop` of what it held not come back.
    pub(crate) fn begin_dying(&self) {
        self.flags.fetch_or(DYING, AcqRel);
    }

    /// Sets the flag of the one who ends it; false when somebody has.
    pub(super) fn begin_end(&self, lost: bool) -> bool {
        let flags = if lost { ENDING | LOST } else { ENDING };
        self.flags.fetch_or(flags, AcqRel) & ENDING == 0
    }

    /// Says that something waits that has to be acted on; under the lock of the inbox.
    pub(super) fn set_signalled(&self) {
        self.flags.fetch_or(SIGNALLED, Relaxed);
    }

    /// Says that it is about to be acted on; under the lock of the inbox.
    pub(super) fn clear_signalled(&self) {
        self.flags.fetch_and(!SIGNALLED, Relaxed);
    }

    #[inline]
    pub(super) fn is_deaf(&self) -> bool {
        self.flags.load(Relaxed) & DEAF != 0
    }

    /// From now on messages for a subject go to `channel`; under the lock of the inbox.
    pub(super) fn add_channel(&self, tag: u64, channel: Channel) {
        self.relate(|relations| relations.channels.insert(tag, channel));
        self.flags.fetch_or(CHANNELS, Relaxed);
    }

    /// Puts an item into the channel that it is for, if there is one; under the lock of the inbox. What nobody receives
    /// any more comes back, to be dropped without the lock.
    #[inline]
    pub(super) fn to_channel<M>(&self, item: Item<M>) -> Result<Option<Box<dyn Any + Send>>, Item<M>> {
        if self.flags.load(Relaxed) & CHANNELS == 0 {
            return Err(item);
        }
        match item {
            Item::Signal(signal) => match *signal {
                Signal::Foreign { tag, payload } => {
                    let mut payload = Some(payload);
                    let sent = self.related(|relations| {
                        let channel = relations.channels.get(&tag)?;
                        payload.take().map(channel)
                    });
                    match (sent.flatten(), payload) {
                        (Some(undelivered), _) => Ok(undelivered),
                        (None, Some(payload)) => Err(Item::Signal(Box::new(Signal::Foreign { tag, payload }))),
                        (None, None) => Ok(None),
                    }
                }
                signal => Err(Item::Signal(Box::new(signal))),
            },
            item => Err(item),
        }
    }

    /// Cancels its timers; what was cancelled is to be dropped.
    pub(super) fn cancel_timers(&self) -> Vec<Option<(Moment, Arc<dyn Expire>)>> {
        let timers = self.related(|relations| mem::take(&mut relations.timers)).unwrap_or_default();
        timers.into_iter().map(|key| self.node.scheduler.timers().cancel(key)).collect()
    }

    /// The thread that its code blocks, having handed its core over.
    pub(super) fn blocked_thread(&self) -> Option<Thread> {
        self.related(|relations| relations.blocked.clone()).flatten()
    }

    /// Says whether messages of its own type may wake it; returns what was said before.
    #[inline]
    pub(crate) fn set_deaf(&self, deaf: bool) -> bool {
        let before = self.is_deaf();
        match (before, deaf) {
            (false, true) => drop(self.flags.fetch_or(DEAF, Relaxed)),
            (true, false) => drop(self.flags.fetch_and(!DEAF, Relaxed)),
            _ => {}
        }
        before
    }

    /// Its code runs: it waits for no call until it says so again.
    pub(crate) fn waits_for_no_call(&self) {
        if self.own.calls.replace(0) > 0 && self.own.waits.get() == 0 {
            self.waits_for.store(0, Release);
        }
    }

    /// Unwinds the running code if the process has to end: acts on the signals that wait.
    #[inline]
    pub(crate) fn must_end(&self, me: &AnyProcess) -> bool {
        if self.is_signalled() {
            me.process().take_arrivals(me);
        }
        self.is_lost() || self.own.fatal().is_some()
    }

    /// Ends the running code where it is.
    pub(crate) fn unwind(&self) -> ! {
        match self.home {
            Home::Core => panic::unwind(None),
            Home::Thread(_) | Home::Driver => {
                let reason = self.own.last(|last| last.fatal.take()).unwrap_or(ExitReason::Killed);
                panic!("this thread received an exit signal: {reason}");
            }
        }
    }

    /// Ends the running code by its own will.
    pub(crate) fn exit_self(&self, reason: ExitReason) -> ! {
        match self.home {
            Home::Core => panic::unwind(Some(reason)),
            Home::Thread(_) | Home::Driver => panic!("this thread called for its own exit: {reason}"),
        }
    }

    /// Drops something of the user's; if that panics, that is why the process ends.
    pub(super) fn quietly(&self, drop: impl FnOnce(), reason: &mut ExitReason) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(drop)) {
            *reason = self.panicked(&*payload);
            panic::discard(payload);
        }
    }

    /// The reason that a panic stands for.
    pub(crate) fn panicked(&self, payload: &(dyn Any + Send)) -> ExitReason {
        match panic::understand(payload) {
            Ok(reason) => reason.or_else(|| self.own.fatal()).unwrap_or(ExitReason::Killed),
            Err(mut panic) => {
                panic.handler = self.handler.get();
                ExitReason::Panic(Arc::new(panic))
            }
        }
    }

    /// Releases what others can see, then tells them.
    pub(super) fn farewell(&self, me: &AnyProcess, reason: ExitReason) {
        let relations = match mem::replace(&mut *self.relations(), Standing::Ended(Box::new(reason.clone()))) {
            Standing::Alive(relations) => relations.map(|relations| *relations).unwrap_or_default(),
            Standing::Ended(_) => Relations::default(),
        };
        let node = &self.node;
        if let Some(name) = &relations.name {
            node.names.remove(name, self.pid);
        }
        let in_table = node.table.remove(self.pid);
        self.flags.fetch_or(DEAD, AcqRel);
        if !reason.is_clean() && !matches!(reason, ExitReason::Killed | ExitReason::Kill) {
            // To say why runs code of the user's: how a reason is displayed, what hears of it.
            let crashed = || node.crashed(me, &reason, relations.name.as_deref(), relations.links.iter().collect());
            self.quietly(crashed, &mut ExitReason::Normal);
        }
        for other in relations.links.iter() {
            node.signal(other, Signal::Exit { from: self.pid, reason: reason.clone(), link: true });
        }
        for (monitor, ()) in relations.watchers.into_iter() {
            node.signal(monitor.watcher, Signal::Down(Down { monitor, pid: self.pid, reason: reason.clone() }));
        }
        for (monitor, target) in relations.monitoring.into_iter() {
            node.signal(target, Signal::Demonitor { monitor });
        }
        // What a lost process still holds belongs to its thread.
        let orphans = if self.is_lost() { Vec::new() } else { self.own.take_orphans() };
        orphans.into_iter().chain(relations.calls).for_each(|call| self.abandon(call));
        drop(in_table);
        node.ended();
    }

    /// Tells a caller that there will be no answer.
    pub(super) fn abandon(&self, call: Arc<dyn PendingCall>) {
        // The waker may be anybody's.
        self.quietly(move || call.abandon(), &mut ExitReason::Normal);
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
        // What is over is dropped after the lock: it may hold a waker, which may be anybody's.
        let over: Option<Vec<_>> = self.relate(|relations| {
            let calls = &mut relations.calls;
            let full = calls.len() == calls.capacity();
            let over = if full { calls.extract_if(.., |call| !call.is_pending()).collect() } else { Vec::new() };
            calls.push(call);
            over
        });
        over.is_some()
    }

    /// Asks to be woken at a moment, if not before.
    ///
    /// An entry in the timers stays when its wait is over: the next wait, which most often is for a later moment, finds
    /// it there and pays nothing. It may cause one look too many when it expires.
    #[inline]
    pub(crate) fn wake_at(&self, me: &AnyProcess, at: Moment) {
        if at.as_nanos() >= self.wake_at.load(Relaxed) {
            return;
        }
        // Ordering: we say when, then look at the entry; the entry that expires says so, then looks when.
        self.wake_at.store(at.as_nanos(), SeqCst);
        if self.armed_at.load(SeqCst) <= at.as_nanos() {
            return;
        }
        if let Some(before) = self.own.armed.take() {
            self.node.scheduler.timers().cancel(before);
        }
        self.armed_at.store(at.as_nanos(), SeqCst);
        let (key, next) = self.node.scheduler.timers().insert(at, Arc::new(Alarm(me.clone())));
        self.own.armed.set(Some(key));
        if next {
            self.node.scheduler.timer_is_next();
        }
    }

    pub(super) fn disarm(&self) {
        if let Some(key) = self.own.armed.take() {
            self.node.scheduler.timers().cancel(key);
        }
    }

    /// The moment when a wait of so long from now is over.
    #[inline]
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

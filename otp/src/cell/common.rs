//! What a process is, whatever its messages are: identity, flags, relations, what it says about its end.

use std::{
    any::Any,
    cell::Cell,
    iter,
    sync::Arc,
    thread::{self, Thread},
};

use super::{
    AnyProcess, ExitReason, MonitorRef, Pid, RegName,
    few::Few,
    handler::Handler,
    mark::{Mark, Seen},
    node::NodeInner,
    owned::Owned,
    panic, served,
    signal::{AnyMessage, Ended, Item, Links, Signal},
};
use crate::{
    scheduler::{self, Code, Program},
    sync::{
        SpinGuard, SpinLock,
        atomic::{
            AtomicBool, AtomicU16, AtomicU64,
            Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
        },
    },
    time::{Moment, Owner},
};

mod alarm;
mod calls;
mod farewell;
mod own;

use calls::Calls;
use own::MARKED;
pub(crate) use own::{Own, RARE, Rest, SPECIAL};

/// A kill signal was sent to it.
const DOOMED: u16 = 1;
/// Its code has ended, and what it held is being dropped.
const DYING: u16 = 2;
/// Whoever set this does the farewell.
const ENDING: u16 = 4;
/// Declared dead while its code was running; the code must not do anything any more.
const LOST: u16 = 8;
/// It has ended, for all who ask: what it held is dropped, its name is free, it has no pid any more.
const DEAD: u16 = 16;
/// Messages for some of its subjects go to channels.
const CHANNELS: u16 = 32;
/// Nothing more goes into its inbox; written under the lock of the inbox.
const CLOSED: u16 = 64;
/// It is suspended, or somebody listens to what it does; only the process itself writes it.
const WATCHED: u16 = 128;
/// It is to end its turn after the message that it handles; the watchdog says so.
const GIVES_WAY: u16 = 256;

/// So many ancestors of a process are known: each process that starts others keeps a list.
const ANCESTORS: usize = 16;

/// The process has ended.
pub(crate) struct Gone;

/// Where messages for one subject go instead of the inbox.
pub(crate) enum Channel {
    /// To whoever receives from a channel; gives back what nobody does, for the inbox. The number tells it from others
    /// of the subject.
    Open { number: u64, send: Put },
    /// Nowhere: the subject is closed.
    Closed,
}

type Put = Box<dyn Fn(Box<dyn AnyMessage>) -> Result<(), Box<dyn AnyMessage>> + Send>;

impl Channel {
    /// Puts a message in; gives back what is to be dropped.
    ///
    /// # Errors
    /// Gives the message back when it is for the inbox.
    pub(super) fn put(&self, message: Box<dyn AnyMessage>) -> Result<Option<Box<dyn AnyMessage>>, Box<dyn AnyMessage>> {
        match self {
            Self::Open { send, .. } => send(message).map(|()| None),
            Self::Closed => Ok(Some(message)),
        }
    }
}

/// What takes signals that are meant for an inbox; called under its lock.
pub(crate) trait Tap: Send + Sync {
    /// Takes a signal that arrives, or gives it back.
    fn take(&self, signal: Signal) -> Result<(), Signal>;
    /// Takes a message that was in the inbox, or gives it back.
    fn take_message(&self, message: Signal) -> Result<(), Signal>;
}

/// Takes the messages that a process has not handled; gives back those that it does not want.
pub(crate) type Heir<M> = Box<dyn Fn(Vec<M>) -> Vec<M> + Send>;

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
///
/// The fields stand so that what senders read, and nobody writes often, is 64 bytes away from the lock that they take
/// before, and from what the process writes at each message after: else each would wait for the other's cache line.
#[repr(C)]
pub(crate) struct Common {
    relations: SpinLock<Standing>,
    pub(crate) home: Home,
    /// Who started it, who started that one, and so on; at most [`ANCESTORS`].
    pub(crate) ancestors: Option<Arc<Vec<Pid>>>,
    flags: AtomicU16,
    /// Something in the outer queue asks to be acted on; written under the lock of the inbox.
    signalled: AtomicBool,
    /// It may have to end because of that; written under the same lock.
    pressed: AtomicBool,
    /// What asked for that is being acted on, or has ended it; only the process itself writes it.
    acting: AtomicBool,
    /// It waits for something that no message of its own type can be; only the process itself writes it.
    deaf: AtomicBool,
    /// What waits in its mailbox when it ends goes to another.
    kept: AtomicBool,
    pub(crate) node: Arc<NodeInner>,
    pub(crate) pid: Pid,
    /// How often marks of receives became void.
    unmarked: Owned<Cell<u32>>,
    /// What runs in it.
    pub(crate) program: &'static Program,
    /// The moment of its entry in the timers; `FAR` for none.
    armed_at: AtomicU64,
    /// The earliest moment at which it wants to look again; `FAR` for none.
    wake_at: AtomicU64,
    /// The earliest moment at which what it waits for now is over; `FAR` for none. Only the process itself writes it.
    limit: AtomicU64,
    /// The token of the process whose reply it waits for, and for nothing else; 0 for none.
    pub(crate) waits_for_reply: AtomicU64,
    /// The token of the process that it waits for in another way: to have started, ended, or let its message in.
    pub(crate) waits_for_process: AtomicU64,
    pub(crate) own: Owned<Own>,
    /// The message that it handles.
    pub(crate) handler: Handler,
}

/// How it stands to others.
enum Standing {
    /// Alive; relations are made when the first is needed.
    Alive(Option<Box<Relations>>),
    /// Links and monitors are being told; calls that come now are told after them.
    Ending(ExitReason),
    Ended(ExitReason),
}

/// Whom it must tell when it ends, and who must tell it.
#[derive(Default)]
pub(crate) struct Relations {
    pub(crate) links: Links,
    pub(crate) watchers: Few<MonitorRef, ()>,
    pub(crate) monitoring: Few<MonitorRef, Watched>,
    belongings: Option<Box<Belongings>>,
}

/// What else ends with it, and few processes have.
#[derive(Default)]
pub(crate) struct Belongings {
    pub(crate) name: Option<Arc<str>>,
    /// What it, or who started it, called it.
    pub(crate) label: Option<Arc<str>>,
    /// What its timers are set for.
    timers: Option<Owner>,
    /// Calls that must be told when it ends: deferred ones, and those that no process waits for.
    calls: Calls,
    /// Who gets what waits in its mailbox when it ends: a [`Heir`] of its message type.
    heir: Option<Box<dyn Any + Send>>,
    channels: Few<u64, Channel>,
    taps: Few<u64, Arc<dyn Tap>>,
    /// Signals that came when it had to end, to be answered when it has.
    late: Vec<Signal>,
    /// The thread that its code blocks, having handed its core over.
    pub(crate) blocked: Option<Thread>,
}

impl Belongings {
    /// Whether it holds anything of the user's.
    fn is_users(&self) -> bool {
        let is_empty = self.channels.iter().next().is_none() && self.taps.iter().next().is_none();
        self.heir.is_some() || !is_empty
    }
}

impl Relations {
    /// What a signal says of links and monitors; nothing, if it is about anything else.
    fn note(&mut self, signal: &Signal) {
        match signal {
            Signal::Link { from } => self.links.linked(*from),
            Signal::Unlink { from, .. } => self.links.unlinked(*from),
            Signal::UnlinkAck { from, number } => self.links.acknowledged(*from, *number),
            Signal::Monitor { monitor, .. } => _ = self.watchers.insert(*monitor, ()),
            Signal::Demonitor { monitor } => _ = self.watchers.remove(monitor),
            _ => {}
        }
    }

    pub(crate) fn belongings(&mut self) -> &mut Belongings {
        self.belongings.get_or_insert_default()
    }
}

/// A process that another one monitors.
pub(crate) struct Watched {
    pub(crate) pid: Pid,
    /// The name that it was found by.
    pub(crate) name: Option<RegName>,
}

/// A call that somebody waits for.
pub(crate) trait PendingCall: Send + Sync {
    /// Nobody will answer it any more.
    fn abandon(&self);
    fn is_pending(&self) -> bool;
    /// Whether its request waits for its handler to begin.
    fn is_queued(&self) -> bool {
        false
    }
    /// Its handler has returned without an answer.
    fn deferred(&self);
    /// Who made it, while its handler runs.
    fn client(&self) -> Option<Pid>;
}

impl Common {
    /// A process of a node, alive and unrelated.
    pub(super) fn new(
        pid: Pid,
        ancestors: Option<Arc<Vec<Pid>>>,
        node: Arc<NodeInner>,
        program: &'static Program,
        home: Home,
    ) -> Self {
        Self {
            flags: AtomicU16::new(0),
            signalled: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
            acting: AtomicBool::new(false),
            deaf: AtomicBool::new(false),
            kept: AtomicBool::new(false),
            own: Owned::new(Own::default()),
            node,
            // Its code begins with its first turn.
            handler: Handler::new(&program.first),
            pid,
            unmarked: Owned::default(),
            ancestors,
            program,
            home,
            wake_at: AtomicU64::new(Moment::FAR.as_nanos()),
            limit: AtomicU64::new(Moment::FAR.as_nanos()),
            armed_at: AtomicU64::new(Moment::FAR.as_nanos()),
            waits_for_reply: AtomicU64::new(0),
            waits_for_process: AtomicU64::new(0),
            relations: SpinLock::new(Standing::Alive(None)),
        }
    }

    /// Who started it.
    pub(crate) fn parent(&self) -> Option<Pid> {
        self.ancestors.as_ref().and_then(|ancestors| ancestors.first().copied())
    }

    /// The ancestors of what it starts: itself, then its own. Only its own code asks.
    pub(super) fn lineage(&self) -> Arc<Vec<Pid>> {
        let own = || {
            let above = self.ancestors.iter().flat_map(|ancestors| ancestors.iter().copied());
            Arc::new(iter::once(self.pid).chain(above.take(ANCESTORS - 1)).collect())
        };
        self.own.lineage(own)
    }

    /// What it, or who started it, called it.
    pub(crate) fn label(&self) -> Option<Arc<str>> {
        self.if_belongings(|belongings| belongings.label.clone()).flatten()
    }

    pub(crate) fn set_label(&self, label: Arc<str>) {
        self.relate(|relations| relations.belongings().label = Some(label));
    }

    #[inline]
    fn relations(&self) -> SpinGuard<'_, Standing> {
        self.relations.lock()
    }

    /// Calls `f` with its relations; nothing once it has ended.
    #[inline]
    pub(crate) fn relate<R>(&self, f: impl FnOnce(&mut Relations) -> R) -> Option<R> {
        match &mut *self.relations() {
            Standing::Alive(relations) => Some(f(relations.get_or_insert_default())),
            Standing::Ending(..) | Standing::Ended(_) => None,
        }
    }

    /// Calls `f` with its belongings; nothing if it never had any, or has ended.
    fn if_belongings<R>(&self, f: impl FnOnce(&mut Belongings) -> R) -> Option<R> {
        match &mut *self.relations() {
            Standing::Alive(Some(relations)) => relations.belongings.as_deref_mut().map(f),
            Standing::Alive(None) | Standing::Ending(..) | Standing::Ended(_) => None,
        }
    }

    #[inline]
    pub(crate) fn is_signalled(&self) -> bool {
        self.signalled.load(Relaxed)
    }

    /// Whether it has ended, for all who ask.
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

    /// From now on what waits in its mailbox when it ends goes to `heir`.
    pub(crate) fn set_heir<M: Send + 'static>(&self, heir: Heir<M>) {
        let before = self.relate(|relations| {
            // Ordering: whoever finds that it has ended looks at the flag under the same lock.
            self.kept.store(true, Relaxed);
            relations.belongings().heir.replace(Box::new(heir))
        });
        drop(before);
    }

    pub(super) fn take_heir<M: Send + 'static>(&self) -> Option<Heir<M>> {
        if !self.kept.load(Relaxed) {
            return None;
        }
        let heir = self.if_belongings(|belongings| belongings.heir.take()).flatten()?;
        heir.downcast().ok().map(|heir| *heir)
    }

    /// Whether requests that wait in its mailbox outlive it. Those of one that is declared dead do not.
    fn keeps_requests(&self) -> bool {
        self.kept.load(Relaxed) && !self.is_lost()
    }

    /// Notes that a kill signal was sent to it.
    pub(crate) fn doom(&self) {
        self.flags.fetch_or(DOOMED, Relaxed);
    }

    /// Whether it has been sent a kill signal, which it has not acted on.
    pub(crate) fn is_doomed(&self) -> bool {
        self.flags.load(Relaxed) & (DOOMED | ENDING) == DOOMED
    }

    /// Whether its loop has more to do than to take the next message: it may have to end, is watched, or is to give way.
    #[inline]
    pub(crate) fn is_disturbed(&self) -> bool {
        self.is_signalled() || self.flags.load(Acquire) & (WATCHED | GIVES_WAY | LOST) != 0 || self.own.is_troubled()
    }

    /// Whether the rest of this turn is made by another thread, since `code`, which comes next, may be long, and others wait
    /// on this one. Then the turn is to end.
    #[inline]
    pub(crate) fn must_move(&self, code: &'static Code) -> bool {
        code.begins_apart() && self.moves()
    }

    #[cold]
    fn moves(&self) -> bool {
        let moves = matches!(self.home, Home::Core) && scheduler::must_move();
        if moves {
            self.own.rest.set(Some(Rest::Elsewhere));
            self.ask_to_give_way();
        }
        moves
    }

    /// What it runs: its handler, or the destructors of what it held.
    pub(super) fn running_code(&self) -> &'static Code {
        if self.flags.load(Relaxed) & DYING != 0 { &self.program.end } else { self.handler.code() }
    }

    /// Whether `code`, which is doubtful and comes next, is to begin in a later turn. Then this one is to end.
    pub(crate) fn is_held_back(&self, code: &Code) -> bool {
        let is_held_back = matches!(self.home, Home::Core) && scheduler::is_held_back(code);
        if is_held_back {
            self.ask_to_give_way();
        }
        is_held_back
    }

    /// It runs `code` from now on.
    #[inline]
    pub(crate) fn runs(&self, code: &'static Code) {
        self.handler.set(code);
        if code.is_doubtful() {
            self.own.is_measured();
            scheduler::measure(code);
        }
    }

    /// The code that it ran is over, and was measured.
    #[cold]
    pub(crate) fn was_measured(&self) {
        if self.handler.code().is_doubtful() {
            scheduler::measured();
        }
    }

    /// It is to end its turn after the message that it handles.
    pub(super) fn ask_to_give_way(&self) {
        self.flags.fetch_or(GIVES_WAY, Relaxed);
    }

    /// Whether it is to end its turn now; not again until it is asked anew.
    #[inline]
    pub(crate) fn gives_way(&self) -> bool {
        let gives_way = self.flags.load(Relaxed) & GIVES_WAY != 0;
        if gives_way {
            self.flags.fetch_and(!GIVES_WAY, Relaxed);
        }
        gives_way
    }

    /// The same of an OS thread, of which nobody can say when it comes back.
    pub(crate) fn is_doomed_thread(&self) -> bool {
        !matches!(self.home, Home::Core) && self.is_doomed()
    }

    /// Whether it is suspended, or somebody listens to what it does.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.flags.load(Relaxed) & WATCHED != 0
    }

    pub(super) fn set_watched(&self, watched: bool) {
        if watched {
            self.flags.fetch_or(WATCHED, Relaxed);
        } else {
            self.flags.fetch_and(!WATCHED, Relaxed);
        }
    }

    /// Its registered name.
    pub(crate) fn name(&self) -> Option<Arc<str>> {
        self.if_belongings(|belongings| belongings.name.clone()).flatten()
    }

    /// Why it ended, once it did.
    pub(crate) fn reason(&self) -> Option<ExitReason> {
        match &*self.relations() {
            Standing::Alive(_) => None,
            Standing::Ending(reason) | Standing::Ended(reason) => Some(reason.clone()),
        }
    }

    /// Its code has ended; it can still be declared dead, should a `Drop` of what it held not come back.
    pub(crate) fn begin_dying(&self) {
        // Only its own code says so, so nothing is lost between the two.
        if self.flags.load(Relaxed) & DYING == 0 {
            self.flags.fetch_or(DYING, AcqRel);
        }
    }

    /// Sets the flag of the one who ends it; false when somebody has.
    pub(super) fn begin_end(&self, lost: bool) -> bool {
        let flags = if lost { ENDING | LOST } else { ENDING };
        self.flags.fetch_or(flags, AcqRel) & ENDING == 0
    }

    /// Whether its inbox takes nothing any more; under the lock of the inbox.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.flags.load(Relaxed) & CLOSED != 0
    }

    /// From now on its inbox takes nothing; under the lock of the inbox.
    pub(super) fn set_closed(&self) {
        self.flags.fetch_or(CLOSED, Relaxed);
    }

    /// Says that something waits that has to be acted on, which may end it unless it `is_noted` only; under the lock of
    /// the inbox.
    pub(super) fn set_signalled(&self, is_noted: bool) {
        self.signalled.store(true, Relaxed);
        if !is_noted {
            self.pressed.store(true, Relaxed);
        }
    }

    /// Says that it is about to be acted on; under the lock of the inbox.
    pub(super) fn clear_signalled(&self) {
        // Ordering: whoever finds nothing that waits sees that it is being acted on, until it was.
        self.acting.store(true, Relaxed);
        self.signalled.store(false, Relaxed);
        self.pressed.store(false, Release);
    }

    /// Notes what a signal says of links and monitors; false when it has ended.
    pub(super) fn note(&self, signal: &Signal) -> bool {
        let noted = self.relate(|relations| relations.note(signal)).is_some();
        if noted {
            self.acknowledge(signal);
        }
        noted
    }

    /// Tells the sender of a signal that it was noted, if that wants to know.
    fn acknowledge(&self, signal: &Signal) {
        if let Signal::Unlink { from, number } = signal {
            self.node.signal(*from, Signal::UnlinkAck { from: self.pid, number: *number });
        }
    }

    /// Says that all that waited was acted on.
    pub(super) fn has_acted(&self) {
        if self.own.fatal().is_none() {
            self.acting.store(false, Release);
        }
    }

    /// Whether it may have to end because of what was sent to it: whoever wants to know has to ask.
    pub(crate) fn may_have_to_end(&self) -> bool {
        self.pressed.load(Acquire) || self.acting.load(Acquire)
    }

    #[inline]
    pub(crate) fn is_deaf(&self) -> bool {
        self.deaf.load(Relaxed)
    }

    /// From now on messages for a subject go to `channel`, and no longer to the one returned; under the lock of the inbox.
    pub(super) fn add_channel(&self, tag: u64, channel: Channel) -> Option<Channel> {
        let add = |relations: &mut Relations| {
            self.flags.fetch_or(CHANNELS, Relaxed);
            relations.belongings().channels.insert(tag, channel)
        };
        self.relate(add).flatten()
    }

    /// From now on what `tap` takes does not arrive in the inbox; under the lock of that.
    pub(super) fn add_tap(&self, number: u64, tap: Arc<dyn Tap>) {
        self.relate(|relations| {
            self.flags.fetch_or(CHANNELS, Relaxed);
            relations.belongings().taps.insert(number, tap);
        });
    }

    pub(crate) fn remove_tap(&self, number: u64) -> Option<Arc<dyn Tap>> {
        self.if_belongings(|belongings| {
            let tap = belongings.taps.remove(&number);
            self.has_fewer_channels(belongings);
            tap
        })
        .flatten()
    }

    /// Nobody sends to a closed subject any more.
    pub(crate) fn remove_closed(&self, tag: u64) -> Option<Channel> {
        self.remove_channel(tag, |channel| matches!(channel, Channel::Closed))
    }

    /// Nobody receives from a channel any more.
    pub(crate) fn remove_open(&self, tag: u64, own: u64) -> Option<Channel> {
        self.remove_channel(tag, |channel| matches!(channel, Channel::Open { number, .. } if *number == own))
    }

    fn remove_channel(&self, tag: u64, is_it: impl FnOnce(&Channel) -> bool) -> Option<Channel> {
        self.if_belongings(|belongings| {
            // Another one may have taken its place.
            belongings.channels.get(&tag).filter(|channel| is_it(channel))?;
            let channel = belongings.channels.remove(&tag);
            self.has_fewer_channels(belongings);
            channel
        })
        .flatten()
    }

    /// When there are none left, senders need not look for them.
    fn has_fewer_channels(&self, belongings: &Belongings) {
        if belongings.channels.is_empty() && belongings.taps.is_empty() {
            self.flags.fetch_and(!CHANNELS, Relaxed);
        }
    }

    /// Puts an item into the channel that it is for, if there is one; under the lock of the inbox. What is for a closed
    /// subject comes back, to be dropped without the lock.
    #[inline]
    pub(super) fn to_channel<M>(&self, item: Item<M>) -> Result<Option<Box<dyn AnyMessage>>, Item<M>> {
        if self.flags.load(Relaxed) & CHANNELS == 0 {
            return Err(item);
        }
        let Item::Signal(signal) = item else { return Err(item) };
        let mut left = Some(*signal);
        let undelivered = self.if_belongings(|belongings| {
            if let Some(Signal::Foreign { tag, .. }) = &left
                && let Some(channel) = belongings.channels.get(tag)
                && let Some(Signal::Foreign { tag, payload }) = left.take()
            {
                match channel.put(payload) {
                    Ok(undelivered) => return undelivered,
                    Err(payload) => left = Some(Signal::Foreign { tag, payload }),
                }
            }
            for (_, tap) in belongings.taps.iter() {
                left = tap.take(left.take()?).err();
            }
            None
        });
        match left {
            Some(signal) => Err(Item::Signal(Box::new(signal))),
            None => Ok(undelivered.flatten()),
        }
    }

    /// The thread that its code blocks, having handed its core over.
    pub(super) fn blocked_thread(&self) -> Option<Thread> {
        self.if_belongings(|belongings| belongings.blocked.clone()).flatten()
    }

    /// How many of its mail a receive has looked at.
    pub(super) fn seen(&self, mark: &Mark) -> usize {
        mark.seen(self.pid, u64::from(self.unmarked.get())).ordinary
    }

    /// A receive has looked at so many.
    pub(super) fn mark(&self, mark: &mut Mark, seen: usize) {
        // Most often there is nothing.
        if seen > 0 {
            self.own.add_detour(MARKED);
            mark.set(self.pid, u64::from(self.unmarked.get()), Seen { ordinary: seen, urgent: 0 });
        }
    }

    /// Something else than a message behind all others changes the mail: receives look at all of it anew.
    #[inline]
    pub(super) fn unmark(&self) {
        if self.own.remove_detour(MARKED) {
            self.unmarked.set(self.unmarked.get().wrapping_add(1));
        }
    }

    /// Says whether messages of its own type may wake it; returns what was said before.
    #[inline]
    pub(crate) fn set_deaf(&self, deaf: bool) -> bool {
        let before = self.is_deaf();
        self.deaf.store(deaf, Relaxed);
        self.own.looked.set(false);
        before
    }

    /// Its code runs: it waits for no call until it says so again.
    pub(crate) fn waits_for_no_call(&self) {
        let (calls, before) = (self.own.calls.get(), self.own.calls_before.get());
        // Most often there were none, and nothing is written.
        if (calls, before) == (0, 0) {
            return;
        }
        self.own.calls.set(0);
        self.own.calls_before.set(u8::try_from(calls).unwrap_or(u8::MAX));
        if calls > 0 {
            self.waits_for_reply.store(0, Release);
        }
    }

    /// Whether of several calls that it waited for one is left, so that its code is to be polled once more: only then is
    /// it known to be the only one.
    #[inline]
    pub(super) fn is_left_with_one_call(&self) -> bool {
        self.own.calls.get() == 1 && self.own.calls_before.get() > 1
    }

    /// The token of the process that it waits for, and for no other; 0 for none.
    #[inline]
    pub(crate) fn waits_for(&self) -> u64 {
        match self.waits_for_process.load(SeqCst) {
            0 => self.waits_for_reply.load(SeqCst),
            token => token,
        }
    }

    /// It does not wait for a reply of `callee`, as far as one call goes: by now it may wait for another's.
    pub(super) fn waits_no_longer_for_reply(&self, callee: Pid) {
        let _ = self.waits_for_reply.compare_exchange(callee.token(), 0, SeqCst, Relaxed);
    }

    /// As [`waits_no_longer_for_reply`](Common::waits_no_longer_for_reply), said by one who wakes it next: should it say
    /// meanwhile that it waits for another's, which may be lost, it says so anew when it runs.
    #[inline]
    pub(super) fn has_reply_of(&self, callee: Pid) {
        if self.waits_for_reply.load(SeqCst) == callee.token() {
            self.waits_for_reply.store(0, Release);
        }
    }

    /// It does not wait for `other`, which has started, or has let its message in.
    pub(super) fn waits_no_longer_for_process(&self, other: Pid) {
        let _ = self.waits_for_process.compare_exchange(other.token(), 0, SeqCst, Relaxed);
    }

    /// Whether it is no running process, but what the calling thread tests the handlers of a server with. (No server's
    /// process is a thread otherwise.)
    pub(crate) fn is_tested_here(&self) -> bool {
        matches!(&self.home, Home::Thread(thread) if thread.id() == thread::current().id())
    }

    /// What an exit signal is by now: whether its link is active, if it came by one, and why it was sent.
    pub(crate) fn hear_exit(&self, from: Pid, reason: ExitReason, link: bool) -> (Option<bool>, ExitReason) {
        let ended = link.then(|| self.relate(|relations| relations.links.ended(from)).flatten());
        let reason = if ended == Some(Some(Ended::Before)) { ExitReason::NoProc } else { reason };
        (ended.map(|ended| ended.is_some()), reason)
    }

    /// It begins a wait, or goes on with it: no limit is known yet.
    #[inline]
    pub(super) fn waits_without_limit(&self) {
        self.limit.store(Moment::FAR.as_nanos(), Relaxed);
    }

    /// Whether what it waits for is over by its own limit.
    pub(super) fn is_past_its_limit(&self) -> bool {
        self.limit.load(Relaxed) <= self.node.scheduler.now().as_nanos()
    }

    /// Whether an exit signal has come that ends it: who sends to it now finds it gone. A thread may go on.
    pub(crate) fn is_past_its_end(&self) -> bool {
        matches!(self.home, Home::Core) && self.own.fatal().is_some()
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
                let reason = self.own.take_fatal().unwrap_or(ExitReason::Killed);
                self.has_acted();
                panic!("this thread received an exit signal: {reason}");
            }
        }
    }

    /// Ends the running code by its own will.
    pub(crate) fn exit_self(&self, reason: ExitReason) -> ! {
        match self.home {
            Home::Core => panic::unwind(Some(reason)),
            Home::Thread(_) if served::node().is_some() => panic::unwind(Some(reason)),
            Home::Thread(_) | Home::Driver => panic!("this thread called for its own exit: {reason}"),
        }
    }

    /// Why it has to end at once, if it has to: a failure that it was ending with already comes first.
    #[inline]
    pub(super) fn fatal_end(&self) -> Option<ExitReason> {
        let fatal = self.own.fatal()?;
        Some(match self.own.failure() {
            Some(failure) => failure.then(fatal),
            None => fatal,
        })
    }

    /// The reason that a panic of its code stands for.
    pub(crate) fn panicked(&self, payload: &(dyn Any + Send)) -> ExitReason {
        self.panicked_in(self.handler.name(), payload)
    }

    fn panicked_in(&self, handler: Option<&'static str>, payload: &(dyn Any + Send)) -> ExitReason {
        match panic::understand(payload) {
            Ok(reason) => reason.or_else(|| self.own.fatal()).unwrap_or(ExitReason::Killed),
            Err(mut panic) => {
                panic.handler = handler;
                ExitReason::Panic(Arc::new(panic))
            }
        }
    }
}

//! The heap cell of a process: its inbox and its code.
//!
//! [`Cell`] is generic over its message type; what does not depend on that is in [`Common`], and [`AnyProcess`] is a
//! counted reference that has forgotten the type. The code of a process is one future, polled by the scheduler's turns.
//!
//! **Inbox.** Others push into the outer queue, under a lock that is held for a few instructions. The process takes all
//! of it at once into its mail, which only it touches, and acts on the signals in it in order of arrival. One that has
//! a bound or a lane for urgent messages takes them from its [`Special`] mailbox instead, one at a time.
//!
//! **Death** ([`Cell::die`]): code, dictionary and mail are dropped, timers cancelled, the name is freed, the pid is gone; then the
//! crash is reported, links and monitors are told, and callers that wait for a reply get the reason.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{
    AnyProcess, Exit, ExitReason, Pid,
    channel::Tap,
    common::{Channel, Common, Home},
    current,
    debug::{Debug, Event},
    mailbox::{Offered, Special, Ticket, Weight},
    node::NodeInner,
    owned::Owned,
    panic,
    signal::{self, Item, RAW, Signal},
};
use crate::{
    scheduler::{Run, Scheduler, Task, TaskRef, Turn},
    sync::{Mutex, MutexGuard, lock},
    time::Moment,
};

/// The code of a process.
pub(crate) type Body = Pin<Box<dyn Future<Output = ExitReason> + Send>>;

/// First what senders write, last what the process itself does; see [`Common`].
#[repr(C)]
pub(crate) struct Cell<M> {
    outer: Mutex<VecDeque<Item<M>>>,
    /// Where all that arrives goes instead, if it has a bound or two lanes.
    special: Option<Box<Special<M>>>,
    common: Common,
    mail: Owned<RefCell<VecDeque<Item<M>>>>,
    rare: Owned<std::cell::Cell<Option<Box<Rare<M>>>>>,
    body: Owned<std::cell::Cell<Option<Body>>>,
}

/// What most processes never need.
struct Rare<M> {
    /// How many messages at the head of the mail were put there by the process itself.
    ahead: usize,
    idle: Option<Idle<M>>,
    /// What is switched on to look into it.
    debug: Option<Box<Debug>>,
}

/// What a process wants to be told if nothing has arrived for a while.
struct Idle<M> {
    at: Moment,
    after: Duration,
    message: M,
}

impl<M: Send + 'static> Cell<M> {
    /// A new process, not yet in its node's table, without code.
    pub(crate) fn new(
        pid: Pid,
        ancestors: Option<Arc<Vec<Pid>>>,
        node: Arc<NodeInner>,
        label: &'static str,
        home: Home,
        special: Option<Box<Special<M>>>,
    ) -> TaskRef<Self> {
        TaskRef::new(Self {
            common: Common::new(pid, ancestors, node, label, home),
            outer: Mutex::new(VecDeque::new()),
            special,
            mail: Owned::default(),
            body: Owned::default(),
            rare: Owned::default(),
        })
    }

    #[inline]
    pub(crate) fn common(&self) -> &Common {
        &self.common
    }

    /// Gives a new process its code; before it is started.
    pub(crate) fn set_body(&self, body: Body) {
        self.body.set(Some(body));
    }

    #[inline]
    fn outer(&self) -> MutexGuard<'_, VecDeque<Item<M>>> {
        lock(&self.outer)
    }

    /// Puts a message into the inbox of `this`.
    ///
    /// # Errors
    /// Gives the item back when the process has ended.
    #[inline]
    pub(crate) fn push(this: &TaskRef<Self>, item: Item<M>) -> Result<(), Item<M>> {
        if let Some(special) = &this.special {
            // What is sent by its type alone is not asked for, as an answer is.
            let by_type = matches!(&item, Item::Signal(signal) if signal.is_for(RAW));
            let weight = if by_type { Weight::Loose } else { Weight::None };
            return Self::push_special(this, special, item, weight).map(drop);
        }
        Self::push_plain(this, item)
    }

    /// Puts an item into the outer queue.
    #[inline]
    fn push_plain(this: &TaskRef<Self>, item: Item<M>) -> Result<(), Item<M>> {
        let acts = Self::acts(&item);
        {
            let mut outer = this.outer();
            if this.common.is_closed() {
                return Err(item);
            }
            let item = match this.common.to_channel(item) {
                Ok(undelivered) => {
                    drop(outer);
                    drop(undelivered);
                    return Ok(());
                }
                Err(item) => item,
            };
            if outer.capacity() == 0 {
                outer.reserve_exact(1);
            }
            outer.push_back(item);
            if acts == Some(true) {
                this.common.set_signalled();
            }
        }
        Self::wake_for(this, acts);
        Ok(())
    }

    /// Puts in a message that somebody sends, which may have to wait in line.
    ///
    /// # Errors
    /// Gives it back when the process has ended.
    #[inline]
    pub(crate) fn offer(this: &TaskRef<Self>, message: M, weight: Weight) -> Result<Option<Ticket>, Item<M>> {
        match &this.special {
            None => Self::push_plain(this, Item::Message(message)).map(|()| None),
            Some(special) => Self::push_special(this, special, Item::Message(message), weight),
        }
    }

    /// Whether a message goes before those of which it is not so.
    pub(crate) fn is_urgent(&self, message: &M) -> bool {
        self.special.as_ref().is_some_and(|special| special.is_urgent(message))
    }

    /// How many messages its full mailbox has dropped, calls aside.
    pub(crate) fn dropped(&self) -> u64 {
        self.special.as_ref().map_or(0, |special| special.dropped())
    }

    #[cold]
    fn push_special(
        this: &TaskRef<Self>,
        special: &Special<M>,
        item: Item<M>,
        weight: Weight,
    ) -> Result<Option<Ticket>, Item<M>> {
        let acts = Self::acts(&item);
        let own = this.common.pid;
        // What a process sends to itself can't wait for its own doing.
        let weight = if current::try_with(AnyProcess::pid) == Some(own) { Weight::None } else { weight };
        let signalled = || {
            if acts == Some(true) {
                this.common.set_signalled();
            }
        };
        match special.offer(own, item, weight, signalled)? {
            Offered::Done => {
                Self::wake_for(this, acts);
                Ok(None)
            }
            Offered::InLine(ticket) => Ok(Some(ticket)),
            Offered::Overflow(full) => {
                let fatal = Signal::Fatal(ExitReason::error(full));
                // One that has ended meanwhile need not end.
                let _ = Self::push(this, Item::Signal(Box::new(fatal)));
                Ok(None)
            }
        }
    }

    /// Whether it is a signal, and then whether the receiver has to act on it.
    #[inline]
    fn acts(item: &Item<M>) -> Option<bool> {
        match item {
            Item::Signal(signal) => Some(signal.acts()),
            Item::Message(_) | Item::Timed(_) => None,
        }
    }

    /// Wakes it for what was put in.
    #[inline]
    fn wake_for(this: &TaskRef<Self>, acts: Option<bool>) {
        match acts {
            // A turn looks at the flag without the lock.
            Some(true) => this.task().wake(),
            Some(false) => this.task().wake_after_lock(),
            // A process that waits for a reply is not woken by messages: it takes the inbox when it is back in its loop.
            None if this.common.is_deaf() => {}
            None => this.task().wake_after_lock(),
        }
    }

    /// From now on messages for a subject go to a channel; those that have arrived go first.
    fn open_channel(&self, me: &AnyProcess, tag: u64, channel: Channel) {
        let is_for = |item: &Item<M>| matches!(item, Item::Signal(signal) if signal.is_for(tag));
        self.take_arrivals(me);
        let mut outer = self.outer();
        let mut mail = self.mail.borrow_mut();
        let mut undelivered = Vec::new();
        for queue in [&mut *mail, &mut *outer] {
            for item in mem::take(queue) {
                match item {
                    item if !is_for(&item) => queue.push_back(item),
                    Item::Signal(signal) => {
                        if let Signal::Foreign { payload, .. } = *signal {
                            undelivered.extend(channel(payload));
                        }
                    }
                    Item::Message(_) | Item::Timed(_) => {}
                }
            }
        }
        let before = self.common.add_channel(tag, channel);
        drop((mail, outer));
        drop(before);
        panic::drop_each(undelivered);
    }

    /// Takes all messages out of its queues, but what it has put before them itself.
    fn take_messages(&self, me: &AnyProcess) -> Vec<Item<M>> {
        self.take_arrivals(me);
        let ahead = self.rare.take().map_or(0, |rare| {
            let ahead = rare.ahead;
            self.rare.set(Some(rare));
            ahead
        });
        let mut mail = self.mail.borrow_mut();
        let ahead = ahead.min(mail.len());
        let messages = mail.split_off(ahead);
        if let Some(special) = &self.special {
            let (messages, wakers) = special.lanes().take_messages();
            drop(mail);
            wakers.into_iter().for_each(Waker::wake);
            return messages;
        }
        let (requests, messages): (Vec<_>, Vec<_>) = messages.into_iter().partition(Item::is_request);
        mail.extend(requests);
        messages
    }

    /// Takes what has arrived into the mail and acts on the signals.
    #[inline]
    fn take_arrivals(&self, me: &AnyProcess) {
        if let Some(special) = &self.special {
            return self.act_on_arrivals(special, me);
        }
        let mut outer = self.outer();
        if outer.is_empty() {
            return;
        }
        let mut mail = self.mail.borrow_mut();
        if !self.common.is_signalled() {
            if mail.is_empty() {
                return mem::swap(&mut *outer, &mut *mail);
            }
            let mut batch = mem::take(&mut *outer);
            drop(outer);
            mail.append(&mut batch);
            return;
        }
        self.common.clear_signalled();
        // A signal most often comes alone, and leaves the memory of the queues where it is.
        let alone = if outer.len() == 1 { outer.pop_front() } else { None };
        if let Some(item) = alone {
            drop((mail, outer));
            self.take_in(me, item);
        } else {
            // That memory goes round, rather than be made anew for each batch.
            let empty = if mail.is_empty() { mem::take(&mut *mail) } else { VecDeque::new() };
            let batch = mem::replace(&mut *outer, empty);
            drop((mail, outer));
            self.take_in_all(me, batch);
        }
        self.common.has_acted();
    }

    /// Takes items into the mail and acts on the signals among them.
    fn take_in_all(&self, me: &AnyProcess, mut batch: VecDeque<Item<M>>) {
        let mut acting = batch.iter().filter(|item| item.acts()).count();
        while acting > 0
            && let Some(item) = batch.pop_front()
        {
            acting -= usize::from(item.acts());
            self.take_in(me, item);
        }
        let mut mail = self.mail.borrow_mut();
        if mail.is_empty() {
            *mail = batch;
        } else {
            mail.append(&mut batch);
        }
    }

    /// Takes an item into the mail, or acts on it.
    #[inline]
    fn take_in(&self, me: &AnyProcess, item: Item<M>) {
        let item = match item {
            Item::Signal(signal) if signal.acts() => match self.act_on(me, signal) {
                Some(signal) => Item::Signal(signal),
                None => return,
            },
            item => item,
        };
        self.mail.borrow_mut().push_back(item);
    }

    /// Acts on the signals that have arrived in a special mailbox; all else stays where it is.
    fn act_on_arrivals(&self, special: &Special<M>, me: &AnyProcess) {
        loop {
            let signal = {
                let mut lanes = special.lanes();
                self.common.clear_signalled();
                lanes.next_acting()
            };
            let Some(signal) = signal else { return self.common.has_acted() };
            if let Some(signal) = self.act_on(me, signal) {
                special.lanes().acted(signal);
            }
        }
    }

    /// Acts on a signal; gives back what belongs among the messages.
    fn act_on(&self, me: &AnyProcess, signal: Box<Signal>) -> Option<Box<Signal>> {
        // What a signal carries is the user's, and may panic when it is dropped.
        catch_unwind(AssertUnwindSafe(|| me.act_on(signal))).unwrap_or_else(|payload| {
            self.common.own.set_fatal(self.common.panicked(&*payload));
            None
        })
    }

    /// The next item of its mail, if there is one.
    #[inline]
    pub(crate) fn next_item(&self, me: &AnyProcess) -> Option<Item<M>> {
        let item = self.mail.borrow_mut().pop_front();
        let item = match item {
            Some(item) => item,
            None => match &self.special {
                None => self.next_arrived(me)?,
                Some(special) => self.next_special(special, me)?,
            },
        };
        self.is_not_idle(&item);
        Some(item)
    }

    #[inline]
    fn next_arrived(&self, me: &AnyProcess) -> Option<Item<M>> {
        // Whoever has put something in since the first look, which is under the lock, finds that it runs, and wakes it.
        if self.common.own.looked.replace(true) && !me.task().is_woken() {
            return None;
        }
        self.take_arrivals(me);
        // What was sent behind an exit signal is not handled any more.
        if self.common.own.fatal().is_some() {
            return None;
        }
        self.mail.borrow_mut().pop_front()
    }

    #[cold]
    fn next_special(&self, special: &Special<M>, me: &AnyProcess) -> Option<Item<M>> {
        let next = loop {
            {
                let mut lanes = special.lanes();
                if !self.common.is_signalled() {
                    break lanes.next();
                }
            }
            self.act_on_arrivals(special, me);
            if self.common.own.fatal().is_some() {
                return None;
            }
        };
        let (item, waker) = next?;
        if let Some(waker) = waker {
            waker.wake();
        }
        Some(item)
    }

    /// Something was taken from its mail.
    #[inline]
    fn is_not_idle(&self, item: &Item<M>) {
        if let Some(mut rare) = self.rare.take() {
            rare.ahead = rare.ahead.saturating_sub(1);
            // Whatever it is, the process is not idle, unless it is asked about itself.
            let idle = if item.is_system() { None } else { rare.idle.take() };
            self.rare.set(Some(rare));
            drop(idle);
        }
    }

    /// Looks at all that waits in its mail, in order.
    pub(crate) fn waiting<R>(&self, me: &AnyProcess, look: impl FnMut(&Item<M>) -> R) -> Vec<R> {
        self.take_arrivals(me);
        self.mail.borrow().iter().map(look).collect()
    }

    /// What is called through handles that a handler was given can be called from elsewhere: a thread of its own, a
    /// thread-local.
    fn assert_own(&self) {
        let own = current::try_with(AnyProcess::pid) == Some(self.common.pid) || self.common.is_tested_here();
        assert!(own, "only the process itself can do this, in its own handler");
    }

    fn with_rare<R>(&self, f: impl FnOnce(&mut Rare<M>) -> R) -> R {
        let mut rare = self.rare.take().unwrap_or_else(|| Box::new(Rare { ahead: 0, idle: None, debug: None }));
        let result = f(&mut rare);
        self.rare.set(Some(rare));
        result
    }

    /// Puts a message before all others but those that were put there before it. `{continue, Term}`.
    pub(crate) fn put_first(&self, message: M) {
        self.assert_own();
        let ahead = self.with_rare(|rare| {
            rare.ahead += 1;
            rare.ahead - 1
        });
        self.mail.borrow_mut().insert(ahead, Item::Message(message));
    }

    /// Has `message` delivered if nothing else arrives within `after`.
    pub(crate) fn set_idle(&self, after: Duration, message: M) {
        self.assert_own();
        let at = self.common.deadline(Some(after));
        let before = self.with_rare(|rare| rare.idle.replace(Idle { at, after, message }));
        drop(before);
    }

    /// Takes what [`Cell::set_idle`] left, if there is any.
    pub(crate) fn take_idle(&self) -> Option<M> {
        let mut rare = self.rare.take()?;
        let idle = rare.idle.take();
        self.rare.set(Some(rare));
        idle.map(|idle| idle.message)
    }

    /// When it will have been idle for long enough, if it wants to know.
    pub(crate) fn idle_at(&self) -> Option<Moment> {
        let rare = self.rare.take()?;
        let at = rare.idle.as_ref().map(|idle| idle.at);
        self.rare.set(Some(rare));
        at
    }

    /// It was not idle, as it answered a question about itself: what it wants to be told comes after as long again.
    pub(crate) fn restart_idle(&self) {
        if self.idle_at().is_some() {
            self.with_rare(|rare| {
                if let Some(idle) = &mut rare.idle {
                    idle.at = self.common.deadline(Some(idle.after));
                }
            });
        }
    }

    /// Calls `f` with what is switched on to look into it.
    pub(crate) fn with_debug<R>(&self, f: impl FnOnce(&mut Debug) -> R) -> R {
        // Taken out meanwhile: `f` runs code of the user's.
        let mut debug = self.with_rare(|rare| rare.debug.take()).unwrap_or_default();
        let result = f(&mut debug);
        let on = debug.is_on();
        self.common.set_watched(on);
        let (on, off) = if on { (Some(debug), None) } else { (None, Some(debug)) };
        self.with_rare(|rare| rare.debug = on);
        drop(off);
        result
    }

    /// Tells all that listen of an event.
    #[cold]
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        self.with_debug(|debug| {
            if debug.listens() {
                debug.tell(&self.common, event());
            }
        });
    }

    /// Whether it was suspended.
    #[cold]
    pub(crate) fn is_suspended(&self) -> bool {
        self.with_rare(|rare| rare.debug.as_ref().is_some_and(|debug| debug.suspended))
    }

    /// The next item that a suspended process acts on; all else stays in order.
    #[cold]
    pub(crate) fn next_urgent(&self, me: &AnyProcess) -> Option<Item<M>> {
        self.take_arrivals(me);
        if self.common.own.fatal().is_some() {
            return None;
        }
        let parent = self.common.parent();
        if let Some(special) = &self.special {
            let signal = special.take_signal(&mut |signal| signal.is_urgent(parent))?;
            return Some(Item::Signal(Box::new(signal)));
        }
        self.with_rare(|rare| {
            let mut mail = self.mail.borrow_mut();
            let seen = rare.debug.as_ref().map_or(0, |debug| debug.seen).min(mail.len());
            let found = mail.range(seen..).position(|item| item.is_urgent(parent));
            if let Some(debug) = &mut rare.debug {
                // What the next item does may change the mail.
                debug.seen = if found.is_some() { 0 } else { mail.len() };
            }
            found.and_then(|index| mail.remove(seen + index))
        })
    }

    /// Gives back memory that its queues do not need now.
    pub(crate) fn shrink(&self) {
        self.assert_own();
        self.mail.borrow_mut().shrink_to_fit();
        self.outer().shrink_to_fit();
        if let Some(special) = &self.special {
            special.lanes().shrink();
        }
    }

    /// One turn; what it says has to be done in the state that the scheduler keeps.
    #[inline]
    fn turn(this: &TaskRef<Self>, me: &AnyProcess) -> Turn {
        if this.common.is_signalled() {
            this.take_arrivals(me);
        }
        let fatal = this.common.own.fatal();
        if let Some(reason) = fatal {
            return Self::die(this, me, reason);
        }
        let mut body = this.body.take().expect("a process has its code until it dies");
        this.common.waits_for_no_call();
        let polled = me
            .task()
            .with_waker(|waker| catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(&mut Context::from_waker(waker)))));
        this.body.set(Some(body));
        if this.common.is_lost() {
            this.drop_remains();
            return Turn::Done;
        }
        let reason = match polled {
            Ok(Poll::Pending) if this.common.own.fatal().is_none() => return Turn::Idle,
            Ok(Poll::Pending) => ExitReason::Normal,
            Ok(Poll::Ready(reason)) => reason,
            Err(payload) => {
                let reason = this.common.panicked(&*payload);
                panic::discard(payload);
                reason
            }
        };
        // Code that caught the unwinding of its own end does not change the reason.
        let fatal = this.common.own.fatal();
        Self::die(this, me, fatal.unwrap_or(reason))
    }

    /// Ends the process; see the module's header for the order.
    pub(crate) fn die(this: &TaskRef<Self>, me: &AnyProcess, reason: ExitReason) -> Turn {
        let common = &this.common;
        common.begin_dying();
        let mut reason = reason;
        this.drop_code(&mut reason);
        for timer in common.cancel_timers() {
            common.quietly(|| drop(timer), &mut reason);
        }
        common.disarm();
        let rare = this.rare.take();
        // What it has said to itself ends with it.
        let ahead = rare.as_ref().map_or(0, |rare| rare.ahead);
        common.quietly(|| drop(rare), &mut reason);
        let heir = common.take_heir::<M>();
        let closed = this.close();
        let mail = mem::take(&mut *this.mail.borrow_mut());
        let mut kept = Vec::new();
        for (index, item) in mail.into_iter().chain(closed).enumerate() {
            match item {
                Item::Signal(signal) if signal.acts() => {
                    common.quietly(|| me.answer_late(*signal), &mut reason);
                }
                Item::Message(message) if heir.is_some() && index >= ahead => kept.push(message),
                item => common.quietly(|| drop(item), &mut reason),
            }
        }
        // To drop what it held may have taken so long that it was declared dead.
        let is_lost = !common.begin_end(false);
        if let Some(heir) = heir.filter(|_| !is_lost) {
            kept = heir(kept);
        }
        common.quietly(|| panic::drop_each(kept), &mut reason);
        if is_lost {
            this.drop_remains();
        } else {
            common.farewell(me, reason);
        }
        Turn::Done
    }

    /// Drops its code and its dictionary; should that panic, it changes the reason.
    fn drop_code(&self, reason: &mut ExitReason) {
        let body = self.body.take();
        self.common.quietly(|| drop(body), reason);
        for value in self.common.own.if_dictionary(mem::take) {
            self.common.quietly(|| drop(value), reason);
        }
    }

    /// From now on nothing more arrives; what had arrived.
    fn close(&self) -> VecDeque<Item<M>> {
        let Some(special) = &self.special else {
            let mut outer = self.outer();
            self.common.set_closed();
            return mem::take(&mut *outer);
        };
        let (items, wakers) = special.lanes().close();
        for waker in wakers {
            // The waker may be anybody's.
            self.common.quietly(|| waker.wake(), &mut ExitReason::Normal);
        }
        items.into()
    }

    /// Drops what a process that was declared dead has left.
    fn drop_remains(&self) {
        let mut ignored = ExitReason::Normal;
        self.drop_code(&mut ignored);
        let mail = mem::take(&mut *self.mail.borrow_mut());
        for item in mail {
            self.common.quietly(|| drop(item), &mut ignored);
        }
        self.common.own.take_orphans().into_iter().for_each(|call| self.common.abandon(call));
    }
}

impl<M: Send + 'static> Run for Cell<M> {
    #[inline]
    fn run(this: &TaskRef<Self>) -> Turn {
        let me = AnyProcess::borrowed(this);
        let _current = current::enter(&me);
        this.common.own.looked.set(false);
        Self::turn(this, &me)
    }

    #[inline]
    fn scheduler(&self) -> &Scheduler {
        &self.common.node.scheduler
    }

    #[inline]
    fn token(&self) -> u64 {
        self.common.pid.token()
    }

    fn unpark_thread(&self) {
        match &self.common.home {
            Home::Thread(thread) => thread.unpark(),
            Home::Core => {
                if let Some(thread) = self.common.blocked_thread() {
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
    /// From now on what `tap` takes does not arrive here; what has arrived and it takes goes first.
    fn open_tap(&self, me: &AnyProcess, number: u64, tap: Arc<dyn Tap>);
    /// Drops all messages; how many there were.
    fn flush(&self, me: &AnyProcess) -> usize;
    /// From now on messages for a subject go to a channel.
    fn open_channel(&self, me: &AnyProcess, tag: u64, channel: Channel);
    /// Closes the inbox of one that is declared dead, lets it say farewell, and refuses what is queued.
    fn refuse_all(&self, me: &AnyProcess, farewell: &mut dyn FnMut());
    fn end(&self, me: &AnyProcess, reason: ExitReason);
    fn queue_len(&self) -> usize;
    /// How many messages its full mailbox has dropped, calls aside.
    fn dropped(&self) -> u64;
    /// Whether a message stands in line for its mailbox still; if so, `waker` is woken when it does not.
    fn in_line(&self, ticket: Ticket, waker: &Waker) -> bool;
    /// Takes a message out of that line.
    fn withdraw(&self, ticket: Ticket);
}

impl<M: Send + 'static> Process for Cell<M> {
    #[inline]
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

    #[inline]
    fn take_arrivals(&self, me: &AnyProcess) {
        Cell::take_arrivals(self, me);
    }

    fn take_signal(&self, take: &mut dyn FnMut(&Signal) -> bool) -> Option<Signal> {
        if let Some(special) = &self.special {
            return special.take_signal(take);
        }
        let mut mail = self.mail.borrow_mut();
        let index = mail.iter().position(|item| matches!(item, Item::Signal(signal) if take(signal)))?;
        match mail.remove(index) {
            Some(Item::Signal(signal)) => Some(*signal),
            _ => None,
        }
    }

    fn open_tap(&self, me: &AnyProcess, number: u64, tap: Arc<dyn Tap>) {
        self.take_arrivals(me);
        let mut outer = self.outer();
        let mut mail = self.mail.borrow_mut();
        let pass = |queue: &mut VecDeque<Item<M>>, take: &dyn Fn(Signal) -> Result<(), Signal>| {
            for item in mem::take(queue) {
                match item {
                    Item::Signal(signal) => {
                        queue.extend(take(*signal).err().map(|signal| Item::Signal(Box::new(signal))));
                    }
                    item => queue.push_back(item),
                }
            }
        };
        pass(&mut mail, &|message| tap.take_message(message));
        pass(&mut outer, &|signal| tap.take(signal));
        self.common.add_tap(number, tap);
    }

    fn flush(&self, me: &AnyProcess) -> usize {
        let messages = self.take_messages(me);
        let count = messages.len();
        panic::drop_each(messages);
        count
    }

    fn open_channel(&self, me: &AnyProcess, tag: u64, channel: Channel) {
        Cell::open_channel(self, me, tag, channel);
    }

    fn refuse_all(&self, me: &AnyProcess, farewell: &mut dyn FnMut()) {
        let mut ignored = ExitReason::Normal;
        let closed = self.close();
        // Callers whose requests are dropped below look for the reason.
        farewell();
        for item in closed {
            match item {
                Item::Signal(signal) if signal.acts() => self.common.quietly(|| me.answer_late(*signal), &mut ignored),
                item => self.common.quietly(|| drop(item), &mut ignored),
            }
        }
    }

    fn end(&self, me: &AnyProcess, reason: ExitReason) {
        Self::die(me.task().downcast().expect("the task of this cell"), me, reason);
        me.task().finish();
    }

    fn queue_len(&self) -> usize {
        let special = self.special.as_ref().map_or(0, |special| special.lanes().len());
        // A signal that waits to be acted on is no message, and may never be one.
        let arrived = self.outer().iter().filter(|item| !item.acts()).count();
        arrived + self.mail.borrow().len() + special
    }

    fn dropped(&self) -> u64 {
        Cell::dropped(self)
    }

    fn in_line(&self, ticket: Ticket, waker: &Waker) -> bool {
        self.special.as_ref().is_some_and(|special| special.in_line(ticket, waker))
    }

    fn withdraw(&self, ticket: Ticket) {
        if let Some(special) = &self.special {
            special.withdraw(self.common.pid, ticket);
        }
    }
}

impl AnyProcess {
    /// Acts on a signal that arrived; gives back what belongs among the messages, in the same box.
    fn act_on(&self, mut signal: Box<Signal>) -> Option<Box<Signal>> {
        let common = self.common();
        if common.is_past_its_end() {
            self.answer_late(*signal);
            return None;
        }
        let stays = match &mut *signal {
            Signal::Exit { from, reason, link } => {
                let from = *from;
                let (active, reason) = common.hear_exit(from, mem::replace(reason, ExitReason::Normal), *link);
                match signal::decide(common.pid, from, &reason, active, common.own.trap_exit.get()) {
                    signal::Verdict::Drop => false,
                    signal::Verdict::Deliver => {
                        *signal = Signal::Trapped(Exit { from, reason });
                        true
                    }
                    signal::Verdict::Die(reason) => {
                        common.own.set_signalled(reason);
                        false
                    }
                }
            }
            Signal::Link { from } => {
                common.relate(|relations| relations.links.linked(*from));
                false
            }
            Signal::Unlink { from, number } => {
                common.relate(|relations| relations.links.unlinked(*from));
                common.node.signal(*from, Signal::UnlinkAck { from: common.pid, number: *number });
                false
            }
            Signal::UnlinkAck { from, number } => {
                common.relate(|relations| relations.links.acknowledged(*from, *number));
                false
            }
            Signal::Monitor { monitor, terminate } => {
                common.relate(|relations| relations.watchers.insert(*monitor, ()));
                *signal = Signal::Terminate(terminate.take()?);
                true
            }
            Signal::Demonitor { monitor } => {
                common.relate(|relations| relations.watchers.remove(monitor));
                false
            }
            Signal::Down(down) => {
                let watched = common.relate(|relations| relations.monitoring.remove(&down.monitor)).flatten();
                watched.map(|watched| down.name = watched.name).is_some()
            }
            Signal::Fatal(reason) => {
                common.own.set_fatal(mem::replace(reason, ExitReason::Normal));
                false
            }
            Signal::Ask(_) => {
                if let Signal::Ask(ask) = *signal {
                    ask.answer(self);
                }
                return None;
            }
            Signal::Trapped(_)
            | Signal::Foreign { .. }
            | Signal::Dropped(_)
            | Signal::Terminate(_)
            | Signal::System(_) => true,
        };
        stays.then_some(signal)
    }

    /// Answers a signal that came too late: once the process has ended, and others can have its name.
    pub(crate) fn answer_late(&self, signal: Signal) {
        let common = self.common();
        if let Err(signal) = common.leave_for_farewell(signal) {
            common.node.bounce(common.pid, signal);
        }
    }

    /// Declares the process dead although its code runs, for a reason that the node decided on. False when it was
    /// ending already.
    pub(crate) fn declare_dead(&self, reason: ExitReason) -> bool {
        let common = self.common();
        if !common.begin_end(true) {
            return false;
        }
        for timer in common.cancel_timers() {
            common.quietly(|| drop(timer), &mut ExitReason::Normal);
        }
        self.process().refuse_all(self, &mut || common.farewell(self, reason.clone()));
        true
    }
}

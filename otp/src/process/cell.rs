//! The heap cell of a process: its inbox and its code.
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
    cell::RefCell,
    collections::VecDeque,
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use super::{
    AnyProcess, Exit, ExitReason, Pid,
    common::{Channel, Common, Home},
    current,
    node::NodeInner,
    owned::Owned,
    panic,
    signal::{self, Item, Signal},
};
use crate::{
    scheduler::{Run, Scheduler, Task, TaskRef, Turn},
    sync::{Mutex, MutexGuard, lock},
    time::Moment,
};

/// The code of a process.
pub(crate) type Body = Pin<Box<dyn Future<Output = ExitReason> + Send>>;

/// The fields stand in the order in which a message touches them.
#[repr(C)]
pub(crate) struct Cell<M> {
    outer: Mutex<Outer<M>>,
    mail: Owned<RefCell<VecDeque<Item<M>>>>,
    body: Owned<std::cell::Cell<Option<Body>>>,
    rare: Owned<std::cell::Cell<Option<Box<Rare<M>>>>>,
    common: Common,
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
            common: Common::new(pid, parent, node, label, home),
            outer: Mutex::new(Outer { queue: VecDeque::new(), closed: false }),
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
    fn outer(&self) -> MutexGuard<'_, Outer<M>> {
        lock(&self.outer)
    }

    /// Puts a message into the inbox of `this`.
    ///
    /// # Errors
    /// Gives the item back when the process has ended.
    #[inline]
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
            let item = match this.common.to_channel(item) {
                Ok(undelivered) => {
                    drop(outer);
                    drop(undelivered);
                    return Ok(());
                }
                Err(item) => item,
            };
            if outer.queue.capacity() == 0 {
                outer.queue.reserve_exact(1);
            }
            outer.queue.push_back(item);
            if acts == Some(true) {
                this.common.set_signalled();
            }
        }
        match acts {
            // A turn looks at the flag without the lock.
            Some(true) => this.task().wake(),
            Some(false) => this.task().wake_after_lock(),
            // A process that waits for a reply is not woken by messages: it takes the inbox when it is back in its loop.
            None if this.common.is_deaf() => {}
            None => this.task().wake_after_lock(),
        }
        Ok(())
    }

    /// From now on messages for a subject go to a channel; those that have arrived go first.
    fn open_channel(&self, me: &AnyProcess, tag: u64, channel: Channel) {
        let is_for = |item: &Item<M>| matches!(item, Item::Signal(signal) if matches!(&**signal, Signal::Foreign { tag: other, .. } if *other == tag));
        self.take_arrivals(me);
        let mut outer = self.outer();
        let mut mail = self.mail.borrow_mut();
        let mut undelivered = Vec::new();
        for queue in [&mut *mail, &mut outer.queue] {
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
        self.common.add_channel(tag, channel);
        drop((mail, outer));
        drop(undelivered);
    }

    /// Takes what has arrived into the mail and acts on the signals.
    #[inline]
    fn take_arrivals(&self, me: &AnyProcess) {
        let batch = {
            let mut outer = self.outer();
            if outer.queue.is_empty() {
                return;
            }
            let mut mail = self.mail.borrow_mut();
            let signalled = self.common.is_signalled();
            if !signalled && mail.is_empty() {
                mem::swap(&mut outer.queue, &mut *mail);
                return;
            }
            if signalled {
                self.common.clear_signalled();
            }
            mem::take(&mut outer.queue)
        };
        for item in batch {
            let item = match item {
                // What a signal carries is the user's, and may panic when it is dropped.
                Item::Signal(signal) if signal.acts() => match catch_unwind(AssertUnwindSafe(|| me.act_on(*signal))) {
                    Ok(Some(signal)) => Item::Signal(Box::new(signal)),
                    Ok(None) => continue,
                    Err(payload) => {
                        self.common.own.set_fatal(self.common.panicked(&*payload));
                        continue;
                    }
                },
                item => item,
            };
            self.mail.borrow_mut().push_back(item);
        }
    }

    /// The next item of its mail, if there is one.
    #[inline]
    pub(crate) fn next_item(&self, me: &AnyProcess) -> Option<Item<M>> {
        if self.mail.borrow().is_empty() {
            self.take_arrivals(me);
        }
        let item = self.mail.borrow_mut().pop_front()?;
        if let Some(mut rare) = self.rare.take() {
            rare.ahead = rare.ahead.saturating_sub(1);
            // Whatever it is, the process is not idle.
            let idle = rare.idle.take();
            self.rare.set(Some(rare));
            drop(idle);
        }
        Some(item)
    }

    /// What is called through handles that a handler was given can be called from elsewhere: a thread of its own, a
    /// thread-local.
    fn assert_own(&self) {
        let own = current::try_with(AnyProcess::pid) == Some(self.common.pid);
        assert!(own, "only the process itself can do this, in its own handler");
    }

    fn with_rare<R>(&self, f: impl FnOnce(&mut Rare<M>) -> R) -> R {
        let mut rare = self.rare.take().unwrap_or_else(|| Box::new(Rare { ahead: 0, idle: None }));
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
        let before = self.with_rare(|rare| rare.idle.replace((at, message)));
        drop(before);
    }

    /// Takes what [`Cell::set_idle`] left, if there is any.
    pub(crate) fn take_idle(&self) -> Option<M> {
        let mut rare = self.rare.take()?;
        let idle = rare.idle.take();
        self.rare.set(Some(rare));
        idle.map(|(_, message)| message)
    }

    /// When it will have been idle for long enough, if it wants to know.
    pub(crate) fn idle_at(&self) -> Option<Moment> {
        let rare = self.rare.take()?;
        let at = rare.idle.as_ref().map(|(at, _)| *at);
        self.rare.set(Some(rare));
        at
    }

    /// Gives back memory that its queues do not need now.
    pub(crate) fn shrink(&self) {
        self.assert_own();
        self.mail.borrow_mut().shrink_to_fit();
        self.outer().queue.shrink_to_fit();
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
        let body = this.body.take();
        common.quietly(|| drop(body), &mut reason);
        for timer in common.cancel_timers() {
            common.quietly(|| drop(timer), &mut reason);
        }
        common.disarm();
        let rare = this.rare.take();
        common.quietly(|| drop(rare), &mut reason);
        let closed = this.close();
        let mail = mem::take(&mut *this.mail.borrow_mut());
        for item in mail.into_iter().chain(closed) {
            match item {
                // This drops a message for a subject, which is the user's.
                Item::Signal(signal) => common.quietly(|| me.bounce(*signal), &mut reason),
                item => common.quietly(|| drop(item), &mut reason),
            }
        }
        // To drop what it held may have taken so long that it was declared dead.
        if common.begin_end(false) {
            common.farewell(me, reason);
        } else {
            this.drop_remains();
        }
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
        let body = self.body.take();
        self.common.quietly(|| drop(body), &mut ignored);
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
    /// From now on messages for a subject go to a channel.
    fn open_channel(&self, me: &AnyProcess, tag: u64, channel: Channel);
    /// Closes the inbox of one that is declared dead, lets it say farewell, and refuses what is queued.
    fn refuse_all(&self, me: &AnyProcess, farewell: &mut dyn FnMut());
    fn end(&self, me: &AnyProcess, reason: ExitReason);
    fn queue_len(&self) -> usize;
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
        let mut mail = self.mail.borrow_mut();
        let index = mail.iter().position(|item| matches!(item, Item::Signal(signal) if take(signal)))?;
        match mail.remove(index) {
            Some(Item::Signal(signal)) => Some(*signal),
            _ => None,
        }
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
                Item::Signal(signal) => self.common.quietly(|| me.bounce(*signal), &mut ignored),
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
}

impl AnyProcess {
    /// Acts on a signal that arrived; gives back what belongs among the messages.
    fn act_on(&self, signal: Signal) -> Option<Signal> {
        let common = self.common();
        match signal {
            Signal::Exit { from, reason, link } => {
                let active = link.then(|| common.relate(|relations| relations.links.ended(from)) == Some(true));
                let trapping = common.own.trap_exit.get();
                match signal::decide(common.pid, from, &reason, active, trapping) {
                    signal::Verdict::Drop => None,
                    signal::Verdict::Deliver => Some(Signal::Trapped(Exit { from, reason })),
                    signal::Verdict::Die(reason) => {
                        common.own.set_fatal(reason);
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

//! The heap cell of a process: what arrives for it, and its code.
//!
//! [`Cell`] is generic over its message type; what does not depend on that is in [`Header`], and [`AnyProcess`] is a
//! counted reference that has forgotten the type. The code of a process is one future, polled by the scheduler's turns.
//!
//! What others put in and what it takes is in [`inbox`], what a signal does in [`act`], what its own handlers ask of it
//! in [`extras`], its end in [`death`].

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::{
    AnyProcess, ExitReason, Pid, Running, aside, current,
    header::{Channel, Divert, HAS_LANES, Header, Home, Rest},
    lanes::{LanedMailbox, LetIn, Ticket},
    locals,
    mark::Mark,
    node::NodeInner,
    owned::Owned,
    signal::{Item, Signal},
};
use crate::{
    guard,
    passed::pass,
    scheduler::{self, AnyTask, InTurn, Program, Run, Scheduler, TaskRef, Turn},
    sync::SpinLock,
};

mod act;
mod death;
mod extras;
mod inbox;

use extras::HandlerExtras;
pub(crate) use inbox::AtHand;

/// The code of a process.
pub(crate) type Body = Pin<Box<dyn Future<Output = ExitReason> + Send>>;

/// First what senders write, last what the process itself does; see [`Header`].
#[repr(C)]
pub(crate) struct Cell<M> {
    outer: SpinLock<VecDeque<Item<M>>>,
    /// Where all that arrives goes instead, if it has a bound or two lanes.
    special: Option<Box<LanedMailbox<M>>>,
    header: Header,
    mail: Owned<RefCell<VecDeque<Item<M>>>>,
    rare: Owned<std::cell::Cell<Option<Box<HandlerExtras<M>>>>>,
    body: Owned<std::cell::Cell<Option<Body>>>,
}

impl<M> Cell<M> {
    /// Where in a cell its [`Header`] is.
    pub(crate) const HEADER: usize = mem::offset_of!(Self, header);
}

impl<M: Send + 'static> Cell<M> {
    /// A new process, not yet in its node's table, without code.
    pub(crate) fn new(
        pid: Pid,
        ancestors: Option<Arc<Vec<Pid>>>,
        node: Arc<NodeInner>,
        program: &'static Program,
        home: Home,
        special: Option<Box<LanedMailbox<M>>>,
    ) -> InTurn<Self> {
        let detours = if special.is_some() { HAS_LANES } else { 0 };
        let header = Header::new(pid, ancestors, node, program, home, detours);
        InTurn::new(Self {
            header,
            outer: SpinLock::new(VecDeque::new()),
            special,
            mail: Owned::default(),
            body: Owned::default(),
            rare: Owned::default(),
        })
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Gives a new process its code; before it is started.
    pub(crate) fn set_body(this: &InTurn<Self>, body: Body) {
        this.body.get(&AnyProcess::borrowed(this)).set(Some(body));
    }

    /// One turn; what it says has to be done in the state that the scheduler keeps.
    #[inline]
    fn turn(this: &TaskRef<Self>, me: &Running) -> Turn {
        if let Some(reason) = this.header.own(me).take_end() {
            return Self::end_here(this, me, reason);
        }
        if this.header.life.is_signalled() {
            this.take_arrivals(me);
        }
        if let Some(reason) = this.header.fatal_end(me) {
            return Self::end_here(this, me, reason);
        }
        let code = this.header.handler.code();
        if code.is_doubtful() {
            if scheduler::is_held_back(code) {
                return Turn::Later;
            }
            scheduler::measure(code);
        }
        let mut body = this.body.get(me).take().expect("a process has its code until it dies");
        this.header.waits_for_no_call(me);
        let polled = me
            .task()
            .with_waker(|waker| catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(&mut Context::from_waker(waker)))));
        this.body.get(me).set(Some(body));
        if this.header.life.is_lost() {
            this.drop_remains(me);
            return Turn::Done;
        }
        let reason = match polled {
            Ok(Poll::Pending) if this.header.own(me).fatal().is_none() => {
                match this.header.own(me).rest.take() {
                    Some(Rest::Later) => return Turn::Later,
                    Some(Rest::Elsewhere) => return Turn::Elsewhere,
                    None => {}
                }
                if this.header.is_left_with_one_call(me) {
                    me.task().wake();
                }
                return Turn::Idle;
            }
            Ok(Poll::Pending) => ExitReason::Normal,
            Ok(Poll::Ready(reason)) => reason,
            Err(payload) => {
                let mut reason = this.header.panicked(me, &*payload);
                this.header.quietly(me, || drop(payload), &mut reason);
                reason
            }
        };
        // Code that caught the unwinding of its own end does not change the reason.
        let fatal = this.header.fatal_end(me);
        Self::end_here(this, me, fatal.unwrap_or(reason))
    }

    /// Ends the process, unless the destructors of what it holds might keep others waiting on this thread: then in
    /// another turn.
    fn end_here(this: &TaskRef<Self>, me: &Running, reason: ExitReason) -> Turn {
        let code = &this.header.program.end;
        if this.header.must_move(me, code) {
            this.header.own(me).rest.set(None);
            this.header.own(me).put_off_end(reason);
            return Turn::Elsewhere;
        }
        if code.is_doubtful() {
            scheduler::measure(code);
        }
        Self::die(this, me, reason)
    }
}

impl<M: Send + 'static> Run for Cell<M> {
    #[inline]
    fn run(this: &InTurn<Self>) -> Turn {
        let me = AnyProcess::borrowed(this);
        let _current = current::enter(&me);
        locals::begin(&me);
        this.header.own(&me).looked.set(false);
        Self::turn(this, &me)
    }

    #[inline]
    fn scheduler(&self) -> &Scheduler {
        &self.header.node.scheduler
    }

    #[inline]
    fn token(&self) -> u64 {
        self.header.pid.token()
    }

    fn unpark_thread(&self) {
        match &self.header.home {
            Home::Thread(thread) => thread.unpark(),
            Home::Core => {
                if let Some(thread) = self.header.blocked_thread() {
                    thread.unpark();
                }
            }
            Home::Driver => {}
        }
    }

    fn runs_beside_others(&self) -> bool {
        !self.header.handler.code().begins_apart()
    }
}

/// What can be asked of a process whatever its messages are.
pub(crate) trait Process: Send + Sync {
    fn push_signal(&self, me: &AnyTask, signal: Signal) -> Result<(), Signal>;
    fn take_arrivals(&self, me: &Running);
    /// Takes the oldest message for a subject, trapped exit or `Down` that `take` accepts, of those behind `mark`, and
    /// leaves the mark where it was, or behind all if there is none.
    fn take_signal(&self, me: &Running, mark: &mut Mark, take: &mut dyn FnMut(&Signal) -> bool) -> Option<Signal>;
    /// A mark behind all that has arrived and was acted on.
    fn mark(&self, me: &Running) -> Mark;
    /// From now on what `tap` takes does not arrive here; what has arrived and it takes goes first.
    fn open_tap(&self, me: &Running, number: u64, tap: Arc<dyn Divert>);
    /// Drops all messages; how many there were.
    fn flush(&self, me: &Running) -> usize;
    /// From now on messages for a subject go to a channel.
    fn open_channel(&self, me: &Running, tag: u64, channel: Channel);
    /// Closes the inbox of one that is declared dead, lets it say farewell, and refuses what is queued.
    fn refuse_all(&self, farewell: &mut dyn FnMut());
    fn end(&self, me: &Running, reason: ExitReason);
    fn queue_len(&self, me: &Running) -> usize;
    /// How many messages its full mailbox has dropped, calls aside.
    fn dropped(&self) -> u64;
    /// Whether a message stands in line for its mailbox still; if so, `waker` is woken when it does not.
    fn in_line(&self, ticket: Ticket, waker: &Waker) -> bool;
    /// Takes a message out of that line.
    fn withdraw(&self, ticket: Ticket);
}

impl<M: Send + 'static> Process for Cell<M> {
    fn push_signal(&self, me: &AnyTask, signal: Signal) -> Result<(), Signal> {
        let this = me.downcast::<Self>().expect("the task of this cell");
        Self::push(this, Item::Signal(Box::new(signal))).map_err(|item| match item {
            Item::Signal(signal) => *signal,
            Item::Message(_) | Item::Timed(_) => unreachable!("what comes back is what was pushed"),
        })
    }

    #[inline]
    fn take_arrivals(&self, me: &Running) {
        Cell::take_arrivals(self, me);
    }

    fn take_signal(&self, me: &Running, mark: &mut Mark, take: &mut dyn FnMut(&Signal) -> bool) -> Option<Signal> {
        if let Some(special) = &self.special {
            return special.take_signal(self.header.pid, mark, take);
        }
        let mut mail = self.mail.get(me).borrow_mut();
        let seen = self.header.seen(me, mark);
        let found = mail.range(seen..).position(|item| {
            pass(1);
            matches!(item, Item::Signal(signal) if take(signal))
        });
        let Some(found) = found else {
            self.header.mark(me, mark, mail.len());
            return None;
        };
        self.header.unmark(me);
        self.header.mark(me, mark, seen + found);
        match mail.remove(seen + found) {
            Some(Item::Signal(signal)) => Some(*signal),
            _ => None,
        }
    }

    fn mark(&self, me: &Running) -> Mark {
        if let Some(special) = &self.special {
            return special.mark(self.header.pid);
        }
        let mut mark = Mark::default();
        self.header.mark(me, &mut mark, self.mail.get(me).borrow().len());
        mark
    }

    fn open_tap(&self, me: &Running, number: u64, tap: Arc<dyn Divert>) {
        self.take_arrivals(me);
        let mut outer = self.outer();
        let mut mail = self.mail.get(me).borrow_mut();
        let sift = |queue: &mut VecDeque<Item<M>>, take: &dyn Fn(Signal) -> Result<(), Signal>| {
            for item in mem::take(queue) {
                match item {
                    Item::Signal(signal) => {
                        queue.extend(take(*signal).err().map(|signal| Item::Signal(Box::new(signal))));
                    }
                    item => queue.push_back(item),
                }
            }
        };
        self.header.unmark(me);
        sift(&mut mail, &|message| tap.take_message(message));
        sift(&mut outer, &|signal| tap.take(signal));
        self.header.add_tap(number, tap);
    }

    fn flush(&self, me: &Running) -> usize {
        let messages = self.take_messages(me);
        let count = messages.len();
        guard::drop_each(messages);
        count
    }

    fn open_channel(&self, me: &Running, tag: u64, channel: Channel) {
        Cell::open_channel(self, me, tag, channel);
    }

    fn refuse_all(&self, farewell: &mut dyn FnMut()) {
        let mut refused = VecDeque::new();
        let (closed, stood) = self.close();
        for item in closed {
            match item {
                // Who asks is told that it is gone, those that were to be noted are told of its end.
                Item::Signal(signal) if matches!(*signal, Signal::Ask(_)) => self.header.act_late(*signal),
                Item::Signal(signal) if signal.acts() => _ = self.header.note(&signal),
                item => refused.push_back(item),
            }
        }
        // Callers whose requests are dropped below look for the reason.
        farewell();
        aside::each(&self.header.node, stood, LetIn::tell);
        aside::each(&self.header.node, refused, drop);
    }

    fn end(&self, me: &Running, reason: ExitReason) {
        Self::die(me.task().downcast().expect("the task of this cell"), me, reason);
    }

    fn queue_len(&self, me: &Running) -> usize {
        let special = self.special.as_ref().map_or(0, |special| special.lanes().len());
        // A signal that waits to be acted on is no message, and may never be one.
        let arrived = self.outer().iter().filter(|item| !item.acts()).count();
        arrived + self.mail.get(me).borrow().len() + special
    }

    fn dropped(&self) -> u64 {
        Cell::dropped(self)
    }

    fn in_line(&self, ticket: Ticket, waker: &Waker) -> bool {
        self.special.as_ref().is_some_and(|special| special.in_line(ticket, waker))
    }

    fn withdraw(&self, ticket: Ticket) {
        if let Some(special) = &self.special {
            special.withdraw(self.header.pid, ticket);
        }
    }
}

//! Mailboxes that are more than a queue: with a bound, or with a lane for messages that go first.
//!
//! Most processes have neither and pay for neither. One that has keeps what arrives in its [`Lanes`], under one lock,
//! and takes one entry at a time, so that whoever sends sees how full it is and can take out what has to go. Signals
//! stand in the ordinary lane, among the messages; they are acted on when they arrive, never counted and never refused.
//!
//! Beside the lanes is the *line*, where those stand who wait for room: each with its message, which goes in as soon as
//! another one is handled.

use std::{
    cell::Cell,
    collections::{BTreeMap, VecDeque},
    mem,
    num::NonZeroU64,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Waker,
};

use super::{
    AnyProcess, Pid, aside, current,
    mailbox::{Bound, Dropped, IsUrgent, Mailbox, MailboxFull, Policy, Queued},
    mark::{MailPosition, Mark},
    signal::{Item, Signal},
};
use crate::{
    guard,
    passed::pass,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
        lock,
    },
};

/// How one message stands to the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It has no part in it.
    None,
    /// Its sender can wait, and is told when it is refused.
    Call,
    /// Its sender can wait.
    Cast,
    /// Its sender cannot wait.
    Loose,
}

/// The place in line of one who waits for room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(NonZeroU64);

/// What came of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It is in, or was dropped.
    Done,
    /// It stands in line.
    InLine(Ticket),
    /// It was refused, and its receiver is to end.
    Overflow(MailboxFull),
}

/// The mailbox of a process that has a bound or two lanes.
pub(crate) struct LanedMailbox<M> {
    bound: Option<Bound>,
    is_urgent: Option<IsUrgent<M>>,
    name: fn(&M) -> &'static str,
    lanes: Mutex<Lanes<M>>,
    dropped: AtomicU64,
}

impl<M: Send + 'static> LanedMailbox<M> {
    /// What this takes; nothing, if a plain queue does.
    pub(crate) fn new(
        mailbox: Mailbox,
        is_urgent: Option<IsUrgent<M>>,
        name: fn(&M) -> &'static str,
    ) -> Option<Box<Self>> {
        let needed = mailbox.bound.is_some() || is_urgent.is_some();
        let new = || Self {
            bound: mailbox.bound,
            is_urgent,
            name,
            lanes: Mutex::new(Lanes::new()),
            dropped: AtomicU64::new(0),
        };
        needed.then(|| Box::new(new()))
    }

    /// Whether a message goes before those of which it is not so.
    pub(super) fn is_urgent(&self, message: &M) -> bool {
        self.is_urgent.is_some_and(|is_urgent| is_urgent(Queued::Message(message)))
    }

    pub(super) fn lanes(&self) -> MutexGuard<'_, Lanes<M>> {
        lock(&self.lanes)
    }

    /// Takes the oldest signal behind `mark` that `take` accepts and that was acted on.
    pub(super) fn take_signal(
        &self,
        own: Pid,
        mark: &mut Mark,
        take: &mut dyn FnMut(&Signal) -> bool,
    ) -> Option<Signal> {
        let (signal, let_in) = self.lanes().take_signal(own, mark, take)?;
        if let Some(let_in) = let_in {
            let_in.tell();
        }
        Some(signal)
    }

    /// A mark behind all that a receive can look at now.
    pub(super) fn mark(&self, own: Pid) -> Mark {
        let lanes = self.lanes();
        let mut mark = Mark::default();
        mark.set(own, lanes.changes, lanes.looked());
        mark
    }

    /// How many messages were dropped, calls aside.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Puts an item in, in line or away; `put_in` runs under the lock when it is in.
    ///
    /// # Errors
    /// Gives it back when the process has ended.
    pub(super) fn offer(
        &self,
        own: Pid,
        item: Item<M>,
        weight: Weight,
        put_in: impl FnOnce(),
    ) -> Result<Offered, Item<M>> {
        let urgent = self.is_urgent.is_some_and(|is_urgent| match &item {
            Item::Message(message) => is_urgent(Queued::Message(message)),
            Item::Timed(timed) => timed.is_urgent(),
            Item::Signal(signal) => {
                matches!(&**signal, Signal::Foreign { payload, .. } if is_urgent(Queued::Info(&**payload)))
            }
        });
        let (victim, offered) = {
            let mut lanes = self.lanes();
            if lanes.closed {
                return Err(item);
            }
            let entry = QueuedItem { item, weight, urgent };
            match lanes.offer(own, entry, self.bound) {
                Admission::In { instead_of } => {
                    put_in();
                    (instead_of, Offered::Done)
                }
                Admission::InLine(ticket) => (None, Offered::InLine(ticket)),
                Admission::Refused(entry) => (Some(entry), Offered::Done),
                Admission::Overflow(entry, full) => (Some(entry), Offered::Overflow(full)),
            }
        };
        if let Some(victim) = victim {
            self.drop_refused(own, victim);
        }
        Ok(offered)
    }

    /// Gives a place in line up; the message is dropped, if it is not in by now.
    pub(super) fn withdraw(&self, own: Pid, ticket: Ticket) {
        let withdrawn = {
            let mut lanes = self.lanes();
            lanes.line.remove(&ticket).or_else(|| lanes.urgent_line.remove(&ticket))
        };
        if let Some(BlockedSender { entry, rest }) = withdrawn {
            drop(rest);
            self.drop_refused(own, entry);
        }
    }

    /// Whether a message stands in line still; if so, `waker` is woken when it does not.
    pub(super) fn in_line(&self, ticket: Ticket, waker: &Waker) -> bool {
        // A waker may be anybody's: it is neither cloned nor dropped under the lock.
        let waker = waker.clone();
        let mut lanes = self.lanes();
        let before = lanes.standing(ticket).map(|waiting| waiting.rest.waker.replace(waker));
        drop(lanes);
        before.is_some()
    }

    fn drop_refused(&self, own: Pid, entry: QueuedItem<M>) {
        if entry.weight != Weight::Call {
            let message = match &entry.item {
                Item::Message(message) => (self.name)(message),
                Item::Timed(_) | Item::Signal(_) => "info",
            };
            self.dropped.fetch_add(1, Relaxed);
            let news = &mut self.lanes().news;
            let count = news.take().map_or(0, |news| news.count) + 1;
            *news = Some(Dropped { count, message });
        }
        refuse(own, entry.item);
    }
}

/// What waits for a process, in order.
pub(super) struct Lanes<M> {
    /// Messages and signals in the order in which they came.
    ordinary: VecDeque<QueuedItem<M>>,
    /// Messages that go before them.
    urgent: VecDeque<QueuedItem<M>>,
    /// Those who wait for room, in order of their tickets.
    line: BTreeMap<Ticket, BlockedSender<M>>,
    /// Of them those who go in before the others, since their messages are urgent.
    urgent_line: BTreeMap<Ticket, BlockedSender<M>>,
    tickets: u64,
    /// How many entries of both lanes count.
    held: usize,
    /// How many entries at the head of the ordinary lane need not be acted on.
    seen: usize,
    /// How many entries at the head of the ordinary lane are known not to count.
    weightless: usize,
    /// How often something was taken out that was no signal to act on.
    changes: u64,
    /// What was dropped and the process was not told of.
    news: Option<Dropped>,
    /// It was too much, and the process is to end.
    overflowed: bool,
    pub(super) closed: bool,
}

struct QueuedItem<M> {
    item: Item<M>,
    weight: Weight,
    urgent: bool,
}

struct BlockedSender<M> {
    entry: QueuedItem<M>,
    rest: LetIn,
}

/// One who stands in line no longer; to be told without the lock.
pub(super) struct LetIn {
    /// Who has sent a message without an answer, and to whom.
    sender: Option<(AnyProcess, Pid)>,
    waker: Option<Waker>,
}

impl LetIn {
    /// Has the sender go on, which is not seen to wait any more.
    pub(super) fn tell(self) {
        if let Some((sender, receiver)) = self.sender {
            sender.header().waits.end_for_process(receiver);
        }
        if let Some(waker) = self.waker {
            aside::wake(waker);
        }
    }
}

/// What is to be done with an entry.
enum Admission<M> {
    In { instead_of: Option<QueuedItem<M>> },
    InLine(Ticket),
    Refused(QueuedItem<M>),
    Overflow(QueuedItem<M>, MailboxFull),
}

impl<M> Lanes<M> {
    fn new() -> Self {
        Self {
            ordinary: VecDeque::new(),
            urgent: VecDeque::new(),
            line: BTreeMap::new(),
            urgent_line: BTreeMap::new(),
            tickets: 0,
            held: 0,
            seen: 0,
            weightless: 0,
            changes: 0,
            news: None,
            overflowed: false,
            closed: false,
        }
    }

    /// The decision table of full mailboxes.
    fn offer(&mut self, own: Pid, entry: QueuedItem<M>, bound: Option<Bound>) -> Admission<M> {
        let Some(bound) = bound.filter(|bound| entry.weight != Weight::None && self.held >= bound.limit.get()) else {
            self.enter(entry);
            return Admission::In { instead_of: None };
        };
        let counts = |entry: &QueuedItem<M>| entry.weight != Weight::None;
        let victim = match bound.policy {
            Policy::Block if entry.weight != Weight::Loose => return Admission::InLine(self.stand(own, entry)),
            Policy::Block | Policy::Reject => None,
            Policy::DropOldest => self.oldest(),
            Policy::DropNewest if entry.urgent => self.ordinary.iter().rposition(counts),
            Policy::DropNewest => None,
            Policy::Stop if mem::replace(&mut self.overflowed, true) => None,
            Policy::Stop => return Admission::Overflow(entry, MailboxFull { limit: bound.limit.get() }),
        };
        match victim.and_then(|victim| self.remove(victim)) {
            Some(victim) => {
                self.enter(entry);
                Admission::In { instead_of: Some(victim) }
            }
            None => Admission::Refused(entry),
        }
    }

    /// The first entry that counts in the ordinary lane.
    fn oldest(&mut self) -> Option<usize> {
        while self.ordinary.get(self.weightless)?.weight == Weight::None {
            pass(1);
            self.weightless += 1;
        }
        Some(self.weightless)
    }

    fn enter(&mut self, entry: QueuedItem<M>) {
        self.held += usize::from(entry.weight != Weight::None);
        let lane = if entry.urgent { &mut self.urgent } else { &mut self.ordinary };
        lane.push_back(entry);
    }

    fn stand(&mut self, own: Pid, entry: QueuedItem<M>) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(NonZeroU64::MIN.saturating_add(self.tickets));
        // Who calls waits for the answer, wherever the request is.
        let sender = (entry.weight == Weight::Cast).then(|| current::try_with(|me| AnyProcess::clone(me))).flatten();
        let rest = LetIn { sender: sender.map(|sender| (sender, own)), waker: None };
        let line = if entry.urgent { &mut self.urgent_line } else { &mut self.line };
        line.insert(ticket, BlockedSender { entry, rest });
        ticket
    }

    fn standing(&mut self, ticket: Ticket) -> Option<&mut BlockedSender<M>> {
        self.line.get_mut(&ticket).or_else(|| self.urgent_line.get_mut(&ticket))
    }

    /// Takes an entry out of the ordinary lane.
    fn remove(&mut self, index: usize) -> Option<QueuedItem<M>> {
        let entry = self.ordinary.remove(index)?;
        self.changes += 1;
        self.seen -= usize::from(index < self.seen);
        self.weightless -= usize::from(index < self.weightless);
        self.held -= usize::from(entry.weight != Weight::None);
        Some(entry)
    }

    fn remove_urgent(&mut self, index: usize) -> Option<QueuedItem<M>> {
        let entry = self.urgent.remove(index)?;
        self.changes += 1;
        self.held -= usize::from(entry.weight != Weight::None);
        Some(entry)
    }

    /// The next item, and one who has come in for it.
    pub(super) fn next(&mut self) -> Option<(Item<M>, Option<LetIn>)> {
        if let Some(news) = self.news.take() {
            return Some((Item::Signal(Box::new(Signal::Dropped(news))), None));
        }
        let entry = self.remove_urgent(0).or_else(|| self.remove(0))?;
        let let_in = self.replace(&entry);
        Some((entry.item, let_in))
    }

    /// Lets one in who stands in line for what is out: the first, but those before the others whose messages are
    /// urgent.
    fn replace(&mut self, out: &QueuedItem<M>) -> Option<LetIn> {
        if out.weight == Weight::None {
            return None;
        }
        let (_, BlockedSender { entry, rest }) = self.urgent_line.pop_first().or_else(|| self.line.pop_first())?;
        self.enter(entry);
        Some(rest)
    }

    /// Takes out the next signal to act on; what is to stand in its place is told to [`Lanes::acted`].
    pub(super) fn next_acting(&mut self) -> Option<Box<Signal>> {
        while let Some(entry) = self.ordinary.get(self.seen) {
            if entry.item.acts() {
                self.weightless -= usize::from(self.seen < self.weightless);
                return match self.ordinary.remove(self.seen)?.item {
                    Item::Signal(signal) => Some(signal),
                    Item::Message(_) | Item::Timed(_) => None,
                };
            }
            self.seen += 1;
        }
        None
    }

    /// The last signal was acted on, and this one stands in its place.
    pub(super) fn acted(&mut self, signal: Box<Signal>) {
        let entry = QueuedItem { item: Item::Signal(signal), weight: Weight::None, urgent: false };
        self.ordinary.insert(self.seen, entry);
        self.weightless += usize::from(self.seen < self.weightless);
        self.seen += 1;
    }

    /// As [`LanedMailbox::take_signal`], with one who has come in since there is room.
    fn take_signal(
        &mut self,
        own: Pid,
        mark: &mut Mark,
        take: &mut dyn FnMut(&Signal) -> bool,
    ) -> Option<(Signal, Option<LetIn>)> {
        let mut takes = |entry: &QueuedItem<M>| {
            pass(1);
            matches!(&entry.item, Item::Signal(signal) if take(signal))
        };
        let seen = mark.seen(own, self.changes);
        let ordinary = self.ordinary.range(seen.ordinary..self.seen).position(&mut takes);
        let entry = if let Some(found) = ordinary.map(|index| seen.ordinary + index) {
            let entry = self.remove(found)?;
            mark.set(own, self.changes, MailPosition { ordinary: found, ..seen });
            entry
        } else if let Some(found) = self.urgent.range(seen.urgent..).position(takes).map(|index| seen.urgent + index) {
            let entry = self.remove_urgent(found)?;
            mark.set(own, self.changes, MailPosition { ordinary: self.seen, urgent: found });
            entry
        } else {
            mark.set(own, self.changes, self.looked());
            return None;
        };
        let let_in = self.replace(&entry);
        match entry.item {
            Item::Signal(signal) => Some((*signal, let_in)),
            Item::Message(_) | Item::Timed(_) => None,
        }
    }

    /// All that a receive can look at now.
    fn looked(&self) -> MailPosition {
        MailPosition { ordinary: self.seen, urgent: self.urgent.len() }
    }

    /// Takes all messages out that were acted on, and gives those who have come in; requests stay.
    pub(super) fn take_messages(&mut self) -> (Vec<Item<M>>, Vec<LetIn>) {
        let is_request = |entry: &QueuedItem<M>| entry.item.acts() || entry.item.is_request();
        let all = mem::take(&mut self.urgent).into_iter().chain(mem::take(&mut self.ordinary));
        let (requests, messages): (Vec<_>, Vec<_>) = all.partition(is_request);
        self.ordinary = requests.into();
        (self.held, self.seen, self.weightless) = (0, 0, 0);
        self.changes += 1;
        let let_in = messages.iter().filter_map(|entry| self.replace(entry)).collect();
        (messages.into_iter().map(|entry| entry.item).collect(), let_in)
    }

    /// From now on nothing comes in; what was in and in line, and who stood there.
    pub(super) fn close(&mut self) -> (Vec<Item<M>>, Vec<LetIn>) {
        self.closed = true;
        (self.held, self.seen, self.weightless) = (0, 0, 0);
        let mut stood = Vec::new();
        let mut line = mem::take(&mut self.line);
        line.append(&mut self.urgent_line);
        let line = line.into_values().map(|waiting| {
            stood.push(waiting.rest);
            waiting.entry
        });
        let lanes = mem::take(&mut self.urgent).into_iter().chain(mem::take(&mut self.ordinary));
        let items = lanes.chain(line).map(|entry| entry.item).collect();
        (items, stood)
    }

    /// How many messages are in. A signal that waits to be acted on is none, and may never be one.
    pub(super) fn len(&self) -> usize {
        self.urgent.len() + self.ordinary.iter().filter(|entry| !entry.item.acts()).count()
    }

    pub(super) fn shrink(&mut self) {
        self.urgent.shrink_to_fit();
        self.ordinary.shrink_to_fit();
    }
}

thread_local! {
    /// The process whose mailbox refuses what is being dropped.
    static REFUSING: Cell<Option<Pid>> = const { Cell::new(None) };
}

/// Drops a message for `mailbox`, which refuses it: if it is a call, its caller is told so.
fn refuse(mailbox: Pid, message: impl Sized) {
    let before = REFUSING.replace(Some(mailbox));
    // A message is its sender's, who may not be the one who sees to its end.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(message))) {
        guard::discard(payload);
    }
    REFUSING.set(before);
}

/// Whether what is being dropped is refused by the mailbox of this process.
pub(crate) fn is_refusing(mailbox: Pid) -> bool {
    REFUSING.try_with(Cell::get) == Ok(Some(mailbox))
}

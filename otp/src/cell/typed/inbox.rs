//! What arrives at a process, and what it takes.
//!
//! Others push into the outer queue, under a lock that is held for a few instructions. The process takes all of it at
//! once into its mail, which only it touches, and acts on the signals in it in order of arrival; a message that has
//! come alone goes to its handler straight away. One that has a bound or a lane for urgent messages takes them from its
//! [`LanedMailbox`] mailbox instead, one at a time.

use std::{
    collections::VecDeque,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::Cell;
use crate::{
    cell::{
        ExitReason, Running, current,
        header::{Channel, Gone},
        lanes::{LanedMailbox, LetIn, Offered, Ticket, Weight},
        signal::{Item, RAW, Signal},
    },
    guard,
    scheduler::TaskRef,
    sync::SpinGuard,
};

/// What a process finds at the first look.
pub(crate) enum AtHand<M> {
    Item(Item<M>),
    /// Nothing has come.
    Nothing,
    /// That takes more than a look.
    Unknown,
}

/// So many items wake a process although it has nothing to do but to note them.
const NOTES: usize = 4;

impl<M: Send + 'static> Cell<M> {
    #[inline]
    pub(super) fn outer(&self) -> SpinGuard<'_, VecDeque<Item<M>>> {
        self.outer.lock()
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
        let acts = Self::acts(&item);
        let is_noted = matches!(&item, Item::Signal(signal) if signal.is_only_noted());
        let is_enough = {
            let mut outer = this.outer();
            if this.header.life.is_closed() {
                return Err(item);
            }
            let item = match this.header.to_channel(item) {
                Ok(undelivered) => {
                    drop(outer);
                    drop(undelivered);
                    return Ok(());
                }
                Err(item) => item,
            };
            push_last(&mut outer, || item);
            if acts == Some(true) {
                this.header.life.set_signalled(is_noted);
            }
            outer.len() >= NOTES
        };
        if !is_noted || is_enough {
            Self::wake_for(this, acts);
        }
        Ok(())
    }

    /// Puts in a message that somebody sends, which may have to wait in line.
    ///
    /// Until the lock is held and there is room the message stays where its sender has made it: memory that was just
    /// written in parts is slow to read as a whole, and taking the lock gives it the time. Inlined, since it is then
    /// moved once.
    ///
    /// # Errors
    /// When the process has ended; then the message is where it was.
    #[inline(always)]
    pub(crate) fn offer(this: &TaskRef<Self>, message: &mut Option<M>, weight: Weight) -> Result<Option<Ticket>, Gone> {
        if let Some(special) = &this.special {
            return Self::offer_special(this, special, message, weight);
        }
        {
            let mut outer = this.outer();
            if this.header.life.is_closed() {
                return Err(Gone);
            }
            push_last(&mut outer, || Item::Message(message.take().expect("it is offered once")));
        }
        Self::wake_for(this, None);
        Ok(None)
    }

    #[cold]
    fn offer_special(
        this: &TaskRef<Self>,
        special: &LanedMailbox<M>,
        message: &mut Option<M>,
        weight: Weight,
    ) -> Result<Option<Ticket>, Gone> {
        let Some(item) = message.take().map(Item::Message) else { return Ok(None) };
        Self::push_special(this, special, item, weight).map_err(|item| {
            if let Item::Message(unsent) = item {
                *message = Some(unsent);
            }
            Gone
        })
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
        special: &LanedMailbox<M>,
        item: Item<M>,
        weight: Weight,
    ) -> Result<Option<Ticket>, Item<M>> {
        let acts = Self::acts(&item);
        let own = this.header.pid;
        // What a process sends to itself can't wait for its own doing.
        let weight = if current::try_with(|me| me.pid()) == Some(own) { Weight::None } else { weight };
        let signalled = || {
            if acts == Some(true) {
                this.header.life.set_signalled(false);
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
            // A process that waits for a reply is not woken by messages: it takes the inbox when it is back in its
            // loop.
            None if this.header.is_deaf() => {}
            None => this.task().wake_after_lock(),
        }
    }

    /// From now on messages for a subject go to a channel; those that have arrived go first.
    pub(super) fn open_channel(&self, me: &Running, tag: u64, channel: Channel) {
        let is_for = |item: &Item<M>| matches!(item, Item::Signal(signal) if signal.is_for(tag));
        self.take_arrivals(me);
        let mut outer = self.outer();
        let mut mail = self.mail.get(me).borrow_mut();
        self.header.unmark(me);
        let mut undelivered = Vec::new();
        for queue in [&mut *mail, &mut *outer] {
            for item in mem::take(queue) {
                match item {
                    item if !is_for(&item) => queue.push_back(item),
                    Item::Signal(signal) => {
                        if let Signal::Foreign { payload, .. } = *signal {
                            match channel.put(payload) {
                                Ok(dropped) => undelivered.extend(dropped),
                                Err(payload) => {
                                    queue.push_back(Item::Signal(Box::new(Signal::Foreign { tag, payload })));
                                }
                            }
                        }
                    }
                    Item::Message(_) | Item::Timed(_) => {}
                }
            }
        }
        let before = self.header.add_channel(tag, channel);
        drop((mail, outer));
        drop(before);
        guard::drop_each(undelivered);
    }

    /// Takes all messages out of its queues, but what it has put before them itself.
    pub(super) fn take_messages(&self, me: &Running) -> Vec<Item<M>> {
        self.take_arrivals(me);
        let ahead = self.rare.get(me).take().map_or(0, |rare| {
            let ahead = rare.ahead;
            self.rare.get(me).set(Some(rare));
            ahead
        });
        let mut mail = self.mail.get(me).borrow_mut();
        let ahead = ahead.min(mail.len());
        self.header.unmark(me);
        let messages = mail.split_off(ahead);
        if let Some(special) = &self.special {
            let (messages, let_in) = special.lanes().take_messages();
            drop(mail);
            let_in.into_iter().for_each(LetIn::tell);
            return messages;
        }
        let (requests, messages): (Vec<_>, Vec<_>) = messages.into_iter().partition(Item::is_request);
        mail.extend(requests);
        messages
    }

    /// Takes what has arrived into the mail and acts on the signals.
    #[inline]
    pub(super) fn take_arrivals(&self, me: &Running) {
        if let Some(special) = &self.special {
            return self.act_on_arrivals(special, me);
        }
        let mut outer = self.outer();
        if outer.is_empty() {
            return;
        }
        let mut mail = self.mail.get(me).borrow_mut();
        if !self.header.life.is_signalled() {
            if mail.is_empty() {
                return mem::swap(&mut *outer, &mut *mail);
            }
            let mut batch = mem::take(&mut *outer);
            drop(outer);
            mail.append(&mut batch);
            return;
        }
        self.header.life.clear_signalled();
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
        self.header.has_acted(me);
    }

    /// Takes items into the mail and acts on the signals among them.
    fn take_in_all(&self, me: &Running, mut batch: VecDeque<Item<M>>) {
        let mut acting = batch.iter().filter(|item| item.acts()).count();
        while acting > 0
            && let Some(item) = batch.pop_front()
        {
            acting -= usize::from(item.acts());
            self.take_in(me, item);
        }
        let mut mail = self.mail.get(me).borrow_mut();
        if mail.is_empty() {
            *mail = batch;
        } else {
            mail.append(&mut batch);
        }
    }

    /// Takes an item into the mail, or acts on it.
    #[inline]
    fn take_in(&self, me: &Running, item: Item<M>) {
        let item = match item {
            Item::Signal(signal) if signal.acts() => match self.act_on(me, signal) {
                Some(signal) => Item::Signal(signal),
                None => return,
            },
            item => item,
        };
        self.mail.get(me).borrow_mut().push_back(item);
    }

    /// Acts on the signals that have arrived in a special mailbox; all else stays where it is.
    fn act_on_arrivals(&self, special: &LanedMailbox<M>, me: &Running) {
        loop {
            let signal = {
                let mut lanes = special.lanes();
                self.header.life.clear_signalled();
                lanes.next_acting()
            };
            let Some(signal) = signal else { return self.header.has_acted(me) };
            if let Some(signal) = self.act_on(me, signal) {
                special.lanes().acted(signal);
            }
        }
    }

    /// Acts on a signal; gives back what belongs among the messages.
    fn act_on(&self, me: &Running, signal: Box<Signal>) -> Option<Box<Signal>> {
        // What a signal carries is the user's, and may panic when it is dropped.
        catch_unwind(AssertUnwindSafe(|| me.act_on(signal))).unwrap_or_else(|payload| {
            self.header.own(me).set_fatal(self.header.panicked(me, &*payload));
            None
        })
    }

    /// The next item of its mail, if it is at hand: what takes more than a look is for [`next_item`](Cell::next_item).
    ///
    /// Inlined, and apart from all else: so what it takes out goes to its handler by registers. Written to memory in
    /// parts and read as a whole it would cost as much as the rest of a message's way.
    #[inline(always)]
    pub(crate) fn next_at_hand(&self, me: &Running) -> AtHand<M> {
        if self.header.own(me).has_detours() {
            return AtHand::Unknown;
        }
        let mut outer;
        let mut mail = self.mail.get(me).borrow_mut();
        // Taken out in one place, whichever queue it is.
        let queue = if !mail.is_empty() {
            &mut *mail
        } else if self.may_have_arrived(me) {
            outer = self.outer();
            // What comes alone leaves the memory of the queue where it is.
            if outer.len() > 1 || self.header.life.is_signalled() {
                // Not looked into.
                self.header.own(me).looked.set(false);
                return AtHand::Unknown;
            }
            &mut *outer
        } else {
            return AtHand::Nothing;
        };
        match queue.pop_front() {
            Some(item) => AtHand::Item(item),
            None => AtHand::Nothing,
        }
    }

    /// The next item of its mail, if there is one.
    pub(crate) fn next_item(&self, me: &Running) -> Option<Item<M>> {
        self.header.unmark(me);
        let item = self.mail.get(me).borrow_mut().pop_front();
        let item = match item {
            Some(item) => item,
            None => match &self.special {
                None => self.next_arrived(me)?,
                Some(special) => self.next_special(special, me)?,
            },
        };
        self.is_not_idle(me, &item);
        Some(item)
    }

    /// Whether something may have arrived since the last look.
    ///
    /// Ordering: whoever has put something in since the first look, which is under the lock, finds that it runs, and
    /// wakes it.
    #[inline]
    fn may_have_arrived(&self, me: &Running) -> bool {
        !self.header.own(me).looked.replace(true) || me.task().is_woken()
    }

    fn next_arrived(&self, me: &Running) -> Option<Item<M>> {
        if !self.may_have_arrived(me) {
            return None;
        }
        self.take_arrivals(me);
        // What was sent behind an exit signal is not handled any more.
        if self.header.own(me).fatal().is_some() {
            return None;
        }
        self.mail.get(me).borrow_mut().pop_front()
    }

    #[cold]
    fn next_special(&self, special: &LanedMailbox<M>, me: &Running) -> Option<Item<M>> {
        let next = loop {
            {
                let mut lanes = special.lanes();
                if !self.header.life.is_signalled() {
                    break lanes.next();
                }
            }
            self.act_on_arrivals(special, me);
            if self.header.own(me).fatal().is_some() {
                return None;
            }
        };
        let (item, let_in) = next?;
        if let Some(let_in) = let_in {
            let_in.tell();
        }
        Some(item)
    }

    /// Puts the item back that was taken last: it is the next again.
    #[cold]
    pub(crate) fn put_back(&self, me: &Running, item: Item<M>) {
        if let Some(mut rare) = self.rare.get(me).take() {
            rare.ahead += usize::from(rare.was_ahead);
            self.rare.get(me).set(Some(rare));
        }
        self.mail.get(me).borrow_mut().push_front(item);
    }

    /// Something was taken from its mail.
    fn is_not_idle(&self, me: &Running, item: &Item<M>) {
        if let Some(mut rare) = self.rare.get(me).take() {
            rare.was_ahead = rare.ahead > 0;
            rare.ahead = rare.ahead.saturating_sub(1);
            // Whatever it is, the process is not idle, unless it is asked about itself.
            let idle = if item.is_system() { None } else { rare.idle.take() };
            self.rare.get(me).set(Some(rare));
            drop(idle);
        }
    }

    /// Looks at all that waits in its mail, in order.
    pub(crate) fn waiting<R>(&self, me: &Running, look: impl FnMut(&Item<M>) -> R) -> Vec<R> {
        self.take_arrivals(me);
        self.mail.get(me).borrow().iter().map(look).collect()
    }
}

/// Puts what `make` makes behind all others. Made when there is room, it goes there straight away.
#[inline(always)]
fn push_last<M>(queue: &mut VecDeque<Item<M>>, make: impl FnOnce() -> Item<M>) {
    while queue.len() == queue.capacity() {
        grow(queue);
    }
    queue.push_back(make());
}

#[cold]
fn grow<M>(queue: &mut VecDeque<Item<M>>) {
    // Most often there is only one.
    if queue.capacity() == 0 {
        queue.reserve_exact(1);
    } else {
        queue.reserve(1);
    }
}

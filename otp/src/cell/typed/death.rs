//! The end of a process.
//!
//! Code, dictionary and mail are dropped and timers cancelled; then, at one moment, the process is gone for all who
//! ask, its pid and its name; then the crash is reported, links and monitors are told, and callers that wait for a
//! reply get the reason.

use std::{collections::VecDeque, mem};

use super::Cell;
use crate::{
    cell::{AnyProcess, ExitReason, Remains, Running, aside, header::Header, lanes::LetIn, signal::Item},
    guard,
    scheduler::{TaskRef, Turn},
};

impl<M: Send + 'static> Cell<M> {
    /// Ends the process; see the module's header for the order.
    pub(crate) fn die(this: &TaskRef<Self>, me: &Running, reason: ExitReason) -> Turn {
        let header = &this.header;
        header.life.begin_dying();
        let mut reason = reason;
        let mut remains = Remains::begin(header, me, &reason);
        this.drop_code(me, &mut reason);
        for timer in header.cancel_timers() {
            header.quietly(me, || drop(timer), &mut reason);
        }
        header.disarm(me);
        let rare = this.rare.get(me).take();
        // What it has said to itself ends with it.
        let ahead = rare.as_ref().map_or(0, |rare| rare.ahead);
        header.quietly(me, || drop(rare), &mut reason);
        let heir = header.take_heir::<M>();
        let (closed, stood) = this.close();
        stood.into_iter().for_each(LetIn::tell);
        let mail = mem::take(&mut *this.mail.get(me).borrow_mut());
        if let Some(remains) = &mut remains {
            remains.of_messages(header, &mail, &closed);
        }
        let mut kept = Vec::new();
        for (index, item) in mail.into_iter().chain(closed).enumerate() {
            match item {
                Item::Signal(signal) if signal.acts() => {
                    header.quietly(me, || header.act_late(*signal), &mut reason);
                }
                Item::Message(message) if heir.is_some() && index >= ahead => kept.push(message),
                item => header.quietly(me, || drop(item), &mut reason),
            }
        }
        // To drop what it held may have taken so long that it was declared dead.
        let is_lost = !header.life.begin_end();
        if let Some(heir) = heir.filter(|_| !is_lost) {
            kept = heir(kept);
        }
        header.quietly(me, || guard::drop_each(kept), &mut reason);
        if is_lost {
            this.drop_remains(me);
        } else {
            header.farewell(me, Some(me), reason, remains);
        }
        Turn::Done
    }

    /// Drops its code and its dictionary; should that panic, it changes the reason.
    fn drop_code(&self, me: &Running, reason: &mut ExitReason) {
        let body = self.body.get(me).take();
        self.header.quietly(me, || drop(body), reason);
        for value in me.own().if_dictionary(mem::take) {
            self.header.quietly(me, || drop(value), reason);
        }
    }

    /// From now on nothing more arrives; what had arrived, and who stood in line and is to be told.
    pub(super) fn close(&self) -> (VecDeque<Item<M>>, Vec<LetIn>) {
        let Some(special) = &self.special else {
            let mut outer = self.outer();
            self.header.life.set_closed();
            return (mem::take(&mut *outer), Vec::new());
        };
        let (items, stood) = special.lanes().close();
        (items.into(), stood)
    }

    /// Drops what a process that was declared dead has left.
    pub(super) fn drop_remains(&self, me: &Running) {
        let mut ignored = ExitReason::Normal;
        self.drop_code(me, &mut ignored);
        let mail = mem::take(&mut *self.mail.get(me).borrow_mut());
        for item in mail {
            self.header.quietly(me, || drop(item), &mut ignored);
        }
        self.header.own(me).take_orphans().into_iter().for_each(Header::abandon);
    }
}

impl AnyProcess {
    /// Declares the process dead although its code runs, for a reason that the node decided on. False when it was
    /// ending already.
    ///
    /// The watchdog calls it: nothing of the user's runs in it, and it reads nothing that belongs to the running
    /// process, which it is not.
    pub(crate) fn declare_dead(&self, reason: ExitReason) -> bool {
        let header = self.header();
        if !header.life.begin_end_lost() {
            return false;
        }
        aside::each(&header.node, header.cancel_timers(), drop);
        self.process().refuse_all(&mut || header.farewell(self, None, reason.clone(), None));
        true
    }
}

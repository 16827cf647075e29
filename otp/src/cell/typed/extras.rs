//! What the handlers of a process ask of it: something first, something when nothing comes, a look into itself.

use std::time::Duration;

use super::Cell;
use crate::{
    cell::{
        Running, current,
        debug::{Debug, Event},
        header::HAS_EXTRAS,
        mark::Mark,
        signal::Item,
    },
    scheduler::TaskRef,
    time::Moment,
};

/// What most processes never need.
pub(super) struct HandlerExtras<M> {
    /// How many messages at the head of the mail were put there by the process itself.
    pub(super) ahead: usize,
    /// The message that was taken last was one of them.
    pub(super) was_ahead: bool,
    pub(super) idle: Option<Idle<M>>,
    /// What is switched on to look into it.
    pub(super) debug: Option<Box<Debug>>,
}

/// What a process wants to be told if nothing has arrived for a while.
pub(super) struct Idle<M> {
    at: Moment,
    after: Duration,
    message: M,
}

impl<M: Send + 'static> Cell<M> {
    /// Calls `f` as the process itself. What is called through handles that a handler was given can be called from
    /// elsewhere: a thread of its own, a thread-local.
    fn as_itself<R>(this: &TaskRef<Self>, f: impl FnOnce(&Running) -> R) -> R {
        current::as_itself(this, f).expect("only the process itself can do this, in its own handler")
    }

    pub(super) fn with_rare<R>(&self, me: &Running, f: impl FnOnce(&mut HandlerExtras<M>) -> R) -> R {
        let mut rare = self.rare.get(me).take().unwrap_or_else(|| {
            self.header.own(me).add_detour(HAS_EXTRAS);
            Box::new(HandlerExtras { ahead: 0, was_ahead: false, idle: None, debug: None })
        });
        let result = f(&mut rare);
        self.rare.get(me).set(Some(rare));
        result
    }

    /// Puts a message before all others but those that were put there before it. `{continue, Term}`.
    pub(crate) fn put_first(this: &TaskRef<Self>, message: M) {
        Self::as_itself(this, |me| {
            let ahead = this.with_rare(me, |rare| {
                rare.ahead += 1;
                rare.ahead - 1
            });
            this.header.unmark(me);
            this.mail.get(me).borrow_mut().insert(ahead, Item::Message(message));
        });
    }

    /// Has `message` delivered if nothing else arrives within `after`.
    pub(crate) fn set_idle(this: &TaskRef<Self>, after: Duration, message: M) {
        let before = Self::as_itself(this, |me| {
            let at = this.header.deadline(Some(after));
            this.with_rare(me, |rare| rare.idle.replace(Idle { at, after, message }))
        });
        drop(before);
    }

    /// Takes what [`Cell::set_idle`] left, if there is any.
    pub(crate) fn take_idle(&self, me: &Running) -> Option<M> {
        let mut rare = self.rare.get(me).take()?;
        let idle = rare.idle.take();
        self.rare.get(me).set(Some(rare));
        idle.map(|idle| idle.message)
    }

    /// When it will have been idle for long enough, if it wants to know.
    pub(crate) fn idle_at(&self, me: &Running) -> Option<Moment> {
        let rare = self.rare.get(me).take()?;
        let at = rare.idle.as_ref().map(|idle| idle.at);
        self.rare.get(me).set(Some(rare));
        at
    }

    /// It was not idle, as it answered a question about itself: what it wants to be told comes after as long again.
    pub(crate) fn restart_idle(&self, me: &Running) {
        if self.idle_at(me).is_some() {
            self.with_rare(me, |rare| {
                if let Some(idle) = &mut rare.idle {
                    idle.at = self.header.deadline(Some(idle.after));
                }
            });
        }
    }

    /// Calls `f` with what is switched on to look into it.
    pub(crate) fn with_debug<R>(&self, me: &Running, f: impl FnOnce(&mut Debug) -> R) -> R {
        // Taken out meanwhile: `f` runs code of the user's.
        let mut debug = self.with_rare(me, |rare| rare.debug.take()).unwrap_or_default();
        let result = f(&mut debug);
        let on = debug.is_on();
        self.header.set_watched(on);
        let (on, off) = if on { (Some(debug), None) } else { (None, Some(debug)) };
        self.with_rare(me, |rare| rare.debug = on);
        drop(off);
        result
    }

    /// Tells all that listen of an event.
    #[cold]
    pub(crate) fn tell(&self, me: &Running, event: impl FnOnce() -> Event) {
        self.with_debug(me, |debug| {
            if debug.listens() {
                debug.tell(&self.header, event());
            }
        });
    }

    /// Whether it was suspended.
    #[cold]
    pub(crate) fn is_suspended(&self, me: &Running) -> bool {
        self.with_rare(me, |rare| rare.debug.as_ref().is_some_and(|debug| debug.suspended))
    }

    /// The next item that a suspended process acts on; all else stays in order.
    #[cold]
    pub(crate) fn next_urgent(&self, me: &Running) -> Option<Item<M>> {
        self.take_arrivals(me);
        if self.header.own(me).fatal().is_some() {
            return None;
        }
        let parent = self.header.parent();
        if let Some(special) = &self.special {
            let signal =
                special.take_signal(self.header.pid, &mut Mark::default(), &mut |signal| signal.is_urgent(parent))?;
            return Some(Item::Signal(Box::new(signal)));
        }
        self.with_rare(me, |rare| {
            let mut mail = self.mail.get(me).borrow_mut();
            let seen = rare.debug.as_ref().map_or(0, |debug| debug.seen).min(mail.len());
            let found = mail.range(seen..).position(|item| item.is_urgent(parent));
            if let Some(debug) = &mut rare.debug {
                // What the next item does may change the mail.
                debug.seen = if found.is_some() { 0 } else { mail.len() };
            }
            self.header.unmark(me);
            found.and_then(|index| mail.remove(seen + index))
        })
    }

    /// Gives back memory that its queues do not need now.
    pub(crate) fn shrink(this: &TaskRef<Self>) {
        Self::as_itself(this, |me| this.mail.get(me).borrow_mut().shrink_to_fit());
        this.outer().shrink_to_fit();
        if let Some(special) = &this.special {
            special.lanes().shrink();
        }
    }
}

//! What a process leaves: timers, calls, those that it is related to.

use std::{
    mem,
    num::NonZeroU64,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{Common, DEAD, PendingCall, Relations, Standing};
use crate::{
    process::{AnyProcess, Down, ExitReason, cell::Gone, panic, signal::Signal},
    report::{self, Crash},
    sync::atomic::Ordering::{AcqRel, Relaxed},
    time::{Expire, Key, Moment},
};

impl Common {
    /// Cancels its timers; what was cancelled is to be dropped.
    pub(in crate::process) fn cancel_timers(&self) -> Vec<Arc<dyn Expire>> {
        let owner = self.if_belongings(|belongings| belongings.timers.take()).flatten();
        owner.map(|owner| self.node.scheduler.timers().cancel_all(owner)).unwrap_or_default()
    }

    /// Drops something of the user's; if that panics, that is why the process ends.
    pub(in crate::process) fn quietly(&self, drop: impl FnOnce(), reason: &mut ExitReason) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(drop)) {
            *reason = self.panicked(&*payload);
            panic::discard(payload);
        }
    }

    /// Keeps a signal that came too late until the process has ended.
    ///
    /// # Errors
    /// Gives the signal back when it has.
    pub(in crate::process) fn leave_for_farewell(&self, signal: Signal) -> Result<(), Signal> {
        let mut signal = Some(signal);
        self.relate(|relations| relations.belongings().late.extend(signal.take()));
        signal.map_or(Ok(()), Err)
    }

    fn free(&self, name: Option<&str>) {
        if let Some(name) = name {
            self.node.names.remove(name, self.pid);
        }
    }

    /// Releases what others can see, then tells them.
    pub(in crate::process) fn farewell(&self, me: &AnyProcess, reason: ExitReason) {
        // From when it has no relations those who ask are told that it is gone, and its name is free by then.
        // A name that it is given only now is found below.
        let name = self.named.load(Relaxed).then(|| self.node.names.release(self)).flatten();
        let before = mem::replace(&mut *self.relations(), Standing::Ending(reason.clone()));
        let mut relations = match before {
            Standing::Alive(relations) => relations,
            Standing::Ending(..) | Standing::Ended(_) => None,
        };
        let node = &self.node;
        let mut belongings = relations.as_mut().and_then(|relations| relations.belongings.take());
        let given_meanwhile = belongings.as_mut().and_then(|belongings| belongings.name.take());
        self.free(given_meanwhile.as_deref());
        let name = name.or(given_meanwhile);
        let in_table = node.table.remove(self.pid);
        self.flags.fetch_or(DEAD, AcqRel);
        if report::is_failure(&reason) {
            let crash = Crash {
                process: me,
                reason: &reason,
                name: name.as_deref(),
                label: belongings.as_ref().and_then(|belongings| belongings.label.as_deref()),
                links: relations.as_ref().map(|relations| &relations.links),
            };
            // To say why runs code of the user's: how a reason is displayed, what hears of it.
            self.quietly(|| node.crashed(&crash, self.is_reported(&reason)), &mut ExitReason::Normal);
        }
        let mut calls = belongings.as_mut().map_or_else(Vec::new, |belongings| belongings.calls.take());
        if self.keeps_requests() {
            // Its heir may begin to handle them as soon as somebody is told.
            self.quietly(|| calls.retain(|call| !call.is_queued()), &mut ExitReason::Normal);
        }
        if let Some(relations) = &relations {
            self.tell(relations, &reason);
        }
        for signal in belongings.iter_mut().flat_map(|belongings| mem::take(&mut belongings.late)) {
            self.quietly(|| node.bounce(self.pid, signal), &mut ExitReason::Normal);
        }
        // What a lost process still holds belongs to its thread.
        let orphans = if self.is_lost() { Vec::new() } else { self.own.take_orphans() };
        // The names that it monitored may be keys of the user's.
        self.quietly(|| drop(relations), &mut ExitReason::Normal);
        self.quietly(|| drop(belongings), &mut ExitReason::Normal);
        *self.relations() = Standing::Ended(reason);
        orphans.into_iter().chain(calls).chain(node.late_calls.take(self.pid)).for_each(|call| self.abandon(call));
        drop(in_table);
        node.ended(self.pid);
    }

    /// Whether people hear of its end, which is not a clean one: not of one that an exit signal brought, and of a plain
    /// process only if its code failed.
    fn is_reported(&self, reason: &ExitReason) -> bool {
        // What a lost process still holds belongs to its thread.
        self.is_lost()
            || !self.own.is_signalled()
                && (!self.own.plain.get() || matches!(reason, ExitReason::Panic(_) | ExitReason::Error(_)))
    }

    /// Tells the processes that it was related to.
    fn tell(&self, relations: &Relations, reason: &ExitReason) {
        let node = &self.node;
        for other in relations.links.iter() {
            node.signal(other, Signal::Exit { from: self.pid, reason: reason.clone(), link: true });
        }
        for (monitor, ()) in relations.watchers.iter() {
            node.signal(monitor.watcher, Signal::Down(Down::new(*monitor, self.pid, reason.clone())));
        }
        for (monitor, watched) in relations.monitoring.iter() {
            node.signal(watched.pid, Signal::Demonitor { monitor: *monitor });
        }
    }

    /// Tells a caller that there will be no answer.
    pub(in crate::process) fn abandon(&self, call: Arc<dyn PendingCall>) {
        // The waker may be anybody's.
        self.quietly(move || call.abandon(), &mut ExitReason::Normal);
    }

    /// Sets a timer that is cancelled when this process ends; as [`Timers::insert`](crate::time::Timers::insert).
    ///
    /// # Errors
    /// Gives it back when the process is ending: its timers may have been cancelled.
    pub(crate) fn set_timer(&self, at: Moment, timer: Arc<dyn Expire>) -> Result<(Key, bool), Arc<dyn Expire>> {
        let timers = self.node.scheduler.timers();
        let owner = self.relate(|relations| {
            let alive = !self.is_ending();
            alive.then(|| *relations.belongings().timers.get_or_insert_with(|| timers.new_owner()))
        });
        match owner.flatten() {
            // Should the process end before it is set, there is no such owner any more.
            Some(owner) => timers.insert_for(owner, at, timer),
            None => Err(timer),
        }
    }

    /// Has `call` abandoned when this process has ended and told the others, if it is pending then. Gives the number to
    /// [forget](Common::forget_call) it by, if it is over before.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn watch_call(&self, call: Arc<dyn PendingCall>) -> Result<Option<NonZeroU64>, Gone> {
        // What is over is dropped after the lock.
        let (number, over);
        match &mut *self.relations() {
            Standing::Alive(relations) => {
                (number, over) = relations.get_or_insert_default().belongings().calls.push(call);
            }
            // It has told of all that it had begun.
            Standing::Ending(_) | Standing::Ended(_) if self.keeps_requests() => return Ok(None),
            Standing::Ending(_) => {
                self.node.late_calls.push(self.pid, call);
                return Ok(None);
            }
            Standing::Ended(_) => return Err(Gone),
        }
        drop(over);
        Ok(Some(number))
    }

    /// A call is over.
    #[cold]
    pub(crate) fn forget_call(&self, number: NonZeroU64) {
        drop(self.if_belongings(|belongings| belongings.calls.remove(number)));
    }
}

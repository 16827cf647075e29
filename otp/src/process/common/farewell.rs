//! What a process leaves: timers, calls, those that it is related to.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{Common, DEAD, PendingCall, Relations, Standing};
use crate::{
    process::{AnyProcess, Down, ExitReason, panic, signal::Signal},
    report::{self, Crash},
    sync::atomic::Ordering::{AcqRel, Relaxed},
    time::{Expire, Key, Moment},
};

impl Common {
    /// Cancels its timers; what was cancelled is to be dropped.
    pub(in crate::process) fn cancel_timers(&self) -> Vec<Option<(Moment, Arc<dyn Expire>)>> {
        let timers = self.if_belongings(|belongings| mem::take(&mut belongings.timers)).unwrap_or_default();
        timers.into_iter().map(|key| self.node.scheduler.timers().cancel(key)).collect()
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
        let mut calls = belongings.as_mut().map_or_else(Vec::new, |belongings| mem::take(&mut belongings.calls));
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

    /// Has a timer cancelled when this process ends. False when it is ending: its timers may have been cancelled.
    pub(crate) fn own_timer(&self, key: Key) -> bool {
        let timers = self.node.scheduler.timers();
        let owned = self.relate(|relations| {
            let alive = !self.is_ending();
            if alive {
                let own = &mut relations.belongings().timers;
                if own.len() == own.capacity() {
                    own.retain(|key| timers.deadline(*key).is_some());
                }
                own.push(key);
            }
            alive
        });
        owned == Some(true)
    }

    /// Has `call` abandoned when this process has ended and told the others, if it is pending then. False when it has.
    pub(crate) fn watch_call(&self, call: Arc<dyn PendingCall>) -> bool {
        // What is over is dropped after the lock: it may hold a waker, which may be anybody's.
        let mut over: Vec<_> = Vec::new();
        match &mut *self.relations() {
            Standing::Alive(relations) => {
                let calls = &mut relations.get_or_insert_default().belongings().calls;
                if calls.len() == calls.capacity() {
                    over.extend(calls.extract_if(.., |call| !call.is_pending()));
                }
                calls.push(call);
            }
            // It has told of all that it had begun.
            Standing::Ending(_) | Standing::Ended(_) if self.keeps_requests() => {}
            Standing::Ending(_) => self.node.late_calls.push(self.pid, call),
            Standing::Ended(_) => return false,
        }
        true
    }
}

//! What a process leaves: timers, calls, those that it is related to.

use std::{
    mem,
    num::NonZeroU64,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    Gone, Header, PendingCall,
    relations::{RelationState, Relations},
};
use crate::{
    cell::{
        AnyProcess, Down, ExitReason, Remains, Running, aside,
        report::{self, CrashReport},
        signal::Signal,
    },
    guard,
    report::wants_errors,
    time::{Expire, Moment, TimerKey},
};

impl Header {
    /// Cancels its timers; what was cancelled is to be dropped.
    pub(in crate::cell) fn cancel_timers(&self) -> Vec<Arc<dyn Expire>> {
        let owner = self.if_belongings(|belongings| belongings.timers.take()).flatten();
        owner.map(|owner| self.node.scheduler.timers().cancel_all(owner)).unwrap_or_default()
    }

    /// Drops something of the user's while the process ends for a reason; a panic of that is added to it.
    pub(crate) fn quietly(&self, me: &Running, drop: impl FnOnce(), reason: &mut ExitReason) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(drop)) {
            let failed = self.panicked_in(me, Some("drop"), &*payload);
            *reason = mem::replace(reason, ExitReason::Normal).then(failed);
            guard::discard(payload);
        }
    }

    /// Acts on a signal that came too late for its code. What is behind the exit signal that ends it finds it gone, as
    /// in OTP; who monitors or links to one that ends by itself is told why. Either way no sooner than all can see the
    /// end.
    pub(in crate::cell) fn act_late(&self, signal: Signal) {
        let is_signalled = self.life.is_acting();
        let over = match &mut *self.relations() {
            RelationState::Alive(relations) => {
                let relations = relations.get_or_insert_default();
                if is_signalled || matches!(signal, Signal::Ask(_)) {
                    return relations.belongings().late.push(signal);
                }
                // Under the same lock, since whoever comes after the end is told of it by nobody else.
                relations.note(&signal);
                None
            }
            RelationState::Ending(_) | RelationState::Ended(_) if is_signalled => Some(ExitReason::NoProc),
            RelationState::Ending(reason) | RelationState::Ended(reason) => Some(reason.clone()),
        };
        match over {
            Some(reason) => self.node.bounce(self.pid, signal, reason),
            None => self.acknowledge(&signal),
        }
    }

    /// The end, as all others see it; then they are told. Who says farewell for one that was declared dead is not it,
    /// and has no `own`: the code of `me` may run still, in a lost thread, and what that holds belongs to it.
    pub(in crate::cell) fn farewell(
        &self,
        me: &AnyProcess,
        own: Option<&Running>,
        reason: ExitReason,
        remains: Option<Remains>,
    ) {
        let node = &self.node;
        // The moment of its end: whoever asks in whatever way finds it alive before, and gone after.
        let (in_table, before) = node.table.remove(self.pid, || {
            let mut standing = self.relations();
            self.life.end();
            mem::replace(&mut *standing, RelationState::Ending(reason.clone()))
        });
        let mut relations = match before {
            RelationState::Alive(relations) => relations,
            RelationState::Ending(..) | RelationState::Ended(_) => None,
        };
        let mut belongings = relations.as_mut().and_then(|relations| relations.belongings.take());
        let name = belongings.as_mut().and_then(|belongings| belongings.name.take());
        if let Some(name) = &name {
            node.names.remove(name, self.pid);
        }
        if report::is_failure(&reason) {
            let mut remains = remains.unwrap_or_default();
            if self.is_heard(own, &reason) {
                let label = belongings.as_ref().and_then(|belongings| belongings.label.as_deref());
                (remains.name, remains.label) = (name.as_deref().map(str::to_owned), label.map(str::to_owned));
                let links = relations.iter().flat_map(|relations| relations.links.iter()).collect();
                remains.of_relations(node, self, links);
            }
            let is_reported = self.is_reported(own, &reason);
            node.crashed(CrashReport { process: me.clone(), reason: reason.clone(), remains, is_reported });
        }
        let mut calls = belongings.as_mut().map_or_else(Vec::new, |belongings| belongings.calls.take());
        if self.keeps_requests() {
            // Its heir may begin to handle them as soon as somebody is told.
            guard::contain(|| calls.retain(|call| !call.is_queued()));
        }
        if let Some(relations) = &relations {
            self.tell(relations, &reason);
        }
        for signal in belongings.iter_mut().flat_map(|belongings| mem::take(&mut belongings.late)) {
            node.bounce(self.pid, signal, ExitReason::NoProc);
        }
        let mut pending = own.map_or_else(Vec::new, |me| self.own(me).take_orphans());
        *self.relations() = RelationState::Ended(reason);
        pending.extend(calls.into_iter().chain(node.late_calls.take(self.pid)));
        if own.is_none() {
            aside::run_each(pending, Self::abandon);
            let is_users = belongings.as_ref().is_some_and(|belongings| belongings.is_users());
            aside::each(node, Vec::from_iter(is_users.then_some(belongings)), drop);
        } else {
            pending.into_iter().for_each(Self::abandon);
            guard::contain(|| drop(belongings));
        }
        drop(in_table);
        node.ended(self.pid);
    }

    /// Whether anybody hears of its end: it has failed, and that is recorded or reported.
    pub(in crate::cell) fn is_heard(&self, own: Option<&Running>, reason: &ExitReason) -> bool {
        report::is_failure(reason)
            && (self.node.crashes.are_recorded() || self.is_reported(own, reason) && wants_errors())
    }

    /// Whether people hear of its end, which is not a clean one: not of one that an exit signal brought, and of a plain
    /// process only if its code failed.
    fn is_reported(&self, own: Option<&Running>, reason: &ExitReason) -> bool {
        let Some(me) = own else { return true };
        // What failed in its end is its own doing.
        reason.has_course()
            || !self.own(me).is_signalled()
                && (!self.own(me).plain.get() || matches!(reason, ExitReason::Panic(_) | ExitReason::Error(_)))
    }

    /// Tells the processes that it was related to.
    fn tell(&self, relations: &Relations, reason: &ExitReason) {
        let node = &self.node;
        for other in relations.links.iter() {
            node.signal(other, Signal::Exit { from: self.pid, reason: reason.clone(), link: true });
        }
        for (monitor, watched) in relations.monitoring.iter() {
            node.signal(watched.pid, Signal::Demonitor { monitor: *monitor });
        }
        // The last to be told: who receives a `Down` finds that nobody is related to the dead any more.
        for (monitor, ()) in relations.watchers.iter() {
            node.signal(monitor.watcher, Signal::Down(Down::new(*monitor, self.pid, reason.clone())));
        }
    }

    /// Tells a caller that there will be no answer.
    pub(in crate::cell) fn abandon(call: Arc<dyn PendingCall>) {
        call.abandon();
        // It may be the last reference to an answer.
        guard::contain(|| drop(call));
    }

    /// Sets a timer that is cancelled when this process ends; as [`Timers::insert`](crate::time::Timers::insert).
    ///
    /// # Errors
    /// Gives it back when the process is ending: its timers may have been cancelled.
    pub(crate) fn set_timer(&self, at: Moment, timer: Arc<dyn Expire>) -> Result<(TimerKey, bool), Arc<dyn Expire>> {
        let timers = self.node.scheduler.timers();
        let owner = self.relate(|relations| {
            let alive = !self.life.is_ending();
            alive.then(|| *relations.belongings().timers.get_or_insert_with(|| timers.new_owner()))
        });
        match owner.flatten() {
            // Should the process end before it is set, there is no such owner any more.
            Some(owner) => timers.insert_for(owner, at, timer),
            None => Err(timer),
        }
    }

    /// Has `call` abandoned when this process has ended and told the others, if it is pending then. Gives the number to
    /// [forget](Header::forget_call) it by, if it is over before.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn watch_call(&self, call: Arc<dyn PendingCall>) -> Result<Option<NonZeroU64>, Gone> {
        // What is over is dropped after the lock.
        let (number, over);
        match &mut *self.relations() {
            RelationState::Alive(relations) => {
                (number, over) = relations.get_or_insert_default().belongings().calls.push(call);
            }
            // It has told of all that it had begun.
            RelationState::Ending(_) | RelationState::Ended(_) if self.keeps_requests() => return Ok(None),
            RelationState::Ending(_) => {
                self.node.late_calls.push(self.pid, call);
                return Ok(None);
            }
            RelationState::Ended(_) => return Err(Gone),
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

//! Whom a process must tell when it ends, who must tell it, and what else ends with it.

use std::{any::Any, sync::Arc, thread::Thread};

use super::{
    Header,
    calls::Calls,
    channels::{Channel, Divert},
    links::Links,
};
use crate::{
    cell::{ExitReason, MonitorRef, Pid, RegName, signal::Signal, small_map::SmallMap},
    sync::{SpinGuard, atomic::Ordering::Relaxed},
    time::Owner,
};

/// How it stands to others.
pub(super) enum RelationState {
    /// Alive; relations are made when the first is needed.
    Alive(Option<Box<Relations>>),
    /// Links and monitors are being told; calls that come now are told after them.
    Ending(ExitReason),
    Ended(ExitReason),
}

/// Whom it must tell when it ends, and who must tell it.
#[derive(Default)]
pub(crate) struct Relations {
    pub(crate) links: Links,
    pub(crate) watchers: SmallMap<MonitorRef, ()>,
    pub(crate) monitoring: SmallMap<MonitorRef, Monitored>,
    pub(super) belongings: Option<Box<Belongings>>,
}

/// What else ends with it, and few processes have.
#[derive(Default)]
pub(crate) struct Belongings {
    pub(crate) name: Option<Arc<str>>,
    /// What it, or who started it, called it.
    pub(crate) label: Option<Arc<str>>,
    /// What its timers are set for.
    pub(super) timers: Option<Owner>,
    /// Calls that must be told when it ends: deferred ones, and those that no process waits for.
    pub(super) calls: Calls,
    /// Who gets what waits in its mailbox when it ends: a [`Heir`] of its message type.
    pub(super) heir: Option<Box<dyn Any + Send>>,
    pub(super) channels: SmallMap<u64, Channel>,
    pub(super) taps: SmallMap<u64, Arc<dyn Divert>>,
    /// Signals that came when it had to end, to be answered when it has.
    pub(super) late: Vec<Signal>,
    /// The thread that its code blocks, having handed its core over.
    pub(crate) blocked: Option<Thread>,
}

impl Belongings {
    /// Whether it holds anything of the user's.
    pub(super) fn is_users(&self) -> bool {
        let is_empty = self.channels.iter().next().is_none() && self.taps.iter().next().is_none();
        self.heir.is_some() || !is_empty
    }
}

impl Relations {
    /// What a signal says of links and monitors; nothing, if it is about anything else.
    pub(super) fn note(&mut self, signal: &Signal) {
        match signal {
            Signal::Link { from } => self.links.linked(*from),
            Signal::Unlink { from, .. } => self.links.unlinked(*from),
            Signal::UnlinkAck { from, number } => self.links.acknowledged(*from, *number),
            Signal::Monitor { monitor, .. } => _ = self.watchers.insert(*monitor, ()),
            Signal::Demonitor { monitor } => _ = self.watchers.remove(monitor),
            _ => {}
        }
    }

    pub(crate) fn belongings(&mut self) -> &mut Belongings {
        self.belongings.get_or_insert_default()
    }
}

/// A process that another one monitors.
pub(crate) struct Monitored {
    pub(crate) pid: Pid,
    /// The name that it was found by.
    pub(crate) name: Option<RegName>,
}

/// Takes the messages that a process has not handled; gives back those that it does not want.
pub(crate) type Heir<M> = Box<dyn Fn(Vec<M>) -> Vec<M> + Send>;

impl Header {
    #[inline]
    pub(super) fn relations(&self) -> SpinGuard<'_, RelationState> {
        self.relations.lock()
    }

    /// Calls `f` with its relations; nothing once it has ended.
    #[inline]
    pub(crate) fn relate<R>(&self, f: impl FnOnce(&mut Relations) -> R) -> Option<R> {
        match &mut *self.relations() {
            RelationState::Alive(relations) => Some(f(relations.get_or_insert_default())),
            RelationState::Ending(..) | RelationState::Ended(_) => None,
        }
    }

    /// Calls `f` with its belongings; nothing if it never had any, or has ended.
    pub(super) fn if_belongings<R>(&self, f: impl FnOnce(&mut Belongings) -> R) -> Option<R> {
        match &mut *self.relations() {
            RelationState::Alive(Some(relations)) => relations.belongings.as_deref_mut().map(f),
            RelationState::Alive(None) | RelationState::Ending(..) | RelationState::Ended(_) => None,
        }
    }

    /// Notes what a signal says of links and monitors; false when it has ended.
    pub(in crate::cell) fn note(&self, signal: &Signal) -> bool {
        let noted = self.relate(|relations| relations.note(signal)).is_some();
        if noted {
            self.acknowledge(signal);
        }
        noted
    }

    /// Tells the sender of a signal that it was noted, if that wants to know.
    pub(super) fn acknowledge(&self, signal: &Signal) {
        if let Signal::Unlink { from, number } = signal {
            self.node.signal(*from, Signal::UnlinkAck { from: self.pid, number: *number });
        }
    }

    /// Its registered name.
    pub(crate) fn name(&self) -> Option<Arc<str>> {
        self.if_belongings(|belongings| belongings.name.clone()).flatten()
    }

    /// What it, or who started it, called it.
    pub(crate) fn label(&self) -> Option<Arc<str>> {
        self.if_belongings(|belongings| belongings.label.clone()).flatten()
    }

    pub(crate) fn set_label(&self, label: Arc<str>) {
        self.relate(|relations| relations.belongings().label = Some(label));
    }

    /// Why it ended, once it did.
    pub(crate) fn reason(&self) -> Option<ExitReason> {
        match &*self.relations() {
            RelationState::Alive(_) => None,
            RelationState::Ending(reason) | RelationState::Ended(reason) => Some(reason.clone()),
        }
    }

    /// From now on what waits in its mailbox when it ends goes to `heir`.
    pub(crate) fn set_heir<M: Send + 'static>(&self, heir: Heir<M>) {
        let before = self.relate(|relations| {
            // Ordering: whoever finds that it has ended looks at the flag under the same lock.
            self.kept.store(true, Relaxed);
            relations.belongings().heir.replace(Box::new(heir))
        });
        drop(before);
    }

    pub(in crate::cell) fn take_heir<M: Send + 'static>(&self) -> Option<Heir<M>> {
        if !self.kept.load(Relaxed) {
            return None;
        }
        let heir = self.if_belongings(|belongings| belongings.heir.take()).flatten()?;
        heir.downcast().ok().map(|heir| *heir)
    }

    /// Whether requests that wait in its mailbox outlive it. Those of one that is declared dead do not.
    pub(super) fn keeps_requests(&self) -> bool {
        self.kept.load(Relaxed) && !self.life.is_lost()
    }

    /// The thread that its code blocks, having handed its core over.
    pub(in crate::cell) fn blocked_thread(&self) -> Option<Thread> {
        self.if_belongings(|belongings| belongings.blocked.clone()).flatten()
    }
}

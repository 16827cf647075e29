//! What a process is, whatever its messages are: identity, flags, relations, what it says about its end.

use std::{
    cell::Cell,
    iter,
    sync::Arc,
    thread::{self, Thread},
};

use super::{
    Pid,
    handler::Handler,
    mark::{MailPosition, Mark},
    node::NodeInner,
    owned::{Owned, Running},
    waits::Waits,
};
use crate::{
    scheduler::Program,
    sync::{
        SpinLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Moment,
};

mod alarm;
mod calls;
mod channels;
pub(super) mod exit;
mod farewell;
mod life;
mod links;
mod own;
mod relations;
mod turn;

pub(crate) use self::{
    channels::{Channel, Divert},
    own::{HAS_EXTRAS, HAS_LANES, Own, Rest},
    relations::Monitored,
};
use self::{life::Life, own::HAS_MARK, relations::RelationState};

/// So many ancestors of a process are known: each process that starts others keeps a list.
const ANCESTORS: usize = 16;

/// The process has ended.
pub(crate) struct Gone;

/// What carries the turns of a process.
pub(crate) enum Home {
    /// The cores of its node.
    Core,
    /// It is an OS thread that was adopted.
    Thread(Thread),
    /// It is the test that drives a simulation.
    Driver,
}

/// What a process is, whatever its messages are.
///
/// The fields stand so that what senders read, and nobody writes often, is 64 bytes away from the lock that they take
/// before, and from what the process writes at each message after: else each would wait for the other's cache line.
#[repr(C)]
pub(crate) struct Header {
    relations: SpinLock<RelationState>,
    pub(crate) home: Home,
    /// Who started it, who started that one, and so on; at most [`ANCESTORS`].
    pub(crate) ancestors: Option<Arc<Vec<Pid>>>,
    pub(crate) life: Life,
    /// It waits for something that no message of its own type can be; only the process itself writes it.
    deaf: AtomicBool,
    /// What waits in its mailbox when it ends goes to another.
    kept: AtomicBool,
    pub(crate) node: Arc<NodeInner>,
    pub(crate) pid: Pid,
    /// How often marks of receives became void.
    unmarked: Owned<Cell<u32>>,
    /// What runs in it.
    pub(crate) program: &'static Program,
    /// The moment of its entry in the timers; `FAR` for none.
    armed_at: AtomicU64,
    /// The earliest moment at which it wants to look again; `FAR` for none.
    wake_at: AtomicU64,
    /// The earliest moment at which what it waits for now is over; `FAR` for none. Only the process itself writes it.
    limit: AtomicU64,
    pub(crate) waits: Waits,
    own: Owned<Own>,
    /// The message that it handles.
    pub(crate) handler: Handler,
}

/// A call that somebody waits for.
pub(crate) trait PendingCall: Send + Sync {
    /// Nobody will answer it any more.
    fn abandon(&self);
    fn is_pending(&self) -> bool;
    /// Whether its request waits for its handler to begin.
    fn is_queued(&self) -> bool {
        false
    }
    /// Its handler has returned without an answer.
    fn deferred(&self);
    /// Who made it, while its handler runs.
    fn client(&self) -> Option<Pid>;
}

impl Running {
    /// What only its own turns touch.
    #[inline]
    pub(crate) fn own(&self) -> &Own {
        self.header().own(self)
    }
}

impl Header {
    /// A process of a node, alive and unrelated; `detours` says why its next message is not simply the first of its
    /// queue.
    pub(super) fn new(
        pid: Pid,
        ancestors: Option<Arc<Vec<Pid>>>,
        node: Arc<NodeInner>,
        program: &'static Program,
        home: Home,
        detours: u8,
    ) -> Self {
        Self {
            life: Life::new(),
            deaf: AtomicBool::new(false),
            kept: AtomicBool::new(false),
            own: Owned::new(Own::new(detours)),
            node,
            // Its code begins with its first turn.
            handler: Handler::new(&program.first),
            pid,
            unmarked: Owned::default(),
            ancestors,
            program,
            home,
            wake_at: AtomicU64::new(Moment::FAR.as_nanos()),
            limit: AtomicU64::new(Moment::FAR.as_nanos()),
            armed_at: AtomicU64::new(Moment::FAR.as_nanos()),
            waits: Waits::new(),
            relations: SpinLock::new(RelationState::Alive(None)),
        }
    }

    /// What only its own turns touch.
    #[inline]
    pub(in crate::cell) fn own<'a>(&'a self, me: &'a Running) -> &'a Own {
        self.own.get(me)
    }

    /// Who started it.
    pub(crate) fn parent(&self) -> Option<Pid> {
        self.ancestors.as_ref().and_then(|ancestors| ancestors.first().copied())
    }

    /// Whether `ancestor` is among those that are known.
    pub(crate) fn descends_from(&self, ancestor: Pid) -> bool {
        self.ancestors.as_ref().is_some_and(|ancestors| ancestors.contains(&ancestor))
    }

    /// The ancestors of what it starts: itself, then its own.
    pub(super) fn lineage(&self, me: &Running) -> Arc<Vec<Pid>> {
        let own = || {
            let above = self.ancestors.iter().flat_map(|ancestors| ancestors.iter().copied());
            Arc::new(iter::once(self.pid).chain(above.take(ANCESTORS - 1)).collect())
        };
        self.own.get(me).lineage(own)
    }

    /// Whether messages of its own type may not wake it.
    #[inline]
    pub(crate) fn is_deaf(&self) -> bool {
        self.deaf.load(Relaxed)
    }

    /// How many of its mail a receive has looked at.
    pub(super) fn seen(&self, me: &Running, mark: &Mark) -> usize {
        mark.seen(self.pid, u64::from(self.unmarked.get(me).get())).ordinary
    }

    /// A receive has looked at so many.
    pub(super) fn mark(&self, me: &Running, mark: &mut Mark, seen: usize) {
        // Most often there is nothing.
        if seen > 0 {
            self.own.get(me).add_detour(HAS_MARK);
            mark.set(self.pid, u64::from(self.unmarked.get(me).get()), MailPosition { ordinary: seen, urgent: 0 });
        }
    }

    /// Something else than a message behind all others changes the mail: receives look at all of it anew.
    #[inline]
    pub(super) fn unmark(&self, me: &Running) {
        if self.own.get(me).remove_detour(HAS_MARK) {
            let unmarked = self.unmarked.get(me);
            unmarked.set(unmarked.get().wrapping_add(1));
        }
    }

    /// Says whether messages of its own type may wake it; returns what was said before.
    #[inline]
    pub(crate) fn set_deaf(&self, me: &Running, deaf: bool) -> bool {
        let before = self.is_deaf();
        self.deaf.store(deaf, Relaxed);
        self.own.get(me).looked.set(false);
        before
    }

    /// Whether it is no running process, but what the calling thread tests the handlers of a server with. (No server's
    /// process is a thread otherwise.)
    pub(crate) fn is_tested_here(&self) -> bool {
        matches!(&self.home, Home::Thread(thread) if thread.id() == thread::current().id())
    }

    /// It begins a wait, or goes on with it: no limit is known yet.
    #[inline]
    pub(super) fn waits_without_limit(&self) {
        self.limit.store(Moment::FAR.as_nanos(), Relaxed);
    }

    /// Whether what it waits for is over by its own limit.
    pub(super) fn is_past_its_limit(&self) -> bool {
        self.limit.load(Relaxed) <= self.node.scheduler.now().as_nanos()
    }
}

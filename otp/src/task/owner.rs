//! Tasks that end with the process that they work for, though neither is linked to the other.

use std::{num::NonZeroU64, sync::Arc};

use crate::{
    cell::{AnyProcess, ExitReason, Pid, current, header::PendingCall},
    process::exit,
};

/// Sees to it, until it is dropped, that a process is told to shut down when the current one has ended.
pub(super) struct EndsWithOwner {
    owner: AnyProcess,
    number: Option<NonZeroU64>,
}

impl EndsWithOwner {
    /// `None` when the current process tells nobody any more: then the other was told at once.
    pub(super) fn new(worker: &AnyProcess) -> Option<Self> {
        let owner = current::with(|me| AnyProcess::clone(me));
        let number = tell_of_end(&owner, worker)?;
        Some(Self { owner, number })
    }
}

/// Has a process told to shut down when `owner` has ended. `None` when it has, and the other was told.
pub(super) fn tell_of_end(owner: &AnyProcess, worker: &AnyProcess) -> Option<Option<NonZeroU64>> {
    let told = owner.header().watch_call(Arc::new(Worker(worker.clone())));
    if told.is_err() {
        exit(worker.pid(), ExitReason::Shutdown);
    }
    told.ok()
}

impl Drop for EndsWithOwner {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.owner.header().forget_call(number);
        }
    }
}

/// One who is told when another has ended, as a caller is.
struct Worker(AnyProcess);

impl PendingCall for Worker {
    fn abandon(&self) {
        // Whoever tells of the end may be no process.
        let pid = self.0.pid();
        self.0.header().node.exit(pid, pid, ExitReason::Shutdown);
    }

    fn is_pending(&self) -> bool {
        !self.0.header().life.is_dead()
    }

    fn deferred(&self) {}

    fn client(&self) -> Option<Pid> {
        None
    }
}

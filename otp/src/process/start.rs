//! The start protocol: whoever starts a process waits until its code says how that went. OTP's `proc_lib`.
//!
//! The new process holds an [`Ack`], the starter waits in [`PendingStart`]. Who fails to start is told of only when it
//! is gone and its name is free; what its links and monitors have sent to the starter by then is taken back.

use std::{
    error::Error,
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use super::{
    demonitor_flush, exit,
    me::{self, receiving_down},
    monitor, unlink,
};
use crate::{
    cell::{
        AnyProcess, ExitReason, IntoReason, MonitorRef, Pid,
        birth::{self, Carrier, Relation},
        current::{self, Interrupted},
        header::PendingCall,
        lanes::LanedMailbox,
        mark::Mark,
        reply::{Answer, Asking, HasSlot, ReplySlot},
        signal::Signal,
        typed::{Body, Cell},
        waits::WaitsFor,
        wake_up::WakeUp,
    },
    scheduler::{Program, TaskRef},
};

/// Why a process was not started. It has ended, and neither an exit signal of it nor a `Down` is left in the mailbox of
/// the one who started it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AckError<E = ExitReason> {
    /// Its code said so.
    Failed(E),
    /// It ended before its code said how the start went.
    Exited(ExitReason),
    /// Its code said nothing in time; it was killed.
    Timeout,
    /// The caller itself is ending: it cannot wait for a start.
    Exiting,
    /// The system has no further stack for the caller to wait on.
    Resources,
}

impl<E: fmt::Display> fmt::Display for AckError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "its start failed: {error}"),
            Self::Exited(reason) => write!(f, "it ended before it had started: {reason}"),
            Self::Timeout => f.write_str("its start took too long"),
            Self::Exiting => f.write_str("the caller is ending and cannot wait"),
            Self::Resources => f.write_str("the system has no further stack for the caller to wait on"),
        }
    }
}

/// Its text says what is behind it: it has no `source`.
impl<E: Error + 'static> Error for AckError<E> {}

/// The right to say how the start of a process went, once; see [`start`](fn@super::start). It may be given to another
/// process.
///
/// Dropped unused, it leaves the starter waiting until the process has ended, which then is why the start failed.
pub struct Ack<T: Send + 'static, E: Send + 'static = ExitReason>(Option<Arc<StartShared<T, E>>>);

impl<T: Send + 'static> Ack<T> {
    /// The process has started: whoever started it goes on, with this value. `proc_lib:init_ack/1`.
    ///
    /// ```
    /// use otp::process;
    ///
    /// let (_, answer) = process::start(|_, ack| {
    ///     ack.started(42);
    ///     // What it does from here on, its starter does not wait for.
    /// })?;
    /// assert_eq!(answer, 42);
    /// # Ok::<(), process::AckError>(())
    /// ```
    pub fn started(mut self, value: T) {
        self.said(value);
    }

    /// The process has not started: whoever started it gets [`AckError::Failed`] when the process is gone, so its
    /// code is to return now. `proc_lib:init_fail/2`.
    ///
    /// ```
    /// use otp::{prelude::*, process::{self, Ack, AckError}};
    ///
    /// let failed = process::start(|_, ack: Ack<()>| ack.failed(ExitReason::other("no paper")));
    /// assert!(matches!(failed, Err(AckError::Failed(reason)) if reason == ExitReason::other("no paper")));
    /// ```
    pub fn failed(mut self, error: impl IntoReason) {
        self.refused(error.into_reason());
    }
}

impl<T: Send + 'static, E: Send + 'static> Ack<T, E> {
    /// Of a process that nobody waits for.
    pub(crate) fn to_nobody() -> Self {
        Self(None)
    }

    /// As [`Ack::started`]; nothing, if how it went was said before.
    pub(crate) fn said(&mut self, value: T) {
        if let Some(shared) = self.0.take() {
            // Before it can go on, so that whom it has heard of is not seen to be waited for.
            shared.slot.unpublish_start();
            drop(shared.slot.complete(Some(Ok(value))));
        }
    }

    /// As [`Ack::failed`]; nothing, if how it went was said before.
    pub(crate) fn refused(&mut self, error: E) {
        if let Some(shared) = self.0.take() {
            *shared.refused() = Some(error);
            shared.end_with_child();
        }
    }

    /// The starter is to hear of the end of the process, wherever this is then.
    pub(super) fn may_leave(&self) {
        if let Some(shared) = &self.0 {
            shared.clone().end_with_child();
        }
    }
}

impl<T: Send + 'static, E: Send + 'static> Drop for Ack<T, E> {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.end_with_child();
        }
    }
}

impl<T: Send + 'static, E: Send + 'static> fmt::Debug for Ack<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(shared) => write!(f, "Ack({:?})", shared.child),
            None => f.write_str("Ack(used)"),
        }
    }
}

/// What the two sides of a start share.
struct StartShared<T, E> {
    child: AnyProcess,
    /// It has not started, which is said when it is gone.
    refused: Mutex<Option<E>>,
    slot: ReplySlot<Result<T, E>>,
}

impl<T: Send + 'static, E: Send + 'static> StartShared<T, E> {
    fn refused(&self) -> MutexGuard<'_, Option<E>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the starter go on when the process has ended. One that has already is told of.
    fn end_with_child(self: Arc<Self>) {
        let _ = self.child.header().watch_call(self.clone());
    }
}

impl<T: Send + 'static, E: Send + 'static> HasSlot for Arc<StartShared<T, E>> {
    type Reply = Result<T, E>;

    fn slot(&self) -> &ReplySlot<Result<T, E>> {
        &self.slot
    }
}

impl<T: Send + 'static, E: Send + 'static> PendingCall for StartShared<T, E> {
    fn abandon(&self) {
        let refused = self.refused().take();
        drop(self.slot.complete(refused.map(Err)));
    }

    fn is_pending(&self) -> bool {
        self.slot.is_pending()
    }

    fn deferred(&self) {}

    fn client(&self) -> Option<Pid> {
        None
    }
}

/// A process that runs, and whose start may not be over.
pub(crate) struct PendingStart<M, T, E> {
    cell: TaskRef<Cell<M>>,
    monitor: Option<MonitorRef>,
    asking: Asking<Arc<StartShared<T, E>>>,
    timeout: Option<Duration>,
    /// Nothing of the child stands before it in the mail of its starter.
    mark: Mark,
    _waits: WaitsFor,
}

/// A process that has started.
pub(crate) struct StartedProcess<M, T> {
    pub(crate) cell: TaskRef<Cell<M>>,
    pub(crate) monitor: Option<MonitorRef>,
    pub(crate) value: T,
}

impl<M: Send + 'static, T: Send + 'static, E: Send + 'static> PendingStart<M, T, E> {
    /// Starts a process whose code is what `body` makes.
    pub(crate) fn new(
        program: &'static Program,
        relation: Relation,
        timeout: Option<Duration>,
        carrier: Carrier,
        mailbox: Option<Box<LanedMailbox<M>>>,
        body: impl FnOnce(&TaskRef<Cell<M>>, Ack<T, E>) -> Body,
    ) -> Self {
        let mut own = None;
        let mark = me::mark();
        let (cell, monitor) = birth::run(program, relation, carrier, mailbox, |cell, _| {
            let child = AnyProcess::new(cell);
            let slot = ReplySlot::new(child.pid(), Some(current::with(|me| AnyProcess::clone(me))));
            let share = |slot| Arc::new(StartShared { child, refused: Mutex::new(None), slot });
            let asking = Asking::keeping(slot, share);
            let shared = Arc::clone(&asking);
            // Said before it runs: whom it calls while it starts it calls later.
            own = Some((asking, WaitsFor::process(shared.child.pid())));
            body(cell, Ack(Some(shared)))
        });
        let (asking, waits) = own.expect("its code was made");
        Self { cell, monitor, asking, timeout, mark, _waits: waits }
    }

    /// Waits until it has started, and on failure until the process is gone.
    pub(crate) fn wait(mut self) -> Result<StartedProcess<M, T>, AckError<E>> {
        let outcome = current::block_on(self.outcome());
        self.conclude(outcome)
    }

    /// As [`wait`](PendingStart::wait), for the handler of a process that is not to be bound to its core.
    pub(crate) async fn ready(mut self) -> Result<StartedProcess<M, T>, AckError<E>> {
        let outcome = self.outcome().await;
        self.conclude(Ok(outcome))
    }

    /// What is said of the start; nothing when the process ends without a word, or the time is over.
    async fn outcome(&mut self) -> Option<Option<Result<T, E>>> {
        let at = self.timeout.map(|limit| current::with(|me| me.header().deadline(Some(limit))));
        let mut timer = WakeUp::new();
        let header = self.cell.header();
        let said = poll_fn(|cx| match (self.asking.poll(cx), at) {
            (Answer::Given(said), _) => Poll::Ready(Some(Some(said))),
            (Answer::None | Answer::Full, _) => Poll::Ready(Some(None)),
            // One that was declared dead while it started says nothing.
            (Answer::Pending, _) if header.life.is_lost() && header.life.is_dead() => Poll::Ready(Some(None)),
            (Answer::Pending, Some(at)) => timer.poll(cx, at).map(|()| None),
            (Answer::Pending, None) => Poll::Pending,
        })
        .await;
        if said.is_none() {
            let (mark, monitor) = (me::mark(), monitor(header.pid));
            unlink(header.pid);
            exit(header.pid, ExitReason::Kill);
            // Its name is free when its starter goes on.
            receiving_down(mark, monitor, None).await;
        }
        said
    }

    fn conclude(
        mut self,
        outcome: Result<Option<Option<Result<T, E>>>, Interrupted>,
    ) -> Result<StartedProcess<M, T>, AckError<E>> {
        let pid = self.cell.header().pid;
        let error = match outcome {
            Ok(Some(Some(Ok(value)))) => return Ok(StartedProcess { cell: self.cell, monitor: self.monitor, value }),
            Ok(Some(Some(Err(error)))) => AckError::Failed(error),
            Ok(Some(None)) => AckError::Exited(self.cell.header().reason().unwrap_or(ExitReason::Killed)),
            Ok(None) => AckError::Timeout,
            Err(Interrupted::Exiting) => AckError::Exiting,
            Err(Interrupted::Resources) => {
                unlink(pid);
                exit(pid, ExitReason::Kill);
                AckError::Resources
            }
        };
        // A starter learns of the failure by the error alone; one that does not trap exits may end of it.
        current::with(|me| {
            me.process().take_arrivals(me);
            let is_its = &mut |signal: &Signal| matches!(signal, Signal::Trapped(exit) if exit.from == pid);
            me.process().take_signal(me, &mut self.mark, is_its);
        });
        if let Some(monitor) = self.monitor {
            demonitor_flush(monitor);
        }
        Err(error)
    }
}

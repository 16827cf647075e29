//! The handle of a task: waiting for its result, asking it to end, letting go of it.

use std::{
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{
    TaskError,
    owner::EndsWithOwner,
    spawn::{Awaited, Blocks, Closure, spawn},
};
use crate::{
    actor::{CALL_TIMEOUT, Reply, Shutdown},
    cell::{
        AnyProcess, ExitReason, Pid,
        birth::Relation,
        current::{self, Interrupted},
        failed_call::{self, FailedCall},
        wake_up::WakeUp,
    },
    process::{exit, unlink},
};

/// A task: a process that does one piece of work, and the right to its result.
///
/// Awaited, it gives the result, or says why there is none; see the [module](crate::task). Whoever has it may wait, in
/// any process and on any executor. Dropped, the task goes on. `Task.t()`.
///
/// | to wait | at most | afterwards |
/// |---|---|---|
/// | [`wait`](Task::wait), `.await` | 5 seconds, or as [`timeout`](Task::timeout) says | the task goes on, its result is dropped |
/// | [`wait_timeout`](Task::wait_timeout), [`check`](Task::check) | a limit, not at all | it may be waited for again |
/// | [`shutdown`](Task::shutdown) | what it takes to end it | the task has ended |
/// | [`ignore`](Task::ignore) | not at all | the task goes on, its result is dropped |
///
/// # Panics
/// A wait panics when the result was taken before, by `wait_timeout` or `check`.
///
/// # Cancel safety
/// Polls that are pending take nothing. Dropped, the task goes on.
#[must_use = "await the task, or use `task::start` where nobody wants its result"]
pub struct Task<T: Send + 'static> {
    state: TaskState<T>,
    process: Option<AnyProcess>,
    /// How long an await waits, counted from its first poll.
    limit: Option<Duration>,
    is_awaited: bool,
}

enum TaskState<T: Send + 'static> {
    Running(Reply<T>),
    /// No process was needed.
    Completed(T),
    Taken,
}

// Nothing in it is pinned.
impl<T: Send + 'static> Unpin for Task<T> {}

impl<T: Send + 'static> Task<T> {
    /// Starts a task that runs a closure, linked to the current process. The closure may wait. `Task.async/1`.
    ///
    /// ```
    /// use otp::task::Task;
    ///
    /// let task = Task::spawn(|| 6 * 7);
    /// assert_eq!(task.wait(), Ok(42));
    /// ```
    pub fn spawn<F: FnOnce() -> T + Send + 'static>(work: F) -> Self {
        spawn::<F, T>(Relation::Link, Closure(work))
    }

    /// As [`spawn`](Task::spawn), with a future.
    ///
    /// ```
    /// use otp::{prelude::*, task::Task};
    ///
    /// let task = Task::spawn_async(async { otp::sleep_async(Duration::from_millis(1)).await; 42 });
    /// assert_eq!(task.wait(), Ok(42));
    /// ```
    pub fn spawn_async<F: Future<Output = T> + Send + 'static>(work: F) -> Self {
        spawn::<F, T>(Relation::Link, Awaited(work))
    }

    /// As [`spawn`](Task::spawn), with a closure that computes or blocks for long: it runs on a thread of
    /// [`blocking`](fn@crate::blocking), while the task waits for it. When the task is ended meanwhile, the closure is
    /// left to itself.
    ///
    /// ```
    /// use otp::task::Task;
    ///
    /// let task = Task::spawn_blocking(|| (1..=1_000_u64).product::<u64>().count_ones());
    /// # let _ = task;
    /// let task = Task::spawn_blocking(|| std::fs::read_to_string("no such file").is_err());
    /// assert_eq!(task.wait(), Ok(true));
    /// ```
    pub fn spawn_blocking<F: FnOnce() -> T + Send + 'static>(work: F) -> Self {
        spawn::<F, T>(Relation::Link, Blocks(work))
    }

    /// One that has its result already; there is no process. `Task.completed/1`.
    ///
    /// ```
    /// use otp::task::Task;
    ///
    /// let cached = Task::completed(42);
    /// assert_eq!((cached.pid(), cached.wait()), (None, Ok(42)));
    /// ```
    pub fn completed(value: T) -> Self {
        Self { state: TaskState::Completed(value), process: None, limit: Some(CALL_TIMEOUT), is_awaited: false }
    }

    pub(super) fn of_process(process: AnyProcess, reply: Reply<T>) -> Self {
        let state = TaskState::Running(reply);
        Self { state, process: Some(process), limit: Some(CALL_TIMEOUT), is_awaited: false }
    }

    /// Its process, dead or alive.
    #[must_use]
    pub fn pid(&self) -> Option<Pid> {
        self.process.as_ref().map(AnyProcess::pid)
    }

    /// How long an await waits, in place of 5 seconds.
    ///
    /// ```
    /// use otp::{prelude::*, task::Task};
    ///
    /// Sim::run(1, |_| {
    ///     let slow = Task::spawn(|| otp::sleep(Duration::from_secs(60)));
    ///     assert!(slow.timeout(Duration::from_secs(1)).wait().unwrap_err().is_timeout());
    /// });
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// An await waits for as long as it takes.
    ///
    /// ```
    /// use otp::{prelude::*, task::Task};
    ///
    /// Sim::run(1, |_| {
    ///     let slow = Task::spawn(|| otp::sleep(Duration::from_secs(60)));
    ///     assert_eq!(slow.no_timeout().wait(), Ok(()));
    /// });
    /// ```
    pub fn no_timeout(mut self) -> Self {
        self.limit = None;
        self
    }

    /// Waits for the result. `Task.await/2`.
    ///
    /// When its time is over the task goes on, and its result is dropped; to end it as well, see
    /// [`shutdown`](Task::shutdown).
    ///
    /// ```
    /// use otp::{prelude::*, task::{Task, TaskError}};
    ///
    /// let failed = Task::spawn(|| process::exit_self(ExitReason::other("no luck")));
    /// let error: Result<(), TaskError> = failed.wait();       // this thread traps exits
    /// assert_eq!(error, Err(TaskError::Exited(ExitReason::other("no luck"))));
    /// ```
    ///
    /// # Errors
    /// [`TaskError::Exited`] when it has ended without a result, [`TaskError::Timeout`] when it takes too long.
    ///
    /// # Panics
    /// When the result was taken before.
    pub fn wait(mut self) -> Result<T, TaskError> {
        current::block_on(&mut self).unwrap_or_else(|interrupted| Err(interrupted.into()))
    }

    /// Waits at most for `limit`: `None` when the result has not come; it can be waited for again. `Task.yield/2`.
    ///
    /// ```
    /// use otp::{prelude::*, task::Task};
    ///
    /// Sim::run(1, |_| {
    ///     let mut task = Task::spawn(|| { otp::sleep(Duration::from_secs(3)); 42 });
    ///     let mut waited = 0;
    ///     while task.wait_timeout(Duration::from_secs(1)).is_none() {
    ///         waited += 1;
    ///     }
    ///     assert_eq!(waited, 3);
    /// });
    /// ```
    ///
    /// # Panics
    /// When the result was taken before.
    pub fn wait_timeout(&mut self, limit: Duration) -> Option<Result<T, TaskError>> {
        current::block_on(self.within(Some(limit))).unwrap_or_else(|interrupted| Some(Err(interrupted.into())))
    }

    /// As [`wait_timeout`](Task::wait_timeout), to be awaited.
    ///
    /// ```
    /// use otp::{prelude::*, task::Task};
    ///
    /// Sim::run(1, |_| {
    ///     let waits = Task::spawn_async(async {
    ///         let mut task = Task::spawn(otp::timer::sleep_forever);
    ///         task.wait_timeout_async(Duration::from_secs(1)).await.is_none()
    ///     });
    ///     assert_eq!(waits.wait(), Ok(true));
    /// });
    /// ```
    ///
    /// # Panics
    /// When the result was taken before.
    ///
    /// # Cancel safety
    /// Cancel safe: the result is taken only by the poll that gives it.
    pub async fn wait_timeout_async(&mut self, limit: Duration) -> Option<Result<T, TaskError>> {
        self.within(Some(limit)).await
    }

    /// The result, if it is there; otherwise it can be asked or waited for again. `Task.yield(task, 0)`.
    ///
    /// ```
    /// use otp::task::Task;
    ///
    /// let mut task = Task::spawn(otp::timer::sleep_forever);
    /// assert_eq!(task.check(), None);
    /// ```
    ///
    /// # Panics
    /// When the result was taken before.
    pub fn check(&mut self) -> Option<Result<T, TaskError>> {
        match self.poll_result(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }

    /// Ends it, and waits until it has ended; gives the result if it is there by now. `Task.shutdown/2`.
    ///
    /// The task is unlinked first, so that its end touches nobody. `None` when it has ended as it was told, without a
    /// result; the reason when it has ended otherwise: as `Killed` when it took longer than
    /// [`Shutdown::After`], and with `NoProc` when its result was taken before.
    ///
    /// ```
    /// use otp::{prelude::*, task::Task};
    ///
    /// let endless = Task::spawn(otp::timer::sleep_forever);
    /// assert_eq!(endless.shutdown(Shutdown::After(Duration::from_secs(5))), None);
    /// assert_eq!(Task::completed(42).shutdown(Shutdown::BrutalKill), Some(Ok(42)));
    /// ```
    #[must_use = "the task may have given its result"]
    pub fn shutdown(self, how: Shutdown) -> Option<Result<T, ExitReason>> {
        current::block_on(self.shutdown_async(how)).unwrap_or_else(|interrupted| {
            Some(Err(match interrupted {
                Interrupted::Exiting => ExitReason::Shutdown,
                Interrupted::Resources => ExitReason::other(TaskError::Resources.to_string()),
            }))
        })
    }

    /// As [`shutdown`](Task::shutdown), to be awaited.
    ///
    /// ```
    /// use otp::{prelude::*, task::Task};
    ///
    /// let ends = Task::spawn_async(async {
    ///     Task::spawn(otp::timer::sleep_forever).shutdown_async(Shutdown::BrutalKill).await.is_none()
    /// });
    /// assert_eq!(ends.wait(), Ok(true));
    /// ```
    ///
    /// # Cancel safety
    /// Dropped, the task has been told to end, but nobody waits for that, and nobody kills it when it takes too long.
    pub async fn shutdown_async(mut self, how: Shutdown) -> Option<Result<T, ExitReason>> {
        if matches!(self.state, TaskState::Taken) {
            return Some(Err(ExitReason::NoProc));
        }
        let (asked, limit) = match how {
            Shutdown::BrutalKill => (ExitReason::Kill, None),
            Shutdown::After(limit) => (ExitReason::Shutdown, Some(limit)),
            Shutdown::Infinity => (ExitReason::Shutdown, None),
        };
        let expected = if how == Shutdown::BrutalKill { ExitReason::Killed } else { ExitReason::Shutdown };
        if let Some(result) = self.check() {
            return ended(result, Some(&expected));
        }
        let pid = self.pid()?;
        unlink(pid);
        exit(pid, asked);
        if let Some(result) = self.within(limit).await {
            return ended(result, Some(&expected));
        }
        exit(pid, ExitReason::Kill);
        ended(self.within(None).await?, None)
    }

    /// Cares for it no longer: gives the result if it is there; else the task goes on, and its result is dropped.
    /// `Task.ignore/1`. The task stays linked.
    ///
    /// ```
    /// use otp::task::Task;
    ///
    /// assert_eq!(Task::spawn(otp::timer::sleep_forever).ignore(), None);
    /// assert_eq!(Task::completed(42).ignore(), Some(Ok(42)));
    /// ```
    #[must_use = "the task may have given its result"]
    pub fn ignore(mut self) -> Option<Result<T, ExitReason>> {
        if matches!(self.state, TaskState::Taken) {
            return None;
        }
        self.check().and_then(|result| ended(result, None))
    }

    /// Drops the right to its result.
    pub(super) fn give_up(&mut self) {
        self.state = TaskState::Taken;
    }

    /// From now on it is told to shut down when the current process ends.
    pub(super) fn end_with_owner(&self) -> Option<EndsWithOwner> {
        self.process.as_ref().and_then(EndsWithOwner::new)
    }

    /// Whether the result was taken.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self.state, TaskState::Taken)
    }

    /// The wait for its result, as a call that has failed.
    pub(super) fn failed_call(&self, message: &'static str, limit: Option<Duration>) -> Option<FailedCall> {
        self.process.as_ref().map(|process| FailedCall::of_process(process.header(), message, limit))
    }

    /// Waits for the result, at most for `limit`.
    pub(super) async fn within(&mut self, limit: Option<Duration>) -> Option<Result<T, TaskError>> {
        let at = current::with(|me| me.header().deadline(limit));
        let mut timer = WakeUp::within(limit);
        poll_fn(|cx| match self.poll_result(cx) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => timer.poll(cx, at).map(|()| None),
        })
        .await
    }

    /// The result, if it is there. Who is told of an exit before acts on that first.
    pub(super) fn poll_result(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, TaskError>> {
        let result = match &mut self.state {
            TaskState::Running(reply) => match Pin::new(reply).poll(cx) {
                Poll::Ready(result) => result,
                Poll::Pending => return Poll::Pending,
            },
            TaskState::Completed(_) | TaskState::Taken => match mem::replace(&mut self.state, TaskState::Taken) {
                TaskState::Completed(value) => Ok(value),
                TaskState::Running(_) | TaskState::Taken => panic!("the result of a task is taken once"),
            },
        };
        self.state = TaskState::Taken;
        let reason = || self.process.as_ref().and_then(|process| process.header().reason());
        Poll::Ready(result.map_err(|error| failed_call::wrap(error, |error| TaskError::of_call(error, reason))))
    }
}

/// What a task has come to that was told to end, and so was `expected` to end for that reason.
fn ended<T>(result: Result<T, TaskError>, expected: Option<&ExitReason>) -> Option<Result<T, ExitReason>> {
    match result {
        Ok(value) => Some(Ok(value)),
        Err(TaskError::Exited(reason)) if Some(&reason) == expected => None,
        Err(TaskError::Exited(reason)) => Some(Err(reason)),
        Err(error) => Some(Err(ExitReason::other(error.to_string()))),
    }
}

impl<T: Send + 'static> Future for Task<T> {
    type Output = Result<T, TaskError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let TaskState::Running(reply) = &mut this.state
            && !mem::replace(&mut this.is_awaited, true)
        {
            reply.set_limit(this.limit);
        }
        this.poll_result(cx)
    }
}

impl<T: Send + 'static> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            TaskState::Running(_) => "running",
            TaskState::Completed(_) => "completed",
            TaskState::Taken => "taken",
        };
        f.debug_struct("Task").field("pid", &self.pid()).field("state", &format_args!("{state}")).finish()
    }
}

impl From<Interrupted> for TaskError {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Exiting => Self::Exiting,
            Interrupted::Resources => Self::Resources,
        }
    }
}

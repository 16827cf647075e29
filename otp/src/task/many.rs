//! Waiting for several tasks at once.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{Task, TaskError};
use crate::{
    actor::{CALL_TIMEOUT, notes::Notes},
    cell::{ExitReason, current, wake_up::WakeUp},
    process::{exit, unlink},
};

/// Waits for all of them, at most for `limit`: gives their results in order. `Task.await_many/2`.
///
/// The first that fails is the error at once, whatever comes of the others: like those that have not come in time, they
/// go on, and their results are dropped.
///
/// ```
/// use otp::task::{Task, await_many};
/// use std::time::Duration;
///
/// let tasks = [1, 2, 3].map(|n| Task::spawn(move || n * n));
/// assert_eq!(await_many(tasks, Duration::from_secs(5)), Ok(vec![1, 4, 9]));
/// ```
///
/// # Errors
/// Why the first has failed; [`TaskError::Timeout`] when one takes too long.
///
/// # Panics
/// When the result of one was taken before.
pub fn await_many<T: Send + 'static>(
    tasks: impl IntoIterator<Item = Task<T>>,
    limit: impl Into<Option<Duration>>,
) -> Result<Vec<T>, TaskError> {
    current::block_on(await_many_async(tasks, limit)).unwrap_or_else(|interrupted| Err(interrupted.into()))
}

/// As [`await_many`], to be awaited.
///
/// ```
/// use otp::{prelude::*, task::{Task, await_many_async}};
///
/// let all = Task::spawn_async(async {
///     await_many_async([1, 2].map(|n| Task::spawn(move || n)), Duration::from_secs(5)).await
/// });
/// assert_eq!(all.wait()?, Ok(vec![1, 2]));
/// # Ok::<(), otp::task::TaskError>(())
/// ```
///
/// # Errors
/// As for [`await_many`].
///
/// # Panics
/// When the result of one was taken before.
///
/// # Cancel safety
/// Dropped, the tasks go on, and their results are dropped.
pub async fn await_many_async<T: Send + 'static>(
    tasks: impl IntoIterator<Item = Task<T>>,
    limit: impl Into<Option<Duration>>,
) -> Result<Vec<T>, TaskError> {
    let mut tasks: Vec<_> = tasks.into_iter().collect();
    let mut waiting = Waiting::for_all(&tasks);
    let fails = |result: &Result<T, TaskError>| result.is_err();
    let limit = limit.into();
    if !waiting.wait(&mut tasks, limit, usize::MAX, fails).await {
        let error = TaskError::Timeout;
        let late = tasks.iter().find(|task| !task.is_taken()).and_then(|task| task.failed_call("await_many", limit));
        if let Some(call) = late {
            call.keep(&error);
        }
        return Err(error);
    }
    if let Some(failed) = waiting.stopped_by {
        return Err(waiting.results.swap_remove(failed).and_then(Result::err).unwrap_or(TaskError::Timeout));
    }
    waiting.results.into_iter().flatten().collect()
}

/// What becomes of tasks that have not given a result when the time of [`YieldMany`] is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LateTasks {
    /// They may be waited for again.
    #[default]
    Nothing,
    /// They go on, and their results are dropped.
    Ignore,
    /// They are killed.
    Kill,
}

/// Waits for several tasks, of which some may take too long. `Task.yield_many/2`.
///
/// ```
/// use otp::{prelude::*, task::{LateTasks, Task, YieldMany}};
///
/// Sim::run(1, |_| {
///     let seconds = |n| move || { otp::sleep(Duration::from_secs(n)); n };
///     let mut tasks = [Task::spawn(seconds(1)), Task::spawn(seconds(60))];
///     let results = YieldMany::new().timeout(Duration::from_secs(2)).late_tasks(LateTasks::Kill).wait(&mut tasks);
///     assert_eq!(results, [Some(Ok(1)), None]);
/// });
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "it waits for nothing until `wait`"]
pub struct YieldMany {
    timeout: Option<Duration>,
    limit: usize,
    late: LateTasks,
}

impl YieldMany {
    /// Waits for all, at most for 5 seconds; those that take longer may be waited for again.
    pub const fn new() -> Self {
        Self { timeout: Some(CALL_TIMEOUT), limit: usize::MAX, late: LateTasks::Nothing }
    }

    /// Waits so long at most; `None`: as long as it takes.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Waits for so many of them only. When they have come, nothing happens to the others, whatever
    /// [`late_tasks`](YieldMany::late_tasks) says.
    pub const fn limit(mut self, results: usize) -> Self {
        self.limit = results;
        self
    }

    /// What becomes of those that take too long.
    pub const fn late_tasks(mut self, late: LateTasks) -> Self {
        self.late = late;
        self
    }

    /// Waits; gives what has come in the order of the tasks, and `None` for those that have not.
    ///
    /// # Panics
    /// When the result of one was taken before.
    pub fn wait<T: Send + 'static>(self, tasks: &mut [Task<T>]) -> Vec<Option<Result<T, TaskError>>> {
        let mut waiting = Waiting::for_all(tasks);
        if let Err(interrupted) = current::block_on(self.run(&mut waiting, tasks)) {
            let error = TaskError::from(interrupted);
            waiting.results.iter_mut().for_each(|result| _ = result.get_or_insert(Err(error.clone())));
        }
        waiting.results
    }

    /// As [`wait`](YieldMany::wait), to be awaited.
    ///
    /// ```
    /// use otp::{prelude::*, task::{Task, YieldMany}};
    ///
    /// let first = Task::spawn_async(async {
    ///     let slow = || { otp::sleep(Duration::from_secs(60)); 1 };
    ///     let mut tasks = [Task::spawn(|| 42), Task::spawn(slow)];
    ///     YieldMany::new().limit(1).wait_async(&mut tasks).await
    /// });
    /// assert_eq!(first.wait()?, [Some(Ok(42)), None]);
    /// # Ok::<(), otp::task::TaskError>(())
    /// ```
    ///
    /// # Panics
    /// When the result of one was taken before.
    ///
    /// # Cancel safety
    /// Results that have come by then are lost.
    pub async fn wait_async<T: Send + 'static>(self, tasks: &mut [Task<T>]) -> Vec<Option<Result<T, TaskError>>> {
        let mut waiting = Waiting::for_all(tasks);
        self.run(&mut waiting, tasks).await;
        waiting.results
    }

    async fn run<T: Send + 'static>(self, waiting: &mut Waiting<T>, tasks: &mut [Task<T>]) {
        if waiting.wait(tasks, self.timeout, self.limit, |_| false).await || self.late == LateTasks::Nothing {
            return;
        }
        for task in tasks.iter_mut().filter(|task| !task.is_taken()) {
            if let (LateTasks::Kill, Some(pid)) = (self.late, task.pid()) {
                unlink(pid);
                exit(pid, ExitReason::Kill);
            }
            task.give_up();
        }
    }
}

impl Default for YieldMany {
    fn default() -> Self {
        Self::new()
    }
}

/// Tasks that are waited for, and what has come. Each is polled when something happened to it.
struct Waiting<T> {
    notes: Arc<Notes>,
    wakers: Vec<Waker>,
    results: Vec<Option<Result<T, TaskError>>>,
    come: usize,
    /// The result that ended the wait.
    stopped_by: Option<usize>,
}

impl<T: Send + 'static> Waiting<T> {
    fn for_all(tasks: &[Task<T>]) -> Self {
        let notes = Arc::<Notes>::default();
        let wakers = (0..tasks.len()).map(|number| notes.waker(number as u64)).collect();
        Self { notes, wakers, results: tasks.iter().map(|_| None).collect(), come: 0, stopped_by: None }
    }

    /// Waits until so many have come, or one that `stops`. False when the time is over.
    async fn wait(
        &mut self,
        tasks: &mut [Task<T>],
        limit: Option<Duration>,
        enough: usize,
        stops: impl Fn(&Result<T, TaskError>) -> bool,
    ) -> bool {
        let at = current::with(|me| me.header().deadline(limit));
        let mut timer = WakeUp::within(limit);
        let enough = enough.min(tasks.len());
        let mut all = Some(0..tasks.len());
        poll_fn(|cx| {
            // Whom to wake is said before anybody looks: what comes after the look wakes.
            self.notes.wake_for_next(cx.waker());
            match all.take() {
                Some(all) => all.for_each(|task| self.look(tasks, task, &stops)),
                None => self.notes.take().into_iter().for_each(|task| self.look(tasks, task as usize, &stops)),
            }
            if self.come >= enough || self.stopped_by.is_some() {
                return Poll::Ready(true);
            }
            timer.poll(cx, at).map(|()| false)
        })
        .await
    }

    fn look(&mut self, tasks: &mut [Task<T>], number: usize, stops: impl Fn(&Result<T, TaskError>) -> bool) {
        if self.results[number].is_some() || self.stopped_by.is_some() {
            return;
        }
        if let Poll::Ready(result) = tasks[number].poll_result(&mut Context::from_waker(&self.wakers[number])) {
            self.stopped_by = stops(&result).then_some(number);
            self.results[number] = Some(result);
            self.come += 1;
        }
    }
}

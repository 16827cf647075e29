//! A task for each of many items, of which only so many run at once.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    future::{Future, poll_fn},
    iter::Fuse,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_core::Stream;

use super::{
    Task, TaskError,
    owner::EndsWithOwner,
    spawn::{Awaited, Blocks, Closure, TaskWork, spawn},
};
use crate::{
    actor::{CALL_TIMEOUT, notes::Notes},
    cell::{ExitReason, birth::Relation, current, wake_up::WakeUp},
    process::{self, Node, exit},
    time::Moment,
};

/// Starts a task for an item.
pub(super) type StartTask<I, T> = Box<dyn FnMut(I) -> Result<Task<T>, TaskError> + Send>;

/// Runs `f` with each item, in a task of its own; gives the results. `Task.async_stream/3`.
///
/// See [`TaskStream`], an iterator and a `Stream`. `f` may wait.
///
/// ```
/// use otp::task;
///
/// let lengths: Result<Vec<_>, _> = task::stream(["one", "three"], str::len).collect();
/// assert_eq!(lengths?, [3, 5]);
/// # Ok::<(), otp::task::TaskError>(())
/// ```
pub fn stream<I: IntoIterator, T: Send + 'static, F>(items: I, f: F) -> TaskStream<I::IntoIter, T>
where
    I::Item: Send + 'static,
    F: Fn(I::Item) -> T + Send + Sync + 'static,
{
    of_work::<_, F, T, _>(items, each(f, |f, item| Closure(move || f(item))))
}

/// As [`stream`], with a future for each item.
///
/// ```
/// use otp::{prelude::*, task};
///
/// Sim::run(1, |_| {
///     let late = |n: u64| async move { otp::sleep_async(Duration::from_secs(n)).await; n };
///     let all: Result<Vec<_>, _> = task::stream_async([2, 1], late).collect();
///     assert_eq!(all, Ok(vec![2, 1]));           // in the order of the items
/// });
/// ```
pub fn stream_async<I: IntoIterator, T: Send + 'static, U, F>(items: I, f: F) -> TaskStream<I::IntoIter, T>
where
    I::Item: Send + 'static,
    U: Future<Output = T> + Send + 'static,
    F: Fn(I::Item) -> U + Send + Sync + 'static,
{
    of_work::<_, F, T, _>(items, each(f, |f, item| Awaited(async move { f(item).await })))
}

/// As [`stream`], with a closure that computes or blocks for long, on threads of [`blocking`](fn@crate::blocking).
///
/// ```
/// use otp::task;
///
/// let sizes = task::stream_blocking(["Cargo.toml", "no such file"], |path| std::fs::metadata(path).is_ok());
/// assert_eq!(sizes.last(), Some(Ok(false)));
/// ```
pub fn stream_blocking<I: IntoIterator, T: Send + 'static, F>(items: I, f: F) -> TaskStream<I::IntoIter, T>
where
    I::Item: Send + 'static,
    F: Fn(I::Item) -> T + Send + Sync + 'static,
{
    of_work::<_, F, T, _>(items, each(f, |f, item| Blocks(move || f(item))))
}

/// What makes work of each item, all with the same function.
pub(super) fn each<I, F: Send + Sync, W>(f: F, work: impl Fn(Arc<F>, I) -> W + Send) -> impl FnMut(I) -> W + Send {
    let f = Arc::new(f);
    move |item| work(Arc::clone(&f), item)
}

fn of_work<I: IntoIterator, C: 'static, T: Send + 'static, W: TaskWork<T>>(
    items: I,
    mut work: impl FnMut(I::Item) -> W + Send + 'static,
) -> TaskStream<I::IntoIter, T> {
    let start = move |item| Ok(spawn::<C, T>(Relation::None, work(item)));
    TaskStream::new(items, true, Box::new(start))
}

/// What becomes of a [`TaskStream`] when an item takes too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnTimeout {
    /// The item fails with [`TaskError::Timeout`], the other tasks are told to shut down, and nothing comes after it.
    #[default]
    Stop,
    /// The task of that item is killed; the item fails with [`TaskError::Timeout`], and the others go on.
    KillTask,
}

/// The results of a task for each item, of which only so many run at once: an iterator, and a `Stream` for async code.
/// `Task.async_stream/3`.
///
/// Nothing runs before the first result is asked for, and no item is taken before there is a task for it. When a task
/// ends without a result, a process that does not trap exits ends with it, as by a link; one that does, or asked for
/// a stream that is not linked, gets the error in the place of the result. Mailboxes are not touched. Dropped, or when the
/// process ends that asks for results, the tasks that run are told to shut down.
///
/// # Panics
/// Asked for a result, when no task may run at once, or when the system has no further stack to wait on.
///
/// ```
/// use otp::{prelude::*, task::{self, OnTimeout, TaskError}};
///
/// Sim::run(1, |_| {
///     let work = |n| { otp::sleep(Duration::from_secs(n)); n };
///     let results = task::stream([1, 60, 2], work)
///         .max_concurrency(2)
///         .timeout(Duration::from_secs(5))
///         .on_timeout(OnTimeout::KillTask);
///     assert_eq!(results.collect::<Vec<_>>(), [Ok(1), Err(TaskError::Timeout), Ok(2)]);
/// });
/// ```
#[must_use = "nothing runs until a result is asked for"]
pub struct TaskStream<I: Iterator, T: Send + 'static> {
    items: Fuse<I>,
    start: StartTask<I::Item, T>,
    is_linked: bool,
    is_ordered: bool,
    most: usize,
    timeout: Option<Duration>,
    on_timeout: OnTimeout,
    running: BTreeMap<u64, RunningTask<T>>,
    /// When those that run have to have come, the first one first.
    due: VecDeque<(Moment, u64)>,
    /// What has come and was not asked for, by its turn.
    come: BTreeMap<u64, (u64, Result<T, TaskError>)>,
    /// How many items were taken, how many results have come, and how many were given.
    taken: u64,
    arrived: u64,
    given: u64,
    is_over: bool,
    notes: Arc<Notes>,
    /// When the first of those that run has to have come.
    timer: (Moment, WakeUp),
}

struct RunningTask<T: Send + 'static> {
    task: Task<T>,
    note: Waker,
    _end: Option<EndsWithOwner>,
}

// Nothing in it is pinned.
impl<I: Iterator, T: Send + 'static> Unpin for TaskStream<I, T> {}

impl<I: Iterator, T: Send + 'static> TaskStream<I, T> {
    pub(super) fn new(items: impl IntoIterator<IntoIter = I>, is_linked: bool, start: StartTask<I::Item, T>) -> Self {
        Self {
            items: items.into_iter().fuse(),
            start,
            is_linked,
            is_ordered: true,
            most: Node::current().cores(),
            timeout: Some(CALL_TIMEOUT),
            on_timeout: OnTimeout::Stop,
            running: BTreeMap::new(),
            due: VecDeque::new(),
            come: BTreeMap::new(),
            taken: 0,
            arrived: 0,
            given: 0,
            is_over: false,
            notes: Arc::default(),
            timer: (Moment::FAR, WakeUp::new()),
        }
    }

    /// How many tasks run at once, those among them whose results wait for one before them; by default as many as the
    /// node has cores, and at least 1.
    pub fn max_concurrency(mut self, tasks: usize) -> Self {
        self.most = tasks;
        self
    }

    /// Whether results come in the order of the items; by default they do. Otherwise they come as they are ready.
    pub fn ordered(mut self, ordered: bool) -> Self {
        self.is_ordered = ordered;
        self
    }

    /// How long each task may take, in place of 5 seconds; `None`: as long as it takes.
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeout = limit.into();
        self
    }

    /// What becomes of an item that takes too long; by default the stream [stops](OnTimeout::Stop).
    pub fn on_timeout(mut self, on_timeout: OnTimeout) -> Self {
        self.on_timeout = on_timeout;
        self
    }

    /// Gives with each error the item that it is about. `zip_input_on_exit: true`.
    ///
    /// ```
    /// use otp::{prelude::*, task};
    ///
    /// let half = |n: u32| if n % 2 == 0 { n / 2 } else { process::exit_self(ExitReason::Shutdown) };
    /// let odd = task::stream([2, 3], half).zip_input_on_exit().find_map(Result::err);
    /// assert_eq!(odd.map(|(item, _)| item), Some(3));         // this thread traps exits
    /// ```
    pub fn zip_input_on_exit(self) -> ZippedTaskStream<I, T>
    where
        I::Item: Clone,
    {
        ZippedTaskStream { results: self, items: BTreeMap::new() }
    }

    /// The next result, with the number of its item; `started` is called with each item that a task is started for.
    fn poll_result(
        &mut self,
        cx: &mut Context<'_>,
        mut started: impl FnMut(u64, &I::Item),
    ) -> Poll<Option<(u64, Result<T, TaskError>)>> {
        assert!(self.most > 0, "a stream runs at least one task at once");
        // Whom to wake is said before anybody looks: what comes after the look wakes.
        self.notes.wake_for_next(cx.waker());
        loop {
            self.notes.take().into_iter().for_each(|number| self.look(number));
            self.fill(&mut started);
            if let Some(result) = self.next_come() {
                return Poll::Ready(Some(result));
            }
            let Some(&(due, number)) = self.due.front() else { return Poll::Ready(None) };
            if !self.running.contains_key(&number) {
                self.due.pop_front();
                continue;
            }
            if self.timer.0 != due {
                self.timer = (due, WakeUp::new());
            }
            match self.timer.1.poll(cx, due) {
                Poll::Ready(()) => self.expire(number),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Starts tasks, as many as may run.
    fn fill(&mut self, started: &mut impl FnMut(u64, &I::Item)) {
        while !self.is_over && self.running.len() + self.come.len() < self.most {
            let Some(item) = self.items.next() else { return };
            let number = self.taken;
            self.taken += 1;
            started(number, &item);
            match (self.start)(item) {
                Ok(task) => {
                    let (note, end) = (self.notes.waker(number), task.end_with_owner());
                    self.note_due(number);
                    self.running.insert(number, RunningTask { task, note, _end: end });
                    self.look(number);
                }
                Err(error) => self.arrive(number, Err(error)),
            }
        }
    }

    /// Notes when a task has to have come, and forgets that of those that have.
    fn note_due(&mut self, number: u64) {
        if self.due.len() > 2 * self.most {
            let running = &self.running;
            self.due.retain(|(_, number)| running.contains_key(number));
        }
        self.due.push_back((current::with(|me| me.header().deadline(self.timeout)), number));
    }

    /// Something happened to a task.
    fn look(&mut self, number: u64) {
        let Some(RunningTask { task, note, .. }) = self.running.get_mut(&number) else { return };
        if let Poll::Ready(result) = task.poll_result(&mut Context::from_waker(note)) {
            self.running.remove(&number);
            if let (true, Err(TaskError::Exited(reason))) = (self.is_linked, &result) {
                end_with(reason);
            }
            self.arrive(number, result);
        }
    }

    /// The time of a task is over.
    fn expire(&mut self, number: u64) {
        let Some(RunningTask { task, .. }) = self.running.remove(&number) else { return };
        let reason = match self.on_timeout {
            OnTimeout::Stop => ExitReason::Shutdown,
            OnTimeout::KillTask => ExitReason::Kill,
        };
        if let Some(pid) = task.pid() {
            exit(pid, reason);
        }
        if self.on_timeout == OnTimeout::Stop {
            self.is_over = true;
            if self.is_ordered {
                // What comes before it comes; what comes after it does not.
                let later = self.running.split_off(&number);
                shut_down(&later);
                self.come.split_off(&number);
            } else {
                shut_down(&std::mem::take(&mut self.running));
            }
        }
        self.arrive(number, Err(TaskError::Timeout));
    }

    fn arrive(&mut self, number: u64, result: Result<T, TaskError>) {
        let turn = if self.is_ordered { number } else { self.arrived };
        self.arrived += 1;
        self.come.insert(turn, (number, result));
    }

    /// The result whose turn it is, if it has come.
    fn next_come(&mut self) -> Option<(u64, Result<T, TaskError>)> {
        let first = self.come.first_entry().filter(|first| !self.is_ordered || *first.key() == self.given)?;
        self.given += 1;
        Some(first.remove())
    }
}

/// Waits for what `poll` gives.
fn wait<R>(poll: impl FnMut(&mut Context<'_>) -> Poll<R>) -> R {
    current::block_on(poll_fn(poll)).unwrap_or_else(|interrupted| panic!("{}", TaskError::from(interrupted)))
}

/// Ends the current process as a link does, if it does not trap exits.
fn end_with(reason: &ExitReason) {
    let traps = current::with(|me| me.own().trap_exit.get());
    if !traps && *reason != ExitReason::Normal {
        process::exit_self(reason.clone());
    }
}

fn shut_down<T: Send + 'static>(running: &BTreeMap<u64, RunningTask<T>>) {
    running.values().filter_map(|running| running.task.pid()).for_each(|pid| exit(pid, ExitReason::Shutdown));
}

impl<I: Iterator, T: Send + 'static> Drop for TaskStream<I, T> {
    fn drop(&mut self) {
        shut_down(&self.running);
    }
}

/// # Panics
/// When the system has no further stack to wait on.
impl<I: Iterator, T: Send + 'static> Iterator for TaskStream<I, T> {
    type Item = Result<T, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        wait(|cx| self.poll_result(cx, |_, _| ())).map(|(_, result)| result)
    }
}

/// # Cancel safety
/// A result is taken only by the poll that gives it.
impl<I: Iterator, T: Send + 'static> Stream for TaskStream<I, T> {
    type Item = Result<T, TaskError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_result(cx, |_, _| ()).map(|next| next.map(|(_, result)| result))
    }
}

impl<I: Iterator, T: Send + 'static> fmt::Debug for TaskStream<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskStream")
            .field("running", &self.running.len())
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}

/// A [`TaskStream`] that gives with each error the item that it is about.
#[must_use = "nothing runs until a result is asked for"]
pub struct ZippedTaskStream<I: Iterator<Item: Clone>, T: Send + 'static> {
    results: TaskStream<I, T>,
    /// The items whose results were not given.
    items: BTreeMap<u64, I::Item>,
}

// Nothing in it is pinned.
impl<I: Iterator<Item: Clone>, T: Send + 'static> Unpin for ZippedTaskStream<I, T> {}

impl<I: Iterator<Item: Clone>, T: Send + 'static> ZippedTaskStream<I, T> {
    fn poll_zipped(&mut self, cx: &mut Context<'_>) -> Poll<Option<<Self as Iterator>::Item>> {
        let Self { results, items } = self;
        let next = results.poll_result(cx, |number, item| drop(items.insert(number, item.clone())));
        next.map(|next| {
            let (number, result) = next?;
            let item = items.remove(&number)?;
            Some(result.map_err(|error| (item, error)))
        })
    }
}

impl<I: Iterator<Item: Clone>, T: Send + 'static> Iterator for ZippedTaskStream<I, T> {
    type Item = Result<T, (I::Item, TaskError)>;

    fn next(&mut self) -> Option<Self::Item> {
        wait(|cx| self.poll_zipped(cx))
    }
}

impl<I: Iterator<Item: Clone>, T: Send + 'static> Stream for ZippedTaskStream<I, T> {
    type Item = Result<T, (I::Item, TaskError)>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_zipped(cx)
    }
}

impl<I: Iterator<Item: Clone>, T: Send + 'static> fmt::Debug for ZippedTaskStream<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.results.fmt(f)
    }
}

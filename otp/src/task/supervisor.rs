//! Supervisors of tasks.

use std::{future::Future, time::Duration};

use super::{
    Task, TaskError, TaskStream,
    callers::Callers,
    spawn::{Awaited, Blocks, Closure, TaskWork},
    stream::each,
};
use crate::{
    actor::{CallError, Place, Reply, ReplyTo, Shutdown, StartError},
    cell::{ExitReason, RegName, answer, failed_call, typed::Body},
    process::{self, Me, Spawn, Termination},
    supervisor::{
        Child, ChildError, ChildSpec, DynamicRef, DynamicSupervisor, PlainChild, PlainCode, PlainRef, spec_once,
        tree_spec,
    },
};

/// Builds a supervisor of tasks: it starts them when somebody asks, and ends them when it ends. They are not started
/// again, unless their specs say so. Elixir's `Task.Supervisor`.
///
/// ```
/// use otp::{prelude::*, task::{TaskSupervisor, TaskError}};
///
/// let tasks = TaskSupervisor::new().max_children(100).start()?;
/// let sum = tasks.unlinked().spawn(|| 40 + 2)?;
/// assert_eq!(sum.wait(), Ok(42));
/// let failed = tasks.unlinked().spawn(|| -> u32 { process::exit_self(ExitReason::Shutdown) })?;
/// assert_eq!(failed.wait(), Err(TaskError::Exited(ExitReason::Shutdown)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In a tree it is a child without arguments:
///
/// ```
/// use otp::{prelude::*, task::TaskSupervisor};
///
/// supervisor! {
///     Office<one_for_one> {
///         tasks: TaskSupervisor() { name: "tasks" };
///     }
/// }
///
/// let office = Office::start()?;
/// assert_eq!(office.tasks().unlinked().spawn(|| 42)?.wait(), Ok(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "it starts nothing until `start`"]
pub struct TaskSupervisor(Tasks);

type Tasks = DynamicSupervisor<PlainChild, ChildSpec<PlainChild>>;

/// A supervisor of tasks, by its place in a tree.
pub type TaskSupervisorRef = DynamicRef<PlainChild, ChildSpec<PlainChild>>;

impl TaskSupervisor {
    /// Without tasks.
    pub fn new() -> Self {
        Self(Tasks::template(|spec| spec))
    }

    /// How many tasks there may be; no limit, if nothing is said.
    pub fn max_children(self, limit: usize) -> Self {
        Self(self.0.max_children(limit))
    }

    /// See [`Supervisor::intensity`](crate::Supervisor::intensity).
    pub fn intensity(self, restarts: u32, period: Duration) -> Self {
        Self(self.0.intensity(restarts, period))
    }

    /// Registers this name; see [`DynamicRef::lookup`].
    pub fn name(self, name: impl Into<RegName>) -> Self {
        Self(self.0.name(name.into()))
    }

    /// Starts it, unlinked. `Task.Supervisor.start_link/1`.
    ///
    /// # Errors
    /// As for [`DynamicSupervisor::start`].
    pub fn start(self) -> Result<TaskSupervisorRef, StartError> {
        self.0.start()
    }

    /// As [`start`](TaskSupervisor::start), linked to the current process.
    ///
    /// # Errors
    /// As for [`DynamicSupervisor::start_link`].
    pub fn start_link(self) -> Result<TaskSupervisorRef, StartError> {
        self.0.start_link()
    }

    /// Its spec as a child, built anew at each start.
    ///
    /// ```
    /// use otp::{prelude::*, task::TaskSupervisor};
    ///
    /// let tasks = TaskSupervisor::child_spec(|| TaskSupervisor::new().max_children(100));
    /// let tree = Supervisor::new(Strategy::OneForOne).child("tasks", tasks).start()?;
    /// assert_eq!(tree.child::<TaskSupervisor>("tasks").unlinked().spawn(|| 42)?.wait(), Ok(42));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn child_spec(build: impl Fn() -> Self + Send + Sync + 'static) -> ChildSpec<Self> {
        tree_spec(move |_| build().0.into_supervisor())
    }
}

impl Default for TaskSupervisor {
    fn default() -> Self {
        Self::new()
    }
}

impl Child for TaskSupervisor {
    type Args = ();
    type Client = TaskSupervisorRef;

    fn spec(args: impl Fn() + Send + Sync + 'static) -> ChildSpec<Self> {
        Self::child_spec(move || {
            args();
            Self::new()
        })
    }

    fn client(place: Place) -> TaskSupervisorRef {
        <Tasks as Child>::client(place)
    }
}

impl TaskSupervisorRef {
    /// Starts tasks that are linked to the process that asks, as [`Task::spawn`] does. `Task.Supervisor.async/3`.
    ///
    /// ```
    /// use otp::task::TaskSupervisor;
    ///
    /// let tasks = TaskSupervisor::new().start()?;
    /// assert_eq!(tasks.linked().spawn(|| 42)?.wait(), Ok(42));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn linked(&self) -> TaskStarter {
        TaskStarter { tasks: self.clone(), is_linked: true, shutdown: DEFAULT_SHUTDOWN }
    }

    /// Starts tasks whose crashes touch nobody: whoever waits is told. They go on when the process that asked ends.
    /// `Task.Supervisor.async_nolink/3`.
    ///
    /// ```
    /// use otp::task::TaskSupervisor;
    ///
    /// let tasks = TaskSupervisor::new().start()?;
    /// assert_eq!(tasks.unlinked().spawn(|| 42)?.wait(), Ok(42));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unlinked(&self) -> TaskStarter {
        TaskStarter { is_linked: false, ..self.linked() }
    }

    /// Starts a process that works for the current one, unlinked; nobody gets what it comes to. One that is to be
    /// started again is started by [`start_child`](DynamicRef::start_child), with a spec. `Task.Supervisor.start_child/2`.
    ///
    /// ```
    /// use otp::task::TaskSupervisor;
    ///
    /// let tasks = TaskSupervisor::new().start()?;
    /// let done = otp::process::current().subject();
    /// let tell = done.clone();
    /// tasks.start_task(move |_| tell.send(42))?;
    /// assert_eq!(done.receive(None), Some(42));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::MaxChildren`], or [`ChildError::Gone`] when the supervisor is gone.
    pub fn start_task<O: Termination>(
        &self,
        code: impl FnOnce(&mut Me) -> O + Send + 'static,
    ) -> Result<PlainRef, ChildError> {
        let callers = Callers::of_new_task();
        let code = Spawn::new().code(move |me| {
            callers.note();
            code(me)
        });
        self.start_given(spec_once(code)).map(PlainChild::client)
    }
}

const DEFAULT_SHUTDOWN: Shutdown = Shutdown::After(Duration::from_secs(5));

/// How tasks of a supervisor are started: see [`linked`](DynamicRef::linked) and [`unlinked`](DynamicRef::unlinked).
#[derive(Debug, Clone)]
#[must_use = "it starts nothing by itself"]
pub struct TaskStarter {
    tasks: TaskSupervisorRef,
    is_linked: bool,
    shutdown: Shutdown,
}

impl TaskStarter {
    /// How a task is ended by its supervisor, in place of 5 seconds.
    ///
    /// ```
    /// use otp::{prelude::*, task::TaskSupervisor};
    ///
    /// let tasks = TaskSupervisor::new().start()?;
    /// let task = tasks.unlinked().shutdown(Shutdown::BrutalKill).spawn(otp::timer::sleep_forever)?;
    /// tasks.stop()?;
    /// assert_eq!(task.wait().unwrap_err().exit_reason(), Some(&ExitReason::Killed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown(mut self, how: Shutdown) -> Self {
        self.shutdown = how;
        self
    }

    /// Starts a task that runs a closure, which may wait.
    ///
    /// ```
    /// use otp::{prelude::*, task::TaskSupervisor};
    ///
    /// let tasks = TaskSupervisor::new().start()?;
    /// assert_eq!(tasks.unlinked().spawn(|| 42)?.wait()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::MaxChildren`], or [`ChildError::Gone`] when the supervisor is gone.
    pub fn spawn<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(&self, work: F) -> Result<Task<T>, ChildError> {
        self.start::<F, T>(Closure(work))
    }

    /// As [`spawn`](TaskStarter::spawn), with a future.
    ///
    /// ```
    /// use otp::{prelude::*, task::TaskSupervisor};
    ///
    /// let tasks = TaskSupervisor::new().start()?;
    /// assert_eq!(tasks.unlinked().spawn_async(async { 42 })?.wait()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`spawn`](TaskStarter::spawn).
    pub fn spawn_async<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        work: F,
    ) -> Result<Task<T>, ChildError> {
        self.start::<F, T>(Awaited(work))
    }

    /// As [`spawn`](TaskStarter::spawn), with a closure that computes or blocks for long.
    ///
    /// ```
    /// use otp::{prelude::*, task::TaskSupervisor};
    ///
    /// let tasks = TaskSupervisor::new().start()?;
    /// assert_eq!(tasks.unlinked().spawn_blocking(|| 42)?.wait()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`spawn`](TaskStarter::spawn).
    pub fn spawn_blocking<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
        &self,
        work: F,
    ) -> Result<Task<T>, ChildError> {
        self.start::<F, T>(Blocks(work))
    }

    /// Runs `f` with each item, in a task of its own; see [`stream`](fn@super::stream). An item whose task is not
    /// started fails with [`TaskError::NotStarted`]. `Task.Supervisor.async_stream/4`, `async_stream_nolink/4`.
    ///
    /// ```
    /// use otp::{prelude::*, task::TaskSupervisor};
    ///
    /// let tasks = TaskSupervisor::new().start()?;
    /// let squares: Result<Vec<_>, _> = tasks.unlinked().stream(1..=3, |n: u32| n * n).collect();
    /// assert_eq!(squares?, [1, 4, 9]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stream<I: IntoIterator, T: Send + 'static, F>(&self, items: I, f: F) -> TaskStream<I::IntoIter, T>
    where
        I::Item: Send + 'static,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
    {
        self.streamed::<_, F, T, _>(items, each(f, |f, item| Closure(move || f(item))))
    }

    /// As [`stream`](TaskStarter::stream), with a future for each item.
    ///
    /// ```
    /// use otp::{prelude::*, task::TaskSupervisor};
    ///
    /// let tasks = TaskSupervisor::new().start()?;
    /// let same: Result<Vec<_>, _> = tasks.unlinked().stream_async(1..=3, |n: u32| async move { n }).collect();
    /// assert_eq!(same?, [1, 2, 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stream_async<I: IntoIterator, T: Send + 'static, U, F>(&self, items: I, f: F) -> TaskStream<I::IntoIter, T>
    where
        I::Item: Send + 'static,
        U: Future<Output = T> + Send + 'static,
        F: Fn(I::Item) -> U + Send + Sync + 'static,
    {
        self.streamed::<_, F, T, _>(items, each(f, |f, item| Awaited(async move { f(item).await })))
    }

    fn streamed<I: IntoIterator, C: 'static, T: Send + 'static, W: TaskWork<T>>(
        &self,
        items: I,
        mut work: impl FnMut(I::Item) -> W + Send + 'static,
    ) -> TaskStream<I::IntoIter, T> {
        let starter = Self { is_linked: false, ..self.clone() };
        let start = move |item| {
            starter.start::<C, T>(work(item)).map_err(|error| failed_call::wrap(error, TaskError::NotStarted))
        };
        TaskStream::new(items, self.is_linked, Box::new(start))
    }

    /// The process waits for who is to have its result, which nobody can say before it is there.
    fn start<C: 'static, T: Send + 'static>(&self, work: impl TaskWork<T>) -> Result<Task<T>, ChildError> {
        let callers = Callers::of_new_task();
        let (asks, asked) = answer::channel::<ReplyTo<T>>();
        let code = PlainCode::new::<C>(Spawn::new(), move || -> Body {
            Box::pin(async move {
                match asked.await {
                    Some(to) => work.body(callers, to).await,
                    None => ExitReason::Normal,
                }
            })
        });
        let place = self.tasks.start_given(spec_once(code).shutdown(self.shutdown))?;
        let process = place.reachable().ok_or(ChildError::Gone(CallError::NoProc))?;
        if self.is_linked {
            process::link(process.pid());
        }
        let (to, reply) = Reply::of_process(process.clone(), "await");
        asks.answer(to);
        Ok(Task::of_process(process, reply))
    }
}

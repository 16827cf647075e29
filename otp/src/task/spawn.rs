//! The process of a task: what it runs, and how it gives back what that comes to.

use std::{any::type_name, future::Future, pin::Pin};

use super::{Task, callers::Callers};
use crate::{
    actor::{Reply, ReplyTo, Restart},
    cell::{
        AnyProcess, Pid,
        birth::{self, Carrier, Relation, program},
        typed::Body,
    },
    process::{
        Me, Termination, blocking_async,
        spawn::{Plain, Spawn, closure, future},
    },
    supervisor::{ChildSpec, PlainChild},
};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What a process runs that is to give a `T`.
pub(super) trait TaskWork<T>: Send + 'static {
    fn body(self, callers: Callers, to: ReplyTo<T>) -> Body;
}

/// A closure that may wait.
pub(super) struct Closure<F>(pub(super) F);

impl<T: Send + 'static, F: FnOnce() -> T + Send + 'static> TaskWork<T> for Closure<F> {
    fn body(self, callers: Callers, to: ReplyTo<T>) -> Body {
        closure(move |_| {
            callers.note();
            to.send((self.0)());
        })
    }
}

/// A future.
pub(super) struct Awaited<F>(pub(super) F);

impl<T: Send + 'static, F: Future<Output = T> + Send + 'static> TaskWork<T> for Awaited<F> {
    fn body(self, callers: Callers, to: ReplyTo<T>) -> Body {
        future(move |_| async move {
            callers.note();
            to.send(self.0.await);
        })
    }
}

/// A closure that computes or blocks for long.
pub(super) struct Blocks<F>(pub(super) F);

impl<T: Send + 'static, F: FnOnce() -> T + Send + 'static> TaskWork<T> for Blocks<F> {
    fn body(self, callers: Callers, to: ReplyTo<T>) -> Body {
        Awaited(blocking_async(self.0)).body(callers, to)
    }
}

/// Starts a task of the current process; reports call it what the type `C` is called.
pub(super) fn spawn<C: 'static, T: Send + 'static>(relation: Relation, work: impl TaskWork<T>) -> Task<T> {
    let callers = Callers::of_new_task();
    let mut reply = None;
    let process = run::<C>(relation, |process| {
        let (to, asked) = Reply::of_process(process, "await");
        reply = Some(asked);
        work.body(callers, to)
    });
    Task::of_process(process, reply.expect("its code was made"))
}

/// Starts a process that runs what `body` makes.
pub(super) fn run<C: 'static>(relation: Relation, body: impl FnOnce(AnyProcess) -> Body) -> AnyProcess {
    let (cell, _) =
        birth::run(program::<C>(type_name::<C>()), relation, Carrier::Cores, None, |cell: &Plain, child| {
            child.own().plain.set(true);
            body(AnyProcess::new(cell))
        });
    AnyProcess::new(&cell)
}

/// The spec of a task as a child: it runs `code`, whose result nobody gets, and is not started again, unless the spec says
/// so. `Task.child_spec/1`.
///
/// ```
/// use otp::{prelude::*, supervisor::PlainChild, task};
///
/// let done = process::current().subject();
/// let tell = done.clone();
/// let warm_up = task::child_spec(move |_| tell.send("warm"));
/// let tree = Supervisor::new(Strategy::OneForOne).child("warm up", warm_up).start()?;
/// assert_eq!(done.receive(None), Some("warm"));
/// # Ok::<(), StartError>(())
/// ```
pub fn child_spec<O: Termination, C: Fn(&mut Me) -> O + Clone + Send + Sync + 'static>(
    code: C,
) -> ChildSpec<PlainChild> {
    Spawn::new().child_spec(code).restart(Restart::Temporary)
}

/// Starts a process that works for the current one, unlinked; nobody gets what it comes to. `Task.start/1`.
///
/// It is [`process::spawn`](crate::process::spawn), with [`callers`](super::callers).
///
/// ```
/// use otp::task;
///
/// let done = otp::process::current().subject();
/// let tell = done.clone();
/// task::start(move |_| tell.send(task::callers()));
/// assert_eq!(done.receive(None).unwrap(), [otp::self_pid()]);
/// ```
pub fn start<O: Termination>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> Pid {
    Spawn::new().spawn(with_callers(code))
}

/// As [`start`], linked to the current process. `Task.start_link/1`.
///
/// ```
/// use otp::{prelude::*, task};
///
/// let pid = task::start_link(|_| panic!("off by one"));
/// let exit = process::current().receive_exit(None).unwrap();       // this thread traps exits
/// assert_eq!(exit.from, pid);
/// ```
pub fn start_link<O: Termination>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> Pid {
    Spawn::new().link().spawn(with_callers(code))
}

/// As [`start`], with a future.
///
/// ```
/// use otp::task;
///
/// let done = otp::process::current().subject();
/// let tell = done.clone();
/// task::start_async(async move { tell.send(42) });
/// assert_eq!(done.receive(None), Some(42));
/// ```
pub fn start_async<F: Future<Output: Termination> + Send + 'static>(work: F) -> Pid {
    Spawn::new().spawn_async(future_with_callers(work))
}

/// As [`start_link`], with a future.
///
/// ```
/// use otp::{prelude::*, task};
///
/// let pid = task::start_link_async(async { Err::<(), _>(ExitReason::Shutdown) });
/// assert_eq!(process::current().receive_exit(None).unwrap().from, pid);
/// ```
pub fn start_link_async<F: Future<Output: Termination> + Send + 'static>(work: F) -> Pid {
    Spawn::new().link().spawn_async(future_with_callers(work))
}

fn with_callers<O: Termination>(
    code: impl FnOnce(&mut Me) -> O + Send + 'static,
) -> impl FnOnce(&mut Me) -> O + Send + 'static {
    let callers = Callers::of_new_task();
    move |me| {
        callers.note();
        code(me)
    }
}

fn future_with_callers<F: Future<Output: Termination> + Send + 'static>(
    work: F,
) -> impl FnOnce(Me) -> BoxFuture<F::Output> + Send + 'static {
    let callers = Callers::of_new_task();
    move |_| {
        Box::pin(async move {
            callers.note();
            work.await
        })
    }
}

//! The requests of [`sys`](super) as futures, which the functions that wait for them are made of.

use std::{
    fmt,
    fs::File,
    future::{Future, ready},
    ops::ControlFlow,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use super::{Event, Statistics, Status, SysError};
use crate::{
    actor::{Actor, Addressed, Client, Inspected, Reply, SystemRequest, ToPid},
    cell::{
        ExitReason, IntoReason, Pid, current,
        debug::{Counts, Debug},
        failed_call,
        panic::caught,
        signal::Signal,
    },
};

/// As [`suspend`](super::suspend), to be awaited.
pub fn suspend_async<K>(target: &(impl ToPid<K> + ?Sized)) -> SysAnswer<()> {
    switch(target, "suspend", |debug| debug.suspended = true)
}

/// As [`resume`](super::resume), to be awaited.
pub fn resume_async<K>(target: &(impl ToPid<K> + ?Sized)) -> SysAnswer<()> {
    switch(target, "resume", |debug| debug.suspended = false)
}

/// As [`state`](super::state), to be awaited.
pub fn state_async<A: Actor + Clone>(client: &impl Client<A, Mode: Addressed>) -> SysAnswer<A> {
    look_at(client, "state", A::clone)
}

/// As [`with_state`](super::with_state), to be awaited.
pub fn with_state_async<A: Actor, R: Send + 'static>(
    client: &impl Client<A, Mode: Addressed>,
    look: impl FnOnce(&A) -> R + Send + 'static,
) -> SysAnswer<R> {
    look_at(client, "with_state", look)
}

/// As [`replace_state`](super::replace_state), to be awaited.
pub fn replace_state_async<A: Actor>(
    client: &impl Client<A, Mode: Addressed>,
    replace: impl FnOnce(&A) -> A + Send + 'static,
) -> SysAnswer<()> {
    ask(client, "replace_state", move |served| {
        let state: &mut A = served.state.downcast_mut()?;
        Some(caught(|| replace(state)).map(|new| *state = new))
    })
    .then(called)
}

/// As [`status`](super::status), to be awaited.
pub fn status_async<K>(target: &(impl ToPid<K> + ?Sized)) -> SysAnswer<Status> {
    ask(target, "status", |served| {
        let texts = served.texts();
        let header = served.header();
        let node = &header.node;
        Status {
            pid: header.pid,
            name: header.name().as_deref().map(str::to_owned),
            label: header.label().as_deref().map(str::to_owned),
            initial_call: header.program.label,
            parent: header.parent(),
            ancestors: header.ancestors.as_deref().cloned().unwrap_or_default(),
            is_suspended: served.debug.suspended,
            message_queue_len: served.queue_len(),
            state: texts.state,
            log: texts.log,
            statistics: served.debug.statistics.as_ref().map(|counts| counts.at(node.scheduler.now())),
            installed: served.debug.installed.iter().map(|(id, _)| id.clone()).collect(),
            unshown: texts.unshown,
        }
    })
}

/// As [`set_statistics`](super::set_statistics), to be awaited.
pub fn set_statistics_async<K>(target: &(impl ToPid<K> + ?Sized), on: bool) -> SysAnswer<()> {
    ask(target, "set_statistics", move |served| {
        let now = served.header().node.scheduler.now();
        served.debug.statistics = on.then(|| Counts::new(now));
    })
}

/// As [`statistics`](super::statistics), to be awaited.
pub fn statistics_async<K>(target: &(impl ToPid<K> + ?Sized)) -> SysAnswer<Statistics> {
    ask(target, "statistics", |served| {
        let now = served.header().node.scheduler.now();
        served.debug.statistics.as_ref().map(|counts| counts.at(now))
    })
    .then(|statistics| statistics.ok_or(SysError::NoStatistics))
}

/// As [`set_log`](super::set_log), to be awaited.
pub fn set_log_async<K>(target: &(impl ToPid<K> + ?Sized), events: impl Into<Option<usize>>) -> SysAnswer<()> {
    let events = events.into();
    switch(target, "set_log", move |debug| match events {
        Some(limit) => debug.log.get_or_insert_default().resize(limit),
        None => debug.log = None,
    })
}

/// As [`log`](super::log), to be awaited.
pub fn log_async<K>(target: &(impl ToPid<K> + ?Sized)) -> SysAnswer<Vec<Event>> {
    ask(target, "log", |served| served.debug.log.iter().flat_map(|log| log.events()).cloned().collect())
}

/// As [`set_trace`](super::set_trace), to be awaited.
pub fn set_trace_async<K>(target: &(impl ToPid<K> + ?Sized), on: bool) -> SysAnswer<()> {
    switch(target, "set_trace", move |debug| debug.trace = on)
}

/// As [`log_to_file`](super::log_to_file), to be awaited.
pub fn log_to_file_async<K>(target: &(impl ToPid<K> + ?Sized), path: Option<&Path>) -> SysAnswer<()> {
    match path.map(File::create).transpose() {
        Ok(file) => switch(target, "log_to_file", move |debug| debug.file = file),
        Err(error) => SysAnswer::new(ready(Err(SysError::File(error.kind())))),
    }
}

/// As [`install`](super::install), to be awaited.
pub fn install_async<K>(
    target: &(impl ToPid<K> + ?Sized),
    id: impl Into<String>,
    listener: impl FnMut(&Event) -> ControlFlow<()> + Send + 'static,
) -> SysAnswer<()> {
    let id = id.into();
    switch(target, "install", move |debug| {
        if debug.installed.iter().all(|(other, _)| *other != id) {
            debug.installed.push((id, Box::new(listener)));
        }
    })
}

/// As [`remove`](super::remove), to be awaited.
pub fn remove_async<K>(target: &(impl ToPid<K> + ?Sized), id: impl Into<String>) -> SysAnswer<()> {
    let id = id.into();
    switch(target, "remove", move |debug| debug.installed.retain(|(other, _)| *other != id))
}

/// As [`no_debug`](super::no_debug), to be awaited.
pub fn no_debug_async<K>(target: &(impl ToPid<K> + ?Sized)) -> SysAnswer<()> {
    switch(target, "no_debug", Debug::clear)
}

/// As [`terminate`](super::terminate), to be awaited.
pub fn terminate_async<K>(target: &(impl ToPid<K> + ?Sized), reason: impl IntoReason) -> SysAnswer<()> {
    let reason = reason.into_reason();
    ask(target, "terminate", move |served| served.stop = Some(reason))
}

/// Changes what is switched on; what is left of it is dropped at the end, when all is in its place.
fn switch<K>(
    target: &(impl ToPid<K> + ?Sized),
    message: &'static str,
    change: impl FnOnce(&mut Debug) + Send + 'static,
) -> SysAnswer<()> {
    ask(target, message, |served| change(served.debug))
}

fn look_at<A: Actor, R: Send + 'static>(
    client: &impl Client<A, Mode: Addressed>,
    message: &'static str,
    look: impl FnOnce(&A) -> R + Send + 'static,
) -> SysAnswer<R> {
    ask(client, message, move |served| {
        let state: &A = served.state.downcast_ref()?;
        Some(caught(|| look(state)))
    })
    .then(called)
}

/// What a function of the caller's has come to in the process, if that is of the client's type.
fn called<R>(called: Option<Result<R, ExitReason>>) -> Result<R, SysError> {
    called.ok_or(SysError::NoProc)?.map_err(SysError::CallbackFailed)
}

/// Has a process answer a request about itself.
fn ask<R: Send + 'static, K>(
    target: &(impl ToPid<K> + ?Sized),
    message: &'static str,
    request: impl FnOnce(&mut Inspected<'_>) -> R + Send + 'static,
) -> SysAnswer<R> {
    let asked = send(target.to_pid(), message, target.time_limit(), request);
    SysAnswer::new(async move {
        let reply = asked?;
        reply.await.map_err(|error| failed_call::wrap(error, SysError::of_call))
    })
}

/// Sends a request, which is taken back when the time is over.
fn send<R: Send + 'static>(
    pid: Option<Pid>,
    message: &'static str,
    limit: Option<Duration>,
    request: impl FnOnce(&mut Inspected<'_>) -> R + Send + 'static,
) -> Result<Reply<R>, SysError> {
    let pid = pid.ok_or(SysError::NoProc)?;
    current::with(|me| {
        if pid == me.pid() {
            return Err(SysError::CallingSelf);
        }
        if current::is_lost() {
            return Err(SysError::Exiting);
        }
        let process = me.header().node.find(pid).ok_or(SysError::NoProc)?;
        let (to, mut reply) = Reply::of_process(process.clone(), message);
        reply.set_limit(limit);
        let request: SystemRequest = Box::new(move |served| {
            if to.begin() {
                to.send(request(served));
            }
        });
        process.signal(Signal::System(Box::new(request))).map_err(|_| SysError::NoProc)?;
        Ok(reply)
    })
}

/// The answer of a process, to be awaited on any executor. The request was sent when the function was called.
///
/// # Cancel safety
/// Dropped, it goes without the answer; the request is carried out all the same.
#[must_use = "the request was sent; await its answer"]
pub struct SysAnswer<T>(Pin<Box<dyn Future<Output = Result<T, SysError>> + Send>>);

impl<T: Send + 'static> SysAnswer<T> {
    fn new(answer: impl Future<Output = Result<T, SysError>> + Send + 'static) -> Self {
        Self(Box::pin(answer))
    }

    /// What `then` makes of the answer.
    fn then<R: Send + 'static>(self, then: impl FnOnce(T) -> Result<R, SysError> + Send + 'static) -> SysAnswer<R> {
        SysAnswer::new(async move { then(self.await?) })
    }

    pub(super) fn wait(self) -> Result<T, SysError> {
        // One that was declared dead is unwound where it waits; it is told that it has not asked.
        if current::is_lost() {
            return Err(SysError::Exiting);
        }
        current::block_on(self).unwrap_or_else(|interrupted| Err(interrupted.into()))
    }
}

impl<T> Future for SysAnswer<T> {
    type Output = Result<T, SysError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for SysAnswer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SysAnswer(..)")
    }
}

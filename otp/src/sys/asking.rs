//! The requests of [`sys`](super) as futures, which the functions that wait for them are made of.

use std::{fs::File, future::ready, ops::ControlFlow, path::Path, time::Duration};

use super::{Event, Statistics, Status, SysError};
use crate::{
    actor::{
        Actor, Addressed, Client, Inspected, Reply, SystemRequest, ToPid,
        requested::{self, Requested},
    },
    cell::{
        ExitReason, IntoReason, Pid, current,
        debug::{Counts, Debug},
        panic::caught,
        signal::Signal,
    },
};

/// As [`suspend`](super::suspend), to be awaited.
pub fn suspend_async<K>(target: &(impl ToPid<K> + ?Sized)) -> Requested<(), SysError> {
    switch(target, "suspend", |debug| debug.suspended = true)
}

/// As [`resume`](super::resume), to be awaited.
pub fn resume_async<K>(target: &(impl ToPid<K> + ?Sized)) -> Requested<(), SysError> {
    switch(target, "resume", |debug| debug.suspended = false)
}

/// As [`state`](super::state), to be awaited.
pub fn state_async<A: Actor + Clone>(client: &impl Client<A, Mode: Addressed>) -> Requested<A, SysError> {
    look_at(client, "state", A::clone)
}

/// As [`with_state`](super::with_state), to be awaited.
pub fn with_state_async<A: Actor, R: Send + 'static>(
    client: &impl Client<A, Mode: Addressed>,
    look: impl FnOnce(&A) -> R + Send + 'static,
) -> Requested<R, SysError> {
    look_at(client, "with_state", look)
}

/// As [`replace_state`](super::replace_state), to be awaited.
pub fn replace_state_async<A: Actor>(
    client: &impl Client<A, Mode: Addressed>,
    replace: impl FnOnce(&A) -> A + Send + 'static,
) -> Requested<(), SysError> {
    let answer = ask(client, "replace_state", move |served| {
        let state: &mut A = served.state.downcast_mut()?;
        Some(caught(|| replace(state)).map(|new| *state = new))
    });
    mapped(answer, called)
}

/// As [`status`](super::status), to be awaited.
pub fn status_async<K>(target: &(impl ToPid<K> + ?Sized)) -> Requested<Status, SysError> {
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
pub fn set_statistics_async<K>(target: &(impl ToPid<K> + ?Sized), on: bool) -> Requested<(), SysError> {
    ask(target, "set_statistics", move |served| {
        let now = served.header().node.scheduler.now();
        served.debug.statistics = on.then(|| Counts::new(now));
    })
}

/// As [`statistics`](super::statistics), to be awaited.
pub fn statistics_async<K>(target: &(impl ToPid<K> + ?Sized)) -> Requested<Statistics, SysError> {
    let answer = ask(target, "statistics", |served| {
        let now = served.header().node.scheduler.now();
        served.debug.statistics.as_ref().map(|counts| counts.at(now))
    });
    mapped(answer, |statistics| statistics.ok_or(SysError::NoStatistics))
}

/// As [`set_log`](super::set_log), to be awaited.
pub fn set_log_async<K>(
    target: &(impl ToPid<K> + ?Sized),
    events: impl Into<Option<usize>>,
) -> Requested<(), SysError> {
    let events = events.into();
    switch(target, "set_log", move |debug| match events {
        Some(limit) => debug.log.get_or_insert_default().resize(limit),
        None => debug.log = None,
    })
}

/// As [`log`](super::log), to be awaited.
pub fn log_async<K>(target: &(impl ToPid<K> + ?Sized)) -> Requested<Vec<Event>, SysError> {
    ask(target, "log", |served| served.debug.log.iter().flat_map(|log| log.events()).cloned().collect())
}

/// As [`set_trace`](super::set_trace), to be awaited.
pub fn set_trace_async<K>(target: &(impl ToPid<K> + ?Sized), on: bool) -> Requested<(), SysError> {
    switch(target, "set_trace", move |debug| debug.trace = on)
}

/// As [`log_to_file`](super::log_to_file), to be awaited.
pub fn log_to_file_async<K>(target: &(impl ToPid<K> + ?Sized), path: Option<&Path>) -> Requested<(), SysError> {
    match path.map(File::create).transpose() {
        Ok(file) => switch(target, "log_to_file", move |debug| debug.file = file),
        Err(error) => Requested::new(ready(Err(SysError::File(error.kind())))),
    }
}

/// As [`install`](super::install), to be awaited.
pub fn install_async<K>(
    target: &(impl ToPid<K> + ?Sized),
    id: impl Into<String>,
    listener: impl FnMut(&Event) -> ControlFlow<()> + Send + 'static,
) -> Requested<(), SysError> {
    let id = id.into();
    switch(target, "install", move |debug| {
        if debug.installed.iter().all(|(other, _)| *other != id) {
            debug.installed.push((id, Box::new(listener)));
        }
    })
}

/// As [`remove`](super::remove), to be awaited.
pub fn remove_async<K>(target: &(impl ToPid<K> + ?Sized), id: impl Into<String>) -> Requested<(), SysError> {
    let id = id.into();
    switch(target, "remove", move |debug| debug.installed.retain(|(other, _)| *other != id))
}

/// As [`no_debug`](super::no_debug), to be awaited.
pub fn no_debug_async<K>(target: &(impl ToPid<K> + ?Sized)) -> Requested<(), SysError> {
    switch(target, "no_debug", Debug::clear)
}

/// As [`terminate`](super::terminate), to be awaited.
pub fn terminate_async<K>(target: &(impl ToPid<K> + ?Sized), reason: impl IntoReason) -> Requested<(), SysError> {
    let reason = reason.into_reason();
    ask(target, "terminate", move |served| served.stop = Some(reason))
}

/// Changes what is switched on; what is left of it is dropped at the end, when all is in its place.
fn switch<K>(
    target: &(impl ToPid<K> + ?Sized),
    message: &'static str,
    change: impl FnOnce(&mut Debug) + Send + 'static,
) -> Requested<(), SysError> {
    ask(target, message, |served| change(served.debug))
}

fn look_at<A: Actor, R: Send + 'static>(
    client: &impl Client<A, Mode: Addressed>,
    message: &'static str,
    look: impl FnOnce(&A) -> R + Send + 'static,
) -> Requested<R, SysError> {
    let answer = ask(client, message, move |served| {
        let state: &A = served.state.downcast_ref()?;
        Some(caught(|| look(state)))
    });
    mapped(answer, called)
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
) -> Requested<R, SysError> {
    let asked = send(target.to_pid(), message, target.time_limit(), request);
    Requested::new(async move { Ok(asked?.await?) })
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

/// What `then` makes of an answer.
fn mapped<T: Send + 'static, R: Send + 'static>(
    answer: Requested<T, SysError>,
    then: impl FnOnce(T) -> Result<R, SysError> + Send + 'static,
) -> Requested<R, SysError> {
    Requested::new(async move { then(answer.await?) })
}

/// Waits for an answer.
pub(super) fn wait<T>(answer: Requested<T, SysError>) -> Result<T, SysError> {
    // One that was declared dead is unwound where it waits; it is told that it has not asked.
    if current::is_lost() {
        return Err(SysError::Exiting);
    }
    requested::wait(answer)
}

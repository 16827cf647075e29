//! Starting processes that are not servers.

use std::{convert::Infallible, future::Future, sync::Arc};

use super::{
    AnyProcess, ExitReason, MonitorRef, Pid,
    cell::{Body, Cell},
    common::Home,
    current,
    me::Me,
    node::NodeInner,
};
use crate::scheduler::TaskRef;

/// How a new process is related to the one that starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    None,
    Link,
    Monitor,
}

/// Starts a process in the current node whose code is what `body` makes.
pub(crate) fn start<M: Send + 'static>(
    label: &'static str,
    relation: Relation,
    body: impl FnOnce(&TaskRef<Cell<M>>) -> Body,
) -> (TaskRef<Cell<M>>, Option<MonitorRef>) {
    current::with(|me| start_in(&me.common().node, me, label, relation, body))
}

fn start_in<M: Send + 'static>(
    node: &Arc<NodeInner>,
    parent: &AnyProcess,
    label: &'static str,
    relation: Relation,
    body: impl FnOnce(&TaskRef<Cell<M>>) -> Body,
) -> (TaskRef<Cell<M>>, Option<MonitorRef>) {
    let pid = node.table.reserve();
    let cell = Cell::<M>::new(pid, Some(parent.pid()), Arc::clone(node), label, Home::Core);
    cell.set_body(body(&cell));
    node.table.insert(AnyProcess::new(&cell));
    let mut monitor = None;
    match relation {
        Relation::None => {}
        Relation::Link => {
            // A parent that is ending gets no link; the exit of its child would find nobody.
            if parent.common().relate(|relations| relations.links.link(pid)).is_some() {
                cell.common().relate(|relations| relations.links.link(parent.pid()));
            }
        }
        Relation::Monitor => {
            let reference = node.new_monitor(parent.pid());
            parent.common().relate(|relations| relations.monitoring.insert(reference, pid));
            cell.common().relate(|relations| relations.watchers.insert(reference, ()));
            monitor = Some(reference);
        }
    }
    if parent.common().is_lost() {
        // What is dead starts nothing.
        let process = AnyProcess::new(&cell);
        process.process().end(&process, ExitReason::Killed);
    } else {
        cell.task().start();
    }
    (cell, monitor)
}

/// What a process that is no server may return: nothing, or a result whose error is its exit reason.
pub trait Outcome: Send {
    /// The reason with which the process ends.
    fn into_exit_reason(self) -> ExitReason;
}

impl Outcome for () {
    fn into_exit_reason(self) -> ExitReason {
        ExitReason::Normal
    }
}

impl<E: super::IntoReason + Send> Outcome for Result<(), E> {
    fn into_exit_reason(self) -> ExitReason {
        self.err().map_or(ExitReason::Normal, super::IntoReason::into_reason)
    }
}

fn closure<O: Outcome>(
    code: impl FnOnce(&mut Me) -> O + Send + 'static,
) -> impl FnOnce(&TaskRef<Cell<Infallible>>) -> Body {
    |_| Box::pin(async move { code(&mut Me::new()).into_exit_reason() })
}

fn future<O: Outcome, F: Future<Output = O> + Send + 'static>(
    code: impl FnOnce(Me) -> F + Send + 'static,
) -> impl FnOnce(&TaskRef<Cell<Infallible>>) -> Body {
    |_| Box::pin(async move { code(Me::new()).await.into_exit_reason() })
}

/// Starts a process that runs `code`, a plain closure that may wait. `erlang:spawn/1`.
///
/// It ends with `Normal` when the closure returns `()` or `Ok`, with the error of an `Err`, or with a panic. Nobody is
/// told unless a link or monitor was made.
///
/// ```
/// use otp::process;
///
/// let (pid, monitor) = process::spawn_monitor(|me| {
///     assert_eq!(me.pid(), otp::self_pid());
/// });
/// let down = process::current().receive_down(monitor, None).unwrap();
/// assert_eq!((down.pid, down.reason), (pid, otp::ExitReason::Normal));
/// ```
pub fn spawn<O: Outcome>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> Pid {
    start("process", Relation::None, closure(code)).0.common().pid
}

/// As [`spawn`], linked to the current process from its beginning. `erlang:spawn_link/1`.
pub fn spawn_link<O: Outcome>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> Pid {
    start("process", Relation::Link, closure(code)).0.common().pid
}

/// As [`spawn`], monitored by the current process from its beginning. `erlang:spawn_monitor/1`.
#[allow(clippy::missing_panics_doc, reason = "a monitor that was asked for is there")]
pub fn spawn_monitor<O: Outcome>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> (Pid, MonitorRef) {
    let (cell, monitor) = start("process", Relation::Monitor, closure(code));
    (cell.common().pid, monitor.expect("it was asked for"))
}

/// As [`spawn`], for code that awaits.
pub fn spawn_async<O: Outcome, F: Future<Output = O> + Send + 'static>(
    code: impl FnOnce(Me) -> F + Send + 'static,
) -> Pid {
    start("process", Relation::None, future(code)).0.common().pid
}

/// As [`spawn_link`], for code that awaits.
pub fn spawn_link_async<O: Outcome, F: Future<Output = O> + Send + 'static>(
    code: impl FnOnce(Me) -> F + Send + 'static,
) -> Pid {
    start("process", Relation::Link, future(code)).0.common().pid
}

/// As [`spawn_monitor`], for code that awaits.
#[allow(clippy::missing_panics_doc, reason = "a monitor that was asked for is there")]
pub fn spawn_monitor_async<O: Outcome, F: Future<Output = O> + Send + 'static>(
    code: impl FnOnce(Me) -> F + Send + 'static,
) -> (Pid, MonitorRef) {
    let (cell, monitor) = start("process", Relation::Monitor, future(code));
    (cell.common().pid, monitor.expect("it was asked for"))
}

//! A new process: in its node's table, related to who starts it, given its code, and run.

use std::{any::TypeId, convert::Infallible, sync::Arc};

use super::{
    AnyProcess, ExitReason, IntoReason, MonitorRef, Running, current,
    header::{Home, Monitored},
    lanes::LanedMailbox,
    node::NodeInner,
    typed::{Body, Cell},
};
use crate::scheduler::{InTurn, Program, TaskRef};

/// How a new process is related to the one that starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    None,
    Link,
    Monitor,
    Both,
}

impl Relation {
    /// The same and a link.
    pub(crate) fn and_link(self) -> Self {
        if self.monitors() { Self::Both } else { Self::Link }
    }

    /// The same and a monitor.
    pub(crate) fn and_monitor(self) -> Self {
        if self.links() { Self::Both } else { Self::Monitor }
    }

    fn links(self) -> bool {
        matches!(self, Self::Link | Self::Both)
    }

    fn monitors(self) -> bool {
        matches!(self, Self::Monitor | Self::Both)
    }
}

/// What carries the turns of a new process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// The cores of its node.
    Cores,
    /// A thread for its whole life; in a simulation the one core.
    OwnThread,
}

/// Starts a process in the current node whose code is what `body` makes, which may act for it before that.
pub(crate) fn run<M: Send + 'static>(
    program: &'static Program,
    relation: Relation,
    carrier: Carrier,
    mailbox: Option<Box<LanedMailbox<M>>>,
    body: impl FnOnce(&TaskRef<Cell<M>>, &Running) -> Body,
) -> (TaskRef<Cell<M>>, Option<MonitorRef>) {
    current::with(|me| run_in(&me.header().node, me, program, relation, carrier, mailbox, body))
}

fn run_in<M: Send + 'static>(
    node: &Arc<NodeInner>,
    parent: &Running,
    program: &'static Program,
    relation: Relation,
    carrier: Carrier,
    mailbox: Option<Box<LanedMailbox<M>>>,
    body: impl FnOnce(&TaskRef<Cell<M>>, &Running) -> Body,
) -> (TaskRef<Cell<M>>, Option<MonitorRef>) {
    let home = Arc::clone(node);
    let ancestors = parent.header().lineage(parent);
    let cell = node.table.insert(|pid| Cell::<M>::new(pid, Some(ancestors), home, program, Home::Core, mailbox));
    let pid = cell.header().pid;
    let code = body(&cell, &AnyProcess::borrowed(&cell));
    Cell::set_body(&cell, code);
    // A parent that is ending gets no link; the exit of its child would find nobody.
    if relation.links() && parent.header().relate(|relations| relations.links.link(pid)).is_some() {
        cell.header().relate(|relations| relations.links.link(parent.pid()));
    }
    let monitor = relation.monitors().then(|| {
        let reference = node.new_monitor(parent.pid());
        parent.header().relate(|relations| relations.monitoring.insert(reference, Monitored { pid, name: None }));
        cell.header().relate(|relations| relations.watchers.insert(reference, ()));
        reference
    });
    // What is dead starts nothing.
    let in_vain = parent.header().life.is_lost().then_some(ExitReason::Killed);
    (start_or_end(cell, carrier, in_vain), monitor)
}

/// Lets a new process run, unless that is in vain.
fn start_or_end<M: Send + 'static>(
    cell: InTurn<Cell<M>>,
    carrier: Carrier,
    in_vain: Option<ExitReason>,
) -> TaskRef<Cell<M>> {
    let node = &cell.header().node;
    let (cell, reason) = match in_vain.or_else(|| node.is_stopped().then_some(ExitReason::Shutdown)) {
        Some(reason) => (cell, reason),
        None => match carrier {
            Carrier::Cores => return cell.start(),
            Carrier::OwnThread => match Arc::clone(&node.scheduler).start_on_own_thread(cell) {
                Ok(cell) => return cell,
                Err((cell, error)) => (cell, error.into_reason()),
            },
        },
    };
    {
        let process = AnyProcess::borrowed(&cell);
        process.process().end(&process, reason);
    }
    cell.into_ref()
}

/// Starts a process of `node` that no other has started; `C` is its code.
pub(crate) fn alone<C: 'static>(node: &Arc<NodeInner>, label: &'static str, body: Body) {
    let home = Arc::clone(node);
    let cell = node.table.insert(|pid| Cell::<Infallible>::new(pid, None, home, program::<C>(label), Home::Core, None));
    Cell::set_body(&cell, body);
    start_or_end(cell, Carrier::Cores, None);
}

/// What runs in a process whose code is `C`.
pub(crate) fn program<C: 'static>(label: &'static str) -> &'static Program {
    Program::of(TypeId::of::<C>(), label, "")
}

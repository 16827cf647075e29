//! What a process that has crashed leaves, for reports of its crash.

use std::collections::VecDeque;

use super::{
    ExitReason, Pid, Running,
    header::Header,
    node::NodeInner,
    signal::{Item, Signal},
};
use crate::guard::contain;

/// So many messages, and so many neighbours, are named.
const NAMED: usize = 10;

/// What a process was and had when it crashed: the rest of a crash report of `proc_lib`.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Remains {
    /// Its registered name.
    pub name: Option<String>,
    /// What it, or who started it, called it.
    pub label: Option<String>,
    /// Who started it, who started that one, and so on; the nearest 16.
    pub ancestors: Vec<Pid>,
    /// How many messages it had not handled.
    pub message_queue_len: usize,
    /// The names of the first ten of them: of what its handlers take, or the type of what was sent as it is.
    pub messages: Vec<&'static str>,
    /// The names of the keys in its [dictionary](crate::process::Key).
    pub dictionary: Vec<&'static str>,
    /// Whether it trapped exits.
    pub trap_exit: bool,
    /// The processes that it was linked to.
    pub links: Vec<Pid>,
    /// What can be seen of the first ten of these without asking them.
    pub neighbours: Vec<Neighbour>,
}

/// A process that one that has crashed was linked to, as it was seen then.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Neighbour {
    /// The process.
    pub pid: Pid,
    /// Its registered name.
    pub name: Option<String>,
    /// What it, or who started it, called it.
    pub label: Option<String>,
    /// What runs in it.
    pub initial_call: &'static str,
    /// The message that it handled then, or had handled last.
    pub handler: Option<&'static str>,
}

impl std::fmt::Display for Neighbour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let called = self.name.as_deref().or(self.label.as_deref()).unwrap_or(self.initial_call);
        write!(f, "{} ({called})", self.pid)?;
        self.handler.map_or(Ok(()), |handler| write!(f, " in `{handler}`"))
    }
}

impl Remains {
    /// What only the process itself can say, before it drops its code; nothing, if nobody wants to hear of a crash.
    pub(super) fn begin(header: &Header, me: &Running, reason: &ExitReason) -> Option<Self> {
        header.is_heard(Some(me), reason).then(|| Self {
            dictionary: me.own().if_dictionary(|dictionary| dictionary.names()),
            trap_exit: me.own().trap_exit.get(),
            ..Self::default()
        })
    }

    /// The messages that wait, in order. How they are called an actor may say that was written by hand.
    pub(super) fn of_messages<M: 'static>(
        &mut self,
        header: &Header,
        mail: &VecDeque<Item<M>>,
        more: &VecDeque<Item<M>>,
    ) {
        let of_message =
            header.program.message_name.get().and_then(|name| name.downcast_ref::<fn(&M) -> &'static str>());
        for item in mail.iter().chain(more).filter(|item| !item.acts()) {
            self.message_queue_len += 1;
            if self.messages.len() == NAMED {
                continue;
            }
            let mut name = "message";
            match item {
                Item::Message(message) => {
                    if let Some(of_message) = of_message {
                        contain(|| name = of_message(message));
                    }
                }
                Item::Timed(_) => name = "timer",
                Item::Signal(signal) => match &**signal {
                    Signal::Foreign { payload, .. } => name = (**payload).type_name(),
                    Signal::Trapped(_) => name = "exit",
                    Signal::Terminate(_) => name = "terminate",
                    Signal::System(_) => name = "system",
                    Signal::Dropped(_) => name = "dropped",
                    _ => {}
                },
            }
            self.messages.push(name);
        }
    }

    /// What others know of it, and what is seen of those that it was linked to.
    pub(super) fn of_relations(&mut self, node: &NodeInner, header: &Header, links: Vec<Pid>) {
        self.ancestors = header.ancestors.as_deref().cloned().unwrap_or_default();
        let seen = links.iter().take(NAMED).filter_map(|pid| {
            let process = node.find(*pid)?;
            let header = process.header();
            Some(Neighbour {
                pid: *pid,
                name: header.name().as_deref().map(str::to_owned),
                label: header.label().as_deref().map(str::to_owned),
                initial_call: header.program.label,
                handler: header.handler.name(),
            })
        });
        self.neighbours = seen.collect();
        self.links = links;
    }
}

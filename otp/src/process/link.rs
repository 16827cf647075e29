//! Links, monitors and exit signals, as the current process uses them.

use super::{
    IntoReason, MonitorRef, Pid, current,
    signal::{Ask, Signal},
};
use crate::process::AnyProcess;

/// The pid of the current process. `erlang:self/0`.
///
/// A thread that is no process yet becomes one of the default node.
pub fn self_pid() -> Pid {
    current::with(AnyProcess::pid)
}

/// Links the current process and `other`: when one ends, the other receives its exit signal.
///
/// There is at most one link between two processes; linking again, or to oneself, changes nothing. When `other` is gone
/// the caller receives an exit signal with the reason `NoProc`, as a message if it traps exits. `erlang:link/1`.
pub fn link(other: Pid) {
    current::with(|me| {
        let (common, own) = (me.common(), me.pid());
        if other != own && common.relate(|relations| relations.links.link(other)) == Some(true) {
            common.node.signal(other, Signal::Link { from: own });
        }
    });
}

/// Ends the link between the current process and `other`, if there is one.
///
/// When it returns, no exit signal of that link will be delivered any more; a trapped one that was delivered before
/// stays in the mailbox. `erlang:unlink/1`.
pub fn unlink(other: Pid) {
    current::with(|me| {
        let (common, own) = (me.common(), me.pid());
        me.process().take_arrivals(me);
        if let Some(number) = common.relate(|relations| relations.links.unlink(other)).flatten() {
            common.node.signal(other, Signal::Unlink { from: own, number });
        }
    });
}

/// Watches `target`: when it ends, the current process receives a [`Down`](crate::Down).
///
/// Each monitor is one of its own. When `target` is gone the `Down` comes at once, with the reason `NoProc`; monitoring
/// oneself never yields one. `erlang:monitor/2`.
pub fn monitor(target: Pid) -> MonitorRef {
    current::with(|me| {
        let (common, own) = (me.common(), me.pid());
        let monitor = common.node.new_monitor(own);
        if target != own {
            common.relate(|relations| relations.monitoring.insert(monitor, target));
            common.node.signal(target, Signal::Monitor { monitor });
        }
        monitor
    })
}

/// Ends a monitor of the current process.
///
/// When it returns, the `Down` is in the mailbox already or will never come; false when it was delivered, or the
/// monitor is not the caller's. `erlang:demonitor(Ref, [info])`.
pub fn demonitor(monitor: MonitorRef) -> bool {
    current::with(|me| {
        let common = me.common();
        me.process().take_arrivals(me);
        let target = common.relate(|relations| relations.monitoring.remove(&monitor)).flatten();
        if let Some(target) = target {
            common.node.signal(target, Signal::Demonitor { monitor });
        }
        target.is_some()
    })
}

/// Ends a monitor and removes its `Down` from the mailbox, if it was delivered. `erlang:demonitor(Ref, [flush])`.
pub fn demonitor_flush(monitor: MonitorRef) {
    demonitor(monitor);
    current::with(|me| {
        me.process().take_signal(&mut |signal| matches!(signal, Signal::Down(down) if down.monitor == monitor));
    });
}

/// Says whether exit signals become messages for the current process; returns what was said before.
///
/// `Kill` cannot be trapped. `erlang:process_flag(trap_exit, Flag)`.
pub fn trap_exit(trap: bool) -> bool {
    current::with(|me| {
        // What arrived before is decided by the old answer.
        me.process().take_arrivals(me);
        me.common().own.trap_exit.replace(trap)
    })
}

/// Sends an exit signal with a reason to `to`; nothing happens when it is gone.
///
/// A receiver that does not trap exits ends with that reason, unless it is `Normal`; one that does finds an
/// [`Exit`](crate::Exit) among its messages. [`ExitReason::Kill`](crate::ExitReason::Kill) cannot be trapped: the receiver ends as `Killed`. Sent
/// to oneself it takes effect before the call returns. `erlang:exit/2`.
pub fn exit(to: Pid, reason: impl IntoReason) {
    current::with(|me| {
        me.common().node.exit(me.pid(), to, reason.into_reason());
        if to == me.pid() && me.common().must_end(me) && !std::thread::panicking() {
            me.common().unwind();
        }
    });
}

/// Ends the current process with a reason, here and now: its stack is unwound. `erlang:exit/1`.
///
/// # Panics
/// In an adopted thread, which it cannot end otherwise.
pub fn exit_self(reason: impl IntoReason) -> ! {
    current::with(|me| me.common().exit_self(reason.into_reason()))
}

/// Whether a process is alive, after all that the caller has sent to it. `erlang:is_process_alive/1`.
///
/// Waits until it has acted on the caller's earlier signals.
pub fn is_alive(pid: Pid) -> bool {
    current::with(|me| match me.common().node.find(pid) {
        None => false,
        Some(process) if process.common().is_doomed() => false,
        Some(process) if pid == me.pid() || !process.common().is_signalled() => !process.common().is_ending(),
        Some(process) => {
            let (asked, answer) = super::answer::channel();
            // One that ended meanwhile drops the question, which is an answer too.
            let _ = process.signal(Signal::Ask(Box::new(Alive(asked))));
            matches!(current::block_on(answer), Ok(Some(())))
        }
    })
}

struct Alive(super::answer::Asked<()>);

impl Ask for Alive {
    fn answer(self: Box<Self>, process: &AnyProcess) {
        if process.common().own.fatal().is_none() {
            self.0.answer(());
        }
    }
}

/// What can be seen of a process. `erlang:process_info/1`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// Its registered name.
    pub name: Option<String>,
    /// What reports call it.
    pub label: &'static str,
    /// Who started it.
    pub parent: Option<Pid>,
    /// The processes linked to it.
    pub links: Vec<Pid>,
    /// The processes that it monitors.
    pub monitors: Vec<Pid>,
    /// The processes that monitor it.
    pub monitored_by: Vec<Pid>,
    /// The messages that it has not handled.
    pub message_queue_len: usize,
    /// Whether it traps exits.
    pub trap_exit: bool,
}

/// What can be seen of a process after all that the caller has sent to it; `None` when it is gone.
///
/// Waits until the process comes to answer: after the message that it handles now. `erlang:process_info/1`.
pub fn process_info(pid: Pid) -> Option<ProcessInfo> {
    current::with(|me| {
        if pid == me.pid() {
            me.process().take_arrivals(me);
            return Some(info(me));
        }
        let process = me.common().node.find(pid)?;
        let (asked, answer) = super::answer::channel();
        process.signal(Signal::Ask(Box::new(Info(asked)))).ok()?;
        current::block_on(answer).ok().flatten()
    })
}

struct Info(super::answer::Asked<ProcessInfo>);

impl Ask for Info {
    fn answer(self: Box<Self>, process: &AnyProcess) {
        if process.common().own.fatal().is_none() {
            self.0.answer(info(process));
        }
    }
}

fn info(process: &AnyProcess) -> ProcessInfo {
    let common = process.common();
    let mut info = ProcessInfo {
        name: None,
        label: common.label,
        parent: common.parent,
        links: Vec::new(),
        monitors: Vec::new(),
        monitored_by: Vec::new(),
        message_queue_len: process.process().queue_len(),
        trap_exit: common.own.trap_exit.get(),
    };
    common.relate(|relations| {
        info.name = relations.name.as_deref().map(str::to_owned);
        info.links = relations.links.iter().collect();
        info.monitors = relations.monitoring.iter().map(|(_, target)| *target).collect();
        info.monitored_by = relations.watchers.iter().map(|(monitor, ())| monitor.watcher).collect();
    });
    info
}

/// Registers a process under a name. `erlang:register/2`.
///
/// # Errors
/// When the name is taken, the process has a name already, or has ended.
pub fn register(name: &str, pid: Pid) -> Result<(), super::RegisterError> {
    current::with(|me| {
        let process = me.common().node.find(pid).filter(|_| !me.common().is_lost());
        let process = process.ok_or(super::RegisterError::NoProc)?;
        me.common().node.names.register(name, &process)
    })
}

/// Frees a name; false when nobody had it. `erlang:unregister/1`.
pub fn unregister(name: &str) -> bool {
    current::with(|me| me.common().node.names.unregister(name))
}

/// Who has a name. `erlang:whereis/1`.
pub fn whereis(name: &str) -> Option<Pid> {
    current::with(|me| me.common().node.names.get(name).map(|process| process.pid()))
}

/// All names of the current node. `erlang:registered/0`.
pub fn registered() -> Vec<String> {
    current::with(|me| me.common().node.names.all().iter().map(|name| name.to_string()).collect())
}

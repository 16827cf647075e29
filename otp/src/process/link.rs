//! Links, monitors and exit signals, as the current process uses them.

use super::Destination;
use crate::cell::{
    AnyProcess, ExitReason, IntoReason, MonitorRef, Pid, RegName, RegisterError, Running, UnregisterError, current,
    header::Monitored,
    mark::Mark,
    signal::{Ask, Signal},
};

/// The pid of the current process. `erlang:self/0`.
///
/// A thread that is no process yet becomes one of the default node.
///
/// ```
/// let me = otp::self_pid();
/// otp::process::send(me, "a note to myself");
/// assert_eq!(me, otp::process::current().pid());
/// ```
///
/// # Panics
/// When the thread is no process yet, and the system has no threads for the default node.
pub fn self_pid() -> Pid {
    current::with(|me| me.pid())
}

/// Links the current process and `other`: when one ends, the other receives its exit signal.
///
/// There is at most one link between two processes; linking again, or to oneself, changes nothing. When `other` is gone
/// the caller receives an exit signal with the reason `NoProc`, as a message if it traps exits. `erlang:link/1`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let pid = process::spawn(|me| {
///     me.receive_exit(None);
/// });
/// process::link(pid);
/// otp::process::exit(pid, ExitReason::Shutdown);
/// let exit = process::current().receive_exit(None).unwrap();       // this thread traps exits
/// assert_eq!((exit.from, exit.reason), (pid, ExitReason::Shutdown));
/// ```
pub fn link(other: Pid) {
    current::with(|me| {
        let (header, own) = (me.header(), me.pid());
        if other != own && header.relate(|relations| relations.links.link(other)) == Some(true) {
            header.node.signal(other, Signal::Link { from: own });
        }
    });
}

/// Ends the link between the current process and `other`, if there is one.
///
/// When it returns, no exit signal of that link will be delivered any more; a trapped one that was delivered before
/// stays in the mailbox. `erlang:unlink/1`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let pid = process::spawn_link(|me| {
///     me.receive_exit(None);
/// });
/// process::unlink(pid);
/// otp::process::exit(pid, ExitReason::Shutdown);
/// assert!(!otp::process::is_alive(pid));
/// assert_eq!(process::current().receive_exit(Duration::ZERO), None);
/// ```
pub fn unlink(other: Pid) {
    current::with(|me| {
        let (header, own) = (me.header(), me.pid());
        me.process().take_arrivals(me);
        if let Some(number) = header.relate(|relations| relations.links.unlink(other)).flatten() {
            header.node.signal(other, Signal::Unlink { from: own, number });
        }
    });
}

/// Watches `target`: when it ends, the current process receives a [`Down`](crate::Down).
///
/// Each monitor is one of its own. When `target` is gone the `Down` comes at once, with the reason `NoProc`; monitoring
/// oneself never yields one. `erlang:monitor/2`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let pid = process::spawn(|_| panic!("off by one"));
/// let monitor = process::monitor(pid);
/// let down = process::current().receive_down(monitor, None).unwrap();
/// // It may have ended before it was monitored.
/// assert!(down.reason.is_panic() || down.reason == ExitReason::NoProc);
/// ```
pub fn monitor(target: Pid) -> MonitorRef {
    current::with(|me| {
        let monitor = new_monitor(me, target);
        if target != me.pid() {
            me.header().node.signal(target, Signal::Monitor { monitor, terminate: None });
        }
        monitor
    })
}

/// Watches the process that has a name now: when that one ends, the current process receives a
/// [`Down`](crate::Down) that says the name, whoever has it by then.
///
/// When nobody has it the `Down` comes at once, with the reason `NoProc`. `erlang:monitor/2` of a registered name.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let monitor = process::monitor_name("printer");
/// let down = process::current().receive_down(monitor, None).unwrap();
/// assert_eq!((down.name, down.reason), (Some("printer".into()), ExitReason::NoProc));
/// ```
pub fn monitor_name(name: impl Into<RegName>) -> MonitorRef {
    let name = name.into();
    let target = name.process();
    current::with(|me| {
        let node = &me.header().node;
        let pid = target.as_ref().map_or(Pid::nobody(node.number), AnyProcess::pid);
        let monitor = watch(me, Monitored { pid, name: Some(name) });
        match target {
            Some(_) if pid == me.pid() => {}
            Some(target) => node.signal_to(&target, Signal::Monitor { monitor, terminate: None }),
            None => node.bounce(pid, Signal::Monitor { monitor, terminate: None }, ExitReason::NoProc),
        }
        monitor
    })
}

/// Watches another process and asks it to terminate.
pub(crate) fn terminate(me: &AnyProcess, target: &AnyProcess, reason: ExitReason) -> MonitorRef {
    let (monitor, node) = (new_monitor(me, target.pid()), &me.header().node);
    let signal = Signal::Monitor { monitor, terminate: Some(reason) };
    if target.header().life.is_dead() {
        node.bounce(target.pid(), signal, ExitReason::NoProc);
    } else {
        node.signal_to(target, signal);
    }
    monitor
}

fn new_monitor(me: &AnyProcess, target: Pid) -> MonitorRef {
    watch(me, Monitored { pid: target, name: None })
}

fn watch(me: &AnyProcess, watched: Monitored) -> MonitorRef {
    let header = me.header();
    let monitor = header.node.new_monitor(me.pid());
    if watched.pid != me.pid() {
        header.relate(|relations| relations.monitoring.insert(monitor, watched));
    }
    monitor
}

/// Ends a monitor of the current process.
///
/// When it returns, the `Down` is in the mailbox already or will never come; false when it was delivered, or the
/// monitor is not the caller's. `erlang:demonitor(Ref, [info])`.
///
/// ```
/// use otp::process;
///
/// let pid = process::spawn(|me| {
///     me.receive_exit(None);
/// });
/// let monitor = process::monitor(pid);
/// assert!(process::demonitor(monitor));
/// assert!(!process::demonitor(monitor));         // it is over
/// ```
pub fn demonitor(monitor: MonitorRef) -> bool {
    current::with(|me| {
        let header = me.header();
        me.process().take_arrivals(me);
        let watched = header.relate(|relations| relations.monitoring.remove(&monitor)).flatten();
        if let Some(watched) = &watched {
            header.node.signal(watched.pid, Signal::Demonitor { monitor });
        }
        watched.is_some()
    })
}

/// Ends a monitor and removes its `Down` from the mailbox, if it was delivered. `erlang:demonitor(Ref, [flush])`.
///
/// ```
/// use otp::process;
/// use std::time::Duration;
///
/// let monitor = process::monitor_name("nobody");
/// process::demonitor_flush(monitor);
/// assert_eq!(process::current().receive_down(monitor, Duration::ZERO), None);
/// ```
pub fn demonitor_flush(monitor: MonitorRef) {
    // One that was still watched has not been told.
    if demonitor(monitor) {
        return;
    }
    current::with(|me| {
        me.process().take_signal(
            me,
            &mut Mark::default(),
            &mut |signal| matches!(signal, Signal::Down(down) if down.monitor == monitor),
        );
    });
}

/// Says whether exit signals become messages for the current process; returns what was said before.
///
/// `Kill` cannot be trapped. `erlang:process_flag(trap_exit, Flag)`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let starter = otp::self_pid();
/// process::spawn_link(move |me| {
///     process::trap_exit(true);
///     process::exit(otp::self_pid(), ExitReason::Shutdown);        // a message now
///     assert_eq!(me.receive_exit(None).unwrap().reason, ExitReason::Shutdown);
/// });
/// let exit = process::current().receive_exit(None).unwrap();
/// assert_eq!(exit.reason, ExitReason::Normal);                    // it lived on
/// ```
pub fn trap_exit(trap: bool) -> bool {
    current::with(|me| {
        // What arrived before is decided by the old answer.
        me.process().take_arrivals(me);
        me.own().trap_exit.replace(trap)
    })
}

/// Sends an exit signal with a reason to `to`, a pid or a name; nothing happens when it is gone. That a name is
/// nobody's is reported once, and counted in [`Node::undelivered`](crate::Node::undelivered).
///
/// A receiver that does not trap exits ends with that reason, unless it is `Normal`; one that does finds an
/// [`Exit`](crate::Exit) among its messages. [`ExitReason::Kill`](crate::ExitReason::Kill) cannot be trapped: the
/// receiver ends as `Killed`. Sent to oneself it takes effect before the call returns. `erlang:exit/2`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let (pid, monitor) = process::spawn_monitor(|_| otp::timer::sleep_forever());
/// process::exit(pid, ExitReason::other("the shop is closed"));
/// let down = process::current().receive_down(monitor, None).unwrap();
/// assert_eq!(down.reason, ExitReason::other("the shop is closed"));
/// ```
///
/// # Panics
/// Sent to oneself by an adopted thread that does not trap exits: its end is a panic.
pub fn exit(to: impl Into<Destination>, reason: impl IntoReason) {
    let destination = to.into();
    let Some(to) = destination.whereis() else {
        if let Destination::Name(name) = destination {
            current::with(|me| me.header().node.nobody.say("an exit signal", &name));
        }
        return;
    };
    current::with(|me| {
        me.header().node.exit(me.pid(), to, reason.into_reason());
        if to == me.pid() && me.header().must_end(me) && !std::thread::panicking() {
            me.header().unwind(me);
        }
    });
}

/// Ends the current process with a reason, here and now: its stack is unwound. `erlang:exit/1`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let (_, monitor) = process::spawn_monitor(|_| {
///     let deep_inside = || process::exit_self(ExitReason::Shutdown);
///     deep_inside()
/// });
/// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
/// ```
///
/// # Panics
/// In an adopted thread, which it cannot end otherwise.
pub fn exit_self(reason: impl IntoReason) -> ! {
    current::with(|me| me.header().exit_self(reason.into_reason()))
}

/// Whether a process is alive, after all that the caller has sent to it. `erlang:is_process_alive/1`.
///
/// Waits until it has acted on the caller's earlier signals: until it has ended, if one of them ends it. A process is
/// alive until what it held is dropped and its name is free. A thread that was killed is not waited for.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let pid = process::spawn(|_| otp::timer::sleep_forever());
/// assert!(process::is_alive(pid));
/// process::exit(pid, ExitReason::Kill);
/// assert!(!process::is_alive(pid));              // it has acted on the exit
/// ```
#[must_use]
pub fn is_alive(pid: Pid) -> bool {
    current::with(|me| match me.header().node.find(pid) {
        None => false,
        // What runs in its own farewell finds itself gone.
        Some(process) if pid == me.pid() => !process.header().life.is_ending(),
        Some(process) if process.header().is_doomed_thread() => false,
        Some(process) if !process.header().life.may_have_to_end() => !process.header().life.is_dead(),
        Some(process) => {
            let (asked, answer) = crate::cell::answer::channel();
            // One that has to end drops the question when it has, which is an answer too.
            me.header().node.signal_to(&process, Signal::Ask(Box::new(Alive(asked))));
            matches!(current::block_on(answer), Ok(Some(())))
        }
    })
}

struct Alive(crate::cell::answer::AnswerSender<()>);

impl Ask for Alive {
    fn answer(self: Box<Self>, me: &Running) {
        if me.own().fatal().is_none() {
            self.0.answer(());
        }
    }
}

/// Registers a process under a name, which is free again when the process has ended, before links and monitors are
/// told. A process has at most one. `erlang:register/2`.
///
/// ```
/// use otp::{process, name::RegisterError};
///
/// process::register("main", otp::self_pid())?;
/// assert_eq!(process::whereis("main"), Some(otp::self_pid()));
/// let other = process::spawn(|_| otp::timer::sleep_forever());
/// assert_eq!(process::register("main", other), Err(RegisterError::Taken(otp::self_pid())));
/// # Ok::<(), RegisterError>(())
/// ```
///
/// # Errors
/// When the name is taken, by the process itself too; when the process has a name already, has ended, or is another
/// node's.
pub fn register(name: &str, pid: Pid) -> Result<(), RegisterError> {
    current::with(|me| {
        let node = &me.header().node;
        if pid.node != node.number {
            return Err(RegisterError::OtherNode);
        }
        let process = node.table.get(pid).filter(|_| !me.header().life.is_lost()).ok_or(RegisterError::NoProc)?;
        node.names.register(name, &process)
    })
}

/// Frees a name. `erlang:unregister/1`.
///
/// ```
/// use otp::{process, name::UnregisterError};
///
/// process::register("main", otp::self_pid())?;
/// assert_eq!(process::unregister("main"), Ok(()));
/// assert_eq!(process::unregister("main"), Err(UnregisterError));
/// # Ok::<(), otp::name::RegisterError>(())
/// ```
///
/// # Errors
/// When it is nobody's.
pub fn unregister(name: &str) -> Result<(), UnregisterError> {
    current::with(|me| me.header().node.names.unregister(name))
}

/// Who has a name of the current node; `None` when it is nobody's, or its process has ended. `erlang:whereis/1`.
///
/// ```
/// use otp::process;
///
/// assert_eq!(process::whereis("main"), None);
/// process::register("main", otp::self_pid())?;
/// assert_eq!(process::whereis("main"), Some(otp::self_pid()));
/// # Ok::<(), otp::name::RegisterError>(())
/// ```
#[must_use]
pub fn whereis(name: &str) -> Option<Pid> {
    current::with(|me| me.header().node.names.get(name).map(|process| process.pid()))
}

/// All names of the current node. `erlang:registered/0`.
///
/// ```
/// use otp::process;
///
/// process::register("main", otp::self_pid())?;
/// assert_eq!(process::registered(), ["main"]);
/// # Ok::<(), otp::name::RegisterError>(())
/// ```
#[must_use]
pub fn registered() -> Vec<String> {
    current::with(|me| me.header().node.names.all().iter().map(|name| name.to_string()).collect())
}

//! Monitors, as the current process uses them.

use crate::cell::{
    AnyProcess, ExitReason, MonitorRef, Pid, RegName, current, header::Monitored, mark::Mark, signal::Signal,
};

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
            me.header().node.signal(target, Signal::Monitor { monitor });
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
            Some(target) => node.signal_to(&target, Signal::Monitor { monitor }),
            None => node.bounce(pid, Signal::Monitor { monitor }, ExitReason::NoProc),
        }
        monitor
    })
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

//! Exit signals: sending them, trapping them, and what they have left alive.

use std::future::Future;

use super::Destination;
use crate::cell::{
    IntoReason, Pid, Running, answer, current,
    signal::{Ask, Signal},
};

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
    match seen_alive(pid) {
        Ok(is_alive) => is_alive,
        Err(answer) => matches!(current::block_on(answer), Ok(Some(()))),
    }
}

/// As [`is_alive`], to be awaited on any executor; the process is asked at once.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let pid = process::spawn(|_| otp::timer::sleep_forever());
/// let (_, ends) = process::spawn_monitor_async(move |_| async move {
///     process::exit(pid, ExitReason::Kill);
///     assert!(!process::is_alive_async(pid).await);
/// });
/// assert!(process::current().receive_down(ends, None).unwrap().reason.is_normal());
/// ```
///
/// # Cancel safety
/// It changes nothing.
pub fn is_alive_async(pid: Pid) -> impl Future<Output = bool> + Send + 'static {
    let seen = seen_alive(pid);
    async {
        match seen {
            Ok(is_alive) => is_alive,
            Err(answer) => answer.await.is_some(),
        }
    }
}

/// Whether a process is alive; else what it will answer, if that must be asked.
fn seen_alive(pid: Pid) -> Result<bool, answer::AnswerReceiver<()>> {
    current::with(|me| match me.header().node.find(pid) {
        None => Ok(false),
        // What runs in its own farewell finds itself gone.
        Some(process) if pid == me.pid() => Ok(!process.header().life.is_ending()),
        Some(process) if process.header().is_doomed_thread() => Ok(false),
        Some(process) if !process.header().life.may_have_to_end() => Ok(!process.header().life.is_dead()),
        Some(process) => {
            let (asked, answer) = answer::channel();
            // One that has to end drops the question when it has, which is an answer too.
            me.header().node.signal_to(&process, Signal::Ask(Box::new(Alive(asked))));
            Err(answer)
        }
    })
}

struct Alive(answer::AnswerSender<()>);

impl Ask for Alive {
    fn answer(self: Box<Self>, me: &Running) {
        if me.own().fatal().is_none() {
            self.0.answer(());
        }
    }
}

//! Running a tree as a program: start, wait for a signal or the tree's own end, shut down in order.

mod signals;

use std::{error::Error, io, process::ExitCode};

use crate::{
    cell::ExitReason,
    process::{self, Node, Selector, Subject},
    report::event,
    scheduler,
    supervisor::SupervisorRef,
};

/// Starts a tree and runs it until the program is asked to end, by SIGINT or SIGTERM, or the tree ends by itself. On
/// Windows Ctrl-C and Ctrl-Break ask it.
///
/// Then the tree is shut down in order, the node is stopped, and the outcome becomes the program's exit code: success
/// when the tree ended as it was asked to, or by itself in a clean way; failure when it could not be started, gave up
/// after too many restarts, or crashed. A second signal ends the program at once, with failure, also while the tree
/// starts.
///
/// The node is the one that the caller has [entered](Node::enter), or else the default node, which can be run once.
///
/// # Panics
/// When a process on a core calls it, as a handler is, or the test of a simulation: what runs in the node cannot stop
/// it. When the node was stopped before.
///
/// ```no_run
/// # use otp::{Supervisor, Strategy};
/// fn main() -> std::process::ExitCode {
///     otp::run(|| Supervisor::new(Strategy::OneForOne).start_link())
/// }
/// ```
pub fn run<T, E>(start: impl FnOnce() -> Result<T, E>) -> ExitCode
where
    T: Runnable,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let node = Node::current();
    assert!(
        scheduler::can_drive(),
        "`otp::run` waits for the end of its node and stops it, so nothing that runs in one can call it: call it in `main`"
    );
    assert!(
        !node.inner().is_stopped(),
        "this node was stopped, as `otp::run` does at its end: run a tree in a node of its own, with `Node::enter`"
    );
    // From the first moment on: a signal that comes while the tree starts is not lost.
    let outcome: Result<ExitCode, Box<dyn Error + Send + Sync>> =
        watch_signals().map_err(Into::into).and_then(|signals| match start() {
            Ok(tree) => Ok(serve(tree.supervisor(), &signals)),
            Err(error) => Err(error.into()),
        });
    node.stop();
    match outcome {
        Ok(code) => code,
        Err(error) => {
            event!(error, format_args!("not running: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// What [`run`] runs: a tree made by `supervisor!`, or another supervisor.
#[diagnostic::on_unimplemented(
    message = "a program runs a tree, and `{Self}` is none",
    label = "does not start a supervisor",
    note = "let a supervisor start it as a child, and give `run` the supervisor's `start_link`"
)]
pub trait Runnable {
    /// The supervisor at its root.
    fn supervisor(&self) -> &SupervisorRef;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<SupervisorRef>> Runnable for T {
    fn supervisor(&self) -> &SupervisorRef {
        self.as_ref()
    }
}

/// What ends a program.
enum StopCause {
    Signal,
    Ended(ExitReason),
}

fn serve(tree: &SupervisorRef, signals: &Subject<()>) -> ExitCode {
    // A tree may have done its work already.
    let Some(pid) = tree.pid() else { return code(!tree.gave_up()) };
    let monitor = process::monitor(pid);
    let events = Selector::new()
        .select_map(signals, |()| StopCause::Signal)
        .select_monitor(monitor, |down| StopCause::Ended(down.reason));
    let mut asked = false;
    let reason = loop {
        match events.receive(None) {
            Some(StopCause::Ended(reason)) => break reason,
            Some(StopCause::Signal) => {
                asked = true;
                event!(info, "shutting down");
                process::exit(pid, ExitReason::Shutdown);
            }
            None => {}
        }
    };
    let clean = reason.is_clean() || reason == ExitReason::NoProc;
    code(clean && (asked || !tree.gave_up()))
}

fn code(success: bool) -> ExitCode {
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A subject of the calling process that is told of the first signal.
fn watch_signals() -> io::Result<Subject<()>> {
    let subject = process::current().subject::<()>();
    let told = subject.clone();
    signals::watch(move || told.send(()))?;
    Ok(subject)
}

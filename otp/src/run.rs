//! Running a program: start, wait for a signal or the program's own end, shut down in order.

mod signals;

use std::{error::Error, io, process::ExitCode, time::Duration};

use crate::{
    application::{self, AppConfig, AppsEnd, ShutdownReport, StartedApps, StopAll},
    cell::{ExitReason, Pid, current},
    process::{self, Node, Selector, Subject},
    report::event,
    scheduler,
    supervisor::SupervisorRef,
};

/// Starts a tree or applications, and runs them until the program is asked to end, by SIGINT or SIGTERM, or they end by
/// themselves. On Windows Ctrl-C and Ctrl-Break ask it.
///
/// Then the applications [drain](application::on_drain), all is shut down in order, the node is stopped, and the
/// outcome becomes the program's exit code: success when it ended as it was asked to, or by itself in a clean way;
/// failure when it could not be started, gave up after too many restarts, or crashed. A second signal ends the program
/// at once, with failure, also while it starts. [`Runner`] says more: a deadline, a configuration, who gets the report.
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
    Runner::new().run(start)
}

/// How a program is run; [`run`] does it with the defaults.
///
/// ```no_run
/// use otp::{Runner, prelude::*};
///
/// fn main() -> std::process::ExitCode {
///     Runner::new()
///         .deadline(Duration::from_secs(25))
///         .on_shutdown(|report| println!("{report}"))
///         .run(|| Supervisor::new(Strategy::OneForOne).start_link())
/// }
/// ```
#[must_use = "it runs nothing until `run`"]
pub struct Runner {
    stop: StopAll,
    config: Option<AppConfig>,
    on_shutdown: Box<dyn FnOnce(&ShutdownReport)>,
}

impl Runner {
    /// With 5 seconds to drain, without a deadline, with the process environment as its configuration.
    pub fn new() -> Self {
        Self { stop: StopAll::new(), config: None, on_shutdown: Box::new(|_| ()) }
    }

    /// How long those who drain are waited for; see [`StopAll::drain`].
    pub fn drain(mut self, limit: Duration) -> Self {
        self.stop = self.stop.drain(limit);
        self
    }

    /// How long all may take that happens from the signal on, the drain included. What is left then is killed, and the
    /// program has failed. Without it each child has the time of its spec. OTP's `shutdown_timeout` of `kernel`.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.stop = self.stop.deadline(limit);
        self
    }

    /// The configuration of the node, from before the start on; see [`application::configure`].
    pub fn config(mut self, config: AppConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// What is done with the report of the shutdown, when all has ended and the node still runs. OTP's `shutdown_func`.
    pub fn on_shutdown(mut self, heard: impl FnOnce(&ShutdownReport) + 'static) -> Self {
        self.on_shutdown = Box::new(heard);
        self
    }

    /// Runs it; see [`run`](fn@run).
    ///
    /// # Panics
    /// As [`run`](fn@run). When the function of [`on_shutdown`](Runner::on_shutdown) does.
    pub fn run<T, E>(self, start: impl FnOnce() -> Result<T, E>) -> ExitCode
    where
        T: Runnable,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let node = Node::current();
        assert!(
            scheduler::can_drive(),
            "`otp::run` waits for the end of its node and stops it, so nothing that runs in one can call it: call it \
             in `main`"
        );
        assert!(
            !node.inner().is_stopped(),
            "this node was stopped, as `otp::run` does at its end: run a program in a node of its own, with \
             `Node::enter`"
        );
        // From the first moment on: a signal that comes while the program starts is not lost.
        let outcome: Result<ExitCode, Box<dyn Error + Send + Sync>> =
            watch_signals().map_err(Into::into).and_then(|signals| {
                if let Some(config) = self.config {
                    application::configure(config);
                }
                let code = match start().map_err(Into::into)?.root() {
                    Root::Tree(tree) => serve_tree(tree, &signals, self.stop, self.on_shutdown),
                    Root::Applications(apps) => serve_applications(apps, &signals, self.stop, self.on_shutdown)?,
                };
                Ok(code)
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
}

impl Default for Runner {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("stop", &self.stop).finish_non_exhaustive()
    }
}

/// What [`run`](fn@run) runs: a tree made by `supervisor!`, another supervisor, or the applications that
/// [`ensure_all_started`](application::ensure_all_started) has started. You need not implement it.
#[diagnostic::on_unimplemented(
    message = "a program runs a tree or applications, and `{Self}` is none",
    label = "does not start a supervisor",
    note = "let a supervisor start it as a child, and give `run` the supervisor's `start_link`"
)]
pub trait Runnable {
    #[doc(hidden)]
    fn root(&self) -> Root<'_>;
}

/// What a program stands and falls with.
#[doc(hidden)]
#[derive(Debug)]
#[allow(unnameable_types, reason = "nobody else implements what gives it")]
pub enum Root<'a> {
    /// This tree.
    Tree(&'a SupervisorRef),
    /// These applications.
    Applications(&'a StartedApps),
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<SupervisorRef>> Runnable for T {
    fn root(&self) -> Root<'_> {
        Root::Tree(self.as_ref())
    }
}

impl Runnable for StartedApps {
    fn root(&self) -> Root<'_> {
        Root::Applications(self)
    }
}

type Heard = Box<dyn FnOnce(&ShutdownReport)>;

/// What ends a program.
enum StopCause {
    Signal,
    Tree(ExitReason),
    Applications(AppsEnd),
}

fn serve_tree(tree: &SupervisorRef, signals: &Subject<()>, stop: StopAll, heard: Heard) -> ExitCode {
    // A tree may have done its work already.
    let Some(pid) = tree.pid() else { return code(!tree.gave_up()) };
    let monitor = process::monitor(pid);
    let events = Selector::new()
        .select_map(signals, |()| StopCause::Signal)
        .select_monitor(monitor, |down| StopCause::Tree(down.reason));
    match wait(&events) {
        StopCause::Tree(reason) => {
            let clean = reason.is_clean() || reason == ExitReason::NoProc;
            let report = shut_down(stop, None, heard);
            code(clean && !tree.gave_up() && has_succeeded(&report))
        }
        StopCause::Signal | StopCause::Applications(_) => code(has_succeeded(&shut_down(stop, Some(pid), heard))),
    }
}

fn serve_applications(
    apps: &StartedApps,
    signals: &Subject<()>,
    stop: StopAll,
    heard: Heard,
) -> Result<ExitCode, application::AppError> {
    let ends = process::current().subject();
    apps.watch(ends.clone())?;
    let events = Selector::new().select_map(signals, |()| StopCause::Signal).select_map(&ends, StopCause::Applications);
    let clean = match wait(&events) {
        StopCause::Applications(AppsEnd::Fatal { reason, .. }) => reason.is_clean(),
        _ => true,
    };
    Ok(code(has_succeeded(&shut_down(stop, None, heard)) && clean))
}

fn wait(events: &Selector<StopCause>) -> StopCause {
    loop {
        if let Some(cause) = events.receive(None) {
            return cause;
        }
    }
}

fn shut_down(stop: StopAll, tree: Option<Pid>, heard: Heard) -> ShutdownReport {
    event!(info, "shutting down");
    let report = current::block_on(stop.stop_with(tree.map(|pid| ("tree", pid)))).unwrap_or_default();
    event!(info, format_args!("{report}"));
    heard(&report);
    report
}

/// Whether it ended as it was asked to. A child that its supervisor had to kill is no failure of the program.
fn has_succeeded(report: &ShutdownReport) -> bool {
    report.in_time && report.applications.iter().all(|end| end.reason.is_clean() || end.reason == ExitReason::NoProc)
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

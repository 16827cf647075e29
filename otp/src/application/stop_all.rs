//! The end of all applications of a node, in order, and the report of it.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    AppError,
    controller::{ControllerMessage, controller, is_there},
    drain, leftovers,
    table::{AppTable, table},
};
use crate::{
    actor::{CallError, ClientExt as _},
    cell::{ExitReason, Pid, current},
    process::{self, me},
    supervisor::{ChildEnd, Endings},
    time::Moment,
};

/// How all applications of the current node are stopped.
///
/// First they [drain](super::on_drain). Then they stop, the one that was started last first; no other is started
/// meanwhile. What runs outside of applications goes on. `init:stop/0`.
///
/// ```
/// use otp::{application::{self, AppContext, Application, StartFailure, StopAll}, prelude::*};
/// # pub struct Db;
/// # #[actor] impl Db { #[init] fn init() -> Self { Self } }
/// # supervisor! { ShopTree<one_for_one>() { db: Db(); } }
/// # struct Shop;
/// # impl Application for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Tree = ShopTree;
/// #     fn start(_: &AppContext) -> Result<(Self, ShopTree), StartFailure> { Ok((Self, ShopTree::start_link()?)) }
/// # }
///
/// Sim::run(1, |_| {
///     application::start::<Shop>(Restart::Permanent).unwrap();
///     let report = StopAll::new().deadline(Duration::from_secs(30)).stop();
///     assert!(report.is_clean());
///     assert_eq!(report.applications[0].name, "shop");
///     assert_eq!(report.processes[0].id.to_string(), "db");
///     println!("{report}");                                       // who ended how, after how long
/// });
/// ```
#[derive(Debug, Clone)]
#[must_use = "it stops nothing until `stop`"]
pub struct StopAll {
    drain: Duration,
    deadline: Option<Duration>,
}

/// How one application ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AppEnd {
    /// Its name, or that of a tree that is none.
    pub name: &'static str,
    /// Why it ended: `Shutdown` when it did as it was asked to, `Killed` when the deadline was over.
    pub reason: ExitReason,
    /// How long it took.
    pub took: Duration,
}

impl AppEnd {
    fn since(begun: Moment, name: &'static str, reason: ExitReason) -> Self {
        Self { name, reason, took: current::now().saturating_duration_since(begun) }
    }
}

/// How all applications ended.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The applications, in the order of their ends.
    pub applications: Vec<AppEnd>,
    /// The children of supervisors that ended meanwhile: the first 1000, and 1000 more of those that did not end as
    /// they were told.
    pub processes: Vec<ChildEnd>,
    /// How many more children ended.
    pub more: u64,
    /// Whether all who [drained](super::on_drain) were done in time.
    pub drained: bool,
    /// How long that took.
    pub drain_took: Duration,
    /// Whether all was over before the deadline.
    pub in_time: bool,
    /// How long it took, the drain included.
    pub took: Duration,
}

impl ShutdownReport {
    /// Whether all ended as they were asked to, in time.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let is_clean = |reason: &ExitReason| reason.is_clean();
        let apps = self.applications.iter().all(|app| is_clean(&app.reason));
        self.in_time && apps && self.processes.iter().all(|child| child.as_told)
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let late = if self.in_time { "" } else { ", killed at the deadline" };
        let undone = if self.drained { "" } else { ", not all of it done" };
        write!(f, "stopped in {:?}{late}; drained for {:?}{undone}", self.took, self.drain_took)?;
        for app in &self.applications {
            write!(f, "\n  {}: {}, after {:?}", app.name, app.reason, app.took)?;
        }
        for child in &self.processes {
            write!(f, "\n  {child}")?;
        }
        if self.more > 0 {
            write!(f, "\n  and {} more", self.more)?;
        }
        Ok(())
    }
}

impl Default for StopAll {
    fn default() -> Self {
        Self::new()
    }
}

impl StopAll {
    /// With 5 seconds to drain, and no deadline.
    pub fn new() -> Self {
        Self { drain: Duration::from_secs(5), deadline: None }
    }

    /// How long those who [drain](super::on_drain) are waited for. It is over at once when there are none.
    pub fn drain(mut self, limit: Duration) -> Self {
        self.drain = limit;
        self
    }

    /// After so long, the drain included, what is left is killed.
    ///
    /// ```
    /// use otp::{application::{self, AppContext, Application, StartFailure, StopAll}, prelude::*};
    ///
    /// struct Stubborn;
    /// impl Application for Stubborn {
    ///     const NAME: &'static str = "stubborn";
    ///     type Tree = ();
    ///     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
    ///     fn prep_stop(&mut self) { otp::timer::sleep_forever() }
    /// }
    ///
    /// Sim::run(1, |t| {
    ///     application::start::<Stubborn>(Restart::Permanent).unwrap();
    ///     let report = StopAll::new().deadline(Duration::from_secs(30)).stop();
    ///     assert!(!report.in_time);
    ///     assert_eq!(t.now(), Duration::from_secs(30));
    /// });
    /// ```
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Stops them, and waits until they have ended.
    pub fn stop(self) -> ShutdownReport {
        current::block_on(self.stop_async()).unwrap_or_default()
    }

    /// As [`stop`](StopAll::stop), to be awaited.
    ///
    /// ```
    /// use otp::{application::StopAll, prelude::*};
    ///
    /// Sim::run(1, |_| {
    ///     process::spawn_async(|_| async { println!("{}", StopAll::new().stop_async().await) });
    /// });
    /// ```
    ///
    /// # Cancel safety
    /// When it is dropped, what was asked to stop stops, and no other application is asked.
    pub async fn stop_async(self) -> ShutdownReport {
        self.stop_with(None).await
    }

    /// As [`stop`](StopAll::stop), first a tree that is no application.
    pub(crate) async fn stop_with(self, tree: Option<(&'static str, Pid)>) -> ShutdownReport {
        let mut clock = StopClock { began: current::now(), deadline: self.deadline, in_time: true };
        let stopping = Stopping::begin();
        let drained = drain::drain(clock.left().map_or(self.drain, |left| left.min(self.drain))).await;
        let mut report = ShutdownReport { drained, drain_took: clock.passed(), ..ShutdownReport::default() };
        if let Some((name, top)) = tree {
            report.applications.push(stop_tree(name, top, &mut clock).await);
        }
        if is_there() {
            while let Some((name, master)) = stopping.table.next_to_stop() {
                let begun = current::now();
                match stop_app(name, master, &mut clock).await {
                    Ok(reason) => report.applications.push(AppEnd::since(begun, name, reason)),
                    // It has ended by itself.
                    Err(AppError::NotStarted(_)) => {}
                    // There is nobody any more who could tell.
                    Err(_) => break,
                }
            }
        }
        let (processes, more) = stopping.endings.take();
        ShutdownReport { processes, more, in_time: clock.in_time, took: clock.passed(), ..report }
    }
}

/// The time that there is for all.
struct StopClock {
    began: Moment,
    deadline: Option<Duration>,
    in_time: bool,
}

impl StopClock {
    fn passed(&self) -> Duration {
        current::now().saturating_duration_since(self.began)
    }

    fn left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_sub(self.passed()))
    }
}

/// While it is there no application is started, and ends are recorded.
struct Stopping {
    table: Arc<AppTable>,
    endings: Arc<Endings>,
}

impl Stopping {
    fn begin() -> Self {
        let (table, endings) = (table(), Endings::of_node());
        table.state().is_stopping = true;
        endings.record();
        Self { table, endings }
    }
}

impl Drop for Stopping {
    fn drop(&mut self) {
        self.table.state().is_stopping = false;
        self.endings.take();
        drain::over();
    }
}

impl AppTable {
    /// The application that was started last, and its master; else one that is being started.
    fn next_to_stop(&self) -> Option<(&'static str, Pid)> {
        let state = self.state();
        let master = |name: &'static str| Some((name, state.apps.get(name)?.status.master()?));
        let starting = || state.apps.keys().find_map(|name| master(name));
        state.order.last().and_then(|name| master(name)).or_else(starting)
    }
}

/// Stops an application, and kills it when the time is over.
async fn stop_app(name: &'static str, master: Pid, clock: &mut StopClock) -> Result<ExitReason, AppError> {
    let ask = |limit| async move {
        let controller = controller().await?.with_timeout(limit);
        controller.call(|reply| ControllerMessage::StopAny(name, reply)).await?
    };
    match ask(clock.left()).await {
        Err(AppError::Call(CallError::Timeout { .. })) => {
            clock.in_time = false;
            let tree = table().running(name).and_then(|running| running.supervisor?.pid());
            kill(master, tree).await;
            match ask(None).await {
                // It ended in between.
                Err(AppError::NotStarted(_)) => Ok(ExitReason::Killed),
                outcome => outcome,
            }
        }
        outcome => outcome,
    }
}

/// Stops a tree that is no application.
async fn stop_tree(name: &'static str, top: Pid, clock: &mut StopClock) -> AppEnd {
    let begun = current::now();
    let mark = me::mark();
    let monitor = process::monitor(top);
    process::exit(top, ExitReason::Shutdown);
    let mut down = me::receiving_down(mark, monitor, clock.left()).await;
    if down.is_none() {
        clock.in_time = false;
        kill(top, None).await;
        down = me::receiving_down(mark, monitor, None).await;
    }
    AppEnd::since(begun, name, down.map_or(ExitReason::NoProc, |down| down.reason))
}

async fn kill(top: Pid, tree: Option<Pid>) {
    process::exit(top, ExitReason::Kill);
    if let Some(tree) = tree {
        process::exit(tree, ExitReason::Kill);
    }
    leftovers::kill(top).await;
}

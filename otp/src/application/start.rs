//! Starting and stopping applications, one by one and together.

use std::fmt;

use super::{
    AppError, Application, Applications, AppsEnd,
    controller::{ControllerMessage, controller},
    spec::AppType,
    table::{AppStatus, table},
};
use crate::{
    actor::Restart,
    cell::{ExitReason, current},
    process::Subject,
};

/// Starts an application, and waits until it runs: what it needs runs already. It is loaded if it is not.
/// `application:start/2`.
///
/// Whoever starts one that is being started waits for the same start. When its `start` never comes back, nor does this;
/// others are started and stopped meanwhile. A start that fails is taken as the end of an application of this type.
///
/// # Errors
/// See [`AppError`].
pub fn start<A: Application>(restart: Restart) -> Result<(), AppError> {
    current::block_on(start_async::<A>(restart))?
}

/// As [`start`], to be awaited.
///
/// ```
/// # use otp::{application::{self, AppContext, Application, StartFailure}, prelude::*};
/// # struct Shop;
/// # impl Application for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Tree = ();
/// #     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
/// # }
/// Sim::run(1, |_| {
///     process::spawn_async(|_| application::start_async::<Shop>(Restart::Temporary));
///     otp::sleep(Duration::from_secs(1));
///     assert_eq!(application::which(), ["shop"]);
/// });
/// ```
///
/// # Errors
/// As [`start`].
///
/// # Cancel safety
/// When it is dropped, a start that was begun goes on, and one that was not is taken back.
pub async fn start_async<A: Application>(restart: Restart) -> Result<(), AppError> {
    start_type(AppType::of::<A>(), restart).await
}

async fn start_type(app: AppType, restart: Restart) -> Result<(), AppError> {
    table().load(app, None)?;
    let spec = table().spec(app.name).ok_or(AppError::NotLoaded(app.name))?;
    controller().await?.call(|reply| ControllerMessage::start(app, spec, restart, reply)).await?
}

/// Applications that were started together, in the order of their start: what [`otp::run`](crate::run) runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedApps {
    names: Vec<&'static str>,
    asked: Vec<&'static str>,
}

impl StartedApps {
    /// The names of those that did not run before, what others need among them.
    #[must_use]
    pub fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// The names of those that were asked for.
    #[must_use]
    pub fn asked(&self) -> &[&'static str] {
        &self.asked
    }

    /// Tells `to` once when none of those that were asked for runs any more, or when the program can't go on without an
    /// application of the node. Then it is for whoever is told to stop the others; when nobody watches, the controller
    /// does.
    ///
    /// ```
    /// use otp::{application::{self, AppsEnd}, prelude::*};
    /// # use otp::application::{AppContext, Application, StartFailure};
    /// # struct Shop;
    /// # impl Application for Shop {
    /// #     const NAME: &'static str = "shop";
    /// #     type Tree = ();
    /// #     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
    /// # }
    ///
    /// Sim::run(1, |_| {
    ///     let started = application::ensure_all_started::<Shop>(Restart::Permanent).unwrap();
    ///     let ends = process::current().subject();
    ///     started.watch(ends.clone()).unwrap();
    ///     application::stop::<Shop>().unwrap();
    ///     assert_eq!(ends.receive(None), Some(AppsEnd::All));
    /// });
    /// ```
    ///
    /// # Errors
    /// [`AppError::Call`] when there is nobody who could tell.
    pub fn watch(&self, to: Subject<AppsEnd>) -> Result<(), AppError> {
        current::block_on(self.watch_async(to))?
    }

    /// As [`watch`](StartedApps::watch), to be awaited on any executor.
    ///
    /// # Errors
    /// As [`watch`](StartedApps::watch).
    ///
    /// # Cancel safety
    /// Dropped before it is ready, nobody may be told.
    pub async fn watch_async(&self, to: Subject<AppsEnd>) -> Result<(), AppError> {
        _ = controller().await?.cast(ControllerMessage::watch(self.asked.clone(), to));
        Ok(())
    }
}

/// Starts applications that do not run, one or several, each after what it needs, all with the same type. When one is
/// not started, those before it are stopped again. `application:ensure_all_started/2`.
///
/// ```
/// # use otp::{application::{self, AppContext, Application, StartFailure}, prelude::*};
/// # struct Shop;
/// # impl Application for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Tree = ();
/// #     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
/// # }
/// # struct Metrics;
/// # impl Application for Metrics {
/// #     const NAME: &'static str = "metrics";
/// #     type Tree = ();
/// #     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
/// # }
/// Sim::run(1, |_| {
///     let started = application::ensure_all_started::<(Metrics, Shop)>(Restart::Temporary).unwrap();
///     assert_eq!(started.names(), ["metrics", "shop"]);
///     let again = application::ensure_all_started::<Shop>(Restart::Temporary).unwrap();
///     assert!(again.names().is_empty());
/// });
/// ```
///
/// # Errors
/// See [`AppError`]; [`AppError::Cycle`] when applications need one another.
pub fn ensure_all_started<A: Applications>(restart: Restart) -> Result<StartedApps, AppError> {
    current::block_on(ensure_all_started_async::<A>(restart))?
}

/// As [`ensure_all_started`], to be awaited.
///
/// ```
/// # use otp::{application::{self, AppContext, Application, StartFailure}, prelude::*};
/// # struct Shop;
/// # impl Application for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Tree = ();
/// #     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
/// # }
/// Sim::run(1, |_| {
///     process::spawn_async(|_| async {
///         let started = application::ensure_all_started_async::<Shop>(Restart::Temporary).await?;
///         assert_eq!(started.names(), ["shop"]);
///         Ok::<(), application::AppError>(())
///     });
///     otp::sleep(Duration::from_secs(1));
///     assert_eq!(application::which(), ["shop"]);
/// });
/// ```
///
/// # Errors
/// As [`ensure_all_started`].
///
/// # Cancel safety
/// When it is dropped, what it has started so far goes on, and no other is started.
pub async fn ensure_all_started_async<A: Applications>(restart: Restart) -> Result<StartedApps, AppError> {
    let apps: Vec<AppType> = A::types().into_iter().map(|token| token.0).collect();
    let mut started = StartedApps { names: Vec::new(), asked: apps.iter().map(|app| app.name).collect() };
    // Depth first: each is looked at when all that it needs is.
    let mut path: Vec<&'static str> = Vec::new();
    let mut next: Vec<Step> = apps.into_iter().rev().map(Step::Look).collect();
    while let Some(step) = next.pop() {
        let outcome = match step {
            Step::Look(app) => look(app, &mut path, &mut next),
            Step::Start(app) => {
                path.pop();
                match start_type(app, restart).await {
                    Ok(()) => {
                        started.names.push(app.name);
                        Ok(())
                    }
                    Err(AppError::AlreadyStarted(_)) => Ok(()),
                    Err(error) => Err(error),
                }
            }
        };
        if let Err(error) = outcome {
            for name in started.names.into_iter().rev() {
                // It may have ended by itself.
                _ = stop_by_name(name).await;
            }
            return Err(error);
        }
    }
    Ok(started)
}

/// What is to be done for an application.
enum Step {
    Look(AppType),
    Start(AppType),
}

/// Finds out what an application needs, unless it runs.
fn look(app: AppType, path: &mut Vec<&'static str>, next: &mut Vec<Step>) -> Result<(), AppError> {
    if path.contains(&app.name) {
        let mut cycle = path.split_off(path.iter().position(|name| *name == app.name).unwrap_or(0));
        cycle.push(app.name);
        return Err(AppError::Cycle(cycle));
    }
    let table = table();
    table.load(app, None)?;
    let state = table.state();
    let Some(loaded) = state.apps.get(app.name) else { return Err(AppError::NotLoaded(app.name)) };
    if matches!(loaded.status, AppStatus::Running(_)) {
        return Ok(());
    }
    path.push(app.name);
    next.push(Step::Start(app));
    let optional = loaded.spec.optional.iter().filter_map(|name| state.apps.get(name)).map(|optional| optional.app);
    let needed: Vec<AppType> = loaded.spec.dependencies.iter().copied().chain(optional).collect();
    next.extend(needed.into_iter().rev().map(Step::Look));
    Ok(())
}

/// As [`start`], also when it runs already. `application:ensure_started/2`.
///
/// ```
/// # use otp::{application::{self, AppContext, Application, StartFailure}, prelude::*};
/// # struct Shop;
/// # impl Application for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Tree = ();
/// #     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
/// # }
/// Sim::run(1, |_| {
///     application::ensure_started::<Shop>(Restart::Temporary).unwrap();
///     application::ensure_started::<Shop>(Restart::Temporary).unwrap();
///     assert!(application::start::<Shop>(Restart::Temporary).unwrap_err().is_already_started());
/// });
/// ```
///
/// # Errors
/// As [`start`].
pub fn ensure_started<A: Application>(restart: Restart) -> Result<(), AppError> {
    current::block_on(ensure_started_async::<A>(restart))?
}

/// As [`ensure_started`], to be awaited on any executor; as [`start_async`], when it is dropped.
///
/// # Errors
/// As [`start`].
pub async fn ensure_started_async<A: Application>(restart: Restart) -> Result<(), AppError> {
    match start_async::<A>(restart).await {
        Err(AppError::AlreadyStarted(_)) => Ok(()),
        outcome => outcome,
    }
}

/// Stops an application, and waits until it has: `prep_stop`, then its tree, the child that was started last first,
/// then
/// `stop`; then what it has started and nobody ended is killed. It stays loaded. It waits without a limit: see
/// [`StopAll::deadline`](super::StopAll::deadline). `application:stop/1`.
///
/// ```
/// # use otp::{application::{self, AppContext, Application, StartFailure}, prelude::*};
/// # struct Shop;
/// # impl Application for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Tree = ();
/// #     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
/// # }
/// Sim::run(1, |_| {
///     application::start::<Shop>(Restart::Permanent).unwrap();
///     application::stop::<Shop>().unwrap();
///     assert!(application::stop::<Shop>().unwrap_err().is_not_started());
/// });
/// ```
///
/// # Errors
/// [`AppError::NotStarted`]; [`AppError::Call`] with `CallingSelf` in a callback of the application itself.
pub fn stop<A: Application>() -> Result<(), AppError> {
    current::block_on(stop_async::<A>())?
}

/// As [`stop`], to be awaited.
///
/// ```
/// # use otp::{application::{self, AppContext, Application, StartFailure}, prelude::*};
/// # struct Shop;
/// # impl Application for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Tree = ();
/// #     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
/// # }
/// Sim::run(1, |_| {
///     application::start::<Shop>(Restart::Temporary).unwrap();
///     process::spawn_async(|_| application::stop_async::<Shop>());
///     otp::sleep(Duration::from_secs(1));
///     assert!(application::which().is_empty());
/// });
/// ```
///
/// # Errors
/// As [`stop`].
///
/// # Cancel safety
/// When it is dropped, a stop that was begun goes on, and one that was not is taken back.
pub async fn stop_async<A: Application>() -> Result<(), AppError> {
    stop_by_name(A::NAME).await.map(drop)
}

async fn stop_by_name(name: &'static str) -> Result<ExitReason, AppError> {
    controller().await?.call(|reply| ControllerMessage::Stop(name, reply)).await?
}

impl fmt::Display for StartedApps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join(", "))
    }
}

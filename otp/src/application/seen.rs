//! Which applications there are, and what can be seen of them.

use super::{
    AppError, Application,
    spec::AppType,
    table::{AppStatus, table},
};
use crate::{
    actor::Restart,
    cell::{Pid, current},
};

/// Makes an application known without starting it, and with it those that are its parts. What was set in its
/// environment for keys that its spec or a file names is over, unless it is persistent. `application:load/1`.
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
///     application::load::<Shop>().unwrap();
///     assert_eq!(application::info("shop").unwrap().state, application::AppState::Loaded);
///     application::unload::<Shop>().unwrap();
///     assert_eq!(application::info("shop"), None);
/// });
/// ```
///
/// # Errors
/// [`AppError::AlreadyLoaded`], [`AppError::NameTaken`], [`AppError::ForeignKey`].
pub fn load<A: Application>() -> Result<(), AppError> {
    let was_not = table().load(AppType::of::<A>(), None)?;
    if was_not { Ok(()) } else { Err(AppError::AlreadyLoaded(A::NAME)) }
}

/// Forgets an application, its parts, and its environment. `application:unload/1`.
///
/// ```
/// # use otp::{application::{self, AppContext, AppError, Application, StartFailure}, prelude::*};
/// # struct Shop;
/// # impl Application for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Tree = ();
/// #     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
/// # }
/// Sim::run(1, |_| assert_eq!(application::unload::<Shop>(), Err(AppError::NotLoaded("shop"))));
/// ```
///
/// # Errors
/// [`AppError::NotLoaded`], [`AppError::Running`].
pub fn unload<A: Application>() -> Result<(), AppError> {
    table().unload(A::NAME)
}

/// What can be seen of an application. `application:get_all_key/1`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AppInfo {
    /// Its name.
    pub name: &'static str,
    /// What it is, for people.
    pub description: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What runs before it.
    pub dependencies: Vec<&'static str>,
    /// What runs before it when it is loaded.
    pub optional: Vec<&'static str>,
    /// What is a part of it.
    pub included: Vec<&'static str>,
    /// What it is a part of.
    pub within: Option<&'static str>,
    /// The steps after its start.
    pub phases: Vec<&'static str>,
    /// The keys of its environment that its spec names.
    pub env: Vec<&'static str>,
    /// Whether it runs.
    pub state: AppState,
}

/// Whether an application runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppState {
    /// It is loaded, and does not run.
    Loaded,
    /// It is being started.
    Starting,
    /// It runs.
    Running {
        /// Its master, which calls its callbacks.
        master: Pid,
        /// How its own end will be taken.
        restart: Restart,
    },
}

/// The names of those that run, in the order of their start. `application:which_applications/0`.
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
///     assert_eq!(application::which(), ["shop"]);
/// });
/// ```
#[must_use]
pub fn which() -> Vec<&'static str> {
    table().state().order.clone()
}

/// The names of those that are loaded, running or not. `application:loaded_applications/0`.
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
///     application::load::<Shop>().unwrap();
///     assert_eq!(application::loaded(), ["shop"]);
/// });
/// ```
#[must_use]
pub fn loaded() -> Vec<&'static str> {
    table().state().apps.keys().copied().collect()
}

/// What can be seen of an application that is loaded. `application:get_all_key/1`.
///
/// ```
/// # use otp::{application::{self, AppContext, AppSpec, Application, StartFailure}, prelude::*};
/// # struct Shop;
/// impl Application for Shop {
///     const NAME: &'static str = "shop";
///     type Tree = ();
///     fn spec() -> AppSpec { AppSpec::new().description("sells").version("1.0.0") }
///     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
/// }
///
/// Sim::run(1, |_| {
///     application::load::<Shop>().unwrap();
///     let shop = application::info("shop").unwrap();
///     assert_eq!((shop.description, shop.version), ("sells", "1.0.0"));
/// });
/// ```
#[must_use]
pub fn info(name: &str) -> Option<AppInfo> {
    let table = table();
    let state = table.state();
    let loaded = state.apps.get(name)?;
    let names = |apps: &[AppType]| apps.iter().map(|app| app.name).collect();
    let spec = &loaded.spec;
    Some(AppInfo {
        name: loaded.app.name,
        description: spec.description,
        version: spec.version,
        dependencies: names(&spec.dependencies),
        optional: spec.optional.clone(),
        included: names(&spec.included),
        within: loaded.within,
        phases: spec.phases.clone(),
        env: spec.env.iter().map(|declared| declared.key).collect(),
        state: match &loaded.status {
            AppStatus::Loaded => AppState::Loaded,
            AppStatus::Starting(_) => AppState::Starting,
            AppStatus::Running(running) => AppState::Running { master: running.master, restart: running.restart },
        },
    })
}

/// The application that a process belongs to: the one whose master has started it, or who has, and so on, up to 16
/// ancestors. `application:get_application/1`.
///
/// ```
/// # use otp::{application::{self, AppContext, Application, StartFailure}, prelude::*};
/// # struct Shop;
/// # impl Application for Shop {
/// #     const NAME: &'static str = "shop";
/// #     type Tree = SupervisorRef;
/// #     fn start(_: &AppContext) -> Result<(Self, SupervisorRef), StartFailure> {
/// #         Ok((Self, Supervisor::new(Strategy::OneForOne).start_link()?))
/// #     }
/// # }
/// Sim::run(1, |_| {
///     application::start::<Shop>(Restart::Permanent).unwrap();
///     let tree = application::tree::<Shop>().unwrap();
///     assert_eq!(application::of_process(tree.pid().unwrap()), Some("shop"));
///     assert_eq!(application::of_process(otp::self_pid()), None);
/// });
/// ```
#[must_use]
pub fn of_process(pid: Pid) -> Option<&'static str> {
    let process = current::with(|me| me.header().node.find(pid))?;
    let table = table();
    let state = table.state();
    let is_of = |master: Pid| master == pid || process.header().descends_from(master);
    let found = state.apps.iter().find(|(_, loaded)| loaded.status.master().is_some_and(is_of));
    found.map(|(name, _)| *name)
}

/// The tree of an application that runs, for others to call what is in it.
///
/// [`Application`] has an example.
#[must_use]
pub fn tree<A: Application>() -> Option<A::Tree> {
    table().running(A::NAME).and_then(|running| running.tree.downcast_ref::<A::Tree>().cloned())
}

//! Applications: the parts of a program that are started and stopped as one, in the order of what they need. OTP's
//! `application`.
//!
//! An [`Application`] says in its callbacks what it runs, and in its [`AppSpec`] what has to run before it. The
//! functions here are about the applications of the current node. How an application's own end is taken is its *type*,
//! a [`Restart`], which whoever starts it chooses:
//!
//! | type | when its tree ends by itself |
//! |---|---|
//! | [`Temporary`](Restart::Temporary) | that is reported |
//! | [`Transient`](Restart::Transient) | all applications are stopped, unless the reason is `Normal` |
//! | [`Permanent`](Restart::Permanent) | all applications are stopped |
//!
//! A program runs them with `otp::run`, which stops them in order when it is asked to end, or when it can't go on:
//!
//! ```no_run
//! use otp::{application::{self, AppContext, Application, StartFailure}, prelude::*};
//! # supervisor! { ShopTree<one_for_one>() {} }
//! # supervisor! { MetricsTree<one_for_one>() {} }
//!
//! struct Shop;
//!
//! impl Application for Shop {
//!     const NAME: &'static str = "shop";
//!     type Tree = ShopTree;
//!     fn start(_: &AppContext) -> Result<(Self, ShopTree), StartFailure> { Ok((Self, ShopTree::start_link()?)) }
//! }
//!
//! struct Metrics;
//!
//! impl Application for Metrics {
//!     const NAME: &'static str = "metrics";
//!     type Tree = MetricsTree;
//!     fn start(_: &AppContext) -> Result<(Self, MetricsTree), StartFailure> { Ok((Self, MetricsTree::start_link()?)) }
//! }
//!
//! # #[cfg(feature = "run")]
//! fn main() -> std::process::ExitCode {
//!     otp::run(|| application::ensure_all_started::<(Metrics, Shop)>(Restart::Permanent))
//! }
//! # #[cfg(not(feature = "run"))] fn main() {}
//! ```
//!
//! The *environment* of an application are typed values by [`EnvKey`]; a [`AppConfig`] says them in files and variables.
//! Before a stop there is a time to [drain](on_drain). What was stopped, and how, is in a [`ShutdownReport`].

// `controller` decides what is started, `master` is the process of one application, `table` what both have done;
// `start`, `seen` and `change` are how others speak of applications.

mod change;
mod config;
mod controller;
mod drain;
mod env;
mod error;
mod leftovers;
mod master;
mod ready;
mod report;
mod seen;
mod spec;
mod start;
mod stop_all;
mod table;
mod value;

#[doc(hidden)]
pub use self::spec::AppTypeToken;
pub use self::{
    change::{ConfigChange, configure, configure_async},
    config::{AppConfig, ConfigError, EnvPlace},
    controller::AppsEnd,
    drain::{DrainHold, Draining, is_draining, on_drain},
    env::{EnvError, EnvKey, EnvUpdate},
    error::AppError,
    ready::{readiness, readiness_async},
    seen::{AppInfo, AppState, info, load, loaded, of_process, tree, unload, which},
    spec::{AppSpec, Application, Applications, StartFailure},
    start::{
        StartedApps, ensure_all_started, ensure_all_started_async, ensure_started, ensure_started_async, start,
        start_async, stop, stop_async,
    },
    stop_all::{AppEnd, ShutdownReport, StopAll},
    value::{EnvValue, RawValue},
};
use crate::{actor::Restart, supervisor::SupervisorRef};

/// What an application is told when it is started.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AppContext {
    /// Its name.
    pub application: &'static str,
    /// How its own end will be taken.
    pub restart: Restart,
    /// Why it is started.
    pub start_type: StartType,
}

impl AppContext {
    fn new(application: &'static str, restart: Restart) -> Self {
        Self { application, restart, start_type: StartType::Normal }
    }
}

/// Why an application is started. OTP's `start_type()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StartType {
    /// Somebody has started it.
    Normal,
}

/// What an application can run: a tree made by `supervisor!`, another supervisor, or `()` for none. You need not
/// implement it.
#[diagnostic::on_unimplemented(
    message = "an application runs a tree, and `{Self}` is none",
    label = "does not belong to a supervisor",
    note = "name the type that `supervisor!` makes, `SupervisorRef`, or `()` for an application that runs nothing"
)]
pub trait AppTree: Clone + Send + Sync + 'static {
    /// The supervisor at its root, if there is one.
    fn supervisor(&self) -> Option<&SupervisorRef>;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<SupervisorRef> + Clone + Send + Sync + 'static> AppTree for T {
    fn supervisor(&self) -> Option<&SupervisorRef> {
        Some(self.as_ref())
    }
}

impl AppTree for () {
    fn supervisor(&self) -> Option<&SupervisorRef> {
        None
    }
}

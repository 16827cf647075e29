//! What an application is: its code, and what others are told of it.

use std::{any::TypeId, error::Error, fmt};

use super::{
    AppContext, AppTree, ConfigChange, EnvKey, EnvValue,
    env::Declared,
    master::{self, MasterStart},
};
use crate::{cell::ExitReason, process::Me};

/// A part of a program that is started and stopped as one: a tree, what has to run before it, and its configuration.
/// OTP's `application`.
///
/// The callbacks run in a process of the application's own, its master, to which its tree is linked. They may wait.
/// Those that have a default need not be written. A panic in one of them ends nothing else: in `start` the application
/// is not started, and those at the end are followed by the next.
///
/// ```
/// use otp::{application::{self, AppContext, AppSpec, Application, EnvKey, StartFailure}, prelude::*};
///
/// pub struct Counter(u32);
///
/// #[actor]
/// impl Counter {
///     #[init]
///     fn init(start: u32) -> Self { Self(start) }
///     #[handle_call]
///     pub fn next(&mut self) -> u32 { self.0 += 1; self.0 }
/// }
///
/// supervisor! {
///     CountTree<one_for_one>(start: u32) {
///         counter: Counter(*start);
///     }
/// }
///
/// const FIRST: EnvKey<u32> = EnvKey::new("counting", "first");
///
/// struct Counting;
///
/// impl Application for Counting {
///     const NAME: &'static str = "counting";
///     type Tree = CountTree;
///
///     fn spec() -> AppSpec {
///         AppSpec::new().description("counts").env(FIRST, 40)
///     }
///
///     fn start(_: &AppContext) -> Result<(Self, CountTree), StartFailure> {
///         Ok((Self, CountTree::start_link(FIRST.get()?)?))
///     }
/// }
///
/// Sim::run(1, |_| {
///     application::start::<Counting>(Restart::Temporary).unwrap();
///     let tree = application::tree::<Counting>().unwrap();
///     assert_eq!(tree.counter().next(), Ok(41));
///     application::stop::<Counting>().unwrap();
///     assert_eq!(tree.counter().next(), Err(CallError::NoProc));
/// });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no application",
    label = "not an application",
    note = "implement `otp::application::Application` for it"
)]
pub trait Application: Sized + Send + 'static {
    /// Its name: unique in a program, and the name of its table in a configuration.
    const NAME: &'static str;

    /// What it runs: a tree made by `supervisor!`, another supervisor, or `()` for one that only brings code and
    /// configuration along, as OTP's library applications.
    type Tree: AppTree;

    /// What others are told of it: what it needs, its phases, its environment.
    fn spec() -> AppSpec {
        AppSpec::new()
    }

    /// Starts it: gives what the other callbacks are given, and the tree.
    ///
    /// # Errors
    /// Whatever `?` takes: it is not started then, and what `start` has started ends.
    fn start(context: &AppContext) -> Result<(Self, Self::Tree), StartFailure>;

    /// Called for each [phase](AppSpec::phase) when it is started, also as an included application. OTP's
    /// `start_phase/3`.
    ///
    /// # Errors
    /// It is not started then, and its tree ends.
    fn start_phase(phase: &'static str, context: &AppContext) -> Result<(), StartFailure> {
        let _ = (phase, context);
        Ok(())
    }

    /// Called before its tree is asked to end, and when that has ended by itself. OTP's `prep_stop/1`.
    fn prep_stop(&mut self) {}

    /// Called when its tree has ended. OTP's `stop/1`.
    fn stop(self) {}

    /// Called when the node has got another [configuration](super::configure), in which something is different for this
    /// application. OTP's `config_change/3`.
    fn config_change(&mut self, change: &ConfigChange) {
        let _ = change;
    }
}

/// Why an application does not start: any error, or a text, as `?` makes it.
pub type StartFailure = Box<dyn Error + Send + Sync>;

/// What others are told of an application. OTP's `.app` file.
///
/// ```
/// use otp::application::{AppSpec, EnvKey};
///
/// const PORT: EnvKey<u16> = EnvKey::new("web", "port");
///
/// let web = AppSpec::new().description("serves").version("1.2.0").env(PORT, 8080).phase("listen");
/// ```
#[derive(Clone, Default)]
pub struct AppSpec {
    pub(super) description: &'static str,
    pub(super) version: &'static str,
    pub(super) dependencies: Vec<AppType>,
    pub(super) optional: Vec<&'static str>,
    pub(super) included: Vec<AppType>,
    pub(super) phases: Vec<&'static str>,
    pub(super) env: Vec<Declared>,
}

impl AppSpec {
    /// Of an application that needs nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What it is, for people.
    #[must_use]
    pub fn description(mut self, text: &'static str) -> Self {
        self.description = text;
        self
    }

    /// Its version: often `env!("CARGO_PKG_VERSION")`.
    #[must_use]
    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// What runs before it is started, and stops after it. OTP's `applications`.
    ///
    /// ```
    /// use otp::{application::{self, AppContext, AppSpec, Application, StartFailure}, prelude::*};
    ///
    /// struct Db;
    /// impl Application for Db {
    ///     const NAME: &'static str = "db";
    ///     type Tree = ();
    ///     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
    /// }
    ///
    /// struct Shop;
    /// impl Application for Shop {
    ///     const NAME: &'static str = "shop";
    ///     type Tree = ();
    ///     fn spec() -> AppSpec { AppSpec::new().depends_on::<Db>() }
    ///     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
    /// }
    ///
    /// Sim::run(1, |_| {
    ///     let started = application::ensure_all_started::<Shop>(Restart::Temporary).unwrap();
    ///     assert_eq!(started.names(), ["db", "shop"]);
    /// });
    /// ```
    #[must_use]
    pub fn depends_on<A: Application>(mut self) -> Self {
        self.dependencies.push(AppType::of::<A>());
        self
    }

    /// What runs before it if it is there, by its name: when it is [loaded](super::load). OTP's
    /// `optional_applications`.
    ///
    /// ```
    /// use otp::application::{self, AppSpec};
    ///
    /// let shop = AppSpec::new().optionally("metrics");
    /// // in `main`, when the program is built with them: application::load::<Metrics>()
    /// ```
    #[must_use]
    pub fn optionally(mut self, name: &'static str) -> Self {
        self.optional.push(name);
        self
    }

    /// An application whose tree is started within the tree of this one, by hand. It is loaded with this one, can't be
    /// started by itself, and takes part in the phases that both name. OTP's `included_applications`.
    ///
    /// ```
    /// use otp::{application::{self, AppContext, AppSpec, Application, StartFailure}, prelude::*};
    ///
    /// struct Engine;
    /// impl Application for Engine {
    ///     const NAME: &'static str = "engine";
    ///     type Tree = ();
    ///     fn spec() -> AppSpec { AppSpec::new().phase("warm") }
    ///     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
    ///     fn start_phase(phase: &'static str, _: &AppContext) -> Result<(), StartFailure> {
    ///         assert_eq!(phase, "warm");
    ///         Ok(())
    ///     }
    /// }
    ///
    /// struct Car;
    /// impl Application for Car {
    ///     const NAME: &'static str = "car";
    ///     type Tree = ();
    ///     fn spec() -> AppSpec { AppSpec::new().includes::<Engine>().phase("warm") }
    ///     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
    /// }
    ///
    /// Sim::run(1, |_| {
    ///     application::start::<Car>(Restart::Temporary).unwrap();
    ///     assert_eq!(application::info("engine").unwrap().within, Some("car"));
    /// });
    /// ```
    #[must_use]
    pub fn includes<A: Application>(mut self) -> Self {
        self.included.push(AppType::of::<A>());
        self
    }

    /// One more step after its start: see [`Application::start_phase`]. OTP's `start_phases`.
    #[must_use]
    pub fn phase(mut self, phase: &'static str) -> Self {
        self.phases.push(phase);
        self
    }

    /// A key of its environment, with the value that it has when nothing else is said. What is said is checked before
    /// the application is started.
    #[must_use]
    pub fn env<T: EnvValue>(mut self, key: EnvKey<T>, default: T) -> Self {
        self.env.push(Declared::new(&key, Some(default)));
        self
    }

    /// A key of its environment without which it is not started.
    ///
    /// ```
    /// use otp::{application::{self, AppContext, AppSpec, Application, EnvKey, StartFailure}, prelude::*};
    ///
    /// const URL: EnvKey<String> = EnvKey::new("needy", "db.url");
    ///
    /// struct Needy;
    /// impl Application for Needy {
    ///     const NAME: &'static str = "needy";
    ///     type Tree = ();
    ///     fn spec() -> AppSpec { AppSpec::new().requires_env(URL) }
    ///     fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> { Ok((Self, ())) }
    /// }
    ///
    /// Sim::run(1, |_| {
    ///     let error = application::start::<Needy>(Restart::Temporary).unwrap_err().to_string();
    ///     assert!(error.contains("`db.url` is missing") && error.contains("NEEDY_DB_URL"), "{error}");
    /// });
    /// ```
    #[must_use]
    pub fn requires_env<T: EnvValue>(mut self, key: EnvKey<T>) -> Self {
        self.env.push(Declared::new(&key, None));
        self
    }
}

impl fmt::Debug for AppSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |apps: &[AppType]| apps.iter().map(|app| app.name).collect::<Vec<_>>();
        f.debug_struct("AppSpec")
            .field("description", &self.description)
            .field("version", &self.version)
            .field("dependencies", &names(&self.dependencies))
            .field("optional", &self.optional)
            .field("included", &names(&self.included))
            .field("phases", &self.phases)
            .field("env", &self.env.iter().map(|declared| declared.key).collect::<Vec<_>>())
            .finish()
    }
}

/// An application whose type is forgotten.
#[derive(Clone, Copy)]
pub(super) struct AppType {
    pub(super) name: &'static str,
    pub(super) id: TypeId,
    pub(super) spec: fn() -> AppSpec,
    pub(super) run: fn(&mut Me, MasterStart) -> Result<(), ExitReason>,
    pub(super) start_phase: fn(&'static str, &AppContext) -> Result<(), StartFailure>,
}

impl AppType {
    pub(super) fn of<A: Application>() -> Self {
        Self { name: A::NAME, id: TypeId::of::<A>(), spec: A::spec, run: master::run::<A>, start_phase: A::start_phase }
    }
}

/// One application, or several as a tuple of up to eight: what [`ensure_all_started`](super::ensure_all_started) takes.
/// You need not implement it.
pub trait Applications: sealed::Sealed {
    #[doc(hidden)]
    fn types() -> Vec<AppTypeToken>;
}

/// One of several applications.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct AppTypeToken(pub(super) AppType);

impl fmt::Debug for AppTypeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

mod sealed {
    #[allow(unnameable_types, reason = "so that nobody else can implement it")]
    pub trait Sealed {}
}

impl<A: Application> sealed::Sealed for A {}

impl<A: Application> Applications for A {
    fn types() -> Vec<AppTypeToken> {
        vec![AppTypeToken(AppType::of::<A>())]
    }
}

macro_rules! tuples {
    ($($first:ident $($rest:ident)*;)*) => {$(
        impl<$first: Application, $($rest: Application),*> sealed::Sealed for ($first, $($rest),*) {}

        impl<$first: Application, $($rest: Application),*> Applications for ($first, $($rest),*) {
            fn types() -> Vec<AppTypeToken> {
                vec![AppTypeToken(AppType::of::<$first>()), $(AppTypeToken(AppType::of::<$rest>())),*]
            }
        }
    )*};
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}

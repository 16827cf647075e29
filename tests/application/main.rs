//! Applications: their order, their environments, their ends. The cases of `application_SUITE` stand in `app`.

#![cfg(feature = "macros")]

mod app;
mod config;
mod drain;
mod ends;
mod guarded;
#[cfg(all(feature = "tracing", feature = "stacks"))]
#[path = "../common/listener.rs"]
mod listener;
mod order;
mod ready;
#[cfg(all(feature = "tracing", feature = "stacks"))]
#[path = "../conformance/reports.rs"]
mod reports;

use otp::{
    application::{AppContext, AppSpec, Application, EnvKey, StartFailure},
    prelude::*,
    process::Subject,
};

/// What happened, in order: told by applications to whoever listens under this name.
pub(crate) const LOG: &str = "log";

/// Notes what happens from now on.
pub(crate) fn listen() -> Subject<String> {
    process::register(LOG, otp::self_pid()).expect("nobody else listens");
    Subject::named(LOG)
}

/// What was noted so far.
pub(crate) fn noted(log: &Subject<String>) -> Vec<String> {
    std::iter::from_fn(|| log.receive(Duration::ZERO)).collect()
}

pub(crate) fn note(what: impl Into<String>) {
    Subject::named(LOG).send(what.into());
}

/// Notes its start and its end.
pub(crate) struct Worker(&'static str);

#[actor]
impl Worker {
    #[init]
    fn init(name: &'static str, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        note(format!("{name} worker starts"));
        Self(name)
    }

    #[handle_call]
    fn work(&self) -> &'static str {
        self.0
    }

    #[terminate]
    fn end(&mut self, _: &ExitReason) {
        note(format!("{} worker ends", self.0));
    }
}

supervisor! {
    /// One worker.
    pub(crate) WorkTree<one_for_one>(name: &'static str) {
        intensity: 0 in 1s;
        worker: Worker(*name);
    }
}

/// Declares an application with one worker, which notes what becomes of it.
macro_rules! declare {
    ($app:ident, $name:literal $(, $spec:expr)?) => {
        pub(crate) struct $app;

        impl otp::application::Application for $app {
            const NAME: &'static str = $name;
            type Tree = crate::WorkTree;

            $(fn spec() -> otp::application::AppSpec { $spec })?

            fn start(
                context: &otp::application::AppContext,
            ) -> Result<(Self, crate::WorkTree), otp::application::StartFailure> {
                crate::note(format!("{} starts", context.application));
                Ok((Self, crate::WorkTree::start_link($name)?))
            }

            fn start_phase(
                phase: &'static str,
                context: &otp::application::AppContext,
            ) -> Result<(), otp::application::StartFailure> {
                crate::note(format!("{} {phase}", context.application));
                Ok(())
            }

            fn prep_stop(&mut self) {
                crate::note(concat!($name, " prep_stop"));
            }

            fn stop(self) {
                crate::note(concat!($name, " stop"));
            }

            fn config_change(&mut self, change: &otp::application::ConfigChange) {
                let otp::application::ConfigChange { changed, new, removed, .. } = change;
                crate::note(format!("{} {changed:?} {new:?} {removed:?}", $name));
            }
        }
    };
}
pub(crate) use declare;

declare!(Db, "db", AppSpec::new().description("keeps").version("1.0.0"));
declare!(Cache, "cache", AppSpec::new().depends_on::<Db>());
declare!(Shop, "shop", AppSpec::new().depends_on::<Cache>().depends_on::<Db>());
declare!(Metrics, "metrics");

/// An application whose start does as its key says.
pub(crate) struct Moody;

pub(crate) const MOOD: EnvKey<String> = EnvKey::new("moody", "mood");

impl Application for Moody {
    const NAME: &'static str = "moody";
    type Tree = WorkTree;

    fn start(_: &AppContext) -> Result<(Self, WorkTree), StartFailure> {
        match &*MOOD.get_or(String::new())? {
            "fails" => Err("no paper".into()),
            "panics" => panic!("no ink"),
            "exits" => process::exit_self(ExitReason::Normal),
            "hangs" => loop {
                otp::timer::sleep_forever();
            },
            "leaves" => {
                process::spawn(|_| otp::timer::sleep_forever());
                WorkTree::start("moody")?;
                Err("no paper".into())
            }
            _ => Ok((Self, WorkTree::start("moody")?)),
        }
    }
}

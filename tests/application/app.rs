//! `application_SUITE` of kernel.

use std::collections::BTreeSet;

use otp::{
    application::{
        self, AppConfig, AppContext, AppError, AppSpec, AppState, Application, EnvError, EnvKey, EnvUpdate,
        StartFailure, StopAll,
    },
    prelude::*,
};

use crate::{Cache, Db, MOOD, Metrics, Moody, Shop, declare, listen, note, noted};

#[otp::test(seeds = 20)]
fn app_ensure_started(_: &mut Sim) {
    application::ensure_started::<Db>(Restart::Temporary)?;
    application::ensure_started::<Db>(Restart::Temporary)?;
    assert_eq!(application::start::<Db>(Restart::Temporary), Err(AppError::AlreadyStarted("db")));
    assert_eq!(application::which(), ["db"]);
    // What it needs is not started along.
    let error = application::ensure_started::<Cache>(Restart::Temporary);
    application::stop::<Db>()?;
    let missing = AppError::DependencyNotStarted { application: "cache", dependency: "db" };
    assert_eq!(error, Ok(()));
    application::stop::<Cache>()?;
    assert_eq!(application::ensure_started::<Cache>(Restart::Temporary), Err(missing));
}

declare!(Reporting, "reporting", AppSpec::new().depends_on::<Db>().optionally("metrics").optionally("moody"));

#[otp::test(seeds = 20)]
fn app_optional_applications(_: &mut Sim) {
    // Neither is there, which blocks nothing.
    let started = application::ensure_all_started::<Reporting>(Restart::Temporary)?;
    assert_eq!(started.names(), ["db", "reporting"]);
    application::stop::<Reporting>()?;
    // One is there: it is started, and before.
    application::load::<Metrics>()?;
    let started = application::ensure_all_started::<Reporting>(Restart::Temporary)?;
    assert_eq!(started.names(), ["metrics", "reporting"]);
    application::stop::<Reporting>()?;
    // One is there that fails.
    application::load::<Moody>()?;
    MOOD.set("fails".into());
    let error = application::ensure_all_started::<Reporting>(Restart::Temporary).unwrap_err();
    assert_eq!(error, AppError::Start { application: "moody", reason: ExitReason::error("no paper") });
    assert_eq!(application::which(), ["db", "metrics"]);
    // A plain start does not ask for it.
    application::start::<Reporting>(Restart::Temporary)?;
}

#[otp::test(seeds = 20)]
fn app_start_not_started_dep(_: &mut Sim) {
    let error = application::start::<Shop>(Restart::Temporary);
    assert_eq!(error, Err(AppError::DependencyNotStarted { application: "shop", dependency: "cache" }));
    let all = application::ensure_all_started::<Shop>(Restart::Temporary)?;
    assert_eq!((all.names(), all.asked()), (&["db", "cache", "shop"][..], &["shop"][..]));
}

/// A transient application whose start ends normally harms nobody; one that fails takes all others along.
#[otp::test(seeds = 20)]
fn app_otp_2718(t: &mut Sim) {
    application::start::<Db>(Restart::Permanent)?;
    MOOD.set_persistent("exits".into());
    let error = application::start::<Moody>(Restart::Transient);
    assert_eq!(error, Err(AppError::Start { application: "moody", reason: ExitReason::Normal }));
    t.settle();
    assert_eq!(application::which(), ["db"]);

    MOOD.set_persistent("panics".into());
    let error = application::start::<Moody>(Restart::Transient).unwrap_err();
    assert_eq!(error.exit_reason().and_then(ExitReason::as_panic).unwrap().message, "no ink");
    t.settle();
    assert!(application::which().is_empty());
}

declare!(Engine, "engine", AppSpec::new().phase("warm").phase("go"));
declare!(Wheels, "wheels", AppSpec::new().phase("go").phase("brake"));
declare!(
    Car,
    "car",
    AppSpec::new().includes::<Engine>().includes::<Wheels>().phase("init").phase("warm").phase("go").depends_on::<Db>()
);

#[otp::test(seeds = 20)]
fn app_start_phases(_: &mut Sim) {
    let log = listen();
    application::ensure_all_started::<Car>(Restart::Temporary)?;
    let phases: Vec<String> = noted(&log).into_iter().filter(|line| !line.contains("start")).collect();
    assert_eq!(phases, ["car init", "car warm", "engine warm", "car go", "engine go", "wheels go"]);
    // The parts are loaded, and are nobody's to start.
    let within = AppError::Included { application: "engine", within: "car" };
    assert_eq!(application::start::<Engine>(Restart::Temporary), Err(within));
    assert_eq!(application::info("wheels").unwrap().within, Some("car"));
    assert_eq!(application::which(), ["db", "car"]);
}

const PORT: EnvKey<u16> = EnvKey::new("web", "port");
const HOST: EnvKey<String> = EnvKey::new("web", "host");

struct Web;

impl Application for Web {
    const NAME: &'static str = "web";
    type Tree = ();

    fn spec() -> AppSpec {
        AppSpec::new().description("serves").version("2.1").env(PORT, 8080).depends_on::<Db>().optionally("metrics")
    }

    fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> {
        Ok((Self, ()))
    }
}

/// What is wrong in the environment is found before anything of the application runs, and a permanent one takes the
/// others along.
#[otp::test(seeds = 20)]
fn app_otp_3002(t: &mut Sim) {
    application::configure(AppConfig::new().variable("WEB_PORT", "eighty"));
    application::start::<Db>(Restart::Permanent)?;
    let error = application::start::<Web>(Restart::Permanent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "web: `port` is wrong: the environment variable WEB_PORT: \"eighty\" is not a whole number from 0 to 65535"
    );
    t.settle();
    assert!(application::which().is_empty());
}

#[otp::test(seeds = 20)]
fn app_shutdown_func(t: &mut Sim) {
    application::ensure_all_started::<Shop>(Restart::Permanent)?;
    let report = StopAll::new().stop();
    assert!(report.is_clean(), "{report}");
    let ends: Vec<_> = report.applications.iter().map(|end| (end.name, end.reason.clone())).collect();
    let shutdown = ExitReason::Shutdown;
    assert_eq!(ends, [("shop", shutdown.clone()), ("cache", shutdown.clone()), ("db", shutdown)]);
    let workers: Vec<_> =
        report.processes.iter().map(|end| (end.supervisor, end.id.to_string(), end.as_told)).collect();
    assert_eq!(workers, vec![("WorkTree", "worker".to_owned(), true); 3]);
    assert_eq!(report.took, t.now());
}

/// While an application stops, all questions are answered.
#[otp::test(seeds = 50)]
fn app_shutdown_deadlock(t: &mut Sim) {
    struct Asking;
    impl Application for Asking {
        const NAME: &'static str = "asking";
        type Tree = SupervisorRef;
        fn start(_: &AppContext) -> Result<(Self, SupervisorRef), StartFailure> {
            Ok((Self, Supervisor::new(Strategy::OneForOne).start_link()?))
        }
        fn prep_stop(&mut self) {
            note(format!("{:?}", application::which()));
            let tree = application::tree::<Self>().unwrap();
            note(format!("{:?}", tree.which_children().map(|children| children.len())));
            // It would wait for itself.
            note(format!("{:?}", application::stop::<Self>()));
            application::start::<Metrics>(Restart::Temporary).unwrap();
        }
    }
    let log = listen();
    application::start::<Asking>(Restart::Permanent)?;
    application::stop::<Asking>()?;
    let said: Vec<String> = noted(&log).into_iter().filter(|line| !line.contains("metrics")).collect();
    assert_eq!(said, ["[\"asking\"]", "Ok(0)", "Err(Call(CallingSelf))"]);
    assert_eq!(application::which(), ["metrics"]);
    t.settle();
}

/// The callbacks at the end are called as well when the tree ends by itself.
#[otp::test(seeds = 50)]
fn app_otp_16504(t: &mut Sim) {
    let log = listen();
    application::start::<Db>(Restart::Temporary)?;
    let tree = application::tree::<Db>().unwrap();
    t.kill(&tree);
    t.settle();
    let lines = noted(&log);
    assert!(lines.ends_with(&["db prep_stop".into(), "db stop".into()]), "{lines:?}");
    assert!(application::which().is_empty());
    assert_eq!(application::stop::<Db>(), Err(AppError::NotStarted("db")));
}

#[otp::test(seeds = 3)]
fn app_get_env(_: &mut Sim) {
    application::configure(AppConfig::new());
    assert_eq!(PORT.get(), Err(EnvError::Missing { application: "web", key: "port" }));
    assert_eq!(PORT.get_or(80), Ok(80));
    application::load::<Web>()?;
    assert_eq!((PORT.get(), PORT.get_or(80)), (Ok(8080), Ok(8080)));
    PORT.set(81);
    assert_eq!(PORT.get(), Ok(81));
    PORT.unset();
    assert_eq!(PORT.get(), Ok(8080));
    HOST.set("here".into());
    assert_eq!(HOST.get(), Ok("here".into()));
    application::unload::<Web>()?;
    assert!(PORT.get().is_err() && HOST.get().is_err());
}

const LEVEL: EnvKey<u8> = EnvKey::new("log", "level");

#[otp::test(seeds = 3)]
fn app_set_env(_: &mut Sim) {
    application::configure(AppConfig::new());
    EnvUpdate::new().with(&PORT, 1).with(&HOST, "here".into()).with(&LEVEL, 3).apply()?;
    assert_eq!((PORT.get()?, HOST.get()?, LEVEL.get()?), (1, "here".into(), 3));
    // What the spec names is over when that is loaded; other keys stay.
    application::load::<Web>()?;
    assert_eq!((PORT.get()?, HOST.get()?), (8080, "here".into()));
    EnvUpdate::new().with(&PORT, 2).with(&LEVEL, 4).persistent().apply()?;
    application::unload::<Web>()?;
    assert_eq!(PORT.get(), Ok(2));
    application::load::<Web>()?;
    assert_eq!((PORT.get()?, LEVEL.get()?), (2, 4));
    assert!(HOST.get().unwrap_err().is_missing());
}

/// One value for two keys, or of a wrong type, is refused: the first when it is applied, the second by the compiler.
#[otp::test(seeds = 3)]
fn app_set_env_errors(_: &mut Sim) {
    let twice = EnvUpdate::new().with(&LEVEL, 1).with(&PORT, 1).with(&PORT, 2).apply();
    assert_eq!(twice, Err(EnvError::SetTwice { application: "web", key: "port" }));
    assert!(LEVEL.get().unwrap_err().is_missing(), "none of them is set");
    // Two keys of one name whose types differ.
    const OTHER: EnvKey<String> = EnvKey::new("web", "port");
    PORT.set(80);
    let error = OTHER.get().unwrap_err().to_string();
    assert!(error.contains("a value that was set") && error.contains("String"), "{error}");
}

#[otp::test(seeds = 3)]
fn app_get_key(_: &mut Sim) {
    assert_eq!(application::info("web"), None);
    application::load::<Web>()?;
    let web = application::info("web").unwrap();
    assert_eq!((web.description, web.version, web.state), ("serves", "2.1", AppState::Loaded));
    assert_eq!(
        (&web.dependencies[..], &web.optional[..], &web.env[..]),
        (&["db"][..], &["metrics"][..], &["port"][..])
    );
    assert_eq!((web.included, web.within, web.phases), (vec![], None, vec![]));
    application::ensure_all_started::<Web>(Restart::Transient)?;
    let AppState::Running { restart, master } = application::info("web").unwrap().state else { panic!("it runs") };
    assert_eq!(restart, Restart::Transient);
    assert_eq!(application::of_process(master), Some("web"));
    let names: BTreeSet<_> = application::loaded().into_iter().collect();
    assert_eq!(names, ["db", "web"].into());
    let db = application::tree::<Db>().unwrap();
    assert_eq!(application::of_process(db.worker().pid().unwrap()), Some("db"));
}

declare!(Changing, "changing", AppSpec::new().env(EnvKey::<u8>::new("changing", "size"), 1));

#[otp::test(seeds = 20)]
fn app_config_change(_: &mut Sim) {
    let log = listen();
    let config = |text: &str| AppConfig::new().toml("sys.toml", text);
    application::configure(config("[changing]\na = 1\nb = 2\n[db]\nx = 1")?);
    application::ensure_all_started::<(Changing, Db)>(Restart::Permanent)?;
    noted(&log);
    application::configure(config("[changing]\nb = 3\nc = 4\nsize = 2\n[db]\nx = 1")?);
    assert_eq!(noted(&log), ["changing [\"b\", \"size\"] [\"c\"] [\"a\"]"]);
    // With a default a key is never without a value.
    application::configure(config("[changing]\nb = 3\nc = 4\n[db]\nx = 1")?.variable("CHANGING_B", "5"));
    assert_eq!(noted(&log), ["changing [\"b\", \"size\"] [] []"]);
}

/// The report of an application that has ended. Without stacks a controller may say it on another thread.
#[cfg(all(feature = "tracing", feature = "stacks"))]
#[otp::test(seeds = 5)]
fn app_format_log_1(t: &mut Sim) {
    let ((), reports) = crate::reports::recorded(|| {
        application::start::<Db>(Restart::Temporary).unwrap();
        t.kill(&application::tree::<Db>().unwrap());
        t.settle();
        application::start::<Metrics>(Restart::Permanent).unwrap();
        application::stop::<Metrics>().unwrap();
    });
    let mut exits = reports.iter().filter(|report| report.text.contains("exited"));
    let crash = exits.next().expect("it is reported");
    assert_eq!((crash.level, crash.field("application")), (tracing::Level::ERROR, "db"));
    assert_eq!((crash.field("reason"), crash.field("restart_type")), ("killed", "temporary"));
    assert_eq!(crash.text, "application db exited: killed; type: temporary");
    let stop = exits.next().expect("it is reported");
    assert_eq!(stop.level, tracing::Level::INFO);
    assert_eq!(stop.text, "application metrics exited: shutdown; type: permanent");
}

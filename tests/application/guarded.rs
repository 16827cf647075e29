//! Code of an application that panics, never comes back, or is killed: what it is to others.

use otp::{
    application::{
        self, AppConfig, AppContext, AppError, AppSpec, Application, ConfigChange, EnvKey, EnvValue, RawValue,
        StartFailure, StopAll,
    },
    prelude::*,
};

use crate::{Db, MOOD, Metrics, Moody, listen, note, noted};

/// Panics in each callback at its end.
struct Bad;

const SIZE: EnvKey<u8> = EnvKey::new("bad", "size");

impl Application for Bad {
    const NAME: &'static str = "bad";
    type Tree = Grenade;

    fn spec() -> AppSpec {
        AppSpec::new().env(SIZE, 1)
    }

    fn start(_: &AppContext) -> Result<(Self, Grenade), StartFailure> {
        Ok((Self, Grenade(Supervisor::new(Strategy::OneForOne).start_link()?)))
    }

    fn prep_stop(&mut self) {
        note("prep_stop");
        panic!("in prep_stop")
    }

    fn stop(self) {
        note("stop");
        panic!("in stop")
    }

    fn config_change(&mut self, _: &ConfigChange) {
        note("config_change");
        panic!("in config_change")
    }
}

/// A tree whose drop panics.
#[derive(Clone)]
struct Grenade(SupervisorRef);

impl AsRef<SupervisorRef> for Grenade {
    fn as_ref(&self) -> &SupervisorRef {
        &self.0
    }
}

impl Drop for Grenade {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("in drop");
        }
    }
}

#[otp::test(seeds = 20)]
fn a_callback_that_panics_ends_nothing_else(t: &mut Sim) {
    let log = listen();
    application::configure(AppConfig::new());
    application::ensure_all_started::<(Db, Bad)>(Restart::Permanent)?;
    noted(&log);
    application::configure(AppConfig::new().variable("BAD_SIZE", "2"));
    assert_eq!(noted(&log), ["config_change"]);
    application::stop::<Bad>()?;
    assert_eq!(noted(&log), ["prep_stop", "stop"]);
    t.settle();
    assert_eq!(application::which(), ["db"]);
    t.crashes();
}

/// A start that never comes back holds up who waits for it, and nobody else.
#[otp::test(seeds = 20)]
fn a_start_that_never_comes_back_holds_up_nobody_else(t: &mut Sim) {
    MOOD.set_persistent("hangs".into());
    let waits = process::spawn(|_| application::start::<Moody>(Restart::Permanent).map_err(|error| error.to_string()));
    t.settle();
    application::start::<Metrics>(Restart::Permanent)?;
    assert_eq!(application::info("moody").unwrap().state, application::AppState::Starting);
    let report = StopAll::new().stop();
    assert!(application::which().is_empty());
    let ends: Vec<_> = report.applications.iter().map(|end| (end.name, end.reason.clone())).collect();
    assert_eq!(ends, [("metrics", ExitReason::Shutdown), ("moody", ExitReason::Killed)]);
    t.settle();
    assert!(!process::is_alive(waits));
    assert_eq!(t.crashes().len(), 1, "of who waited");
    assert_eq!(t.node().len(), 2);
}

/// Reading it panics, or never comes back.
#[derive(Clone)]
struct Trap;

impl EnvValue for Trap {
    fn read(value: &RawValue) -> Result<Self, String> {
        match value.as_str() {
            Some("panics") => panic!("in read"),
            _ => loop {
                otp::timer::sleep_forever();
            },
        }
    }
}

const TRAP: EnvKey<Trap> = EnvKey::new("trapped", "trap");

struct Trapped;

impl Application for Trapped {
    const NAME: &'static str = "trapped";
    type Tree = ();

    fn spec() -> AppSpec {
        AppSpec::new().requires_env(TRAP)
    }

    fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> {
        Ok((Self, ()))
    }
}

#[otp::test(seeds = 20)]
fn a_value_that_panics_when_it_is_read_is_one_failed_start(t: &mut Sim) {
    application::start::<Db>(Restart::Permanent)?;
    application::configure(AppConfig::new().variable("TRAPPED_TRAP", "panics"));
    let error = application::start::<Trapped>(Restart::Temporary).unwrap_err();
    assert_eq!(error.exit_reason().and_then(ExitReason::as_panic).unwrap().message, "in read");
    application::configure(AppConfig::new().variable("TRAPPED_TRAP", "hangs"));
    process::spawn(|_| _ = application::start::<Trapped>(Restart::Temporary));
    t.settle();
    application::stop::<Db>()?;
}

/// A caller that is killed while it waits leaves nothing behind.
#[otp::test(seeds = 50)]
fn who_is_killed_while_it_waits_leaves_nothing(t: &mut Sim) {
    let before = t.node().len();
    for _ in 0..20 {
        let waits = process::spawn(|_| _ = application::start::<Db>(Restart::Temporary));
        if t.now().as_nanos().is_multiple_of(2) {
            t.settle();
        }
        process::exit(waits, ExitReason::Kill);
        t.settle();
        match application::stop::<Db>() {
            Ok(()) | Err(AppError::NotStarted(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    t.settle();
    assert_eq!(t.node().len(), before + 1, "the controller");
    let started = application::ensure_all_started::<Db>(Restart::Temporary)?;
    // Who has watched is forgotten when it ends.
    for _ in 0..100 {
        let started = started.clone();
        process::spawn(move |me| started.watch(me.subject()).unwrap());
    }
    t.settle();
    let controller = process::whereis("application_controller").unwrap();
    assert_eq!(process::info(controller).unwrap().monitors.len(), 0);
}

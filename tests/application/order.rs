//! Who is started before whom, and who stops after whom.

use otp::{
    application::{self, AppContext, AppError, AppSpec, Application, StartFailure, StopAll},
    prelude::*,
};

use crate::{Cache, Db, MOOD, Metrics, Moody, Shop, declare, listen, note, noted};

#[otp::test(seeds = 50)]
fn each_starts_after_what_it_needs_and_stops_before(t: &mut Sim) {
    let log = listen();
    let started = application::ensure_all_started::<(Metrics, Shop)>(Restart::Permanent)?;
    assert_eq!(started.names(), ["metrics", "db", "cache", "shop"]);
    assert_eq!(started.to_string(), "metrics, db, cache, shop");
    let starts =
        ["metrics", "db", "cache", "shop"].map(|name| [format!("{name} starts"), format!("{name} worker starts")]);
    assert_eq!(noted(&log), starts.concat());
    let report = StopAll::new().stop();
    assert!(report.is_clean());
    let ends = ["shop", "cache", "db", "metrics"];
    let ends = ends.map(|name| [format!("{name} prep_stop"), format!("{name} worker ends"), format!("{name} stop")]);
    assert_eq!(noted(&log), ends.concat());
    t.settle();
    assert_eq!(t.node().len(), 2, "the test and the controller");
    // And again.
    application::ensure_all_started::<Shop>(Restart::Permanent)?;
    assert_eq!(application::tree::<Shop>().unwrap().worker().work(), Ok("shop"));
}

declare!(First, "first", AppSpec::new().depends_on::<Second>());
declare!(Second, "second", AppSpec::new().depends_on::<Third>());
declare!(Third, "third", AppSpec::new().depends_on::<Second>());
declare!(Namesake, "db");

#[otp::test(seeds = 3)]
fn what_can_never_be_is_said(_: &mut Sim) {
    let cycle = application::ensure_all_started::<First>(Restart::Temporary).unwrap_err();
    assert_eq!(cycle, AppError::Cycle(vec!["second", "third", "second"]));
    assert!(application::which().is_empty());
    application::load::<Db>()?;
    assert_eq!(application::load::<Db>(), Err(AppError::AlreadyLoaded("db")));
    assert_eq!(application::start::<Namesake>(Restart::Temporary), Err(AppError::NameTaken("db")));
    assert_eq!(application::unload::<Shop>(), Err(AppError::NotLoaded("shop")));
    application::start::<Db>(Restart::Temporary)?;
    assert_eq!(application::unload::<Db>(), Err(AppError::Running("db")));
}

declare!(AfterMoody, "after_moody", AppSpec::new().depends_on::<Db>().depends_on::<Moody>());

#[otp::test(seeds = 20)]
fn when_one_does_not_start_those_before_it_stop_again(t: &mut Sim) {
    application::start::<Metrics>(Restart::Permanent)?;
    for mood in ["fails", "panics", "exits", "leaves"] {
        MOOD.set_persistent(mood.into());
        let error = application::ensure_all_started::<(AfterMoody, Metrics)>(Restart::Temporary).unwrap_err();
        assert!(matches!(error, AppError::Start { application: "moody", .. }), "{error}");
        assert_eq!(application::which(), ["metrics"]);
        t.settle();
        // The test, the controller, the one that runs.
        assert_eq!(t.node().len(), 2 + 3, "{mood}");
    }
}

/// Whoever starts one that is being started waits for the same start, and so does what needs it.
#[otp::test(seeds = 50)]
fn one_start_serves_all_who_ask(t: &mut Sim) {
    struct Slow;
    impl Application for Slow {
        const NAME: &'static str = "slow";
        type Tree = ();
        fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> {
            note("slow starts");
            otp::sleep(Duration::from_secs(60));
            if MOOD.get_or(String::new())? == "fails" { Err("no paper".into()) } else { Ok((Self, ())) }
        }
    }
    declare!(AfterSlow, "after_slow", AppSpec::new().depends_on::<Slow>());
    let log = listen();
    for fails in [true, false] {
        MOOD.set_persistent(if fails { "fails".into() } else { String::new() });
        let outcomes = process::current().subject();
        for asks in [application::start::<Slow>, application::start::<AfterSlow>, application::start::<Slow>] {
            let outcomes = outcomes.clone();
            process::spawn(move |_| outcomes.send(asks(Restart::Temporary)));
            // The first is being started when the others ask.
            t.advance(Duration::from_secs(1));
        }
        // Others are started meanwhile.
        application::start::<Db>(Restart::Temporary)?;
        application::stop::<Db>()?;
        assert_eq!(application::stop::<Slow>(), Err(AppError::NotStarted("slow")));
        let mut all: Vec<_> =
            (0..3).filter_map(|_| outcomes.receive(None)).map(|end| end.map_err(|e| e.to_string())).collect();
        all.sort();
        if fails {
            let needed = "application after_slow was not started: it needs slow, which was not started";
            let failed = "application slow was not started: no paper";
            assert_eq!(all, [Err(needed.to_owned()), Err(failed.to_owned()), Err(failed.to_owned())]);
        } else {
            assert_eq!(all, [Ok(()), Ok(()), Ok(())]);
            assert_eq!(application::which(), ["slow", "after_slow"]);
        }
        assert_eq!(noted(&log).iter().filter(|line| *line == "slow starts").count(), 1);
    }
    _ = Cache;
}

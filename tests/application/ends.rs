//! How the end of an application is taken, and what it leaves.

use otp::{
    Node,
    application::{self, AppContext, Application, AppsEnd, StartFailure, StopAll},
    prelude::*,
};

use crate::{Cache, Db, Metrics, Moody, Shop, listen, noted};

/// The type decides what its own end is to the others.
#[otp::test(seeds = 50)]
fn the_type_decides_what_an_end_is_to_others(t: &mut Sim) {
    for (restart, reason, ends_all) in [
        (Restart::Temporary, ExitReason::Kill, false),
        (Restart::Transient, ExitReason::Normal, false),
        (Restart::Transient, ExitReason::Shutdown, true),
        (Restart::Transient, ExitReason::Kill, true),
        (Restart::Permanent, ExitReason::Normal, true),
        (Restart::Permanent, ExitReason::Kill, true),
    ] {
        application::start::<Db>(Restart::Permanent)?;
        application::start::<Metrics>(restart)?;
        let tree = application::tree::<Metrics>().unwrap();
        match reason {
            ExitReason::Kill => t.kill(&tree),
            _ => _ = tree.supervisor().stop_with(reason.clone(), None),
        }
        t.settle();
        let left: &[&str] = if ends_all { &[] } else { &["db"] };
        assert_eq!(application::which(), left, "{restart:?}, {reason:?}");
        _ = StopAll::new().stop();
    }
}

/// A stop that somebody asks for is never the end of others.
#[otp::test(seeds = 20)]
fn who_is_asked_to_stop_takes_nobody_along(t: &mut Sim) {
    application::ensure_all_started::<(Db, Metrics)>(Restart::Permanent)?;
    application::stop::<Metrics>()?;
    t.settle();
    assert_eq!(application::which(), ["db"]);
}

/// A tree that gives up ends its application.
#[otp::test(seeds = 20)]
fn a_tree_that_gives_up_ends_its_application(t: &mut Sim) {
    application::ensure_all_started::<Cache>(Restart::Permanent)?;
    t.kill(&application::tree::<Cache>().unwrap().worker());
    t.settle();
    assert!(application::which().is_empty());
}

#[otp::test(seeds = 20)]
fn who_watches_is_told_and_stops_the_others_itself(t: &mut Sim) {
    let started = application::ensure_all_started::<(Db, Metrics)>(Restart::Permanent)?;
    let ends = process::current().subject();
    started.watch(ends.clone())?;
    t.kill(&application::tree::<Metrics>().unwrap());
    let end = AppsEnd::Fatal { application: "metrics", reason: ExitReason::Killed };
    assert_eq!(ends.receive(None), Some(end.clone()));
    t.settle();
    assert_eq!(application::which(), ["db"], "that is for who was told");
    // Who asks later is told as well: it may have happened in between.
    started.watch(ends.clone())?;
    assert_eq!(ends.receive(None), Some(end));
    application::stop::<Db>()?;
    // A new start is a new beginning.
    let started = application::ensure_all_started::<Db>(Restart::Permanent)?;
    started.watch(ends.clone())?;
    assert_eq!(ends.receive(Duration::from_secs(1)), None);
    application::stop::<Db>()?;
    assert_eq!(ends.receive(None), Some(AppsEnd::All));
}

/// What an application has started and nobody ended ends with it.
#[otp::test(seeds = 50)]
fn what_nobody_ended_is_killed(t: &mut Sim) {
    struct Untidy;
    impl Application for Untidy {
        const NAME: &'static str = "untidy";
        type Tree = ();
        fn start(_: &AppContext) -> Result<(Self, ()), StartFailure> {
            process::spawn(|me| {
                me.trap_exit(true);
                process::spawn(|_| otp::timer::sleep_forever());
                otp::timer::sleep_forever();
            });
            Ok((Self, ()))
        }
    }
    let own = process::spawn(|_| otp::timer::sleep_forever());
    application::start::<Untidy>(Restart::Temporary)?;
    t.settle();
    assert_eq!(t.node().len(), 6);
    application::stop::<Untidy>()?;
    t.settle();
    assert_eq!(t.node().len(), 3);
    assert!(process::is_alive(own));
}

/// What is killed in the end is in the report.
#[otp::test(seeds = 20)]
fn a_deadline_kills_what_is_left(t: &mut Sim) {
    pub(crate) struct Stuck;
    #[actor]
    impl Stuck {
        #[init]
        fn init(ctx: &mut Context<Self>) -> Self {
            ctx.trap_exit(true);
            Self
        }
        #[terminate]
        fn end(&mut self, _: &ExitReason) {
            otp::timer::sleep_forever();
        }
    }
    struct Slow;
    impl Application for Slow {
        const NAME: &'static str = "slow";
        type Tree = SupervisorRef;
        fn start(_: &AppContext) -> Result<(Self, SupervisorRef), StartFailure> {
            let tree = Supervisor::new(Strategy::OneForOne)
                .child("stuck", Stuck::child_spec().shutdown(Shutdown::Infinity))
                .child("slow", Stuck::child_spec().shutdown(Shutdown::After(Duration::from_secs(10))));
            Ok((Self, tree.start_link()?))
        }
    }
    application::ensure_all_started::<(Db, Slow)>(Restart::Permanent)?;
    let report = StopAll::new().deadline(Duration::from_secs(30)).stop();
    assert_eq!(t.now(), Duration::from_secs(30));
    assert!(!report.in_time && !report.is_clean());
    let ends: Vec<_> = report.applications.iter().map(|end| (end.name, end.reason.clone())).collect();
    // There is no time left for the second.
    assert_eq!(ends[0], ("slow", ExitReason::Killed));
    assert_eq!(ends[1].0, "db");
    let slow = &report.processes[0];
    assert_eq!((slow.id.to_string(), &slow.reason, slow.as_told), ("slow".into(), &ExitReason::Killed, false));
    assert_eq!(slow.took, Duration::from_secs(10));
    t.settle();
    assert_eq!(t.node().len(), 2);
    let text = report.to_string();
    assert!(
        text.starts_with("stopped in 30s, killed at the deadline; drained for 0ns\n  slow: killed, after 30s"),
        "{text}"
    );
    t.crashes();
}

/// A report has a bound.
#[otp::test(seeds = 2)]
fn a_report_names_at_most_a_thousand(_: &mut Sim) {
    struct Many;
    impl Application for Many {
        const NAME: &'static str = "many";
        type Tree = SupervisorRef;
        fn start(_: &AppContext) -> Result<(Self, SupervisorRef), StartFailure> {
            let tree = Supervisor::new(Strategy::OneForOne).start_link()?;
            for number in 0..1200 {
                let spec = process::Spawn::new().child_spec(|_| otp::timer::sleep_forever());
                tree.start_child(("sleeper", number), spec)?;
            }
            Ok((Self, tree))
        }
    }
    application::start::<Many>(Restart::Permanent)?;
    let report = StopAll::new().stop();
    assert_eq!((report.processes.len(), report.more), (1000, 200));
    assert!(report.to_string().ends_with("and 200 more"));
    // The next begins anew.
    application::start::<Db>(Restart::Permanent)?;
    application::stop::<Db>()?;
    assert_eq!(StopAll::new().stop().processes, []);
}

/// The node's own stop stops them in order.
#[test]
fn a_node_that_is_stopped_stops_them_in_order() {
    let node = Node::builder().cores(2).start().expect("threads");
    let lines = node.enter(|| {
        let log = listen();
        application::ensure_all_started::<Shop>(Restart::Permanent).expect("they start");
        noted(&log);
        let stopped = node.clone();
        std::thread::spawn(move || stopped.stop()).join().expect("it stops");
        noted(&log)
    });
    let ends = ["shop", "cache", "db"];
    let ends = ends.map(|name| [format!("{name} prep_stop"), format!("{name} worker ends"), format!("{name} stop")]);
    assert_eq!(lines, ends.concat());
}

/// When the controller is killed, the applications stop, and the next one knows of none.
#[otp::test(seeds = 20)]
fn without_the_controller_they_stop(t: &mut Sim) {
    application::ensure_all_started::<Shop>(Restart::Permanent)?;
    let controller = process::whereis("application_controller").unwrap();
    process::exit(controller, ExitReason::Kill);
    t.settle();
    assert_eq!(t.node().len(), 1);
    application::ensure_all_started::<Shop>(Restart::Permanent)?;
    assert_eq!(application::which(), ["db", "cache", "shop"]);
    _ = Moody;
}

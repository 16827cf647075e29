//! What supervisors report: who hears what, in which order, and what a person reads.
//!
//! A report is a `tracing` event. How many lines it takes, and where it is cut, is up to the subscriber.
#![cfg(feature = "tracing")]

use otp::{Shutdown, supervisor::AutoShutdown};
use tracing::Level;

use super::*;
use crate::reports::{Report, recorded};

/// Level, context, child and reason of what supervisors report.
fn said(reports: &[Report]) -> Vec<(Level, String)> {
    let supervisors = reports.iter().filter(|report| !report.field("context").is_empty());
    let say = |report: &Report| ["context", "child", "reason"].map(|field| report.field(field).to_owned()).join(" ");
    supervisors.map(|report| (report.level, say(report))).collect()
}

fn of<'a>(reports: &'a [Report], context: &str) -> &'a Report {
    reports.iter().find(|report| report.field("context") == context).unwrap()
}

/// The fields of every kind of report.
#[otp::test]
fn sup_format_log_1(t: &mut Sim) {
    let (journal, broken) = (Journal::default(), Journal::default().worker("broken"));
    let ((tree, pids), reports) = recorded(|| {
        let stubborn = Plan { lingers: HOUR, ..journal.worker("stubborn") };
        let tree = Supervisor::new(Strategy::OneForOne)
            .name("office")
            .auto_shutdown(AutoShutdown::AllSignificant)
            .intensity(1, HOUR)
            .child("broken", broken.spec())
            .child(
                ("stubborn", 3),
                stubborn.spec().restart(Restart::Transient).significant(true).shutdown(Shutdown::After(SECOND)),
            )
            .child("nested", Supervisor::spec(|| Supervisor::new(Strategy::OneForOne)))
            .start_link()
            .unwrap();
        let pids = [tree.place().child("broken"), tree.place().child(("stubborn", 3)), tree.place().child("nested")]
            .map(|slot| slot.pid().unwrap().to_string());
        let pid = tree.pid().unwrap();
        broken.breaks();
        end(t, &tree, "broken", abnormal());
        assert_eq!(exit_of(pid), ExitReason::Shutdown);
        (pid.to_string(), pids)
    });
    let failed = "start_error broken its init failed: \"no start\"".to_owned();
    assert_eq!(
        said(&reports),
        [
            (Level::INFO, "progress broken started".to_owned()),
            (Level::INFO, "progress stubborn[3] started".to_owned()),
            (Level::INFO, "progress nested started".to_owned()),
            (Level::ERROR, "child_terminated broken \"abnormal\"".to_owned()),
            (Level::ERROR, failed),
            (Level::ERROR, "shutdown broken reached_max_restart_intensity".to_owned()),
            (Level::ERROR, "shutdown_error stubborn[3] killed".to_owned()),
        ]
    );
    for (context, expected) in [
        ("child_terminated", ["broken", &pids[0], "Worker", "permanent", "false", "5s", "worker"]),
        ("start_error", ["broken", "none", "Worker", "permanent", "false", "5s", "worker"]),
        ("shutdown_error", ["stubborn[3]", &pids[1], "Worker", "transient", "true", "1s", "worker"]),
    ] {
        let report = of(&reports, context);
        let offender = ["child", "pid", "child_label", "restart_type", "significant", "shutdown", "child_type"];
        assert_eq!(offender.map(|field| report.field(field)), expected, "{context}");
        let supervisor = ["supervisor", "supervisor_pid", "supervisor_name"].map(|field| report.field(field));
        assert_eq!(supervisor, ["Supervisor", &tree, "office"]);
    }
    let nested = reports.iter().find(|report| report.field("child") == "nested").unwrap();
    let fields = ["pid", "child_label", "shutdown", "child_type"].map(|field| nested.field(field));
    assert_eq!(fields, [&*pids[2], "Supervisor", "infinity", "supervisor"]);
}

/// What a person reads: one line that says who, which child, and why.
#[otp::test]
fn sup_format_log_2(t: &mut Sim) {
    supervisor! {
        Office<one_for_one>(plan: Plan) {
            intensity: 1 in 1h;
            printer: Worker(plan.clone()) { shutdown: brutal_kill };
        }
    }

    let plan = Journal::default().worker("printer");
    let ((office, first, second), reports) = recorded(|| {
        let office = Office::start_link(plan.clone()).unwrap();
        let (pid, first) = (office.supervisor().pid().unwrap(), office.printer().pid().unwrap());
        end(t, office.supervisor(), "printer", abnormal());
        let second = office.printer().pid().unwrap();
        end(t, office.supervisor(), "printer", ExitReason::error("out of paper"));
        assert_eq!(exit_of(pid), ExitReason::Shutdown);
        plan.breaks();
        assert!(Office::start_link(plan.clone()).is_err());
        (pid, first, second)
    });
    let lines: Vec<&str> =
        reports.iter().filter(|report| !report.field("context").is_empty()).map(|report| &*report.text).collect();
    let again = "child `printer` was not started: its init failed: \"no start\"";
    assert_eq!(
        lines[..5],
        [
            format!("Office {office}: child `printer` {first} started"),
            format!("Office {office}: child `printer` {first} ended: \"abnormal\""),
            format!("Office {office}: child `printer` {second} started"),
            format!("Office {office}: child `printer` {second} ended: out of paper"),
            format!("Office {office}: child `printer` {second} would be restarted too often: the supervisor gives up"),
        ]
    );
    assert!(lines.len() == 6 && lines[5].ends_with(again), "{lines:?}");
}

/// The server says what it crashed in, then it is reported as a process, then its supervisor speaks.
#[otp::test(seeds = 20)]
fn sup_reports_come_in_order(t: &mut Sim) {
    let journal = Journal::default();
    let ((), reports) = recorded(|| {
        let tree = supervisor(Strategy::OneForAll);
        tree.start_child("a", journal.spec("a")).unwrap();
        tree.start_child("b", journal.spec("b")).unwrap();
        end(t, &tree, "a", abnormal());
        assert_eq!(shut_down(&tree), ExitReason::Shutdown);
    });
    let kind = |report: &Report| match report.field("context") {
        "" => report.field("report").to_owned(),
        context => format!("{context} {}", report.field("child")),
    };
    assert_eq!(
        reports.iter().map(kind).collect::<Vec<_>>(),
        ["progress a", "progress b", "server_terminating", "crash", "child_terminated a", "progress a", "progress b",]
    );
}

/// A supervisor that may be killed before its children have ended says so at its start, and no other does.
#[otp::test(seeds = 3)]
fn a_shutdown_that_is_too_short_is_reported(_: &mut Sim) {
    let limited = |children: fn(Journal) -> Supervisor, limit: Duration| {
        let journal = Journal::default();
        let ((), reports) = recorded(|| {
            let nested = Supervisor::spec(move || children(journal.clone())).shutdown(Shutdown::After(limit));
            Supervisor::new(Strategy::OneForOne).child("nested", nested).start().unwrap().stop().unwrap();
        });
        let said = reports.into_iter().find(|report| !report.field("needed").is_empty());
        said.map(|report| (report.level, report.field("needed").to_owned()))
    };
    let one: fn(Journal) -> Supervisor =
        |journal| Supervisor::new(Strategy::OneForOne).child("a", journal.spec("a").shutdown(Shutdown::After(SECOND)));
    let two: fn(Journal) -> Supervisor = |journal| {
        let spec = |name| journal.spec(name).shutdown(Shutdown::After(SECOND));
        Supervisor::new(Strategy::OneForOne).child("a", spec("a")).child("b", spec("b"))
    };
    let endless: fn(Journal) -> Supervisor =
        |journal| Supervisor::new(Strategy::OneForOne).child("a", journal.spec("a").shutdown(Shutdown::Infinity));
    let killed: fn(Journal) -> Supervisor =
        |journal| Supervisor::new(Strategy::OneForOne).child("a", journal.spec("a").shutdown(Shutdown::BrutalKill));
    assert_eq!(limited(one, SECOND), None);
    assert_eq!(limited(killed, Duration::ZERO), None);
    assert_eq!(limited(two, SECOND), Some((Level::WARN, "2s".to_owned())));
    assert_eq!(limited(endless, HOUR), Some((Level::WARN, "any time".to_owned())));
}

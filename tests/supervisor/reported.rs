//! What supervisors report.

use std::sync::atomic::Ordering::Relaxed;

use Strategy::OneForOne;
use otp::{
    ExitReason, Restart, Shutdown, Sim, StartError, process,
    supervisor::{AutoShutdown, Strategy, Supervisor},
};

use super::{Journal, Plan, SECOND, end, kill, simulated};

#[path = "../common/listener.rs"]
mod listener;

/// What supervisors report on the calling thread, on which a simulation runs, but for progress.
mod reports {
    use std::{cell::RefCell, sync::Once};

    pub(super) use super::listener::Report;
    use super::listener::listen;

    thread_local!(static HEARD: RefCell<Vec<Report>> = const { RefCell::new(Vec::new()) });

    /// What was reported since the last look.
    pub(super) fn take() -> Vec<Report> {
        static LISTENS: Once = Once::new();
        LISTENS.call_once(|| {
            listen(|event| {
                let report = Report::of(event);
                let is_failure = report.fields.get("context").is_some_and(|context| context != "progress");
                if is_failure || report.fields.contains_key("needed") {
                    HEARD.with_borrow_mut(|heard| heard.push(report));
                }
            });
        });
        HEARD.take()
    }
}

/// Runs a test in simulations, in which supervisors report this: the kind, the child, and why.
fn reported(test: impl Fn(&mut Sim), expected: &[&str]) {
    simulated(|t| {
        reports::take();
        test(t);
        let reports = reports::take();
        let say =
            |report: &reports::Report| ["context", "child", "reason"].map(|field| &*report.fields[field]).join(" ");
        assert_eq!(reports.iter().map(say).collect::<Vec<_>>(), expected);
        t.crashes();
    });
}

#[test]
fn failed_starts_and_giving_up_are_reported() {
    let no_start = StartError::Failed(ExitReason::other("no start")).to_string();
    let start_error = format!("start_error b {no_start}");
    let plan = Journal::default().worker("b");
    let supervisor = || Supervisor::new(OneForOne).intensity(1, SECOND).child("b", plan.spec()).start();
    reported(
        |_| {
            plan.failures.store(1, Relaxed);
            supervisor().unwrap_err();
        },
        &[&start_error],
    );
    reported(
        |t| {
            plan.failures.store(0, Relaxed);
            let supervisor = supervisor().unwrap();
            plan.failures.store(1, Relaxed);
            kill(t, &supervisor, "b");
        },
        &["child_terminated b killed", &start_error, "shutdown b reached_max_restart_intensity"],
    );
}

#[test]
fn ends_are_reported_unless_they_are_as_they_should_be() {
    let journal = Journal::default();
    let ends = |restart, reason: ExitReason, expected: &[&str]| {
        reported(
            |t| {
                let supervisor =
                    Supervisor::new(OneForOne).child("a", journal.spec("a").restart(restart)).start().unwrap();
                end(t, &supervisor, "a", reason.clone());
                supervisor.stop().unwrap();
            },
            expected,
        );
    };
    ends(Restart::Permanent, ExitReason::Shutdown, &["child_terminated a shutdown"]);
    ends(Restart::Transient, ExitReason::Shutdown, &[]);
    ends(Restart::Temporary, ExitReason::Normal, &[]);
    ends(Restart::Temporary, ExitReason::other("boom"), &[r#"child_terminated a "boom""#]);
}

#[test]
fn a_child_that_does_not_end_as_it_is_told_is_reported_with_its_own_reason() {
    let journal = Journal::default();
    let slow = Plan { traps: true, lingers: 10 * SECOND, ..journal.worker("b") };
    reported(
        |t| {
            let supervisor =
                Supervisor::new(OneForOne).child("a", journal.spec("a")).child("b", slow.spec()).start().unwrap();
            let stops = supervisor.clone();
            process::spawn(move |_| stops.stop().unwrap());
            t.settle();
            // It ends by itself, before its turn comes.
            end(t, &supervisor, "a", ExitReason::other("boom"));
            t.advance(5 * SECOND);
            assert_eq!(supervisor.pid(), None);
        },
        &["shutdown_error b killed", r#"shutdown_error a "boom""#],
    );
    // All at once, with how they ended in the order in which they did.
    let quick = Plan { traps: true, lingers: SECOND, ..journal.worker("d") };
    reported(
        |t| {
            let supervisor = otp::supervisor::DynamicSupervisor::any().start().unwrap();
            for plan in [&slow, &quick, &journal.worker("e")] {
                supervisor.start_child(plan.spec().shutdown(Shutdown::After(3 * SECOND))).unwrap();
            }
            let stops = supervisor.clone();
            process::spawn(move |_| stops.stop().unwrap());
            t.advance(3 * SECOND);
            assert_eq!(supervisor.pid(), None);
        },
        &["shutdown_error child[0] killed"],
    );
}

#[test]
fn a_report_says_which_child_and_what_its_spec_is() {
    simulated(|t| {
        let spec = Journal::default().spec("a").restart(Restart::Temporary).shutdown(Shutdown::BrutalKill);
        let supervisor = Supervisor::new(OneForOne)
            .auto_shutdown(AutoShutdown::AllSignificant)
            .child(("a", 1), spec.significant(true))
            .start()
            .unwrap();
        let [pid, own] = [supervisor.place().child(("a", 1)).pid(), supervisor.pid()].map(Option::unwrap);
        reports::take();
        process::exit(pid, ExitReason::Kill);
        t.settle();
        let reports = reports::take();
        assert_eq!(reports.len(), 1);
        for (field, expected) in [
            ("supervisor", "Supervisor"),
            ("supervisor_pid", &own.to_string()),
            ("child", "a[1]"),
            ("child_label", "Worker"),
            ("pid", &pid.to_string()),
            ("restart_type", "temporary"),
            ("significant", "true"),
            ("shutdown", "brutal_kill"),
            ("child_type", "worker"),
        ] {
            assert_eq!(reports[0].fields[field], expected, "{field}");
        }
    });
}

#[test]
fn a_supervisor_that_may_be_killed_before_its_children_have_ended_says_so_at_its_start() {
    let limited =
        |seconds: u32, spec: otp::supervisor::ChildSpec<Supervisor>| spec.shutdown(Shutdown::After(SECOND * seconds));
    let workers = |plan: &Plan, limit: Shutdown| {
        let [a, b] = [plan.clone(), plan.clone()];
        Supervisor::spec_with(move |_| {
            Supervisor::new(OneForOne)
                .child("a", a.spec().shutdown(limit))
                .child("b", b.spec().shutdown(Shutdown::After(3 * SECOND)))
        })
    };
    let journal = Journal::default();
    let plan = journal.worker("a");
    let said = |spec: otp::supervisor::ChildSpec<Supervisor>| -> Vec<(String, String)> {
        reports::take();
        drop(Supervisor::new(OneForOne).child("limited", spec).start().unwrap());
        let reports = reports::take();
        reports.iter().map(|report| (report.fields["shutdown"].clone(), report.fields["needed"].clone())).collect()
    };
    let says = |shutdown: &str, needed: &str| vec![(shutdown.to_owned(), needed.to_owned())];
    simulated(|_| {
        let five = || workers(&plan, Shutdown::After(2 * SECOND));
        assert_eq!(said(limited(4, five())), says("4s", "5s"));
        assert_eq!(said(limited(5, five())), []);
        assert_eq!(said(five()), [], "it has no limit");
        assert_eq!(said(limited(1, workers(&plan, Shutdown::Infinity))), says("1s", "any time"));
        assert_eq!(said(limited(3, workers(&plan, Shutdown::BrutalKill))), []);

        // What supervisors below it need that have no limit of their own counts, at any depth.
        let plan = plan.clone();
        let above = move |limit: Option<u32>| {
            let plan = plan.clone();
            Supervisor::spec_with(move |_| {
                let inner = workers(&plan, Shutdown::After(2 * SECOND));
                let inner =
                    limit.map_or_else(|| workers(&plan, Shutdown::After(2 * SECOND)), |limit| limited(limit, inner));
                let middle = std::sync::Mutex::new(Some(inner));
                let middle = Supervisor::spec_with(move |_| {
                    Supervisor::new(OneForOne).child("inner", middle.lock().unwrap().take().unwrap())
                });
                Supervisor::new(OneForOne).child("middle", middle)
            })
        };
        assert_eq!(said(limited(4, above(None))), says("4s", "5s"));
        assert_eq!(said(limited(5, above(None))), []);
        assert_eq!(said(limited(5, above(Some(6)))), says("5s", "6s"));
    });
}

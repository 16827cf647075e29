//! What the runtime reports through `tracing`, and in which order.

#![cfg(all(feature = "macros", feature = "tracing"))]

use std::sync::{Arc, Mutex};

use listener::{Report, listen};
use otp::prelude::*;
use tracing::Level;

#[path = "common/listener.rs"]
mod listener;

struct Worker;

#[actor]
impl Worker {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn crash(&mut self) {
        panic!("out of paper");
    }

    #[handle_cast]
    fn finish(&mut self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::Shutdown);
    }
}

supervisor! {
    Office<one_for_one> {
        printer: Worker() { name: "printer" };
    }
}

#[test]
fn a_crash_is_reported_before_what_its_supervisor_does() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&reports);
    listen(move |event| heard.lock().expect("no test fails under the lock").push(Report::of(event)));
    Sim::run(1, |t| {
        let office = t.start(Office::child_spec()).unwrap();
        let pid = office.printer().pid().unwrap();
        reports.lock().unwrap().clear();

        office.printer().finish();
        t.settle();
        let clean: Vec<Report> = std::mem::take(&mut *reports.lock().unwrap());
        assert!(
            clean.iter().all(|report| !report.fields.contains_key("last_message")),
            "a clean end is no crash: {clean:?}"
        );

        let pid_of_second = office.printer().pid().unwrap();
        assert_ne!(pid, pid_of_second);
        office.printer().crash();
        t.settle();
        t.crashes();
        let crash = std::mem::take(&mut *reports.lock().unwrap());
        let levels: Vec<Level> = crash.iter().map(|report| report.level).collect();
        let kind = |report: &Report| report.fields.get("report").or(report.fields.get("context")).cloned();
        let kinds: Vec<String> = crash.iter().filter_map(kind).collect();
        assert_eq!(kinds, ["server_terminating", "crash", "child_terminated", "progress"], "{crash:#?}");
        assert_eq!(levels, [Level::ERROR, Level::ERROR, Level::ERROR, Level::INFO]);
        assert_eq!(crash[0].fields["state"], "not shown (`Worker` is not `Debug`)");
        assert_eq!(crash[0].fields["last_message"], "crash");
        let server = &crash[1].fields;
        assert_eq!(server["process"], "Worker");
        assert_eq!(server["registered_name"], "printer");
        assert_eq!(server["last_message"], "crash");
        assert_eq!(server["pid"], pid_of_second.to_string());
        assert!(server["reason"].contains("out of paper") && server["reason"].contains("report.rs"), "{server:?}");
        let supervisor = &crash[2].fields;
        assert!(supervisor.values().any(|value| value.contains("printer")), "{supervisor:?}");
        assert!(supervisor["reason"].contains("out of paper"), "{supervisor:?}");
    });
}

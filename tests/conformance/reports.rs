//! What the runtime reports while a test runs, as its `tracing` events say it.
//!
//! One subscriber stands for all tests, and keeps what is said on a thread that asks for it, as a simulation's is. Were
//! there one for each test, an event that two threads meet for the first time at once could be lost.
//!
//! It wants the feature `stacks`: without it the processes of a simulation run on threads of their own.

use std::{cell::RefCell, collections::BTreeMap, fmt, sync::Once};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// One event: its fields, the text among them as `message`, and its level.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) level: Level,
    fields: BTreeMap<&'static str, String>,
    /// What a person reads.
    pub(crate) text: String,
}

impl Report {
    /// A field; empty when it is not there.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl Visit for Report {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // The text has the name `message`, as a field of ours may have; it comes first.
        if field.name() == "message" && self.text.is_empty() {
            self.text = format!("{value:?}");
        }
        self.fields.insert(field.name(), format!("{value:?}"));
    }
}

thread_local! {
    /// What was said on this thread, while somebody wants to know.
    static REPORTS: RefCell<Option<Vec<Report>>> = const { RefCell::new(None) };
}

struct Recorder;

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "otp"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if REPORTS.with_borrow(Option::is_none) {
            return;
        }
        let mut report = Report { level: *event.metadata().level(), fields: BTreeMap::new(), text: String::new() };
        event.record(&mut report);
        REPORTS.with_borrow_mut(|reports| reports.as_mut().map(|reports| reports.push(report)));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Runs a part of a simulation, and gives what was reported in it.
pub(crate) fn recorded<R>(run: impl FnOnce() -> R) -> (R, Vec<Report>) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| tracing::subscriber::set_global_default(Recorder).expect("it is the only one"));
    REPORTS.set(Some(Vec::new()));
    let result = run();
    (result, REPORTS.take().unwrap_or_default())
}

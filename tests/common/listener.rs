//! A `tracing` subscriber for the tests that look at reports.

#![allow(dead_code, reason = "each test looks at what it wants of a report")]

use std::{collections::BTreeMap, fmt};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// One event: its level and its fields.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) level: Level,
    pub(crate) fields: BTreeMap<&'static str, String>,
    /// What a person reads.
    pub(crate) text: String,
}

impl Report {
    pub(crate) fn of(event: &Event<'_>) -> Self {
        let mut report = Self { level: *event.metadata().level(), fields: BTreeMap::new(), text: String::new() };
        event.record(&mut report);
        report
    }

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

struct Listener<F>(F);

impl<F: Fn(&Event<'_>) + Send + Sync + 'static> Subscriber for Listener<F> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "otp"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        (self.0)(event);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// From now on `hear` is called for each event of the runtime, on any thread.
///
/// There is one for a whole test program: what `tracing` remembers of a subscriber of one thread depends on what the
/// others do, and an event that two threads meet for the first time at once could be lost.
pub(crate) fn listen(hear: impl Fn(&Event<'_>) + Send + Sync + 'static) {
    tracing::subscriber::set_global_default(Listener(hear)).expect("it is the only one");
}

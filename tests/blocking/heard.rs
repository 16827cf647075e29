//! Spans and reports.

use std::{
    cell::RefCell,
    sync::{Mutex, Once},
};

use otp::{blocking, blocking_async, prelude::*};
use tracing::{Event, Metadata, Subscriber, span};
use tracing_core::span::Current;

use super::{PATIENCE, down, held, node, on_foreign_executor, wait_until};

/// What every thread has entered, and what was said.
struct Listener;

static SPANS: Mutex<Vec<&'static Metadata<'static>>> = Mutex::new(Vec::new());
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

fn metadata(id: u64) -> &'static Metadata<'static> {
    SPANS.lock().unwrap()[id as usize - 1]
}

/// The names of the spans that the calling thread has entered.
fn entered() -> Vec<&'static str> {
    ENTERED.with_borrow(|entered| entered.iter().map(|id| metadata(*id).name()).collect())
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("blocking") || *metadata.level() == tracing::Level::ERROR
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut spans = SPANS.lock().unwrap();
        spans.push(span.metadata());
        span::Id::from_u64(spans.len() as u64)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        HEARD.lock().unwrap().push(text.0);
    }

    fn enter(&self, id: &span::Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(id.into_u64()));
    }

    fn exit(&self, id: &span::Id) {
        ENTERED.with_borrow_mut(|entered| {
            let last = entered.iter().rposition(|entered| *entered == id.into_u64());
            last.map(|last| entered.remove(last));
        });
    }

    fn current_span(&self) -> Current {
        let last = ENTERED.with_borrow(|entered| entered.last().copied());
        last.map_or_else(Current::none, |id| Current::new(span::Id::from_u64(id), metadata(id)))
    }
}

/// From now on all threads of this program are listened to.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Listener).unwrap());
}

#[test]
fn spans_of_the_caller_are_entered_around_the_closure_alone() {
    listen();
    let node = node(1);
    node.enter(|| {
        let (_, monitor) = process::spawn_monitor(|_| {
            let _outer = tracing::info_span!("outer").entered();
            let _inner = tracing::info_span!("inner").entered();
            let there = blocking(|| {
                std::mem::forget(tracing::info_span!("forgotten").entered());
                entered()
            });
            assert_eq!(there, ["outer", "inner", "forgotten"]);
            assert_eq!(entered(), ["outer", "inner"]);
        });
        assert_eq!(down(monitor), ExitReason::Normal);
        assert_eq!(blocking(entered), [""; 0], "none is left on the thread");
        let (_, monitor) = process::spawn_monitor_async(|_| async {
            let there = tracing::info_span!("polled").in_scope(|| on_foreign_executor(blocking_async(entered)));
            assert_eq!(there, ["polled"]);
        });
        assert_eq!(down(monitor), ExitReason::Normal);
    });
    node.stop();
}

#[test]
fn a_panic_that_nobody_waits_for_is_reported() {
    listen();
    let (closure, begun, open) = held();
    let (pid, monitor) = process::spawn_monitor(move |_| {
        blocking(move || {
            closure();
            panic!("nobody waits for this");
        });
    });
    begun.recv_timeout(PATIENCE).unwrap();
    process::exit(pid, ExitReason::Kill);
    assert_eq!(down(monitor), ExitReason::Killed);
    open.send(()).unwrap();
    let is_it = |text: &String| text.contains("nobody waits for this") && text.contains("heard.rs");
    wait_until(|| HEARD.lock().unwrap().iter().any(is_it));
}

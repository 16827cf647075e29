//! `tracing` spans that a plain handler has entered stay with it across its waits, and nobody else sees them.

#![cfg(all(feature = "macros", feature = "tracing"))]
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    reason = "actors of tests"
)]

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, Once, mpsc},
};

use otp::{
    Node,
    prelude::*,
    process::{self, exit},
};
use tracing::{Event, Metadata, Span, Subscriber, info_span, span};
use tracing_core::span::Current;

/// Knows which spans each thread has entered, and names the innermost as `tracing-subscriber` does: one that was
/// entered again within itself is named no second time.
struct Listener;

static SPANS: Mutex<Vec<&'static Metadata<'static>>> = Mutex::new(Vec::new());

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

fn metadata(id: u64) -> &'static Metadata<'static> {
    SPANS.lock().unwrap()[id as usize - 1]
}

/// The names of the spans that the calling thread has entered, the outermost first.
fn entered() -> Vec<&'static str> {
    ENTERED.with_borrow(|entered| entered.iter().map(|id| metadata(*id).name()).collect())
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span()
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut spans = SPANS.lock().unwrap();
        spans.push(span.metadata());
        span::Id::from_u64(spans.len() as u64)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, id: &span::Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(id.into_u64()));
    }

    fn exit(&self, id: &span::Id) {
        ENTERED.with_borrow_mut(|entered| {
            let last = entered.iter().rposition(|entered| *entered == id.into_u64());
            entered.remove(last.expect("a span is left only where it was entered"));
        });
    }

    fn current_span(&self) -> Current {
        let last = ENTERED.with_borrow(|entered| {
            let is_first = |index: &usize| !entered[..*index].contains(&entered[*index]);
            (0..entered.len()).rev().find(is_first).map(|index| entered[index])
        });
        last.map_or_else(Current::none, |id| Current::new(span::Id::from_u64(id), metadata(id)))
    }
}

/// From now on all threads of this program are listened to.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Listener).unwrap());
}

/// What others saw on the thread, each time that they had a turn there.
type Seen = Arc<Mutex<Vec<Vec<&'static str>>>>;

/// Notes what it sees.
pub struct Witness(Seen);

#[actor]
impl Witness {
    #[init]
    fn init(seen: Seen) -> Self {
        seen.lock().unwrap().push(entered());
        Self(seen)
    }

    #[handle_call]
    pub fn look(&self) {
        self.0.lock().unwrap().push(entered());
    }

    /// Waits while it is looked at.
    #[handle_call]
    pub fn look_long(&self) {
        self.look();
        otp::sleep(Duration::from_millis(5));
        self.look();
    }
}

/// Runs `f` in a simulation's process, and checks that others who had turns meanwhile saw no span of it.
fn unseen(f: impl Fn(&WitnessRef) + Send + Sync + 'static) {
    listen();
    let f = Arc::new(f);
    for seed in 0..20 {
        Sim::run(seed, |_| {
            let seen = Seen::default();
            let witness = Witness::start(Arc::clone(&seen)).unwrap();
            let f = Arc::clone(&f);
            let (_, monitor) = process::spawn_monitor(move |_| {
                f(&witness);
                assert_eq!(entered(), [""; 0], "its guards are gone");
            });
            let down = process::current().receive_down(monitor, None).unwrap();
            assert_eq!(down.reason, ExitReason::Normal);
            let seen = seen.lock().unwrap();
            assert!(seen.len() > 1, "nobody looked");
            assert!(seen.iter().all(Vec::is_empty), "others saw {seen:?}");
        });
    }
}

#[test]
fn nested_spans_stay_with_who_waits() {
    unseen(|witness| {
        let _outer = info_span!("outer").entered();
        witness.look().unwrap();
        assert_eq!(entered(), ["outer"]);
        let inner = info_span!("inner").entered();
        witness.look().unwrap();
        assert_eq!(entered(), ["outer", "inner"]);
        drop(inner);
        assert_eq!(entered(), ["outer"]);
        witness.look_long().unwrap();
        assert_eq!(entered(), ["outer"]);
    });
}

#[test]
fn a_span_stays_across_each_kind_of_wait() {
    unseen(|witness| {
        info_span!("scope").in_scope(|| {
            let request = witness.request().look_long();
            otp::sleep(Duration::from_millis(1));
            assert_eq!(entered(), ["scope"], "after a sleep");
            request.wait().unwrap();
            assert_eq!(entered(), ["scope"], "after a reply");
            let subject = process::current().subject::<()>();
            otp::timer::send_after(Duration::from_millis(1), &subject, ());
            subject.receive(None).unwrap();
            assert_eq!(entered(), ["scope"], "after a message");
            Witness::start(Seen::default()).unwrap();
            assert_eq!(entered(), ["scope"], "after a start");
            witness.timeout(Duration::from_millis(1)).look_long().unwrap_err();
            assert_eq!(entered(), ["scope"], "after a call that took too long");
        });
    });
}

#[test]
fn a_span_within_itself_is_entered_as_often_as_before() {
    unseen(|witness| {
        let (again, between) = (info_span!("again"), info_span!("between"));
        let _outer = again.enter();
        {
            let _inner = again.enter();
            witness.look().unwrap();
            assert_eq!(entered(), ["again", "again"]);
            let _between = between.enter();
            let _innermost = again.enter();
            witness.look().unwrap();
            let mut entered = entered();
            entered.sort_unstable();
            assert_eq!(entered, ["again", "again", "again", "between"]);
        }
        assert_eq!(entered(), ["again"]);
    });
}

/// Opens a span for the length of a method, as `#[instrument]` does.
fn instrumented<R>(f: impl FnOnce() -> R) -> R {
    let span = info_span!("method");
    let _guard = span.enter();
    f()
}

pub struct Server {
    witness: WitnessRef,
}

#[actor]
impl Server {
    #[init]
    fn init(witness: WitnessRef) -> Self {
        instrumented(|| witness.look().unwrap());
        Self { witness }
    }

    #[handle_call]
    pub fn work(&self) -> Vec<&'static str> {
        instrumented(|| {
            self.witness.look_long().unwrap();
            entered()
        })
    }
}

#[test]
fn a_handler_that_is_instrumented_keeps_its_span() {
    unseen(|witness| {
        let server = Server::start(witness.clone()).unwrap();
        let _caller = info_span!("caller").entered();
        assert_eq!(server.work().unwrap(), ["method"]);
        assert_eq!(entered(), ["caller"]);
    });
}

#[test]
fn those_who_wait_by_turns_have_their_own_spans_each() {
    unseen(|witness| {
        let (done, all) = (process::current().subject::<()>(), 5);
        for number in 0..all {
            let (witness, done) = (witness.clone(), done.clone());
            process::spawn(move |_| {
                let names = if number % 2 == 0 { ["even"; 2] } else { ["odd"; 2] };
                let span = || if number % 2 == 0 { info_span!("even") } else { info_span!("odd") };
                let _outer = span().entered();
                for _ in 0..4 {
                    let _inner = span().entered();
                    otp::sleep(Duration::from_millis(number % 3));
                    assert_eq!(entered(), names);
                    witness.look_long().unwrap();
                    assert_eq!(entered(), names);
                }
                done.send(());
            });
        }
        (0..all).for_each(|_| done.receive(None).unwrap());
    });
}

#[test]
fn who_is_killed_while_it_waits_leaves_its_spans() {
    unseen(|witness| {
        let (tell, told) = mpsc::channel();
        let guarded = tell.clone();
        let (pid, monitor) = process::spawn_monitor(move |_| {
            /// Says what is entered when it is dropped.
            struct Last(mpsc::Sender<Vec<&'static str>>);
            impl Drop for Last {
                fn drop(&mut self) {
                    self.0.send(entered()).unwrap();
                }
            }
            let _first = Last(guarded.clone());
            let _outer = info_span!("outer").entered();
            let _inner = info_span!("inner").entered();
            let _last = Last(guarded);
            otp::timer::sleep_forever();
        });
        let _own = info_span!("own").entered();
        otp::sleep(Duration::from_millis(1));
        exit(pid, ExitReason::Kill);
        let down = process::current().receive_down(monitor, None).unwrap();
        assert_eq!(down.reason, ExitReason::Killed);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [vec!["outer", "inner"], vec![]]);
        assert_eq!(entered(), ["own"]);
        witness.look().unwrap();
    });
}

#[test]
fn a_panic_that_is_caught_behind_a_wait_leaves_what_was_entered_outside() {
    unseen(|witness| {
        let _outer = info_span!("outer").entered();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _inner = info_span!("inner").entered();
            witness.look().unwrap();
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(caught.is_err());
        assert_eq!(entered(), ["outer"]);
        witness.look().unwrap();
    });
}

#[test]
fn the_spans_of_a_test_are_its_own() {
    listen();
    for seed in 0..20 {
        Sim::run(seed, |t| {
            let seen = Seen::default();
            let witness = Witness::start(Arc::clone(&seen)).unwrap();
            let _test = info_span!("test").entered();
            witness.look().unwrap();
            assert_eq!(entered(), ["test"]);
            let waiting = witness.request().look_long();
            t.settle();
            assert_eq!(entered(), ["test"]);
            t.advance(Duration::from_secs(1));
            assert_eq!(entered(), ["test"]);
            waiting.wait().unwrap();
            assert!(seen.lock().unwrap().iter().all(Vec::is_empty));
        });
    }
}

#[test]
fn on_real_cores_too_nobody_sees_the_spans_of_another() {
    listen();
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(|| {
        let seen = Seen::default();
        let witness = Witness::start(Arc::clone(&seen)).unwrap();
        // Code that is known is run beside others, on the thread on which they wait.
        (0..200).for_each(|_| witness.look().unwrap());
        let monitors = (0..4).map(|_| {
            let witness = witness.clone();
            process::spawn_monitor(move |_| {
                let span: Span = info_span!("waits");
                for _ in 0..200 {
                    let _guard = span.enter();
                    witness.look().unwrap();
                    assert_eq!(entered(), ["waits"]);
                }
            })
        });
        for (_, monitor) in monitors.collect::<Vec<_>>() {
            assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
        }
        assert!(seen.lock().unwrap().iter().all(Vec::is_empty));
    });
    node.stop();
}

//! Plain code that waits for futures.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    future::{Future, pending, poll_fn},
    pin::Pin,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    task::{Context as Polled, Poll, Waker},
    thread,
};

use otp::prelude::*;

/// A future that somebody else makes ready, and that counts who has dropped it.
#[derive(Clone, Default)]
struct Gate(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<(bool, Option<Waker>)>,
    polls: AtomicUsize,
    drops: AtomicUsize,
}

impl Gate {
    fn open(&self) {
        let waker = {
            let mut state = self.0.state.lock().unwrap();
            state.0 = true;
            state.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Wakes for nothing.
    fn shake(&self) {
        let waker = self.0.state.lock().unwrap().1.take();
        waker.into_iter().for_each(Waker::wake);
    }

    fn passed(&self) -> Passed {
        Passed(self.clone())
    }

    fn polls(&self) -> usize {
        self.0.polls.load(Relaxed)
    }

    fn drops(&self) -> usize {
        self.0.drops.load(Relaxed)
    }
}

/// Ready when its gate is open.
struct Passed(Gate);

impl Future for Passed {
    type Output = &'static str;

    fn poll(self: Pin<&mut Self>, cx: &mut Polled<'_>) -> Poll<&'static str> {
        self.0.0.polls.fetch_add(1, Relaxed);
        let mut state = self.0.0.state.lock().unwrap();
        if state.0 {
            return Poll::Ready("through");
        }
        state.1 = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        self.0.0.drops.fetch_add(1, SeqCst);
    }
}

/// Waits in plain handlers.
struct Porter;

#[actor]
impl Porter {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn wait(&mut self, gate: Gate) -> &'static str {
        otp::wait(gate.passed())
    }

    #[handle_call]
    fn wait_a_second(&mut self, gate: Gate) -> Result<&'static str, process::WaitTimeout> {
        otp::wait_timeout(Duration::from_secs(1), gate.passed())
    }

    #[handle_call]
    fn wait_here(&mut self, gate: Gate) -> usize {
        // What is awaited need not be `Send`: the stack stays on its thread.
        let kept = Rc::new(());
        otp::wait(async {
            let kept = Rc::clone(&kept);
            gate.passed().await;
            Rc::strong_count(&kept)
        })
    }

    #[handle_call]
    fn stumble(&mut self) -> u32 {
        otp::wait(poll_fn(|_| panic!("stumbled in a poll")))
    }

    #[handle_call]
    fn add(&mut self, a: u32, b: u32) -> u32 {
        a + b
    }
}

#[otp::test(seeds = 20)]
fn a_handler_waits_and_others_go_on(t: &mut Sim) {
    let (gate, porter, other) = (Gate::default(), Porter::start().unwrap(), Porter::start().unwrap());
    let waits = porter.request().wait(gate.clone());
    let behind = porter.request().add(1, 1);
    t.settle();
    assert_eq!(other.add(1, 2), Ok(3));
    let polls = gate.polls();
    for _ in 0..3 {
        gate.shake();
        t.settle();
    }
    assert_eq!(gate.polls(), polls + 3, "it is polled when it is woken, and then only");
    gate.open();
    assert_eq!(waits.wait(), Ok("through"));
    assert_eq!(behind.wait(), Ok(2));
    assert_eq!(gate.drops(), 1);

    let gate = Gate::default();
    let waits = porter.request().wait_here(gate.clone());
    t.settle();
    gate.open();
    assert_eq!(waits.wait(), Ok(2));
}

#[otp::test(seeds = 20)]
fn an_exit_ends_the_wait_and_drops_the_future(t: &mut Sim) {
    for reason in [ExitReason::Kill, ExitReason::other("enough")] {
        let (gate, porter) = (Gate::default(), Porter::start().unwrap());
        let waits = porter.request().wait(gate.clone());
        t.settle();
        process::exit(porter.pid().unwrap(), reason);
        assert!(matches!(waits.wait(), Err(CallError::Exited(_))));
        assert_eq!(gate.drops(), 1);
        // Whoever wakes it finds nobody.
        gate.open();
        t.settle();
    }
    t.crashes();
}

#[otp::test(seeds = 20)]
fn a_wait_with_a_limit_drops_what_is_late(t: &mut Sim) {
    let (gate, porter) = (Gate::default(), Porter::start().unwrap());
    let began = t.now();
    let late = porter.wait_a_second(gate.clone()).unwrap();
    assert_eq!(late.unwrap_err().to_string(), "the future was not ready in time");
    assert_eq!((t.now() - began, gate.drops()), (Duration::from_secs(1), 1));
    gate.open();
    assert_eq!(porter.wait_a_second(gate.clone()).unwrap(), Ok("through"));
    assert_eq!(t.now() - began, Duration::from_secs(1));

    // What has no time at all is looked at once.
    assert_eq!(otp::wait_timeout(Duration::ZERO, async { 1 }), Ok(1));
    assert!(otp::wait_timeout(Duration::ZERO, pending::<u32>()).is_err());
}

#[otp::test(seeds = 5)]
fn a_panic_of_a_future_is_one_of_its_handler(t: &mut Sim) {
    let porter = Porter::start().unwrap();
    let Err(CallError::Exited(reason)) = porter.stumble() else { panic!("it has crashed") };
    assert_eq!(reason.as_panic().unwrap().message, "stumbled in a poll");
    assert_eq!(reason.as_panic().unwrap().handler, Some("stumble"));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 5)]
fn every_process_can_wait(t: &mut Sim) {
    // The test's own, a plain one, one in another wait, and an async one in the middle of a poll.
    assert_eq!(otp::wait(async { 42 }), 42);
    let (gates, seen) = ([(); 3].map(|()| Gate::default()), process::current().subject());
    let [plain, inner, within] = gates.clone().map(|gate| (gate, seen.clone()));
    process::spawn(move |_| plain.1.send(otp::wait(plain.0.passed())));
    process::spawn(move |_| inner.1.send(otp::wait(async { otp::wait(inner.0.passed()) })));
    process::spawn_async(|_| async move { within.1.send(otp::wait(within.0.passed())) });
    t.settle();
    gates.iter().for_each(Gate::open);
    t.settle();
    for _ in 0..3 {
        assert_eq!(seen.receive(Duration::ZERO), Some("through"));
    }
}

#[test]
fn a_thread_of_somebody_else_wakes_it() {
    let porters: Vec<_> = (0..100).map(|_| (Porter::start().unwrap(), Gate::default())).collect();
    let waits: Vec<_> = porters.iter().map(|(porter, gate)| porter.request().wait(gate.clone())).collect();
    let gates: Vec<_> = porters.iter().map(|(_, gate)| gate.clone()).collect();
    let opens = thread::spawn(move || gates.iter().for_each(Gate::open));
    for wait in waits {
        assert_eq!(wait.receive(Duration::from_secs(60)), Ok("through"));
    }
    opens.join().unwrap();
    for (_, gate) in &porters {
        assert!(gate.polls() <= 3, "{}", gate.polls());
    }
}

/// Waits when it is dropped.
struct Last(Gate);

impl Drop for Last {
    fn drop(&mut self) {
        assert_eq!(otp::wait(self.0.passed()), "through");
    }
}

#[test]
fn a_drop_can_wait_while_its_process_ends() {
    let gate = Gate::default();
    let kept = gate.clone();
    let (pid, monitor) = process::spawn_monitor(move |_| {
        let _last = Last(kept);
        otp::timer::sleep_forever();
    });
    while process::info(pid).is_some_and(|info| info.status == process::ProcessStatus::Running) {
        thread::yield_now();
    }
    process::exit(pid, ExitReason::Shutdown);
    let opens = gate.clone();
    let opens = thread::spawn(move || {
        while opens.polls() == 0 {
            thread::yield_now();
        }
        opens.open();
    });
    let down = process::current().receive_down(monitor, Duration::from_secs(60)).unwrap();
    assert_eq!(down.reason, ExitReason::Shutdown);
    opens.join().unwrap();
    assert_eq!(gate.drops(), 1);
}

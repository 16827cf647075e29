//! Calls: what is no deadlock, though it looks like one; who cannot wait any more.

#![cfg(feature = "macros")]

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::mpsc::{self, Receiver},
    task::Poll,
};

use otp::{
    Node,
    actor::Starter,
    client::{Requests, RequestsError},
    prelude::*,
    process::{ProcessStatus, Subject},
};

const SECOND: Duration = Duration::from_secs(1);

/// Waits in several ways, and is called meanwhile.
struct Waits {
    told: Subject<&'static str>,
    requests: Requests<(), Result<(), CallError>>,
    held: Option<ReplyTo<()>>,
}

#[actor]
impl Waits {
    #[init]
    fn init(told: Subject<&'static str>) -> Self {
        Self { told, requests: Requests::new(), held: None }
    }

    #[handle_call]
    fn ping(&self) {}

    /// Calls back.
    #[handle_call]
    fn call_back(&self, caller: WaitsRef) -> Result<(), CallError> {
        let result = caller.ping();
        self.told.send(if result.is_ok() { "called back" } else { "not called back" });
        result
    }

    #[handle_cast]
    fn call_later(&self, other: WaitsRef) {
        let _ = self.call_back(other);
    }

    #[handle_call]
    fn call_back_later(&self, after: Duration, caller: WaitsRef) -> Result<(), CallError> {
        otp::sleep(after);
        self.call_back(caller)
    }

    #[handle_call]
    fn have_called_back(&self, by: WaitsRef, ctx: &mut Context<Self>) -> Result<Result<(), CallError>, CallError> {
        by.no_timeout().call_back_later(SECOND, ctx.client())
    }

    /// Makes one call after another.
    #[handle_call]
    async fn call_twice(
        &mut self,
        other: WaitsRef,
        ctx: &mut Context<Self>,
    ) -> Result<Result<(), CallError>, CallError> {
        let _ = other.ping();
        other.as_async().no_timeout().call_back_later(SECOND, ctx.client()).await
    }

    /// Looks once whether there is a reply, and waits for nothing.
    #[handle_call]
    async fn peek(&mut self, at: WaitsRef) {
        let mut reply = at.as_async().hold();
        std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut reply).poll(cx).is_ready())).await;
    }

    #[handle_call]
    async fn have_awaited(
        &mut self,
        other: WaitsRef,
        ctx: &mut Context<Self>,
    ) -> Result<Result<(), CallError>, CallError> {
        other.as_async().no_timeout().call_back_later(SECOND, ctx.client()).await
    }

    /// Awaits one that calls back, and another that takes its time.
    #[handle_call]
    async fn await_both(
        &mut self,
        caller: WaitsRef,
        sleeper: WaitsRef,
        ctx: &mut Context<Self>,
    ) -> Result<Result<(), CallError>, CallError> {
        let mut called_back = caller.as_async().no_timeout().call_back_later(SECOND, ctx.client());
        let mut slept = sleeper.as_async().sleep(SECOND * 2);
        let (mut outcome, mut is_over) = (None, false);
        std::future::poll_fn(|cx| {
            is_over = is_over || Pin::new(&mut slept).poll(cx).is_ready();
            if outcome.is_none()
                && let Poll::Ready(called) = Pin::new(&mut called_back).poll(cx)
            {
                outcome = Some(called);
            }
            outcome.take_if(|_| is_over).map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Loses the reply in a panic that it survives.
    #[handle_call]
    fn lose(&self, reply: ReplyTo<()>) {
        let lost = catch_unwind(AssertUnwindSafe(|| {
            let _reply = reply;
            panic!("it is caught");
        }));
        self.told.send(if lost.is_err() { "lost" } else { "not lost" });
    }

    /// Gives a call up for which it has just waited, and awaits something else.
    #[handle_call]
    async fn give_up(&mut self, on: WaitsRef, ctx: &mut Context<Self>) {
        let mut reply = on.as_async().no_timeout().call_back_later(SECOND * 2, ctx.client());
        let mut over = Box::pin(process::sleep_async(SECOND));
        std::future::poll_fn(|cx| {
            let _ = Pin::new(&mut reply).poll(cx);
            over.as_mut().poll(cx)
        })
        .await;
        drop(reply);
        process::sleep_async(SECOND * 2).await;
    }

    /// Looks once whether there is a reply, and starts one that calls it.
    #[handle_call]
    async fn peek_and_start(&mut self, at: WaitsRef, ctx: &mut Context<Self>) {
        let mut reply = at.as_async().hold();
        std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut reply).poll(cx).is_ready())).await;
        let (told, caller) = (self.told.clone(), ctx.client());
        let started = Starter::<Self>::new().enter_loop(move |_| {
            let result = caller.ping();
            told.send(if result.is_ok() { "called back" } else { "not called back" });
            Self::init(told)
        });
        started.expect("it starts");
    }

    /// Starts one that says so, and calls it back.
    #[handle_call]
    fn start_one_that_calls(&mut self, ctx: &mut Context<Self>) {
        let (told, caller) = (self.told.clone(), ctx.client());
        let started = Starter::<Self>::new().enter_loop(move |ctx| {
            ctx.init_ack();
            let result = caller.ping();
            told.send(if result.is_ok() { "called back" } else { "not called back" });
            Self::init(told)
        });
        started.expect("it starts");
    }

    /// Waits for a while, and awaits something else.
    #[handle_call]
    async fn wait_for_a_while(&mut self, on: WaitsRef, ctx: &mut Context<Self>) -> bool {
        let mut reply = on.no_timeout().request().call_back_later(SECOND * 2, ctx.client());
        let is_over = reply.wait_timeout(SECOND).is_none();
        process::sleep_async(SECOND * 2).await;
        is_over
    }

    /// Starts one that calls back, and does something else.
    #[handle_call]
    fn start_another(&self, ctx: &mut Context<Self>) {
        Waits::start(self.told.clone()).expect("it starts").call_later(ctx.client());
        otp::sleep(SECOND);
    }

    #[handle_cast]
    fn hear(&self) {}

    #[handle_call]
    fn tell(&self, other: WaitsRef, then_sleep: Duration) {
        other.hear();
        otp::sleep(then_sleep);
    }

    #[handle_call]
    fn sleep(&self, duration: Duration) {
        otp::sleep(duration);
    }

    #[handle_call]
    fn hold(&mut self, reply: ReplyTo<()>) {
        self.held = Some(reply);
    }

    #[handle_cast]
    fn release(&mut self) {
        self.held.take().expect("it holds one").send(());
    }

    /// Goes on when its caller has the answer.
    #[handle_call]
    fn answer_first(&self, caller: WaitsRef, reply: ReplyTo<()>) {
        reply.send(());
        self.call_later(caller);
    }

    #[handle_call]
    fn have_answered(&self, by: WaitsRef, ctx: &mut Context<Self>) -> Result<(), CallError> {
        by.answer_first(ctx.client())
    }

    #[handle_call]
    fn hand_on(&self, to: WaitsRef, reply: ReplyTo<()>) {
        to.take(reply);
    }

    #[handle_cast]
    fn take(&mut self, reply: ReplyTo<()>) {
        self.held = Some(reply);
    }

    /// Has a call pending, and makes another one.
    #[handle_call]
    fn call_meanwhile(
        &self,
        a: WaitsRef,
        b: WaitsRef,
        ctx: &mut Context<Self>,
    ) -> Result<Result<(), CallError>, CallError> {
        let _pending = a.request().hand_on(b.clone());
        otp::sleep(SECOND);
        b.no_timeout().answer_and_call_back(ctx.client())
    }

    #[handle_call]
    fn answer_and_call_back(&mut self, caller: WaitsRef) -> Result<(), CallError> {
        self.held.take().expect("it holds one").send(());
        caller.no_timeout().ping()
    }

    #[handle_call]
    fn park(&self, gate: Receiver<()>) {
        self.told.send("parked");
        let _ = gate.recv();
    }

    #[handle_call]
    fn have_parked(&self, by: WaitsRef, gate: Receiver<()>) -> Result<(), CallError> {
        by.no_timeout().park(gate)
    }

    /// Has begun to be served when it begins to wait.
    #[handle_call]
    fn wait_late(&self, other: WaitsRef, ctx: &mut Context<Self>) -> Result<Result<(), CallError>, CallError> {
        let call = other.request().call_back(ctx.client());
        otp::sleep(SECOND);
        call.wait()
    }

    #[handle_call]
    fn have_held(&self, by: WaitsRef) -> Result<(), CallError> {
        by.no_timeout().hold()
    }

    /// Collects for a while and goes on, whether or not there was a reply.
    #[handle_call]
    fn collect(&mut self, from: WaitsRef, limit: Duration, ctx: &mut Context<Self>) -> Result<(), RequestsError> {
        if self.requests.is_empty() {
            self.requests.add((), from.request().call_back(ctx.client()));
        }
        self.requests.wait(limit).map(|_| ())
    }

    /// Looks whether there is a reply, and awaits something else.
    #[handle_call]
    async fn look(&mut self, at: WaitsRef, ctx: &mut Context<Self>) -> bool {
        let mut reply = at.request().call_back(ctx.client());
        let is_there = reply.check().is_some();
        process::sleep_async(SECOND).await;
        is_there
    }

    /// Awaits whichever of two replies comes first.
    #[handle_call]
    async fn first(
        &mut self,
        sleeps: WaitsRef,
        calls: WaitsRef,
        swapped: bool,
        ctx: &mut Context<Self>,
    ) -> &'static str {
        let mut slept = sleeps.as_async().sleep(SECOND);
        let mut called = calls.as_async().call_back(ctx.client());
        std::future::poll_fn(|cx| {
            for slept_is_next in [!swapped, swapped] {
                let polled = if slept_is_next {
                    Pin::new(&mut slept).poll(cx).map(|_| "slept")
                } else {
                    Pin::new(&mut called).poll(cx).map(|_| "called")
                };
                if polled.is_ready() {
                    return polled;
                }
            }
            Poll::Pending
        })
        .await
    }
}

#[otp::test(seeds = 50)]
fn who_collects_for_a_while_closes_no_cycle(_: &mut Sim) {
    let told = process::current().subject();
    let (a, b) = (Waits::start(told.clone())?, Waits::start(told.clone())?);
    assert_eq!(a.collect(b.clone(), SECOND)?, Err(RequestsError::Timeout));
    assert_eq!(told.receive(None), Some("called back"));
    assert_eq!(a.collect(b, SECOND)?, Ok(()));
}

#[otp::test(seeds = 50)]
fn who_only_looks_closes_no_cycle(_: &mut Sim) {
    let told = process::current().subject();
    let (a, b) = (Waits::start(told.clone())?, Waits::start(told.clone())?);
    assert!(!a.look(b)?);
    assert_eq!(told.receive(None), Some("called back"));
}

#[otp::test(seeds = 50)]
fn who_waits_for_either_of_two_closes_no_cycle(_: &mut Sim) {
    let told = process::current().subject();
    for swapped in [false, true] {
        let [a, b, c] = [0; 3].map(|_| Waits::start(told.clone()).expect("it starts"));
        let first = a.first(b, c, swapped)?;
        assert_eq!(first, "slept");
        assert_eq!(told.receive(None), Some("called back"));
    }
}

#[otp::test(seeds = 20)]
fn who_has_given_up_closes_no_cycle(t: &mut Sim) {
    let told = process::current().subject();
    let (a, b) = (Waits::start(told.clone())?, Waits::start(told.clone())?);
    a.give_up(b)?;
    assert_eq!((told.receive(None), t.now()), (Some("called back"), SECOND * 3));
}

#[otp::test(seeds = 20)]
fn who_has_waited_for_a_while_closes_no_cycle(t: &mut Sim) {
    let told = process::current().subject();
    let (a, b) = (Waits::start(told.clone())?, Waits::start(told.clone())?);
    assert!(a.wait_for_a_while(b)?);
    assert_eq!((told.receive(None), t.now()), (Some("called back"), SECOND * 3));
}

#[otp::test(seeds = 50)]
fn who_has_stood_in_line_closes_no_cycle(t: &mut Sim) {
    let told = process::current().subject();
    let bounded = Starter::<Waits>::new().mailbox(Mailbox::bounded(1, Policy::Block));
    let (a, b) = (Waits::start(told.clone())?, bounded.start((told.clone(),))?);
    let _slept = b.request().sleep(SECOND);
    t.settle();
    b.call_later(a.clone());
    let _tells = a.request().tell(b.no_timeout(), SECOND);
    assert_eq!((told.receive(None), t.now()), (Some("called back"), SECOND * 2));
    // Nor who has left the line.
    let _slept = b.request().sleep(SECOND * 2);
    t.settle();
    b.call_later(a.clone());
    let _tells = a.request().tell(b.timeout(SECOND), SECOND * 2);
    assert_eq!((told.receive(None), t.now()), (Some("called back"), SECOND * 5));
}

#[otp::test(seeds = 20)]
fn who_has_started_one_closes_no_cycle(_: &mut Sim) {
    let told = process::current().subject();
    Waits::start(told.clone())?.start_another()?;
    assert_eq!(told.receive(None), Some("called back"));
    Waits::start(told.clone())?.start_one_that_calls()?;
    assert_eq!(told.receive(None), Some("called back"));
}

#[otp::test(seeds = 50)]
fn who_waits_for_a_deferred_reply_closes_no_cycle(t: &mut Sim) {
    let told = process::current().subject();
    let (a, b) = (Waits::start(told.clone())?, Waits::start(told.clone())?);
    let held = a.request().have_held(b.clone());
    t.settle();
    // It looks again at what it waits for.
    process::monitor(a.pid().expect("it runs"));
    t.settle();
    b.call_later(a.clone());
    t.advance(SECOND);
    assert_eq!(told.receive(Duration::ZERO), None, "it waits until the other is free");
    // Nobody but the holder can release it, and the holder waits: the time of its call ends that.
    b.release();
    assert_eq!(held.wait(), Ok(Ok(())));
    assert_eq!(told.receive(None), Some("not called back"));
}

/// Pids of two nodes may differ in the node alone.
#[test]
fn calls_across_nodes_close_no_cycle() -> Result<(), Box<dyn std::error::Error>> {
    let nodes = [Node::builder().cores(1).start()?, Node::builder().cores(1).start()?];
    let told = process::current().subject();
    let bounded = || Starter::<Waits>::new().mailbox(Mailbox::bounded(1, Policy::Block));
    let start = || [0; 2].map(|_| bounded().start((told.clone(),)).expect("it starts"));
    let [[a, b], [_, twin]] = nodes.each_ref().map(|node| node.enter(start));
    let on_its_node =
        |client: &WaitsRef| client.pid().map(|pid| pid.to_string().split_once('.').map(|(_, own)| own.to_owned()));
    assert_eq!(on_its_node(&b), on_its_node(&twin));
    // `a` waits for the twin of `b`, and `b` for `a`.
    let (release, gate) = mpsc::channel();
    let parked = a.request().have_parked(twin.clone(), gate);
    assert_eq!(told.receive(None), Some("parked"));
    let called_back = b.request().call_back(a.clone());
    let info = || a.pid().and_then(process::info).expect("it runs");
    while info().message_queue_len == 0 {
        std::thread::yield_now();
    }
    drop(release);
    assert_eq!(parked.wait(), Ok(Ok(())));
    assert_eq!(called_back.wait(), Ok(Ok(())));
    assert_eq!(told.receive(None), Some("called back"));
    // As before, but `a` stands in line.
    let (release, gate) = mpsc::channel();
    let parked = twin.request().park(gate);
    assert_eq!(told.receive(None), Some("parked"));
    twin.hear();
    let told_twin = a.request().tell(twin.no_timeout(), Duration::ZERO);
    while info().handler != Some("tell") || info().status != ProcessStatus::Waiting {
        std::thread::yield_now();
    }
    let called_back = b.request().call_back(a.clone());
    while info().message_queue_len == 0 {
        std::thread::yield_now();
    }
    drop(release);
    assert_eq!((parked.wait(), told_twin.wait(), called_back.wait()), (Ok(()), Ok(()), Ok(Ok(()))));
    for node in nodes {
        node.stop();
    }
    Ok(())
}

/// What a wait comes to, with a limit, in a collection, and without.
type Waited = (Option<Result<(), CallError>>, Option<RequestsError>, Result<(), CallError>);

/// Calls in its last moments.
struct CallsAtTheEnd {
    other: WaitsRef,
    told: Subject<Waited>,
}

impl Drop for CallsAtTheEnd {
    fn drop(&mut self) {
        let other = self.other.request();
        let mut requests: Requests<(), ()> = std::iter::once(((), other.ping())).collect();
        let collected = requests.receive(SECOND).err();
        self.told.send((other.ping().wait_timeout(SECOND), collected, other.ping().receive(SECOND)));
    }
}

#[otp::test(seeds = 20)]
fn who_is_ending_is_told_so(t: &mut Sim) {
    let told = process::current().subject();
    let other = Waits::start(process::current().subject())?;
    let at_the_end = CallsAtTheEnd { other, told: told.clone() };
    let dying = process::spawn(move |_| {
        let _at_the_end = at_the_end;
        otp::sleep(SECOND * 3600);
    });
    t.settle();
    process::exit(dying, ExitReason::Kill);
    let exiting = (Some(Err(CallError::Exiting)), Some(RequestsError::Exiting), Err(CallError::Exiting));
    assert_eq!(told.receive(None), Some(exiting));
}

#[otp::test(seeds = 20)]
fn who_waits_late_is_told_of_the_cycle(t: &mut Sim) {
    let told = process::current().subject();
    let (a, b) = (Waits::start(told.clone())?, Waits::start(told)?);
    assert!(matches!(a.no_timeout().wait_late(b), Ok(Err(CallError::Deadlock(_)))));
    assert_eq!(t.now(), SECOND, "at once");
}

#[otp::test(seeds = 20)]
fn who_looks_again_is_told_of_the_cycle(t: &mut Sim) {
    let told = process::current().subject();
    let (a, b) = (Waits::start(told.clone())?, Waits::start(told.clone())?);
    let _called_back = a.request().have_called_back(b);
    t.settle();
    process::monitor(a.pid().expect("it runs"));
    assert_eq!((told.receive(None), t.now()), (Some("not called back"), SECOND));
}

#[otp::test(seeds = 20)]
fn a_call_that_is_over_does_not_hide_the_cycle_of_the_next(t: &mut Sim) {
    let told = process::current().subject();
    let (a, b) = (Waits::start(told.clone())?, Waits::start(told.clone())?);
    let _called_back = a.request().call_twice(b.clone());
    assert_eq!((told.receive(None), t.now()), (Some("not called back"), SECOND));
    let c = Waits::start(told.clone())?;
    let _peeked = c.request().peek(a);
    let _called_back = c.request().have_awaited(b);
    assert_eq!((told.receive(None), t.now()), (Some("not called back"), SECOND * 2));
    let d = Waits::start(told.clone())?;
    d.peek_and_start(Waits::start(told.clone())?)?;
    assert_eq!((told.receive(None), t.now()), (Some("not called back"), SECOND * 2));
}

#[otp::test(seeds = 20)]
fn a_reply_can_be_waited_for_by_another_process(_: &mut Sim) {
    let outcomes = process::current().subject();
    let (reply, outcome) = (Waits::start(process::current().subject())?.request().sleep(SECOND), outcomes.clone());
    process::spawn(move |_| outcome.send(reply.wait()));
    assert_eq!(outcomes.receive(None), Some(Ok(())));
}

#[otp::test]
fn a_reply_that_is_lost_in_a_panic_that_is_caught_is_none(_: &mut Sim) {
    let told = process::current().subject();
    assert_eq!(Waits::start(told.clone())?.lose(), Err(CallError::NoReply));
    assert_eq!(told.receive(None), Some("lost"));
}

#[otp::test(seeds = 20)]
fn an_answer_to_another_call_does_not_hide_the_cycle(t: &mut Sim) {
    let told = process::current().subject();
    let [a, b, c] = [0; 3].map(|_| Waits::start(told.clone()).expect("it starts"));
    let called = c.no_timeout().call_meanwhile(a, b)?;
    assert!(matches!(called, Ok(Err(CallError::Deadlock(_)))), "who closes it is told: {called:?}");
    assert_eq!(t.now(), SECOND, "at once");
}

#[otp::test(seeds = 20)]
fn the_last_of_several_calls_closes_a_cycle(t: &mut Sim) {
    let told = process::current().subject();
    let [a, b, c] = [0; 3].map(|_| Waits::start(told.clone()).expect("it starts"));
    let called = a.no_timeout().await_both(b, c)?;
    assert!(matches!(called, Err(CallError::Deadlock(_))), "it is told: {called:?}");
    assert_eq!((told.receive(None), t.now()), (Some("called back"), SECOND * 2));
}

#[otp::test(seeds = 20)]
fn who_has_answered_closes_no_cycle(_: &mut Sim) {
    let told = process::current().subject();
    let (a, b) = (Waits::start(told.clone())?, Waits::start(told.clone())?);
    assert_eq!(a.have_answered(b)?, Ok(()));
    assert_eq!(told.receive(None), Some("called back"));
}

#[otp::test(seeds = 20)]
fn a_reply_that_has_come_is_counted_until_it_is_taken(t: &mut Sim) {
    let a = Waits::start(process::current().subject())?;
    let mut requests: Requests<_, _> = [1, 2].map(|label| (label, a.request().ping())).into_iter().collect();
    t.settle();
    assert_eq!(requests.check(), Ok((1, Ok(()))));
    assert_eq!((requests.len(), requests.labels().collect::<Vec<_>>()), (1, vec![&2]));
}

#[otp::test]
fn a_reply_is_taken_once(_: &mut Sim) {
    let mut reply = Waits::start(process::current().subject())?.request().ping();
    assert_eq!(reply.wait_timeout(SECOND), Some(Ok(())));
    assert!(catch_unwind(AssertUnwindSafe(|| reply.check())).is_err());
}

//! Actors: how they begin, what they do with messages, how a call can end, when `terminate` runs, timers.
//!
//! What depends on order runs in simulations under many seeds; what depends on threads runs on nodes of its own.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fmt::Display,
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context as Polled, Poll, Wake, Waker},
    thread,
    time::Instant,
};

use otp::{
    Node, SpecError, Starter,
    prelude::*,
    process::{Me, Subject},
};

const LONG: Duration = Duration::from_secs(3600);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

/// The reason in the `Down` of a monitor; waits for it.
fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, None).unwrap().reason
}

/// The trapped exit signal that waits.
fn exited() -> Option<ExitReason> {
    process::current().receive_exit(Duration::ZERO).map(|exit| exit.reason)
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, what: impl Display) {
        self.0.lock().unwrap().push(what.to_string());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Wake for Log {
    fn wake(self: Arc<Self>) {
        self.say("reply");
    }
}

/// Says when it is dropped, and panics if it is to.
struct Held {
    log: Log,
    name: &'static str,
    panics: bool,
}

impl Held {
    fn new(log: &Log, name: &'static str) -> Self {
        Self { log: log.clone(), name, panics: false }
    }

    fn panics(log: &Log, name: &'static str) -> Self {
        Self { log: log.clone(), name, panics: true }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.log.say(self.name);
        assert!(!self.panics || thread::panicking(), "{} is dropped", self.name);
    }
}

// Init.

/// What an `init` does.
#[derive(Clone, Debug)]
enum How {
    Ok,
    Ignore,
    Stop(ExitReason),
    Error(ExitReason),
    Panic,
    Wait,
    Killed,
}

/// Begins as it is told.
struct Begins {
    log: Log,
}

#[actor]
impl Begins {
    #[init]
    fn init(how: How, log: Log, ctx: &mut Context<Self>) -> Init<Self> {
        log.say("init");
        match how {
            How::Ok => Init::Ok(Self { log }),
            How::Ignore => Init::Ignore,
            How::Stop(reason) => Init::Stop(reason),
            How::Error(reason) => Init::Error(reason),
            How::Panic => panic!("no way to begin"),
            How::Wait => {
                otp::sleep(LONG);
                Init::Ok(Self { log })
            }
            How::Killed => {
                let own = ctx.pid();
                process::spawn(move |_| otp::exit(own, ExitReason::Kill));
                otp::sleep(LONG);
                Init::Ok(Self { log })
            }
        }
    }

    #[handle_call]
    fn ping(&self) {}

    #[terminate]
    fn bye(&mut self) {
        self.log.say("terminate");
    }
}

/// Begins in a future, with a result.
struct Awaits;

#[actor]
impl Awaits {
    #[init]
    async fn init(result: Result<(), String>, delay: Duration) -> Result<Self, String> {
        process::sleep_async(delay).await;
        result.map(|()| Self)
    }

    #[handle_call]
    fn ping(&self) {}
}

/// What each failing `init` comes to.
fn failures() -> Vec<(How, StartError, ExitReason)> {
    let (stop, error) = (why("stop"), why("error"));
    vec![
        (How::Ignore, StartError::Ignore, ExitReason::Normal),
        (How::Stop(stop.clone()), StartError::Failed(stop.clone()), stop),
        (How::Stop(ExitReason::Normal), StartError::Failed(ExitReason::Normal), ExitReason::Normal),
        (How::Error(error.clone()), StartError::Failed(error), ExitReason::Normal),
        (How::Killed, StartError::Failed(ExitReason::Killed), ExitReason::Killed),
    ]
}

#[otp::test(seeds = 20)]
fn init_makes_the_state(t: &mut Sim) {
    let log = Log::default();
    let begins = Begins::start(How::Ok, log.clone()).unwrap();
    assert_eq!(begins.ping(), Ok(()));
    let awaits = Awaits::start_link(Ok(()), millis(3)).unwrap();
    assert_eq!(t.now(), millis(3));
    assert_eq!(awaits.ping(), Ok(()));
    assert_eq!(log.take(), ["init"]);
}

#[otp::test(seeds = 50)]
fn a_failed_init_leaves_nothing(t: &mut Sim) {
    for (how, error, _) in failures() {
        for link in [false, true] {
            let log = Log::default();
            let starter = Starter::<Begins>::new().name("begins");
            let starter = if link { starter.link() } else { starter };
            assert_eq!(starter.start((how.clone(), log.clone())).err(), Some(error.clone()));
            // At once, without a wait: the process is gone and its name is free.
            assert_eq!(process::whereis("begins"), None);
            assert_eq!(t.node().len(), 1);
            t.settle();
            assert_eq!(exited(), None, "{how:?}: the error is told once");
            assert_eq!(log.take(), ["init"], "no `terminate`");
        }
    }
    assert_eq!(t.crashes().len(), 2, "of `Stop` with a reason that is not clean");
}

#[otp::test(seeds = 20)]
fn an_init_that_panics_is_a_failed_start(t: &mut Sim) {
    for link in [false, true] {
        let starter = Starter::<Begins>::new();
        let starter = if link { starter.link() } else { starter };
        let Err(StartError::Failed(reason)) = starter.start((How::Panic, Log::default())) else { panic!("it failed") };
        let panic = reason.as_panic().unwrap();
        assert_eq!((panic.message.as_str(), panic.handler), ("no way to begin", Some("init")));
    }
    let error = Awaits::start(Err("no".into()), millis(1)).unwrap_err();
    assert_eq!(error.to_string(), "its init failed: no");
    assert_eq!(t.crashes().len(), 3);
}

#[otp::test(seeds = 20)]
fn a_failed_start_link_ends_a_caller_that_does_not_trap(t: &mut Sim) {
    for (how, error, reason) in failures() {
        let errors = process::current().subject();
        let sender = errors.clone();
        let (_, monitor) = process::spawn_monitor(move |_| {
            sender.send(Begins::start_link(how, Log::default()).err());
        });
        if reason == ExitReason::Normal {
            assert_eq!(errors.receive(None), Some(Some(error)));
        }
        assert_eq!(down(monitor), reason);
    }
    t.crashes();
}

#[otp::test(seeds = 50)]
fn a_name_is_taken_before_init(_t: &mut Sim) {
    let log = Log::default();
    let named = || Starter::<Begins>::new().name("one");
    let first = named().start((How::Ok, log.clone())).unwrap();
    assert_eq!(process::whereis("one"), first.pid());
    let second = named().link().start((How::Ok, log.clone()));
    assert_eq!(second.err(), Some(StartError::AlreadyStarted(first.pid().unwrap())));
    assert_eq!(log.take(), ["init"]);
    assert_eq!(exited(), None);
    first.stop().unwrap();
    named().start((How::Ok, log.clone())).unwrap();
}

#[otp::test(seeds = 50)]
fn a_slow_init_is_killed(t: &mut Sim) {
    for link in [false, true] {
        let began = t.now();
        let starter = Starter::<Begins>::new().name("slow").timeout(millis(10));
        let starter = if link { starter.link() } else { starter };
        assert_eq!(starter.start((How::Wait, Log::default())).err(), Some(StartError::Timeout));
        assert_eq!(t.now() - began, millis(10));
        assert_eq!(process::whereis("slow"), None, "its name is free when the error is returned");
        assert_eq!(t.node().len(), 1);
        t.settle();
        assert_eq!(exited(), None);
    }
}

#[otp::test(seeds = 20)]
fn start_monitor_monitors(_t: &mut Sim) {
    let (client, monitor) = Starter::<Begins>::new().start_monitor((How::Ok, Log::default())).unwrap();
    client.stop().unwrap();
    assert_eq!(down(monitor), ExitReason::Normal);
}

#[otp::test(seeds = 20)]
fn a_starter_that_dies_takes_a_linked_child_along(t: &mut Sim) {
    let log = Log::default();
    let seen = log.clone();
    let (starter, monitor) = process::spawn_monitor(move |_| {
        let _ = Begins::start_link(How::Wait, seen.clone());
        seen.say("started");
    });
    t.settle();
    assert_eq!(t.node().len(), 3);
    otp::exit(starter, ExitReason::Shutdown);
    assert_eq!(down(monitor), ExitReason::Shutdown);
    t.settle();
    assert_eq!(t.node().len(), 1);
    assert_eq!(log.take(), ["init"]);
}

// Messages.

/// Does everything that a server can do.
struct Desk {
    log: Log,
    kept: Vec<ReplyTo<i64>>,
    held: Vec<Held>,
    terminate_panics: bool,
}

#[actor]
impl Desk {
    #[init]
    fn init(log: Log, trap: bool, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(trap);
        Self { log, kept: Vec::new(), held: Vec::new(), terminate_panics: false }
    }

    #[handle_call]
    fn ask(&mut self, n: i64) -> i64 {
        self.log.say(format_args!("ask {n}"));
        n + 1
    }

    #[handle_call]
    fn slow(&mut self, n: i64, delay: Duration) -> i64 {
        otp::sleep(delay);
        self.log.say(format_args!("slow {n}"));
        n + 1
    }

    #[handle_call]
    async fn doze(&mut self, n: i64, delay: Duration) -> i64 {
        self.log.say(format_args!("doze {n}"));
        process::sleep_async(delay).await;
        self.log.say(format_args!("woke {n}"));
        n + 1
    }

    #[handle_call]
    fn later(&mut self, reply: ReplyTo<i64>) {
        self.kept.push(reply);
    }

    #[handle_call]
    fn forget(&mut self, reply: ReplyTo<i64>) {
        drop(reply);
    }

    #[handle_call]
    fn give_away(&mut self, to: Subject<ReplyTo<i64>>, reply: ReplyTo<i64>) {
        to.send(reply);
    }

    #[handle_call]
    fn give_away_and_panic(&mut self, to: Subject<ReplyTo<i64>>, reply: ReplyTo<i64>) {
        to.send(reply);
        otp::sleep(millis(1));
        panic!("boom");
    }

    #[handle_call]
    async fn give_away_and_doze(&mut self, to: Subject<ReplyTo<i64>>, reply: ReplyTo<i64>) {
        to.send(reply);
        process::sleep_async(LONG).await;
    }

    #[handle_call]
    fn boom(&mut self) -> i64 {
        panic!("boom");
    }

    #[handle_call]
    async fn boom_later(&mut self) -> i64 {
        process::sleep_async(millis(1)).await;
        panic!("boom later");
    }

    #[handle_call]
    fn halt(&mut self, n: i64, reason: ExitReason, ctx: &mut Context<Self>) -> i64 {
        ctx.stop(reason);
        ctx.stop(why("only the first counts"));
        n + 1
    }

    #[handle_call]
    fn call_oneself(&mut self, ctx: &mut Context<Self>) -> Result<i64, CallError> {
        ctx.client().ask(0)
    }

    #[handle_call]
    fn mailbox(&self) -> Subject<String> {
        process::current().subject()
    }

    #[handle_cast]
    fn note(&mut self, n: i64) {
        self.log.say(n);
    }

    #[handle_cast]
    fn pause(&mut self, delay: Duration) {
        otp::sleep(delay);
    }

    #[handle_cast]
    fn answer(&mut self, n: i64) {
        self.kept.drain(..).for_each(|reply| reply.send(n));
    }

    #[handle_cast]
    fn fail(&mut self, reason: ExitReason) -> Result<(), ExitReason> {
        Err(reason)
    }

    #[handle_cast]
    fn hold(&mut self, held: Held) {
        self.held.push(held);
    }

    #[handle_cast]
    fn let_terminate_panic(&mut self) {
        self.terminate_panics = true;
    }

    #[handle_cast]
    fn first(&mut self, n: i64, ctx: &mut Context<Self>) {
        ctx.next().go_on(n);
        ctx.next().go_on(n + 1);
        self.log.say(format_args!("first {n}"));
    }

    #[handle_continue]
    fn go_on(&mut self, n: i64) {
        self.log.say(format_args!("continue {n}"));
    }

    #[handle_info]
    fn text(&mut self, text: String) {
        self.log.say(text);
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        self.log.say(format_args!("exit {}", exit.reason));
    }

    #[terminate]
    fn bye(&mut self, reason: &ExitReason) {
        assert!(!self.terminate_panics, "terminate panics");
        self.log.say(format_args!("terminate {reason}"));
    }
}

fn desk() -> (DeskRef, Log) {
    let log = Log::default();
    (Desk::start(log.clone(), false).unwrap(), log)
}

#[otp::test(seeds = 50)]
fn messages_of_all_kinds_are_handled_in_order(t: &mut Sim) {
    let (desk, log) = desk();
    let mailbox = desk.mailbox().unwrap();
    desk.note(1);
    let second = desk.request().ask(2);
    mailbox.send("3".into());
    desk.note(4);
    let stopped = desk.stop();
    assert_eq!((second.wait(), stopped), (Ok(3), Ok(())));
    assert_eq!(log.take(), ["1", "ask 2", "3", "4", "terminate normal"]);
    t.settle();
}

#[otp::test(seeds = 50)]
fn what_is_next_comes_before_what_waits(t: &mut Sim) {
    let (desk, log) = desk();
    desk.first(10);
    desk.note(1);
    desk.first(20);
    desk.note(2);
    t.settle();
    let expected = ["first 10", "continue 10", "continue 11", "1", "first 20", "continue 20", "continue 21", "2"];
    assert_eq!(log.take(), expected);
}

/// Sends to itself in `init`.
struct Eager(Log);

#[actor]
impl Eager {
    #[init]
    fn init(log: Log, ctx: &mut Context<Self>) -> Self {
        ctx.me().note("message");
        ctx.next().go_on("continue");
        Self(log)
    }

    #[handle_cast]
    fn note(&mut self, text: &'static str) {
        self.0.say(text);
    }

    #[handle_continue]
    fn go_on(&mut self, text: &'static str) {
        self.0.say(text);
    }
}

#[otp::test(seeds = 50)]
fn the_continue_of_init_comes_before_any_message(t: &mut Sim) {
    let log = Log::default();
    let eager = Eager::start(log.clone()).unwrap();
    eager.note("late");
    t.settle();
    assert_eq!(log.take(), ["continue", "message", "late"]);
}

#[otp::test(seeds = 50)]
fn a_future_holds_the_messages_back(t: &mut Sim) {
    let (desk, log) = desk();
    let dozing = desk.request().doze(1, millis(10));
    desk.note(2);
    t.advance(millis(9));
    assert_eq!(log.take(), ["doze 1"]);
    assert_eq!(dozing.wait(), Ok(2));
    t.settle();
    assert_eq!(log.take(), ["woke 1", "2"]);
}

#[otp::test(seeds = 50)]
fn an_exit_ends_a_handler_where_it_waits(t: &mut Sim) {
    for asynchronous in [false, true] {
        let (desk, log) = desk();
        let monitor = desk.monitor().unwrap();
        let request = if asynchronous { desk.request().doze(1, LONG) } else { desk.request().slow(1, LONG) };
        t.settle();
        otp::exit(desk.pid().unwrap(), ExitReason::Shutdown);
        assert_eq!(request.wait(), Err(CallError::Exited(ExitReason::Shutdown)));
        assert_eq!(down(monitor), ExitReason::Shutdown);
        log.0.lock().unwrap().retain(|line| line != "doze 1");
        assert_eq!(log.take(), [""; 0], "no `terminate`, since it does not trap");
    }
    assert_eq!(t.now(), Duration::ZERO);
}

// How a call can end.

#[otp::test(seeds = 50)]
fn an_answer_may_come_later(t: &mut Sim) {
    let (desk, _) = desk();
    let calls = [desk.request().later(), desk.request().later()];
    t.settle();
    desk.answer(7);
    for call in calls {
        assert_eq!(call.wait(), Ok(7));
    }
}

#[otp::test(seeds = 50)]
fn an_answer_may_come_from_elsewhere(_t: &mut Sim) {
    let (desk, _) = desk();
    let subjects = process::current().subject();
    let sender = subjects.clone();
    process::spawn(move |me| {
        let replies = me.subject::<ReplyTo<i64>>();
        sender.send(replies.clone());
        let reply = replies.receive(None).unwrap();
        assert!(reply.is_awaited());
        otp::sleep(millis(5));
        reply.send(8);
    });
    let replies = subjects.receive(None).unwrap();
    assert_eq!(desk.give_away(replies), Ok(8));
    assert_eq!(desk.ask(1), Ok(2));
}

#[otp::test(seeds = 50)]
fn a_dropped_reply_is_no_reply(_t: &mut Sim) {
    let (desk, _) = desk();
    assert_eq!(desk.forget(), Err(CallError::NoReply));
    assert_eq!(desk.ask(1), Ok(2));
    let replies = process::current().subject();
    let call = desk.request().give_away(replies.clone());
    drop(replies.receive(None).unwrap());
    assert_eq!(call.wait(), Err(CallError::NoReply));
}

#[otp::test(seeds = 50)]
fn a_request_keeps_its_own_time(t: &mut Sim) {
    let (desk, _) = desk();
    let request = desk.timeout(millis(5)).as_async().later();
    assert_eq!(request.receive(LONG), Err(CallError::Timeout { started: true }));
    assert_eq!(t.now(), millis(5));
}

#[otp::test(seeds = 50)]
fn nobody_waits_for_an_answer_that_was_given_up(_t: &mut Sim) {
    let (desk, _) = desk();
    let replies = process::current().subject();
    let late = desk.timeout(millis(5)).give_away(replies.clone());
    assert_eq!(late, Err(CallError::Timeout { started: true }));
    assert!(!replies.receive(None).unwrap().is_awaited());
}

/// Looks at a call as soon as it has dropped its answer.
struct LooksAtTheEnd {
    reply: Option<ReplyTo<i64>>,
    call: Reply<i64>,
    log: Log,
}

impl Drop for LooksAtTheEnd {
    fn drop(&mut self) {
        drop(self.reply.take());
        self.log.say(format_args!("{:?}", self.call.check()));
    }
}

#[otp::test(seeds = 50)]
fn who_dies_keeps_no_answer_of_another(t: &mut Sim) {
    let (desk, log) = desk();
    let replies = process::current().subject();
    let call = desk.request().give_away(replies.clone());
    let looks = LooksAtTheEnd { reply: replies.receive(None), call, log: log.clone() };
    let (_, monitor) = process::spawn_monitor(move |_| {
        let _looks = looks;
        process::exit_self(why("over"));
    });
    assert_eq!(down(monitor), why("over"));
    assert_eq!(log.take(), ["Some(Err(NoReply))"], "the caller is told at once");
    t.crashes();
}

#[otp::test(seeds = 50)]
fn a_callee_that_dies_fails_calls_whose_reply_is_elsewhere(t: &mut Sim) {
    for reason in [ExitReason::Shutdown, ExitReason::Normal, why("gone")] {
        let (desk, _) = desk();
        let replies = process::current().subject();
        let call = desk.request().give_away(replies.clone());
        let reply = replies.receive(None).unwrap();
        desk.fail(reason.clone());
        assert_eq!(call.wait(), Err(CallError::Exited(reason)));
        assert!(!reply.is_awaited());
        reply.send(1);
    }
    t.crashes();
}

#[otp::test(seeds = 50)]
fn a_handler_that_does_not_return_fails_the_call_whose_reply_is_elsewhere(t: &mut Sim) {
    let replies = process::current().subject();
    let (panics, _) = desk();
    let call = panics.request().give_away_and_panic(replies.clone());
    assert!(matches!(call.wait(), Err(CallError::Exited(ExitReason::Panic(_)))));
    let (dozes, _) = desk();
    let call = dozes.no_timeout().request().give_away_and_doze(replies.clone());
    t.settle();
    otp::exit(dozes.pid().unwrap(), ExitReason::Kill);
    assert_eq!(call.wait(), Err(CallError::Exited(ExitReason::Killed)));
    for _ in 0..2 {
        assert!(!replies.receive(None).unwrap().is_awaited());
    }
    assert_eq!(t.now(), millis(1), "at once");
    t.crashes();
}

/// Looks for the answer of a call as soon as it is told that there is one.
struct Look {
    call: Mutex<Option<Pin<Box<Reply<i64>>>>>,
    log: Log,
}

impl Wake for Look {
    fn wake(self: Arc<Self>) {
        if let Some(mut call) = self.call.lock().unwrap().take() {
            let Poll::Ready(outcome) = call.as_mut().poll(&mut Polled::from_waker(Waker::noop())) else { return };
            self.log.say(format_args!("{outcome:?}"));
        }
    }
}

#[otp::test(seeds = 20)]
fn who_looks_at_once_learns_the_reason_too(t: &mut Sim) {
    type Ending = (fn(&DeskRef), ExitReason);
    let endings: [Ending; 5] = [
        (|desk| desk.fail(why("r")), why("r")),
        (|desk| drop(desk.stop()), ExitReason::Normal),
        (|desk| assert_eq!(desk.halt(1, ExitReason::Shutdown), Ok(2)), ExitReason::Shutdown),
        (|desk| otp::exit(desk.pid().unwrap(), ExitReason::Shutdown), ExitReason::Shutdown),
        (|desk| otp::exit(desk.pid().unwrap(), ExitReason::Kill), ExitReason::Killed),
    ];
    for (end, reason) in endings {
        let (desk, log) = (desk().0, Log::default());
        let mut call = Box::pin(desk.no_timeout().as_async().later());
        let look = Arc::new(Look { call: Mutex::new(None), log: log.clone() });
        let waker = Waker::from(look.clone());
        assert!(call.as_mut().poll(&mut Polled::from_waker(&waker)).is_pending());
        *look.call.lock().unwrap() = Some(call);
        t.settle();
        end(&desk);
        t.settle();
        assert_eq!(log.take(), [format!("{:?}", Err::<i64, _>(CallError::Exited(reason)))]);
    }
    t.crashes();
}

#[otp::test(seeds = 50)]
fn all_callers_learn_why_their_callee_died(t: &mut Sim) {
    let (desk, _) = desk();
    let kept = desk.request().later();
    let boom = desk.request().boom();
    let queued = [desk.request().ask(1), desk.request().later(), desk.request().doze(1, millis(1))];
    let mut reasons = Vec::new();
    for call in [kept, boom].into_iter().chain(queued) {
        let Err(CallError::Exited(reason)) = call.wait() else { panic!("it died") };
        reasons.push(reason);
    }
    let panic = reasons[0].as_panic().unwrap();
    assert_eq!((panic.message.as_str(), panic.handler), ("boom", Some("boom")));
    assert!(panic.location.as_deref().unwrap().contains("actor.rs:"));
    assert!(reasons.iter().all(|reason| *reason == reasons[0]));
    assert_eq!(desk.ask(1), Err(CallError::NoProc));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn a_panic_in_a_future_says_in_which(t: &mut Sim) {
    let (desk, log) = desk();
    let Err(CallError::Exited(reason)) = desk.boom_later() else { panic!("it died") };
    assert_eq!(reason.as_panic().unwrap().handler, Some("boom_later"));
    assert_eq!(log.take().len(), 1, "`terminate` has run");
    t.crashes();
}

#[otp::test(seeds = 50)]
fn a_call_that_timed_out_in_the_queue_never_runs(t: &mut Sim) {
    let (desk, log) = desk();
    desk.pause(millis(100));
    assert_eq!(desk.timeout(millis(10)).ask(1), Err(CallError::Timeout { started: false }));
    assert_eq!(t.now(), millis(10));
    assert_eq!(desk.timeout(millis(10)).later(), Err(CallError::Timeout { started: false }));
    assert_eq!(desk.timeout(millis(10)).doze(1, millis(1)), Err(CallError::Timeout { started: false }));
    t.advance(millis(200));
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(desk.ask(4), Ok(5));
}

#[otp::test(seeds = 50)]
fn a_late_answer_is_dropped(t: &mut Sim) {
    let (desk, log) = desk();
    assert_eq!(desk.timeout(millis(10)).slow(1, millis(20)), Err(CallError::Timeout { started: true }));
    assert_eq!(desk.ask(2), Ok(3));
    assert_eq!(t.now(), millis(20));
    assert_eq!(desk.timeout(millis(10)).later(), Err(CallError::Timeout { started: true }));
    desk.answer(1);
    assert_eq!(desk.ask(3), Ok(4));
    assert_eq!(log.take(), ["slow 1", "ask 2", "ask 3"]);
}

#[otp::test(seeds = 50)]
fn a_call_waits_five_seconds_unless_told(t: &mut Sim) {
    let (desk, _) = desk();
    assert_eq!(desk.slow(1, LONG), Err(CallError::Timeout { started: true }));
    assert_eq!(t.now(), Duration::from_secs(5));
    let (desk, _) = self::desk();
    assert_eq!(desk.no_timeout().slow(1, LONG), Ok(2));
}

#[otp::test(seeds = 20)]
fn who_calls_itself_is_told(_t: &mut Sim) {
    let (desk, log) = desk();
    assert_eq!(desk.call_oneself(), Ok(Err(CallError::CallingSelf)));
    assert_eq!(log.take(), [""; 0]);
}

#[otp::test(seeds = 20)]
fn a_call_to_the_dead_is_noproc(t: &mut Sim) {
    let (desk, _) = desk();
    t.kill(desk.clone());
    assert_eq!(desk.ask(1), Err(CallError::NoProc));
    assert_eq!(desk.request().ask(1).wait(), Err(CallError::NoProc));
    assert_eq!(desk.stop(), Err(CallError::NoProc));
    assert!(!desk.is_alive());
    desk.note(1);
}

#[otp::test(seeds = 20)]
fn a_request_can_be_waited_for_again(t: &mut Sim) {
    let (desk, _) = desk();
    let mut request = desk.request().slow(1, millis(10));
    assert_eq!(request.wait_timeout(millis(4)), None);
    assert_eq!(request.wait_timeout(millis(4)), None);
    assert_eq!(t.now(), millis(8));
    assert_eq!(request.wait_timeout(millis(4)), Some(Ok(2)));
    assert_eq!(t.now(), millis(10));
}

// Deadlocks.

/// Calls the next of its kind.
struct Peer {
    next: Option<PeerRef>,
    kept: Vec<ReplyTo<()>>,
}

#[actor]
impl Peer {
    #[init]
    fn init() -> Self {
        Self { next: None, kept: Vec::new() }
    }

    #[handle_cast]
    fn meet(&mut self, next: PeerRef) {
        self.next = Some(next);
    }

    #[handle_call]
    fn touch(&self) {}

    /// Touches the next, when all are at it.
    #[handle_call]
    fn turn(&mut self) -> Result<(), CallError> {
        otp::sleep(millis(1));
        self.next.as_ref().unwrap().no_timeout().touch()
    }

    #[handle_call]
    async fn turn_async(&mut self) -> Result<(), CallError> {
        process::sleep_async(millis(1)).await;
        self.next.as_ref().unwrap().no_timeout().as_async().touch().await
    }

    /// Hands on along a chain.
    #[handle_call]
    fn chain(&mut self) -> Result<usize, CallError> {
        otp::sleep(millis(1));
        self.next.as_ref().map_or(Ok(0), |next| next.no_timeout().chain()?.map(|n| n + 1))
    }

    #[handle_call]
    fn wait_for_next(&mut self) -> Result<(), CallError> {
        self.next.as_ref().unwrap().no_timeout().later()
    }

    #[handle_call]
    fn later(&mut self, reply: ReplyTo<()>) {
        process::spawn(move |_| {
            otp::sleep(millis(5));
            reply.send(());
        });
    }

    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<()>) {
        self.kept.push(reply);
    }
}

fn peers(n: usize, closed: bool) -> Vec<PeerRef> {
    let peers: Vec<PeerRef> = (0..n).map(|_| Peer::start().unwrap()).collect();
    for (index, peer) in peers.iter().enumerate() {
        if closed || index + 1 < n {
            peer.meet(peers[(index + 1) % n].clone());
        }
    }
    peers
}

#[otp::test(seeds = 300)]
fn a_cycle_of_calls_is_reported_by_a_member(t: &mut Sim) {
    for n in [2, 3] {
        for asynchronous in [false, true] {
            let began = t.now();
            let peers = peers(n, true);
            let turns: Vec<_> = peers
                .iter()
                .map(|peer| if asynchronous { peer.request().turn_async() } else { peer.request().turn() })
                .collect();
            let outcomes: Vec<_> = turns.into_iter().map(|turn| turn.wait().unwrap()).collect();
            let mut members: Vec<_> = peers.iter().map(|peer| peer.pid().unwrap()).collect();
            members.sort();
            let mut reported = 0;
            for outcome in outcomes {
                match outcome {
                    Ok(()) => {}
                    Err(CallError::Deadlock(mut path)) => {
                        path.sort();
                        assert_eq!(path, members);
                        reported += 1;
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
            assert!(reported > 0);
            assert_eq!(t.now() - began, millis(1), "nobody waits for a timeout");
            // They have lost nothing by it.
            peers.iter().for_each(|peer| assert_eq!(peer.touch(), Ok(())));
        }
    }
}

#[otp::test(seeds = 100)]
fn a_chain_of_calls_is_no_cycle(_t: &mut Sim) {
    let peers = peers(5, false);
    let chains: Vec<_> = peers.iter().map(|peer| peer.request().chain()).collect();
    let hops: Vec<_> = chains.into_iter().map(|chain| chain.wait().unwrap()).collect();
    assert_eq!(hops, [Ok(4), Ok(3), Ok(2), Ok(1), Ok(0)]);
}

#[otp::test(seeds = 200)]
fn who_has_deferred_its_answer_closes_no_cycle(t: &mut Sim) {
    let peers = peers(2, true);
    // The first waits for the second, which has handed its answer on; then the second calls the first.
    let first = peers[0].request().wait_for_next();
    t.settle();
    let second = peers[1].request().turn();
    assert_eq!(first.wait(), Ok(Ok(())));
    assert_eq!(second.wait(), Ok(Ok(())));
    assert_eq!(t.now(), millis(5));
}

// Ending.

#[otp::test(seeds = 50)]
fn stop_runs_terminate_then_answers_then_ends(t: &mut Sim) {
    let (desk, log) = desk();
    desk.hold(Held::new(&log, "dropped"));
    let monitor = desk.monitor().unwrap();
    let mut call = pin!(desk.as_async().halt(1, ExitReason::shutdown_with("enough")));
    let waker = Waker::from(Arc::new(log.clone()));
    assert!(call.as_mut().poll(&mut Polled::from_waker(&waker)).is_pending());
    let queued = desk.request().ask(5);
    assert_eq!(down(monitor), ExitReason::shutdown_with("enough"));
    assert_eq!(log.take(), ["terminate shutdown: \"enough\"", "reply", "dropped"]);
    assert_eq!(call.as_mut().poll(&mut Polled::from_waker(&waker)), Poll::Ready(Ok(2)));
    assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::shutdown_with("enough"))));
    t.settle();
}

/// What ends an actor, whether it traps exits then, whether `terminate` runs, and the reason.
type Ending = (&'static str, fn(&DeskRef), bool, bool, ExitReason);

fn endings() -> Vec<Ending> {
    vec![
        ("ctx.stop", |desk| drop(desk.request().halt(1, why("r"))), false, true, why("r")),
        ("error", |desk| desk.fail(why("r")), false, true, why("r")),
        ("error normal", |desk| desk.fail(ExitReason::Normal), false, true, ExitReason::Normal),
        ("stop", |desk| drop(desk.stop()), false, true, ExitReason::Normal),
        ("stop trapping", |desk| drop(desk.stop_with(why("r"), None)), true, true, why("r")),
        ("exit", |desk| otp::exit(desk.pid().unwrap(), ExitReason::Shutdown), false, false, ExitReason::Shutdown),
        ("kill", |desk| otp::exit(desk.pid().unwrap(), ExitReason::Kill), false, false, ExitReason::Killed),
        ("kill trapping", |desk| otp::exit(desk.pid().unwrap(), ExitReason::Kill), true, false, ExitReason::Killed),
        ("parent", |desk| otp::exit(desk.pid().unwrap(), why("p")), true, true, why("p")),
        ("parent normal", |desk| otp::exit(desk.pid().unwrap(), ExitReason::Normal), true, true, ExitReason::Normal),
    ]
}

#[otp::test(seeds = 20)]
fn terminate_runs_when_otp_runs_it(t: &mut Sim) {
    for (name, end, trap, terminates, reason) in endings() {
        let log = Log::default();
        let desk = Desk::start(log.clone(), trap).unwrap();
        let monitor = desk.monitor().unwrap();
        end(&desk);
        assert_eq!(down(monitor), reason, "{name}");
        let expected = if terminates { vec![format!("terminate {reason}")] } else { vec![] };
        assert_eq!(log.take(), expected, "{name}");
    }
    t.crashes();
}

#[otp::test(seeds = 20)]
fn terminate_runs_after_a_panic(t: &mut Sim) {
    let (desk, log) = desk();
    assert!(desk.boom().is_err());
    let log = log.take();
    assert_eq!(log.len(), 1);
    assert!(log[0].starts_with("terminate panicked: boom"));
    t.crashes();
}

#[otp::test(seeds = 50)]
fn the_death_of_a_parent_terminates_a_child_that_traps(t: &mut Sim) {
    for (trap, reason) in [(true, why("p")), (true, ExitReason::Normal), (false, why("p"))] {
        let log = Log::default();
        let (seen, monitors) = (log.clone(), process::current().subject());
        let sent = reason.clone();
        let sender = monitors.clone();
        let parent = process::spawn(move |me| {
            let desk = Desk::start_link(seen, trap).unwrap();
            sender.send(desk);
            me.trap_exit(true);
            me.receive_exit(None);
            Err(sent)
        });
        let desk = monitors.receive(None).unwrap();
        let monitor = desk.monitor().unwrap();
        desk.note(1);
        t.settle();
        otp::exit(parent, why("now"));
        assert_eq!(down(monitor), reason);
        let mut expected = vec!["1".to_owned()];
        expected.extend(trap.then(|| format!("terminate {reason}")));
        assert_eq!(log.take(), expected);
    }
    t.crashes();
}

#[otp::test(seeds = 50)]
fn the_exit_of_another_is_a_message_to_who_traps(t: &mut Sim) {
    let log = Log::default();
    let desk = Desk::start(log.clone(), true).unwrap();
    let pid = desk.pid().unwrap();
    for reason in [why("o"), ExitReason::Normal] {
        process::spawn(move |_| {
            otp::link(pid);
            Err(reason)
        });
        t.settle();
    }
    process::spawn(move |_| otp::exit(pid, ExitReason::Shutdown));
    t.settle();
    assert_eq!(desk.ask(1), Ok(2));
    assert_eq!(log.take(), ["exit \"o\"", "exit normal", "exit shutdown", "ask 1"]);
    t.crashes();
}

#[otp::test(seeds = 50)]
fn stop_says_how_it_went(t: &mut Sim) {
    let (desk, log) = desk();
    assert_eq!(desk.stop_with(ExitReason::Shutdown, millis(10)), Ok(()));
    assert_eq!(log.take(), ["terminate shutdown"]);
    assert_eq!(desk.stop(), Err(CallError::NoProc));

    // One that takes too long still ends, after what it received before.
    let (desk, log) = self::desk();
    desk.pause(millis(20));
    desk.note(1);
    let late = desk.stop_with(ExitReason::Normal, millis(10)).unwrap_err();
    assert_eq!(late, CallError::Timeout { started: true });
    assert_eq!(late.to_string(), "no answer came in time; the handler had begun, or will: a stop is not taken back");
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(20));
    assert_eq!(log.take(), ["1", "terminate normal"]);
    assert!(!desk.is_alive());

    // One that ends otherwise.
    let (desk, _) = self::desk();
    desk.pause(millis(20));
    let pid = desk.pid().unwrap();
    process::spawn(move |_| otp::exit(pid, why("other")));
    assert_eq!(desk.stop(), Err(CallError::Exited(why("other"))));
    let (desk, _) = self::desk();
    desk.let_terminate_panic();
    let Err(CallError::Exited(reason)) = desk.stop() else { panic!("it ended otherwise") };
    assert_eq!(reason.as_panic().unwrap().handler, Some("terminate"));
    assert_eq!(t.crashes().len(), 2);
}

// Panics wherever user code runs.

/// That a process which dies of `act` dies of a panic with a text, and nothing else does.
fn dies_of_panic(t: &Sim, text: &str, act: impl FnOnce(&DeskRef, &Log)) {
    let (bystander, _) = desk();
    let (desk, log) = desk();
    otp::link(desk.pid().unwrap());
    let kept = desk.request().later();
    t.settle();
    act(&desk, &log);
    let Err(CallError::Exited(reason)) = kept.wait() else { panic!("{text}: it died") };
    assert_eq!(reason.as_panic().map(|panic| panic.message.as_str()), Some(text));
    t.settle();
    assert_eq!(exited(), Some(reason.clone()));
    assert_eq!(bystander.ask(1), Ok(2));
    let crashes = t.crashes();
    assert_eq!(crashes.len(), 1, "{crashes:?}");
    assert_eq!(crashes[0].reason, reason);
}

#[otp::test(seeds = 20)]
fn a_panic_ends_its_process_and_nothing_else(t: &mut Sim) {
    dies_of_panic(t, "boom", |desk, _| drop(desk.boom()));
    dies_of_panic(t, "boom later", |desk, _| drop(desk.boom_later()));
    dies_of_panic(t, "terminate panics", |desk, _| {
        desk.let_terminate_panic();
        let _ = desk.stop();
    });
    dies_of_panic(t, "state is dropped", |desk, log| {
        desk.hold(Held::panics(log, "state"));
        let _ = desk.stop();
    });
    dies_of_panic(t, "state is dropped", |desk, log| {
        desk.hold(Held::panics(log, "state"));
        t.settle();
        otp::exit(desk.pid().unwrap(), ExitReason::Kill);
    });
    dies_of_panic(t, "queued is dropped", |desk, log| {
        desk.pause(LONG);
        desk.hold(Held::panics(log, "queued"));
        t.settle();
        otp::exit(desk.pid().unwrap(), ExitReason::Kill);
    });
}

#[otp::test(seeds = 20)]
fn a_message_for_a_subject_may_panic_when_it_is_dropped(t: &mut Sim) {
    let (subjects, log) = (process::current().subject(), Log::default());
    let sender = subjects.clone();
    let (pid, monitor) = process::spawn_monitor(move |me| {
        sender.send(me.subject::<Held>());
        stay(me);
    });
    let subject = subjects.receive(None).unwrap();
    subject.send(Held::panics(&log, "payload"));
    t.settle();
    otp::exit(pid, ExitReason::Shutdown);
    assert_eq!(down(monitor).as_panic().map(|panic| panic.message.as_str()), Some("payload is dropped"));
    assert_eq!((log.take().len(), t.crashes().len()), (1, 1));
}

#[otp::test(seeds = 20)]
fn a_request_may_panic_when_it_is_dropped_unsent(t: &mut Sim) {
    // The message of one that is gone is dropped by its sender, whose panic it is.
    let (desk, log) = desk();
    t.kill(desk.clone());
    let (_, monitor) = process::spawn_monitor(move |_| desk.hold(Held::panics(&log, "unsent")));
    assert_eq!(down(monitor).as_panic().map(|panic| panic.message.as_str()), Some("unsent is dropped"));
    assert_eq!(t.crashes().len(), 1);
}

// Timers.

/// Sets timers.
struct Clock {
    log: Log,
    timer: Option<TimerRef>,
}

#[actor]
impl Clock {
    #[init]
    fn init(log: Log) -> Self {
        Self { log, timer: None }
    }

    #[handle_call]
    fn after(&mut self, delay: Duration, text: &'static str, ctx: &mut Context<Self>) -> TimerRef {
        ctx.after(delay).tick(text)
    }

    #[handle_call]
    fn after_with(&mut self, delay: Duration, held: Held, ctx: &mut Context<Self>) -> TimerRef {
        ctx.after(delay).take(held)
    }

    #[handle_call]
    fn every(&mut self, period: Duration, ctx: &mut Context<Self>) -> TimerRef {
        let timer = ctx.every(period, |me| me.tick("every"));
        self.timer = Some(timer.clone());
        timer
    }

    #[handle_call]
    fn every_panics(&mut self, period: Duration, ctx: &mut Context<Self>) {
        ctx.every(period, |_| panic!("no tick"));
    }

    #[handle_call]
    fn idle(&mut self, delay: Duration, ctx: &mut Context<Self>) {
        ctx.idle_timeout(delay).tick("idle");
    }

    #[handle_cast]
    fn pause(&mut self, delay: Duration) {
        otp::sleep(delay);
    }

    #[handle_cast]
    fn cancel_own(&mut self) {
        otp::sleep(millis(20));
        self.log.say(self.timer.take().unwrap().cancel().is_some());
    }

    #[handle_cast]
    fn nothing(&mut self) {}

    #[handle_cast]
    fn take(&mut self, held: Held) {
        drop(held);
    }

    #[handle_info]
    fn tick(&mut self, text: &'static str) {
        self.log.say(text);
    }
}

fn clock() -> (ClockRef, Log) {
    let log = Log::default();
    (Clock::start(log.clone()).unwrap(), log)
}

#[otp::test(seeds = 50)]
fn a_timer_comes_in_time_and_once(t: &mut Sim) {
    let (clock, log) = clock();
    let timer = clock.after(millis(10), "late").unwrap();
    clock.after(millis(5), "early").unwrap();
    t.advance(millis(4));
    assert_eq!(timer.left(), Some(millis(6)));
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(1));
    assert_eq!(log.take(), ["early"]);
    t.advance(millis(5));
    assert_eq!(log.take(), ["late"]);
    assert_eq!((timer.left(), timer.cancel()), (None, None));
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0]);
}

#[otp::test(seeds = 50)]
fn a_cancelled_timer_never_comes(t: &mut Sim) {
    let (clock, log) = clock();
    let timer = clock.after(millis(10), "once").unwrap();
    t.advance(millis(4));
    assert_eq!(timer.cancel(), Some(millis(6)));
    assert_eq!((timer.cancel(), timer.left()), (None, None));
    t.advance(LONG);
    // One that is on its way, behind a message that is being handled.
    let timer = clock.after(millis(10), "once").unwrap();
    clock.pause(millis(20));
    t.advance(millis(15));
    assert_eq!(timer.cancel(), Some(Duration::ZERO));
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0]);
}

#[otp::test(seeds = 50)]
fn ticks_do_not_drift(t: &mut Sim) {
    let (clock, log) = clock();
    let timer = clock.every(millis(10)).unwrap();
    t.advance(millis(35));
    assert_eq!(log.take(), ["every"; 3]);
    // However long a tick was held up, the next ones stand where they stood.
    clock.pause(millis(12));
    t.advance(millis(11));
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(1));
    assert_eq!(log.take(), ["every"]);
    t.advance(millis(3));
    assert_eq!(log.take(), ["every"]);
    assert_eq!(t.now(), millis(50));
    // Cancelled with a tick on its way.
    clock.cancel_own();
    t.advance(millis(100));
    assert_eq!(log.take(), ["true"]);
    assert_eq!(timer.cancel(), None);
}

const BEAT: Duration = Duration::from_millis(40);

/// Says when it ticks.
struct Metronome {
    ticks: Subject<Instant>,
}

#[actor]
impl Metronome {
    #[init]
    fn init(ticks: Subject<Instant>, ctx: &mut Context<Self>) -> Self {
        ctx.every(BEAT, |me| me.tick());
        Self { ticks }
    }

    #[handle_info]
    fn tick(&mut self) {
        self.ticks.send(Instant::now());
    }
}

#[test]
fn a_late_tick_does_not_make_the_next_one_late() {
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(|| {
        // A machine that is busy elsewhere may make any tick late; of ten attempts one will do.
        let in_time = (0..10).any(|_| {
            let ticks = process::current().subject();
            let began = Instant::now();
            let metronome = Metronome::start(ticks.clone()).unwrap();
            // The only core is held beyond the first tick.
            process::spawn(|_| thread::sleep(BEAT * 3 / 2));
            let late = ticks.receive(None).unwrap() - began;
            assert!(late >= BEAT);
            let next = ticks.receive(None).unwrap() - began;
            metronome.stop().unwrap();
            next < BEAT * 9 / 4
        });
        assert!(in_time);
    });
    node.stop();
}

#[otp::test(seeds = 50)]
fn any_message_cancels_the_idle_timeout(t: &mut Sim) {
    let (clock, log) = clock();
    clock.idle(millis(10)).unwrap();
    t.advance(millis(9));
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(1));
    assert_eq!(log.take(), ["idle"]);
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0], "it comes once");

    clock.idle(millis(10)).unwrap();
    t.advance(millis(9));
    clock.nothing();
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0]);

    clock.idle(millis(10)).unwrap();
    clock.after(millis(5), "timer").unwrap();
    t.advance(LONG);
    assert_eq!(log.take(), ["timer"]);

    // Set again, the later one counts.
    clock.idle(millis(10)).unwrap();
    clock.idle(millis(30)).unwrap();
    t.advance(millis(20));
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(10));
    assert_eq!(log.take(), ["idle"]);
}

#[otp::test(seeds = 20)]
fn timers_end_with_their_process(t: &mut Sim) {
    let (clock, log) = clock();
    let (timer, every) = (clock.after(millis(10), "once").unwrap(), clock.every(millis(10)).unwrap());
    let set = t.node().timers();
    t.kill(clock.clone());
    assert_eq!(t.node().timers(), set - 2);
    assert_eq!((timer.left(), every.left()), (None, None));
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0]);
}

#[otp::test(seeds = 20)]
fn what_a_timer_holds_is_dropped_with_its_process(t: &mut Sim) {
    let (clock, log) = clock();
    let timer = clock.after_with(millis(10), Held::new(&log, "held")).unwrap();
    t.kill(clock.clone());
    assert_eq!(log.take(), ["held"], "although its `TimerRef` lives on");
    assert_eq!(timer.cancel(), None);
}

#[otp::test(seeds = 20)]
fn a_timer_that_panics_ends_its_process(t: &mut Sim) {
    let (clock, _) = clock();
    let monitor = clock.monitor().unwrap();
    clock.every_panics(millis(10)).unwrap();
    let reason = down(monitor);
    assert_eq!(reason.as_panic().map(|panic| panic.message.as_str()), Some("no tick"));
    assert_eq!(t.now(), millis(10));
    let (clock, log) = self::clock();
    let monitor = clock.monitor().unwrap();
    drop(clock.after_with(LONG, Held::panics(&log, "timer")).unwrap());
    otp::exit(clock.pid().unwrap(), ExitReason::Shutdown);
    assert_eq!(down(monitor).as_panic().map(|panic| panic.message.as_str()), Some("timer is dropped"));
    assert_eq!(t.crashes().len(), 2);
}

// Other executors.

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor.
fn block_on<T>(mut future: Pin<&mut impl Future<Output = T>>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Polled::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_call_can_be_awaited_on_any_executor() {
    let node = Node::builder().cores(2).start().unwrap();
    let (desk, log) = node.enter(desk);
    let client = desk.clone();
    thread::spawn(move || {
        let desk = client;
        assert_eq!(block_on(pin!(desk.as_async().ask(1))), Ok(2));
        assert_eq!(block_on(pin!(desk.as_async().slow(2, millis(5)))), Ok(3));
        assert_eq!(block_on(pin!(desk.as_async().forget())), Err(CallError::NoReply));
        let late = desk.timeout(millis(5)).as_async().later();
        assert_eq!(block_on(pin!(late)), Err(CallError::Timeout { started: true }));
        // The callee dies while it is awaited, its `ReplyTo` being kept, queued, or in a handler.
        let kept = desk.no_timeout().as_async().later();
        let slow = desk.no_timeout().as_async().slow(3, LONG);
        let queued = desk.no_timeout().as_async().ask(3);
        let pid = desk.pid().unwrap();
        thread::spawn(move || otp::exit(pid, why("gone")));
        for call in [kept, slow, queued] {
            assert_eq!(block_on(pin!(call)), Err(CallError::Exited(why("gone"))));
        }
        assert_eq!(block_on(pin!(desk.as_async().ask(4))), Err(CallError::NoProc));
    })
    .join()
    .unwrap();
    assert_eq!(log.take(), ["ask 1", "slow 2"]);
    node.stop();
}

#[test]
fn many_threads_call_one_server() {
    let node = Node::builder().cores(4).start().unwrap();
    let (desk, log) = node.enter(desk);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (desk, node) = (desk.clone(), node.clone());
            thread::spawn(move || node.enter(|| (0..1000).for_each(|n| assert_eq!(desk.ask(n), Ok(n + 1)))))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(log.take().len(), 4000);
    node.stop();
}

// Generic actors.

/// A stack of anything.
struct Stack<T> {
    items: Vec<T>,
}

#[actor]
impl<T: Clone + Send + 'static> Stack<T> {
    #[init]
    fn init(items: Vec<T>) -> Self {
        Self { items }
    }

    #[handle_cast]
    fn push(&mut self, item: T) {
        self.items.push(item);
    }

    #[handle_call]
    fn pop(&mut self) -> Option<T> {
        self.items.pop()
    }
}

#[otp::test(seeds = 20)]
fn an_actor_may_be_generic(_t: &mut Sim) {
    let texts = Stack::start(vec!["a".to_owned()]).unwrap();
    texts.push("b".into());
    assert_eq!([texts.pop(), texts.pop(), texts.pop()], [Ok(Some("b".into())), Ok(Some("a".into())), Ok(None)]);
    let numbers = Stack::<u8>::start(vec![]).unwrap();
    numbers.push(1);
    assert_eq!(numbers.pop(), Ok(Some(1)));
}

#[test]
fn errors_say_what_is_behind_them() {
    let behind = |error: &dyn std::error::Error| error.source().map(ToString::to_string);
    assert_eq!(behind(&CallError::Exited(why("gone"))), Some(why("gone").to_string()));
    assert_eq!(behind(&CallError::NoProc), None);
    let failed = StartError::Failed(why("no disk"));
    assert_eq!(behind(&failed), Some(why("no disk").to_string()));
    let text = failed.to_string();
    assert_eq!(behind(&StartError::Child { id: "store".to_owned(), error: Box::new(failed) }), Some(text));
    assert_eq!(behind(&StartError::Spec(SpecError::ZeroPeriod)), Some(SpecError::ZeroPeriod.to_string()));
    assert_eq!(behind(&StartError::Timeout), None);
}

/// Awaits what no message brings about.
struct Absorbed(Arc<AtomicUsize>);

#[actor]
impl Absorbed {
    #[init]
    fn init(polls: Arc<AtomicUsize>) -> Self {
        Self(polls)
    }

    #[handle_cast]
    async fn wait(&mut self, first: Duration) {
        if !first.is_zero() {
            otp::sleep(first);
        }
        std::future::poll_fn(|_| {
            self.0.fetch_add(1, SeqCst);
            Poll::<()>::Pending
        })
        .await;
    }
}

#[otp::test(seeds = 20)]
fn what_a_handler_awaits_is_not_polled_because_of_messages(t: &mut Sim) {
    for first in [Duration::ZERO, millis(1)] {
        let polls = Arc::default();
        let absorbed = Absorbed::start(Arc::clone(&polls))?;
        absorbed.wait(first);
        t.advance(millis(1));
        absorbed.wait(first);
        t.settle();
        assert_eq!(polls.load(SeqCst), 1);
    }
}

//! What the tests of programs are written with: probes and contexts for tests; and requests that are collected together.

#![cfg(feature = "macros")]

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context as Polled, Poll, Wake, Waker},
};

use otp::{Message, NoResponse, Node, Requests, prelude::*, process::Subject};

const SECOND: Duration = Duration::from_secs(1);

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

/// Tells how often it was woken.
#[derive(Default)]
struct Wakes(Mutex<u32>);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        *self.0.lock().expect("nobody panics") += 1;
    }
}

/// A server that others depend on.
struct Db {
    log: Subject<String>,
}

#[actor]
impl Db {
    #[init]
    fn init(log: Subject<String>) -> Self {
        Self { log }
    }

    #[handle_call]
    fn get(&self, key: String) -> Option<u32> {
        self.log.send(format!("real get {key}"));
        Some(1)
    }

    #[handle_call]
    fn size(&self, reply: ReplyTo<usize>) {
        reply.send(10);
    }

    #[handle_call]
    fn sleep(&self, duration: Duration) {
        otp::sleep(duration);
    }

    #[handle_cast]
    fn put(&mut self, key: String, value: u32) {
        self.log.send(format!("real put {key} {value}"));
    }
}

/// A server that depends on it.
struct Cache {
    db: DbRef,
}

#[actor]
impl Cache {
    #[init]
    fn init(db: DbRef) -> Self {
        Self { db }
    }

    #[handle_call]
    fn get(&self, key: String) -> Result<Option<u32>, CallError> {
        self.db.timeout(SECOND).get(key)
    }

    #[handle_cast]
    fn put(&self, key: String, value: u32) {
        self.db.put(key, value);
    }
}

// Probes.

#[otp::test(seeds = 20)]
fn a_probe_is_answered_by_hand(t: &mut Sim) {
    let db = t.probe::<Db>();
    let cache = Cache::start(db.client())?;
    cache.put("a".into(), 1);
    let got = cache.request().get("a".into());
    let Some(Message::<Db>::Put(key, value)) = db.next(None) else { panic!("a put comes first") };
    assert_eq!((&**key, *value), ("a", 1));
    let Some(Message::<Db>::Get(key, reply)) = db.next(None) else { panic!("then a get") };
    assert_eq!(key.take(), "a");
    reply.send(Some(7));
    assert_eq!(got.wait(), Ok(Ok(Some(7))));
    assert_eq!(db.received(), ["put", "get"]);
    let began = t.now();
    assert!(db.next(SECOND).is_none());
    assert_eq!(t.now() - began, SECOND, "it waits on virtual time");
}

#[otp::test(seeds = 20)]
fn a_script_answers_and_leaves_the_rest(t: &mut Sim) {
    let db = t.probe::<Db>();
    let cache = Cache::start(db.client())?;
    let mut count = 0;
    db.script(move |message| match message {
        Message::<Db>::Get(key, reply) if *key == "known" => {
            count += 1;
            reply.send(Some(count));
            None
        }
        Message::<Db>::Get(key, _) if *key == "dropped" => None,
        other => Some(other),
    });
    assert_eq!(cache.get("known".into())?, Ok(Some(1)));
    assert_eq!(cache.get("known".into())?, Ok(Some(2)));
    assert_eq!(cache.get("dropped".into())?, Err(CallError::NoReply));
    assert!(db.next(Duration::ZERO).is_none(), "the script has taken all");
    // What it leaves keeps its caller waiting, for as long as the caller likes.
    let began = t.now();
    assert_eq!(cache.get("other".into())?, Err(CallError::Timeout { started: false }));
    assert_eq!(t.now() - began, SECOND);
    let Some(Message::<Db>::Get(key, reply)) = db.next(None) else { panic!("it was left") };
    assert_eq!(*key, "other");
    assert!(!reply.is_awaited());
    // Another script takes its place.
    db.script(|message| {
        if let Message::<Db>::Get(_, reply) = message {
            reply.send(None);
        }
        None
    });
    assert_eq!(cache.get("known".into())?, Ok(None));
    assert_eq!(db.received(), ["get"; 5]);
}

#[otp::test(seeds = 20)]
fn a_script_may_wait_and_may_crash(t: &mut Sim) {
    let db = t.probe::<Db>();
    let real = Db::start(process::current().subject())?;
    db.script(move |message| {
        let Message::<Db>::Size(reply) = message else { panic!("no disk") };
        otp::sleep(SECOND);
        reply.send(real.size().map_or(0, |size| size + 1));
        None
    });
    assert_eq!(db.client().size(), Ok(11));
    assert_eq!(t.now(), SECOND);
    let Err(CallError::Exited(reason)) = db.client().get("a".into()) else { panic!("it crashes") };
    assert_eq!(reason.as_panic().map(|panic| (&*panic.message, panic.handler)), Some(("no disk", Some("get"))));
    let crashes = t.crashes();
    assert_eq!(crashes.len(), 1);
    assert_eq!(crashes[0].label, "Db");
}

#[otp::test(seeds = 20)]
fn a_probe_forwards_to_a_real_server(t: &mut Sim) {
    let log = process::current().subject();
    let (db, real) = (t.probe::<Db>(), Db::start(log.clone())?);
    db.forward(real.clone());
    let cache = Cache::start(db.client())?;
    cache.put("a".into(), 1);
    assert_eq!(cache.get("a".into())?, Ok(Some(1)));
    assert_eq!(log.receive(None).as_deref(), Some("real put a 1"));
    assert_eq!(log.receive(None).as_deref(), Some("real get a"));
    assert_eq!(db.received(), ["put", "get"]);
    // Who is forwarded to nobody is told.
    t.kill(real);
    assert_eq!(cache.get("a".into())?, Err(CallError::NoReply));
}

#[otp::test(seeds = 20)]
fn a_crash_of_a_probe_is_told_and_fails_no_test(t: &mut Sim) {
    let db = t.probe::<Db>();
    let client = db.client();
    let monitor = client.monitor().expect("it runs");
    // One call in the hands of the test, one that waits, one without a limit of time.
    let held = client.request().get("held".into());
    let message = db.next(None);
    let waits = client.request().get("waits".into());
    t.settle();
    let (told, forever) = (process::current().subject(), client.no_timeout());
    let tell = told.clone();
    process::spawn(move |_| tell.send(forever.get("forever".into())));
    t.settle();
    db.crash(why("bad disk"));
    assert_eq!(told.receive(None), Some(Err(CallError::Exited(why("bad disk")))));
    assert_eq!(held.wait(), Err(CallError::Exited(why("bad disk"))));
    assert_eq!(waits.wait(), Err(CallError::Exited(why("bad disk"))));
    let down = process::current().receive_down(monitor, None).expect("it ended");
    assert_eq!(down.reason, why("bad disk"));
    assert_eq!(client.get("gone".into()), Err(CallError::NoProc));
    assert!(matches!(message, Some(Message::<Db>::Get(..))));
    db.crash(why("again"));
    assert_eq!(t.crashes(), []);
    // A stand-in may end well, too.
    let db = t.probe::<Db>();
    let monitor = db.client().monitor().expect("it runs");
    db.crash(ExitReason::Normal);
    let down = process::current().receive_down(monitor, None).expect("it ended");
    assert_eq!(down.reason, ExitReason::Normal);
}

#[otp::test(seeds = 5)]
fn a_crash_that_is_not_the_tests_is_not_forgiven(t: &mut Sim) {
    let (db, other) = (t.probe::<Db>(), t.probe::<Db>());
    other.script(|_| panic!("no disk"));
    other.client().put("a".into(), 1);
    db.crash(why("bad disk"));
    t.settle();
    assert_eq!(t.crashes().len(), 1);
}

// Contexts for tests.

/// A server of many ways.
struct Timer {
    ticks: u32,
    seen: Vec<String>,
}

#[actor]
impl Timer {
    #[init]
    fn init(ctx: &mut Context<Self>) -> Self {
        ctx.next().load();
        ctx.every(SECOND, |me| me.tick());
        ctx.me().note("from init".into());
        Self { ticks: 0, seen: Vec::new() }
    }

    #[handle_continue]
    fn load(&mut self) {
        self.seen.push("load".into());
    }

    #[handle_info]
    fn tick(&mut self, ctx: &mut Context<Self>) -> Result<(), String> {
        self.ticks += 1;
        if self.ticks == 3 {
            return Err("too many ticks".into());
        }
        ctx.idle_timeout(SECOND / 2).idle();
        Ok(())
    }

    #[handle_info]
    fn idle(&mut self) {
        self.seen.push(format!("idle after {}", self.ticks));
    }

    #[handle_cast]
    fn note(&mut self, text: String) {
        self.seen.push(text);
    }

    #[handle_cast]
    async fn note_later(&mut self, text: String) {
        let mut polled = false;
        std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.seen.push(text);
    }

    #[handle_call]
    fn watch(&mut self, target: Pid, ctx: &mut Context<Self>) -> (MonitorRef, bool) {
        ctx.link(target);
        (ctx.monitor(target), ctx.trap_exit(true))
    }

    #[handle_call]
    fn forget(&mut self, monitor: MonitorRef, target: Pid, ctx: &mut Context<Self>) -> bool {
        ctx.hibernate();
        ctx.unlink(target);
        ctx.demonitor(monitor)
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        self.seen.push(format!("down: {}", down.reason));
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        self.seen.push(format!("exit: {}", exit.reason));
    }

    #[handle_call]
    fn ask(&mut self, n: u32, reply: ReplyTo<u32>) {
        reply.send(n + 1);
    }

    #[handle_call]
    fn quit(&mut self, ctx: &mut Context<Self>) -> u32 {
        ctx.stop(why("first"));
        ctx.stop(why("second"));
        self.ticks
    }
}

#[test]
fn a_handler_is_a_plain_method() {
    let mut ctx = Context::for_test();
    let mut timer = Timer::init(&mut ctx);
    assert_eq!(ctx.waiting(), ["load", "note"], "what is next comes first");
    assert_eq!((ctx.timers(), ctx.next_timer()), (1, Some(SECOND)));
    assert_eq!(ctx.deliver(&mut timer), Some("load"));
    assert_eq!(ctx.deliver(&mut timer), Some("note"));
    assert_eq!(ctx.deliver(&mut timer), None);
    assert_eq!(timer.seen, ["load", "from init"]);

    ctx.advance(SECOND);
    assert_eq!((ctx.now(), ctx.waiting()), (SECOND, vec!["timer"]));
    assert_eq!(ctx.deliver(&mut timer), Some("tick"));
    assert_eq!((ctx.timers(), ctx.next_timer()), (2, Some(SECOND / 2)));
    ctx.advance(SECOND / 2 - Duration::from_nanos(1));
    assert_eq!(ctx.deliver(&mut timer), None);
    ctx.advance(Duration::from_nanos(1));
    assert_eq!(ctx.deliver(&mut timer), Some("idle"));
    assert_eq!(ctx.timers(), 1);
    assert_eq!(timer.seen.pop().as_deref(), Some("idle after 1"));
    assert_eq!(ctx.stopped(), None);

    // Ticks go on, and an error stops.
    ctx.advance(SECOND * 2);
    assert_eq!(ctx.waiting(), ["timer", "timer"]);
    assert_eq!(ctx.deliver(&mut timer), Some("tick"));
    assert_eq!(ctx.deliver(&mut timer), Some("tick"));
    assert_eq!(ctx.stopped().map(|reason| reason.to_string()), Some("too many ticks".into()));
}

#[test]
fn what_stops_a_handler_is_known() {
    let mut ctx = Context::for_test();
    let mut timer = Timer { ticks: 4, seen: Vec::new() };
    assert_eq!(timer.quit(&mut ctx), 4);
    assert_eq!(ctx.stopped(), Some(why("first")));
    assert_eq!(ctx.waiting(), [""; 0]);
    // An exit signal does so as well.
    let ctx = Context::<Timer>::for_test();
    process::exit(ctx.pid(), why("outside"));
    assert_eq!(ctx.stopped(), Some(why("outside")));
    let mut ctx = Context::<Timer>::for_test();
    process::exit(ctx.pid(), why("outside"));
    drop(ctx.client().request().ask(1));
    assert_eq!(ctx.deliver(&mut timer), None, "nothing is handled behind it");
    let mut ctx = Context::<Timer>::for_test();
    ctx.trap_exit(true);
    process::exit(ctx.pid(), why("outside"));
    assert_eq!((ctx.stopped(), ctx.waiting()), (None, vec!["info"]));
    assert_eq!(ctx.deliver(&mut timer), Some("info"));
    assert_eq!(timer.seen, [r#"exit: "outside""#]);
}

#[test]
fn a_call_to_a_context_for_tests_is_answered_when_it_is_delivered() {
    let mut ctx = Context::<Timer>::for_test();
    let mut timer = Timer { ticks: 4, seen: Vec::new() };
    let mut asked = ctx.client().request().ask(1);
    let mut quit = ctx.client().request().quit();
    assert_eq!((asked.check(), quit.check()), (None, None));
    assert_eq!(ctx.deliver(&mut timer), Some("ask"));
    assert_eq!(asked.check(), Some(Ok(2)));
    assert_eq!(ctx.deliver(&mut timer), Some("quit"));
    assert_eq!(quit.check(), None, "it is answered when it has terminated");
    drop(ctx);
    assert!(matches!(quit.check(), Some(Err(_))));

    ctx = Context::for_test();
    let (reply_to, reply) = ctx.reply_to();
    timer.ask(2, reply_to);
    assert_eq!(reply.wait(), Ok(3));
    let (reply_to, mut reply) = ctx.reply_to::<u32>();
    assert_eq!(reply.check(), None);
    drop(reply_to);
    assert_eq!(reply.check(), Some(Err(CallError::NoReply)));
    ctx.client().note_later("later".into());
    assert_eq!(ctx.deliver(&mut timer), Some("note_later"));
    assert_eq!(timer.seen, ["later"]);
}

#[test]
fn a_context_for_tests_has_relations_of_its_own() {
    let mut ctx = Context::for_test();
    let mut timer = Timer { ticks: 0, seen: Vec::new() };
    let waits = || process::spawn(|me| drop(me.receive_exit(None)));
    let ended = |pid| {
        let monitor = process::monitor(pid);
        process::current().receive_down(monitor, None).map(|down| down.reason)
    };
    let other = waits();
    let (_, trapped) = timer.watch(other, &mut ctx);
    assert!(!trapped);
    process::exit(other, why("bad luck"));
    ended(other);
    while ctx.waiting().len() < 2 {
        std::thread::yield_now();
    }
    while ctx.deliver(&mut timer).is_some() {}
    assert_eq!(timer.seen, [r#"exit: "bad luck""#, r#"down: "bad luck""#]);

    let other = waits();
    let (monitor, trapped) = timer.watch(other, &mut ctx);
    assert!(trapped);
    assert!(timer.forget(monitor, other, &mut ctx));
    assert!(!timer.forget(monitor, other, &mut ctx));
    process::exit(other, why("bad luck"));
    ended(other);
    assert_eq!(ctx.waiting(), [""; 0]);

    // It ends with the test, and whoever is linked to it learns of that.
    let (told, linked) = (process::current().subject(), waits());
    timer.watch(linked, &mut ctx);
    let own = ctx.pid();
    let tell = told.clone();
    let watcher = process::spawn(move |me| {
        let monitor = process::monitor(own);
        tell.send(None);
        tell.send(me.receive_down(monitor, None).map(|down| down.reason));
    });
    assert_eq!(told.receive(None), Some(None));
    // It notices that it is watched.
    assert_eq!(ctx.waiting(), [""; 0]);
    drop(ctx);
    assert_eq!(told.receive(None), Some(Some(ExitReason::Normal)));
    ended(watcher);
    process::exit(linked, ExitReason::Kill);
}

#[test]
#[should_panic = "only the process itself can do this"]
fn a_context_for_tests_stays_on_its_thread() {
    let mut ctx = Context::<Timer>::for_test();
    let context: &mut Context<Timer> = &mut ctx;
    std::thread::scope(|scope| {
        let elsewhere = scope.spawn(move || context.next().load());
        if let Err(panic) = elsewhere.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

// Requests.

#[otp::test(seeds = 20)]
fn requests_of_several_types_are_mapped(t: &mut Sim) {
    #[derive(Debug, PartialEq)]
    enum Answer {
        Value(Option<u32>),
        Size(usize),
    }
    let db = Db::start(process::current().subject())?;
    let mut requests = Requests::new();
    requests.add_map(1, db.request().get("a".into()), Answer::Value);
    requests.add_map(2, db.request().size(), Answer::Size);
    requests.add_map(3, db.as_async().timeout(SECOND).sleep(SECOND * 2), |()| Answer::Size(0));
    assert_eq!(format!("{requests:?}"), "Requests [1, 2, 3]");
    assert_eq!(requests.receive(None), Ok((1, Ok(Answer::Value(Some(1))))));
    assert_eq!(requests.receive(None), Ok((2, Ok(Answer::Size(10)))));
    // A request that has a time of its own keeps it.
    assert_eq!(requests.receive(None), Ok((3, Err(CallError::Timeout { started: true }))));
    assert_eq!(t.now(), SECOND);
}

#[otp::test(seeds = 20)]
fn what_has_come_stands_before_what_is_added(t: &mut Sim) {
    let (db, gone) = (Db::start(process::current().subject())?, Db::start(process::current().subject())?);
    t.kill(gone.clone());
    let mut requests = Requests::new();
    requests.add("came", db.request().size());
    t.settle();
    requests.add("failed at once", gone.request().size());
    assert_eq!(requests.check(), Ok(("came", Ok(10))));
    assert_eq!(requests.check(), Ok(("failed at once", Err(CallError::NoProc))));
}

#[otp::test(seeds = 20)]
fn the_requests_of_a_collection_that_is_dropped_are_handled(t: &mut Sim) {
    let log = process::current().subject();
    let db = Db::start(log.clone())?;
    let busy = db.request().sleep(SECOND);
    let requests: Requests<_, _> = ["a", "b"].map(|key| (key, db.request().get(key.into()))).into_iter().collect();
    assert_eq!(requests.len(), 2);
    t.settle();
    drop(requests);
    busy.wait()?;
    t.settle();
    assert_eq!(std::iter::from_fn(|| log.receive(Duration::ZERO)).count(), 2);
}

#[otp::test(seeds = 20)]
fn a_collection_may_be_awaited(t: &mut Sim) {
    let dbs = [Db::start(process::current().subject())?, Db::start(process::current().subject())?];
    let results = process::current().subject();
    let done = results.clone();
    process::spawn_async(move |_| async move {
        let mut requests = Requests::new();
        requests.add("slow", dbs[0].request().sleep(SECOND * 2));
        requests.add("fast", dbs[1].request().sleep(SECOND));
        done.send(requests.wait_async(SECOND / 2).await);
        done.send(requests.wait_async(None).await);
        done.send(requests.receive_async(SECOND / 2).await);
        done.send(requests.receive_async(None).await);
    });
    for expected in
        [Err(NoResponse::Timeout), Ok(("fast", Ok(()))), Err(NoResponse::Timeout), Err(NoResponse::NoRequest)]
    {
        assert_eq!(results.receive(None), Some(expected));
    }
    assert_eq!(t.now(), SECOND * 3 / 2);
}

#[otp::test(seeds = 20)]
fn another_executor_is_woken_for_each_reply(t: &mut Sim) {
    let db = Db::start(process::current().subject())?;
    let mut requests = Requests::new();
    requests.add(1, db.request().sleep(SECOND));
    requests.add(2, db.request().sleep(SECOND));
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    for count in 1..=2 {
        let mut next = pin!(requests.wait_async(None));
        let mut poll = || Pin::new(&mut next).poll(&mut Polled::from_waker(&waker));
        assert_eq!(poll(), Poll::Pending);
        t.advance(SECOND);
        assert_eq!(*wakes.0.lock().expect("nobody panics"), count);
        assert_eq!(poll(), Poll::Ready(Ok((count, Ok(())))));
    }
}

#[otp::test(seeds = 20)]
fn a_server_that_ends_wakes_who_collects(t: &mut Sim) {
    let db = Db::start(process::current().subject())?;
    let mut requests = Requests::new();
    requests.add((), db.request().sleep(SECOND));
    let pid = db.pid().expect("it runs");
    process::spawn(move |_| {
        otp::sleep(SECOND / 2);
        process::exit(pid, ExitReason::Kill);
    });
    assert_eq!(requests.receive(None), Ok(((), Err(CallError::Exited(ExitReason::Killed)))));
    assert_eq!(t.now(), SECOND / 2);
}

/// Replies that come from other threads while others are added and taken.
#[test]
fn a_collection_works_across_cores() -> std::io::Result<()> {
    let node = Node::builder().cores(2).start()?;
    node.enter(|| {
        let log = process::current().subject();
        let dbs: Vec<_> = (0..4).map(|_| Db::start(log.clone()).expect("it starts")).collect();
        let mut requests = Requests::new();
        let mut left: u32 = (0..400).sum();
        for number in 0..400_u32 {
            requests.add(number, dbs[number as usize % 4].request().size());
            if number % 3 == 0 {
                left -= requests.check().map_or(0, |(number, size)| if size == Ok(10) { number } else { u32::MAX });
            }
        }
        while let Ok((number, size)) = requests.receive(SECOND * 60) {
            assert_eq!(size, Ok(10));
            left -= number;
        }
        assert_eq!((left, requests.check()), (0, Err(NoResponse::NoRequest)));
    });
    node.stop();
    Ok(())
}

// Replies.

#[otp::test(seeds = 20)]
fn a_reply_is_checked_and_received(t: &mut Sim) {
    let db = Db::start(process::current().subject())?;
    let mut reply = db.request().sleep(SECOND);
    assert_eq!(reply.check(), None);
    t.advance(SECOND);
    assert_eq!(reply.check(), Some(Ok(())));
    // The shorter of two limits counts.
    assert_eq!(
        db.as_async().timeout(SECOND / 2).sleep(SECOND).receive(SECOND),
        Err(CallError::Timeout { started: true })
    );
    t.advance(SECOND);
    let began = t.now();
    assert_eq!(db.request().sleep(SECOND).receive(SECOND / 2), Err(CallError::Timeout { started: true }));
    assert_eq!(t.now() - began, SECOND / 2);
    t.advance(SECOND);
    assert_eq!(db.request().sleep(SECOND).receive(None), Ok(()));
    // A look at a reply is no wait: whoever looks is in nobody's way.
    let mut late = db.as_async().timeout(SECOND).sleep(SECOND * 2);
    t.advance(SECOND * 3 / 2);
    assert_eq!(late.check(), Some(Err(CallError::Timeout { started: true })));
}

// What a test that fails says.

/// Crashes a process and then fails, when the test below runs it, alone in a process of the system.
#[test]
fn fails_after_a_crash() {
    if std::env::var_os("OTP_TEST_FAILS").is_some() {
        Sim::run(0, |t| {
            process::spawn(|_| panic!("the cause"));
            t.settle();
            panic!("the consequence");
        });
    }
}

#[test]
fn a_test_that_fails_tells_of_the_crashes_before() {
    let output = std::process::Command::new(std::env::current_exe().expect("a test has a path"))
        .args(["--exact", "fails_after_a_crash", "--nocapture"])
        .env("OTP_TEST_FAILS", "1")
        .output()
        .expect("the test can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("the consequence"), "{errors}");
    assert!(errors.contains("crashed: process ") && errors.contains("panicked: the cause, at "), "{errors}");
}

/// Started once more by [`a_seed_that_is_no_number_is_refused`].
#[otp::test(seeds = 2)]
fn runs_under_a_seed(_: &mut Sim) {}

#[test]
fn a_seed_that_is_no_number_is_refused() {
    for seed in ["abc", "-1", ""] {
        let output = std::process::Command::new(std::env::current_exe().expect("a test has a path"))
            .args(["--exact", "runs_under_a_seed", "--nocapture"])
            .env("OTP_SEED", seed)
            .output()
            .expect("the test can be started");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{seed}");
        assert!(errors.contains(&format!("`OTP_SEED` is the number of one seed, such as 7, not `{seed}`")), "{errors}");
    }
}

//! `sys_SUITE`.

use std::{
    fs,
    ops::ControlFlow,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use otp::{
    Handled, Ref,
    prelude::*,
    process::Subject,
    sys::{self, Event, MessageKind, StatusTexts, SysError},
};

use crate::reports::recorded;

const LONG: Duration = Duration::from_secs(3600);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Counts, and notes what it handled.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Counter {
    n: i64,
    handled: Vec<&'static str>,
}

#[actor]
impl Counter {
    #[init]
    fn init(n: i64) -> Self {
        Self { n, handled: Vec::new() }
    }

    #[handle_call]
    fn add(&mut self, by: i64) -> i64 {
        self.handled.push("add");
        self.n += by;
        self.n
    }

    #[handle_cast]
    fn reset(&mut self) {
        self.handled.push("reset");
        self.n = 0;
    }

    #[handle_cast]
    fn idle_in(&mut self, after: Duration, ctx: &mut Context<Self>) {
        ctx.idle_timeout(after).idle();
    }

    #[handle_info]
    fn idle(&mut self) {
        self.handled.push("idle");
    }

    #[handle_cast]
    fn later(&mut self, ctx: &mut Context<Self>) {
        ctx.next().load();
    }

    #[handle_continue]
    fn load(&mut self) {
        self.handled.push("load");
    }

    #[handle_call]
    fn hold(&mut self, limit: Duration) {
        otp::sleep(limit);
    }

    #[terminate]
    fn bye(&mut self, reason: &ExitReason) {
        assert_eq!(*reason, ExitReason::Shutdown, "it is only ever shut down");
    }
}

/// A file of this test's own.
fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("otp-sys-{name}-{}", std::process::id()))
}

#[otp::test]
fn sys_log_to_file(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    process::register("filed", counter.pid().unwrap()).unwrap();
    let path = file("log");
    let me = process::self_pid();

    let missing = file("no-such-directory").join("log");
    assert_eq!(
        sys::log_to_file(&counter, Some(&missing)),
        Err(SysError::File(std::io::ErrorKind::NotFound)),
        "a file that can't be opened"
    );

    sys::log_to_file(&counter, Some(&path)).unwrap();
    counter.add(1).unwrap();
    counter.reset();
    t.settle();
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(
        written.lines().collect::<Vec<_>>(),
        [
            format!("*DBG* filed got call add from {me}"),
            format!("*DBG* filed sent the answer of add to {me}"),
            "*DBG* filed got cast reset".to_owned(),
        ]
    );

    sys::log_to_file(&counter, None).unwrap();
    counter.add(1).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), written, "a closed file");
    fs::remove_file(&path).unwrap();
}

#[otp::test]
fn sys_stats(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    assert_eq!(sys::get_statistics(&counter), Err(SysError::NoStatistics), "off at first");
    counter.add(1).unwrap();

    t.advance(millis(10));
    sys::statistics(&counter, true).unwrap();
    let began = t.now();
    counter.add(1).unwrap();
    counter.add(1).unwrap();
    counter.reset();
    t.advance(millis(30));
    let statistics = sys::get_statistics(&counter).unwrap();
    assert_eq!(statistics.start_time, began);
    assert_eq!(statistics.current_time, t.now());
    assert_eq!(statistics.messages_in, 3, "calls and casts, and no request of `sys`");
    assert_eq!(statistics.messages_out, 2, "answers");

    sys::statistics(&counter, true).unwrap();
    assert_eq!(sys::get_statistics(&counter).unwrap().messages_in, 0, "switched on anew they begin anew");
    sys::statistics(&counter, false).unwrap();
    assert_eq!(sys::get_statistics(&counter), Err(SysError::NoStatistics));
}

#[cfg(feature = "stacks")]
#[otp::test]
fn sys_trace(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let (pid, me) = (counter.pid().unwrap(), process::self_pid());
    let lines = |run: &dyn Fn()| -> Vec<String> { recorded(run).1.into_iter().map(|report| report.text).collect() };

    assert!(lines(&|| assert!(counter.add(1).is_ok())).is_empty(), "nothing is said unasked");
    sys::trace(&counter, true).unwrap();
    let said = lines(&|| {
        counter.add(1).unwrap();
        counter.reset();
        counter.later();
        t.settle();
    });
    assert_eq!(
        said,
        [
            format!("*DBG* {pid} got call add from {me}"),
            format!("*DBG* {pid} sent the answer of add to {me}"),
            format!("*DBG* {pid} got cast reset"),
            format!("*DBG* {pid} got cast later"),
            format!("*DBG* {pid} got continue load"),
        ],
        "a line for each event"
    );
    sys::trace(&counter, false).unwrap();
    assert!(lines(&|| assert!(counter.add(1).is_ok())).is_empty(), "switched off");
}

/// An actor written by hand: OTP's special process has its counterpart in an own `impl Actor`.
#[derive(Clone, Debug, PartialEq)]
struct Special(i64);

enum SpecialMessage {
    Set(i64),
    Get(ReplyTo<i64>),
}

impl Actor for Special {
    type Args = i64;
    type Message = SpecialMessage;
    type Client<M: Mode> = Ref<Self, M>;
    const NAME: &'static str = "Special";

    fn init(start: i64, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Self(start)))
    }

    fn handle<'a>(&'a mut self, message: SpecialMessage, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match message {
            SpecialMessage::Set(n) => self.0 = n,
            SpecialMessage::Get(reply) => {
                if reply.begin() {
                    ctx.reply(reply, self.0);
                }
            }
        }
        Handled::Done(Ok(()))
    }

    fn message_name(message: &SpecialMessage) -> &'static str {
        match message {
            SpecialMessage::Set(_) => "set",
            SpecialMessage::Get(_) => "get",
        }
    }

    fn message_kind(message: &SpecialMessage) -> MessageKind {
        match message {
            SpecialMessage::Set(_) => MessageKind::Cast,
            SpecialMessage::Get(reply) => MessageKind::Call { from: reply.caller() },
        }
    }

    fn format_status(&self, texts: &mut StatusTexts) {
        texts.state = Some(format!("special {}", self.0));
    }
}

#[otp::test(seeds = 20)]
fn sys_special_process(t: &mut Sim) {
    let special = otp::start::<Special>(7).unwrap();
    let pid = special.pid().unwrap();
    let monitor = special.monitor().unwrap();

    assert_eq!(sys::get_state(&special), Ok(Special(7)));
    sys::replace_state(&special, |state| Special(state.0 + 1)).unwrap();
    assert_eq!(sys::get_state(&special), Ok(Special(8)));

    // A function that fails says so, and changes nothing.
    let failed = sys::replace_state(&special, |_| panic!("bad function"));
    let Err(SysError::CallbackFailed(ExitReason::Panic(panic))) = failed else { panic!("{failed:?}") };
    assert_eq!(panic.message, "bad function");
    assert_eq!(sys::get_state(&special), Ok(Special(8)), "the state is as it was");
    let failed: Result<(), _> = sys::with_state(&special, |_| panic!("bad look"));
    assert!(matches!(failed, Err(SysError::CallbackFailed(_))), "{failed:?}");

    sys::statistics(&pid, true).unwrap();
    special.cast(SpecialMessage::Set(3));
    assert_eq!(special.call(SpecialMessage::Get), Ok(3));
    let statistics = sys::get_statistics(&pid).unwrap();
    assert_eq!((statistics.messages_in, statistics.messages_out), (2, 1));

    assert_eq!(sys::get_status(&pid).unwrap().state.as_deref(), Some("special 3"));

    sys::terminate(&pid, ExitReason::other("enough")).unwrap();
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::other("enough"));
    assert_eq!(sys::get_state(&special), Err(SysError::NoProc));
    assert_eq!(sys::suspend(&pid), Err(SysError::NoProc));
    assert_eq!(t.crashes().len(), 1);
}

/// What is held, and what is not: all rules of a suspended server.
#[otp::test(seeds = 20)]
fn a_suspended_server_serves_requests_and_exits_alone(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    sys::suspend(&counter).unwrap();
    sys::suspend(&counter).unwrap();
    counter.reset();
    let first = counter.request().add(5);
    let second = counter.request().add(6);
    t.advance(LONG);
    assert_eq!(sys::get_state(&counter).unwrap(), Counter { n: 1, ..Counter::default() }, "nothing is handled");
    let status = sys::get_status(&counter).unwrap();
    assert!(status.is_suspended && status.message_queue_len == 3, "{status:?}");
    let info = process::process_info(status.pid).unwrap();
    assert_eq!(info.status, process::ProcessStatus::Waiting, "messages have no reason to wake it");
    sys::replace_state(&counter, |_| Counter { n: 100, ..Counter::default() }).unwrap();

    sys::resume(&counter).unwrap();
    sys::resume(&counter).unwrap();
    assert_eq!((first.wait(), second.wait()), (Ok(5), Ok(11)));
    assert_eq!(sys::get_state(&counter).unwrap().handled, ["reset", "add", "add"], "in order");

    sys::suspend(&counter).unwrap();
    counter.reset();
    assert_eq!(counter.stop_with(ExitReason::Shutdown, None), Ok(()), "it can be stopped");
    assert_eq!(sys::resume(&counter), Err(SysError::NoProc));

    let killed = Counter::start(1).unwrap();
    sys::suspend(&killed).unwrap();
    t.kill(killed);

    // The exit of its parent ends it, though it traps exits.
    let trapping = Trapping::start_link().unwrap();
    sys::suspend(&trapping).unwrap();
    process::exit(trapping.pid().unwrap(), ExitReason::Shutdown);
    t.settle();
    assert!(!trapping.is_alive());
}

/// Many requests at once, behind messages that are held.
#[otp::test(seeds = 20)]
fn a_suspended_server_serves_all_requests_that_wait(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    sys::suspend(&counter).unwrap();
    counter.reset();
    let served = process::current().subject();
    for _ in 0..5 {
        let (served, counter) = (served.clone(), counter.clone());
        process::spawn(move |_| served.send(sys::get_state(&counter).map(|state| state.n)));
    }
    t.settle();
    for _ in 0..5 {
        assert_eq!(served.receive(Duration::ZERO), Some(Ok(1)));
    }
}

struct Trapping;

#[actor]
impl Trapping {
    #[init]
    fn init(ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit, ctx: &mut Context<Self>) {
        ctx.stop(exit.reason);
    }
}

#[otp::test(seeds = 20)]
fn a_trapped_exit_waits_for_the_resume(t: &mut Sim) {
    let trapping = Trapping::start().unwrap();
    let pid = trapping.pid().unwrap();
    let monitor = trapping.monitor().unwrap();
    sys::suspend(&trapping).unwrap();
    process::spawn(move |_| process::exit(pid, ExitReason::Shutdown));
    t.settle();
    assert!(trapping.is_alive());
    sys::resume(&trapping).unwrap();
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
}

#[otp::test(seeds = 20)]
fn an_idle_timeout_begins_anew_after_a_request(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let handled = || sys::with_state(&counter, |state| state.handled.len()).unwrap();
    counter.idle_in(millis(100));
    t.advance(millis(60));
    assert_eq!(handled(), 0);
    t.advance(millis(60));
    assert_eq!(handled(), 0, "the request has put it off");
    t.advance(millis(100));
    assert_eq!(handled(), 1);

    counter.idle_in(millis(100));
    t.advance(millis(60));
    sys::suspend(&counter).unwrap();
    t.advance(LONG);
    assert_eq!(handled(), 1, "not while it is suspended");
    sys::resume(&counter).unwrap();
    t.advance(millis(99));
    t.advance(millis(1));
    assert_eq!(handled(), 2, "as long again after the resume");
}

#[otp::test(seeds = 20)]
fn who_does_not_come_to_a_request_is_named(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let held = counter.no_timeout().request().hold(Duration::from_secs(8));
    let before = t.now();
    assert_eq!(sys::suspend(&counter), Err(SysError::Timeout), "a busy one");
    assert_eq!(t.now() - before, Duration::from_secs(5));
    assert_eq!(sys::get_state(&counter.timeout(millis(10))), Err(SysError::Timeout), "a client's own limit");
    held.wait().unwrap();
    assert!(!sys::get_status(&counter).unwrap().is_suspended, "what was given up does not happen later");

    let plain = process::spawn(|me| drop(me.receive_exit(None)));
    assert_eq!(sys::get_status(&plain), Err(SysError::Timeout), "one that is no server");

    // One that ends instead of answering.
    let held = counter.no_timeout().request().hold(Duration::from_secs(2));
    t.settle();
    let pid = counter.pid().unwrap();
    let asking = process::spawn_monitor(move |_| {
        let asked = sys::get_status(&pid);
        assert_eq!(asked, Err(SysError::Exited(ExitReason::Killed)));
    });
    t.settle();
    t.kill(counter.pid().unwrap());
    assert!(held.wait().is_err());
    assert_eq!(process::current().receive_down(asking.1, None).unwrap().reason, ExitReason::Normal);

    assert_eq!(sys::get_status(&process::self_pid()), Err(SysError::CallingSelf));
    assert_eq!(sys::get_status("nobody"), Err(SysError::NoProc));
}

#[otp::test]
fn the_log_keeps_the_last_events(_: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let me = process::self_pid();
    let got = |message: &'static str, kind| Event::In { kind, message: message.into() };
    assert!(sys::get_log(&counter).unwrap().is_empty());
    sys::log(&counter, sys::LOG).unwrap();
    for _ in 0..20 {
        counter.reset();
    }
    assert_eq!(sys::get_log(&counter).unwrap().len(), 10);
    counter.add(1).unwrap();
    let sent = Event::Out { message: "add".into(), to: Some(me) };
    let last = [got("reset", MessageKind::Cast), got("add", MessageKind::Call { from: Some(me) }), sent];
    assert_eq!(sys::get_log(&counter).unwrap()[7..], last);
    sys::log(&counter, 3).unwrap();
    assert_eq!(sys::get_log(&counter).unwrap(), last, "a smaller log keeps the last of them");
    assert_eq!(sys::get_status(&counter).unwrap().log.len(), 3);
    sys::log(&counter, None).unwrap();
    assert!(sys::get_log(&counter).unwrap().is_empty());
}

#[otp::test]
fn a_function_is_called_until_it_wants_no_more(_: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let listener = |name: &'static str, then: fn(usize) -> ControlFlow<()>| {
        let seen = Arc::clone(&seen);
        let mut events = 0;
        move |event: &Event| {
            seen.lock().unwrap().push(format!("{name}: {event}"));
            events += 1;
            then(events)
        }
    };
    let goes_on = |_| ControlFlow::Continue(());
    sys::install(&counter, "a", listener("a", goes_on)).unwrap();
    sys::install(&counter, "a", listener("second a", goes_on)).unwrap();
    sys::install(&counter, "once", listener("once", |_| ControlFlow::Break(()))).unwrap();
    sys::install(&counter, "fails", |_: &Event| panic!("bad listener")).unwrap();
    assert_eq!(sys::get_status(&counter).unwrap().installed, ["a", "once", "fails"]);
    counter.reset();
    counter.later();
    assert_eq!(sys::get_status(&counter).unwrap().installed, ["a"], "one is done, one has panicked");
    sys::remove(&counter, "a").unwrap();
    sys::remove(&counter, "a").unwrap();
    counter.reset();
    assert!(sys::get_status(&counter).unwrap().installed.is_empty());
    let seen = seen.lock().unwrap();
    assert_eq!(*seen, ["a: got cast reset", "once: got cast reset", "a: got cast later", "a: got continue load"]);
}

#[otp::test]
fn all_is_switched_off_at_once(_: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    sys::statistics(&counter, true).unwrap();
    sys::log(&counter, 5).unwrap();
    sys::suspend(&counter).unwrap();
    sys::no_debug(&counter).unwrap();
    assert_eq!(sys::get_statistics(&counter), Err(SysError::NoStatistics));
    assert!(sys::get_status(&counter).unwrap().is_suspended, "that is no debug option");
}

supervisor! {
    Shop<one_for_one> {
        counter: Counter(1) { name: "shop counter" };
    }
}

#[otp::test(seeds = 20)]
fn a_suspended_supervisor_restarts_nothing(t: &mut Sim) {
    let shop = t.start(Shop::child_spec()).unwrap();
    let supervisor = shop.supervisor();
    let status = sys::get_status(supervisor).unwrap();
    assert_eq!(status.initial_call, "Shop");
    assert!(status.state.unwrap().contains("OneForOne"), "it shows its strategy and children");

    sys::suspend(supervisor).unwrap();
    let first = shop.counter().pid().unwrap();
    t.kill(first);
    t.advance(LONG);
    assert_eq!(shop.counter().pid().filter(|pid| *pid != first), None, "it is not healed");
    sys::resume(supervisor).unwrap();
    t.settle();
    let second = shop.counter().pid().unwrap();
    assert_ne!(second, first);
    assert_eq!(sys::get_status("shop counter").unwrap().pid, second, "by name");
    assert_eq!(sys::get_state(&shop.counter()).unwrap().n, 1, "by its place in the tree");
}

/// Shown where its parameter can be.
#[derive(Debug)]
struct Shelf<T> {
    _item: T,
}

#[actor]
impl<T: std::fmt::Debug + Send + 'static> Shelf<T> {
    #[init]
    fn init(item: T) -> Self {
        Self { _item: item }
    }
}

/// Not shown: nothing says that its parameter can be.
#[derive(Debug)]
struct Box<T> {
    _item: T,
}

#[actor]
impl<T: Send + 'static> Box<T> {
    #[init]
    fn init(item: T) -> Self {
        Self { _item: item }
    }
}

#[otp::test]
fn a_state_is_shown_where_its_type_can_be(_: &mut Sim) {
    let state = |status: Result<sys::Status, SysError>| status.unwrap().state;
    assert_eq!(state(sys::get_status(&Shelf::start(1).unwrap())).as_deref(), Some("Shelf { _item: 1 }"));
    let generic = sys::get_status(&Box::start(1).unwrap()).unwrap();
    assert_eq!(generic.state, None);
    assert!(generic.to_string().contains("state: not shown (`Box` is not `Debug` for every parameter)"), "{generic}");
    let status = sys::get_status(&Trapping::start().unwrap()).unwrap();
    assert_eq!(status.state, None);
    assert!(status.to_string().contains("state: not shown (`Trapping` is not `Debug`)"), "{status}");
}

/// A process that handles what it is told by type, and what it does not expect.
#[otp::test]
fn signals_are_events_too(t: &mut Sim) {
    let trapping = Trapping::start().unwrap();
    sys::log(&trapping, sys::LOG).unwrap();
    let ended = process::spawn(|_| {});
    sys::with_state(&trapping, move |_| process::monitor(ended)).unwrap();
    t.settle();
    let log: Vec<String> = sys::get_log(&trapping).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(log, [format!("got info DOWN of {ended}")]);
}

/// Is sent to through a subject of its own.
struct Listening {
    heard: Vec<String>,
}

#[actor]
impl Listening {
    #[init]
    fn init(give: Subject<Subject<String>>, ctx: &mut Context<Self>) -> Self {
        process::set_label("the one at the door");
        give.send(ctx.subject(|me, what| me.hear(what)));
        Self { heard: Vec::new() }
    }

    #[handle_cast]
    fn hear(&mut self, what: String) {
        self.heard.push(what);
    }

    /// Forgets what arrives within a second.
    #[handle_cast]
    fn sweep(&mut self) {
        otp::sleep(Duration::from_secs(1));
        process::current().flush();
    }

    #[handle_cast]
    fn fall(&mut self, why: String) {
        panic!("fell: {why}");
    }
}

fn heard(listening: &ListeningRef) -> Vec<String> {
    sys::with_state(listening, |listening| listening.heard.clone()).expect("it is served")
}

#[otp::test(seeds = 20)]
fn what_comes_through_a_subject_of_its_own_is_held_and_seen(t: &mut Sim) {
    let given = process::current().subject();
    let listening = Listening::start(given.clone()).unwrap();
    let door = given.receive(None).unwrap();
    sys::log(&listening, sys::LOG).unwrap();
    sys::suspend(&listening).unwrap();
    door.send("knock".into());
    t.settle();
    assert!(heard(&listening).is_empty(), "it waits");
    sys::resume(&listening).unwrap();
    assert_eq!(heard(&listening), ["knock"]);
    let log: Vec<String> = sys::get_log(&listening).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(log, ["got cast hear"], "as the message that it became");
}

#[cfg(feature = "stacks")]
#[otp::test(seeds = 20)]
fn the_status_and_the_reports_say_who_it_is(t: &mut Sim) {
    let given = process::current().subject();
    let started = process::current().subject();
    let to = started.clone();
    let parent = process::spawn(move |me| {
        to.send(Listening::start(given).unwrap());
        me.receive_exit(None);
    });
    let listening = started.receive(None).unwrap();
    let status = sys::get_status(&listening).unwrap();
    assert_eq!((status.initial_call, status.label.as_deref()), ("Listening", Some("the one at the door")));
    assert_eq!((status.parent, &status.ancestors[..]), (Some(parent), &[parent, process::self_pid()][..]));
    let ancestors = format!("[{parent}, {}]", process::self_pid());
    let text = status.to_string();
    assert!(text.contains("label: the one at the door") && text.contains(&format!("ancestors: {ancestors}")), "{text}");

    let ((), reports) = recorded(|| {
        listening.fall("ice".into());
        t.settle();
    });
    let [server, process] = &reports[..] else { panic!("{reports:?}") };
    assert!(server.text.contains("label: the one at the door"), "{}", server.text);
    assert!(process.text.contains("(the one at the door) ended: panicked: fell: ice"), "{}", process.text);
    assert_eq!((server.field("label"), process.field("label")), ("the one at the door", "the one at the door"));
    assert_eq!(process.field("ancestors"), ancestors);
    assert_eq!(t.crashes().len(), 1);
}

/// To empty its own mailbox takes no request away.
#[otp::test(seeds = 20)]
fn a_request_is_no_message_to_be_flushed(t: &mut Sim) {
    let given = process::current().subject();
    let listening = Listening::start(given).unwrap();
    let pid = listening.pid().unwrap();
    listening.sweep();
    t.settle();
    listening.hear("gone".into());
    let asking = process::spawn_monitor(move |_| assert_eq!(sys::get_status(&pid).unwrap().pid, pid));
    t.settle();
    assert_eq!(process::current().receive_down(asking.1, None).unwrap().reason, ExitReason::Normal);
    assert!(heard(&listening).is_empty());
}

/// Has a mailbox of two messages, and some that go first.
#[derive(Debug, Clone, PartialEq)]
struct Narrow {
    handled: Vec<u32>,
}

#[actor(mailbox = bounded(2, drop_oldest), on_full = lost)]
impl Narrow {
    #[init]
    fn init(ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self { handled: Vec::new() }
    }

    #[handle_cast]
    fn put(&mut self, what: u32) {
        self.handled.push(what);
    }

    #[handle_cast(priority)]
    fn put_first(&mut self, what: u32) {
        self.handled.push(what);
    }

    fn lost(&mut self, _: otp::Dropped) {
        self.handled.push(0);
    }
}

/// A full mailbox takes requests of `sys` and holds all else, what goes first and what it has lost among it.
#[otp::test(seeds = 20)]
fn a_server_with_a_bound_is_suspended_as_others_are(t: &mut Sim) {
    let narrow = Narrow::start_link().unwrap();
    sys::suspend(&narrow).unwrap();
    for what in 1..=3 {
        narrow.put(what);
    }
    narrow.put_first(4);
    t.settle();
    let status = sys::get_status(&narrow).unwrap();
    assert_eq!((status.message_queue_len, status.state.as_deref()), (2, Some("Narrow { handled: [] }")));
    sys::log(&narrow, sys::LOG).unwrap();
    sys::resume(&narrow).unwrap();
    assert_eq!(sys::get_state(&narrow).unwrap().handled, [0, 4, 3], "in the order of its mailbox");
    let log: Vec<String> = sys::get_log(&narrow).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(log, ["got info overflowed", "got cast put_first", "got cast put"]);

    sys::suspend(&narrow).unwrap();
    narrow.put(5);
    process::exit(narrow.pid().unwrap(), ExitReason::Shutdown);
    t.settle();
    assert!(!narrow.is_alive(), "the exit of its parent ends it");

    let narrow = Narrow::start().unwrap();
    sys::suspend(&narrow).unwrap();
    narrow.put(5);
    assert_eq!(narrow.stop_with(ExitReason::Shutdown, None), Ok(()), "it can be stopped");
}

/// Takes its time to terminate.
struct Slow;

#[actor]
impl Slow {
    #[init]
    fn init() -> Self {
        Self
    }

    #[terminate]
    fn bye(&mut self) {
        otp::sleep(Duration::from_secs(10));
    }
}

/// Panics when it is dropped.
struct Fragile;

impl Drop for Fragile {
    fn drop(&mut self) {
        panic!("broken");
    }
}

#[otp::test(seeds = 20)]
fn a_request_that_fails_leaves_nothing_behind(t: &mut Sim) {
    let slow = Slow::start().unwrap();
    let fragile = Fragile;
    sys::install(&slow, "fragile", move |_| {
        let _ = &fragile;
        ControlFlow::Continue(())
    })
    .unwrap();
    let limited = slow.timeout(Duration::from_secs(1));
    assert_eq!(sys::remove(&limited, "fragile"), Err(SysError::Timeout), "it is not known why it ends");
    t.advance(Duration::from_secs(20));
    assert!(!slow.is_alive());
    let down = process::Selector::new().select_monitors(|down| down).receive(Duration::ZERO);
    assert_eq!(down, None);
    assert_eq!(t.crashes().len(), 1);
}

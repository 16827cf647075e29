//! `sys_SUITE`.

mod asked;
mod events;
mod suspended;

use std::{fs, path::PathBuf};

use otp::{
    ActorRef,
    actor::Handled,
    prelude::*,
    process::Subject,
    sys::{self, MessageKind, StatusTexts, SysError},
};

use crate::reports::recorded;

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
    assert_eq!(sys::statistics(&counter), Err(SysError::NoStatistics), "off at first");
    counter.add(1).unwrap();

    t.advance(millis(10));
    sys::set_statistics(&counter, true).unwrap();
    let began = t.now();
    counter.add(1).unwrap();
    counter.add(1).unwrap();
    counter.reset();
    t.advance(millis(30));
    let statistics = sys::statistics(&counter).unwrap();
    assert_eq!(statistics.start_time, began);
    assert_eq!(statistics.current_time, t.now());
    assert_eq!(statistics.messages_in, 3, "calls and casts, and no request of `sys`");
    assert_eq!(statistics.messages_out, 2, "answers");

    sys::set_statistics(&counter, true).unwrap();
    assert_eq!(sys::statistics(&counter).unwrap().messages_in, 0, "switched on anew they begin anew");
    sys::set_statistics(&counter, false).unwrap();
    assert_eq!(sys::statistics(&counter), Err(SysError::NoStatistics));
}

#[cfg(feature = "stacks")]
#[otp::test]
fn sys_trace(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let (pid, me) = (counter.pid().unwrap(), process::self_pid());
    let lines = |run: &dyn Fn()| -> Vec<String> { recorded(run).1.into_iter().map(|report| report.text).collect() };

    assert!(lines(&|| assert!(counter.add(1).is_ok())).is_empty(), "nothing is said unasked");
    sys::set_trace(&counter, true).unwrap();
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
    sys::set_trace(&counter, false).unwrap();
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
    type Client<M: Mode> = ActorRef<Self, M>;
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

    assert_eq!(sys::state(&special), Ok(Special(7)));
    sys::replace_state(&special, |state| Special(state.0 + 1)).unwrap();
    assert_eq!(sys::state(&special), Ok(Special(8)));

    // A function that fails says so, and changes nothing.
    let failed = sys::replace_state(&special, |_| panic!("bad function"));
    let Err(SysError::CallbackFailed(ExitReason::Panic(panic))) = failed else { panic!("{failed:?}") };
    assert_eq!(panic.message, "bad function");
    assert_eq!(sys::state(&special), Ok(Special(8)), "the state is as it was");
    let failed: Result<(), _> = sys::with_state(&special, |_| panic!("bad look"));
    assert!(matches!(failed, Err(SysError::CallbackFailed(_))), "{failed:?}");

    sys::set_statistics(&pid, true).unwrap();
    special.cast(SpecialMessage::Set(3));
    assert_eq!(special.call(SpecialMessage::Get), Ok(3));
    let statistics = sys::statistics(&pid).unwrap();
    assert_eq!((statistics.messages_in, statistics.messages_out), (2, 1));

    assert_eq!(sys::status(&pid).unwrap().state.as_deref(), Some("special 3"));

    sys::terminate(&pid, ExitReason::other("enough")).unwrap();
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::other("enough"));
    assert_eq!(sys::state(&special), Err(SysError::NoProc));
    assert_eq!(sys::suspend(&pid), Err(SysError::NoProc));
    assert_eq!(t.crashes().len(), 1);
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

//! The end of a process: all that went wrong in it is told, and all who ask see it at one moment.

#![cfg(all(feature = "macros", feature = "tracing"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::BTreeMap,
    sync::{Mutex, mpsc},
    time::Duration,
};

use latch::Latch;
use listener::{Report, listen};
use otp::{
    Node, Pid, Restart,
    name::RegisterError,
    prelude::*,
    supervisor::{ChildState, Shutdown},
};

#[path = "common/latch.rs"]
mod latch;
#[path = "common/listener.rs"]
mod listener;

const PATIENCE: Duration = Duration::from_secs(30);

/// The reasons in reports, by what they report and of whom.
static REPORTS: Mutex<BTreeMap<(String, String), String>> = Mutex::new(BTreeMap::new());

fn hear() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        listen(|event| {
            let report = Report::of(event);
            let kind = ["report", "context"].map(|field| report.field(field)).concat();
            let about = (kind, report.field("pid").to_owned());
            REPORTS.lock().unwrap().insert(about, report.field("reason").to_owned());
        });
    });
}

fn reported(kind: &str, pid: Pid) -> Option<String> {
    REPORTS.lock().unwrap().get(&(kind.to_owned(), pid.to_string())).cloned()
}

static BAGGAGE: process::Key<Loud> = process::Key::new("baggage");

/// Panics with this text when it is dropped.
struct Loud(&'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum First {
    Panic,
    Error,
    Other,
    Timeout,
    Normal,
    Shutdown,
}

/// Fails once or more.
#[derive(Default)]
struct Clumsy {
    held: Option<Loud>,
    kept: Vec<ReplyTo<()>>,
    terminate: Option<fn()>,
}

#[actor]
impl Clumsy {
    #[init]
    fn init() -> Self {
        Self::default()
    }

    #[handle_call]
    fn hold(&mut self, text: &'static str) {
        self.held = Some(Loud(text));
    }

    #[handle_call]
    fn keep_in_dictionary(&self) {
        BAGGAGE.put(Loud("dictionary"));
    }

    #[handle_call]
    fn keep_in_timer(&self, ctx: &mut Context<Self>) {
        ctx.after(PATIENCE).take(Loud("timer"));
    }

    #[handle_call]
    fn terminate_with(&mut self, terminate: fn()) {
        self.terminate = Some(terminate);
    }

    #[handle_cast]
    fn take(&self, loud: Loud) {
        drop(loud);
    }

    #[handle_cast]
    fn fail(&mut self, first: First, ctx: &mut Context<Self>) -> Result<(), ExitReason> {
        match first {
            First::Panic => panic!("first"),
            First::Error => return Err(ExitReason::error("first")),
            First::Other => return Err(ExitReason::other("first")),
            First::Timeout => return Err(ExitReason::Timeout),
            First::Normal => ctx.stop(ExitReason::Normal),
            First::Shutdown => ctx.stop(ExitReason::Shutdown),
        }
        Ok(())
    }

    #[handle_call]
    fn stop_with_answer(&mut self, reason: ExitReason, ctx: &mut Context<Self>) -> u32 {
        ctx.stop(reason);
        42
    }

    #[handle_call]
    fn ask(&self) {}

    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<()>) {
        self.kept.push(reply);
    }

    #[terminate]
    fn terminate(&mut self) {
        if let Some(terminate) = self.terminate {
            terminate();
        }
    }
}

fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("`{part}` is not in `{rest}` of `{text}`"));
        rest = &rest[at + part.len()..];
    }
}

/// A failure, then some in `terminate` and in drops: callers, monitors, links and reports say all, the first first.
#[otp::test(seeds = 10)]
fn a_later_failure_is_added_to_the_reason(t: &mut Sim) {
    hear();
    type Prepare = fn(&ClumsyRef);
    let second: [(&str, Prepare); 5] = [
        ("second", |clumsy| clumsy.terminate_with(|| panic!("second")).unwrap()),
        ("state", |clumsy| clumsy.hold("state").unwrap()),
        ("dictionary", |clumsy| clumsy.keep_in_dictionary().unwrap()),
        ("timer", |clumsy| clumsy.keep_in_timer().unwrap()),
        ("queued", |_| ()),
    ];
    for first in [First::Panic, First::Error, First::Other] {
        for (text, prepare) in second {
            let clumsy = Clumsy::start()?;
            prepare(&clumsy);
            let (pid, monitor) = (clumsy.pid().unwrap(), clumsy.monitor().unwrap());
            process::link(pid);
            let kept = clumsy.request().keep();
            clumsy.fail(first);
            if text == "queued" {
                clumsy.take(Loud("queued"));
            }
            let queued = clumsy.request().ask();
            let reason = process::current().receive_down(monitor, None).unwrap().reason;
            in_order(&reason.to_string(), &["first", "; then ", text]);
            match first {
                First::Panic => assert_eq!(reason.as_panic().unwrap().message, "first"),
                First::Error => assert!(reason.error_ref::<ExitReason>().is_none()),
                _ => assert_eq!(reason.downcast_ref(), Some(&"first")),
            }
            let later = reason.later();
            assert_eq!((later.len(), &*later[0].as_panic().unwrap().message), (1, text));
            let place = if text == "second" { "terminate" } else { "drop" };
            assert_eq!(later[0].as_panic().unwrap().handler, Some(place));
            assert_eq!(reason.while_ending(), None);
            assert_eq!(process::current().receive_exit(None).unwrap().reason, reason);
            for call in [kept.wait(), queued.wait()] {
                assert_eq!(call.map_err(|error| error.to_string().contains("first")), Err(true));
            }
            in_order(&reported("crash", pid).unwrap(), &["first", text]);
            if text == "second" {
                in_order(&reported("server_terminating", pid).unwrap(), &["first", text]);
            }
            assert_eq!(t.crashes()[0].reason, reason);
        }
    }
}

#[otp::test(seeds = 10)]
fn many_failures_are_all_told_in_order(t: &mut Sim) {
    let clumsy = Clumsy::start()?;
    clumsy.terminate_with(|| panic!("second"))?;
    clumsy.hold("state")?;
    clumsy.keep_in_dictionary()?;
    clumsy.keep_in_timer()?;
    let monitor = clumsy.monitor().unwrap();
    clumsy.fail(First::Panic);
    clumsy.take(Loud("queued"));
    let reason = process::current().receive_down(monitor, None).unwrap().reason;
    in_order(&reason.to_string(), &["first", "second", "state", "dictionary", "timer", "queued"]);
    assert_eq!(reason.later().len(), 5);
    assert!(size_of::<ExitReason>() <= 24);
    t.crashes();

    // A plain process as well.
    let (_, monitor) = process::spawn_monitor(|_| -> Result<(), ExitReason> {
        BAGGAGE.put(Loud("second"));
        Err(ExitReason::error("first"))
    });
    let reason = process::current().receive_down(monitor, None).unwrap().reason;
    in_order(&reason.to_string(), &["first", "second"]);
    t.crashes();
}

/// A clean end that fails ends with the failure, as in OTP, which says that it came while ending.
#[otp::test(seeds = 10)]
fn a_clean_end_that_fails_is_a_failure(t: &mut Sim) {
    for (first, ending) in [
        (First::Normal, ExitReason::Normal),
        (First::Shutdown, ExitReason::Shutdown),
        (First::Timeout, ExitReason::Timeout),
    ] {
        for text in ["second", "state"] {
            let clumsy = Clumsy::start()?;
            match text {
                "second" => clumsy.terminate_with(|| panic!("second"))?,
                text => clumsy.hold(text)?,
            }
            let monitor = clumsy.monitor().unwrap();
            clumsy.fail(first);
            let reason = process::current().receive_down(monitor, None).unwrap().reason;
            assert_eq!(reason.as_panic().unwrap().message, text);
            assert_eq!(reason.while_ending(), Some(&ending));
            assert!(!reason.is_clean() && reason.later().is_empty());
            if !ending.is_clean() {
                in_order(&reason.to_string(), &["timeout", text]);
            }
            assert_eq!(t.crashes().len(), 1);
        }
    }
}

/// One that failed is killed while it terminates: why it failed is told.
#[otp::test(seeds = 10)]
fn a_failure_is_told_although_it_is_killed_while_it_terminates(t: &mut Sim) {
    let clumsy = Clumsy::start()?;
    clumsy.terminate_with(|| otp::sleep(PATIENCE))?;
    let monitor = clumsy.monitor().unwrap();
    let kept = clumsy.request().keep();
    clumsy.fail(First::Panic);
    t.settle();
    process::exit(clumsy.pid().unwrap(), ExitReason::Kill);
    let reason = process::current().receive_down(monitor, None).unwrap().reason;
    assert_eq!((&*reason.as_panic().unwrap().message, reason.later()), ("first", &[ExitReason::Killed][..]));
    assert_eq!(kept.wait(), Err(CallError::Exited(reason)));
    t.crashes();
}

/// OTP answers after `terminate`, whatever that did.
#[otp::test(seeds = 10)]
fn the_answer_of_a_call_that_stops_is_sent_although_terminate_panics(t: &mut Sim) {
    for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::other("first")] {
        for terminate in [(|| panic!("second")) as fn(), || process::exit_self(ExitReason::other("second"))] {
            let clumsy = Clumsy::start()?;
            clumsy.terminate_with(terminate)?;
            let monitor = clumsy.monitor().unwrap();
            assert_eq!(clumsy.stop_with_answer(reason.clone()), Ok(42));
            let down = process::current().receive_down(monitor, None).unwrap().reason;
            assert!(down.to_string().contains("second"), "{down}");
            t.crashes();
        }
    }
}

// Who watches one that ends.

/// Says that it is being dropped, and waits until it may go on.
struct Gate(mpsc::Sender<()>, Latch);

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = self.0.send(());
        self.1.wait();
    }
}

/// A process that ends by itself, where its end drops something that takes its time: what it holds, what is in its
/// mail, in its dictionary.
fn ends_slowly(place: u32, reason: fn() -> ExitReason, name: &str) -> (Pid, mpsc::Receiver<()>, Latch) {
    static GATE: process::Key<Gate> = process::Key::new("gate");
    let (dropping, is_dropping) = mpsc::channel();
    let latch = Latch::default();
    let gate = Gate(dropping, latch.clone());
    let (go, may_go) = mpsc::channel::<()>();
    let pid = match place {
        0 => process::spawn_async(move |_| {
            let held = gate;
            async move {
                let _held = held;
                may_go.recv().unwrap();
                Err::<(), _>(reason())
            }
        }),
        1 => process::spawn(move |_| {
            GATE.put(gate);
            may_go.recv().unwrap();
            Err::<(), _>(reason())
        }),
        _ => {
            let pid = process::spawn(move |_| {
                may_go.recv().unwrap();
                Err::<(), _>(reason())
            });
            process::send(pid, gate);
            pid
        }
    };
    process::register(name, pid).unwrap();
    go.send(()).unwrap();
    (pid, is_dropping, latch)
}

#[test]
fn who_watches_one_that_is_ending_is_told_why() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        for place in 0..3 {
            for reason in [|| ExitReason::Normal, || ExitReason::other("real")] {
                let (pid, is_dropping, latch) = ends_slowly(place, reason, "slow");
                is_dropping.recv().unwrap();
                let (by_pid, by_name) = (process::monitor(pid), process::monitor_name("slow"));
                let dropped = process::monitor(pid);
                process::demonitor(dropped);
                process::link(pid);
                latch.open();
                let me = process::current();
                for monitor in [by_pid, by_name] {
                    assert_eq!(me.receive_down(monitor, PATIENCE).unwrap().reason, reason());
                }
                let exit = me.receive_exit(PATIENCE).unwrap();
                assert_eq!((exit.from, exit.reason), (pid, reason()));
                let late = process::monitor(pid);
                assert_eq!(me.receive_down(late, PATIENCE).unwrap().reason, ExitReason::NoProc);
                assert_eq!(me.receive_down(dropped, Duration::ZERO), None);
            }
        }
    });
    node.stop();
}

/// Ends by itself when it is told to.
struct Mortal;

#[actor]
impl Mortal {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn end(&self, reason: ExitReason, ctx: &mut Context<Self>) {
        ctx.stop(reason);
    }
}

/// Has a child end by itself, and its supervisor end it, at about the same time. What was reported of that must be what
/// it ended with.
fn ends_and_is_ended(tree: &SupervisorRef, reason: &ExitReason, between: impl Fn()) {
    let child = tree.child::<Mortal>("child");
    let pid = child.pid().unwrap();
    let monitor = child.monitor().unwrap();
    child.end(reason.clone());
    between();
    tree.terminate_child("child").unwrap();
    let down = process::current().receive_down(monitor, PATIENCE).unwrap().reason;
    assert!(down == *reason || down == ExitReason::Shutdown, "{down}");
    let errors = ["shutdown_error", "child_terminated"].map(|kind| reported(kind, pid));
    for error in errors.iter().flatten() {
        assert_eq!(*error, reason.to_string());
    }
    if reason.is_clean() {
        assert_eq!(errors, [None, None], "a clean end of a transient child is no error");
    }
    if tree.which_children().unwrap()[0].state == ChildState::Stopped {
        tree.restart_child("child").unwrap();
    }
}

fn tree() -> SupervisorRef {
    let spec = Mortal::spec(|| ()).restart(Restart::Transient).shutdown(Shutdown::Infinity);
    Supervisor::new(Strategy::OneForOne)
        .intensity(1_000_000, Duration::from_secs(1))
        .child("child", spec)
        .start()
        .unwrap()
}

#[otp::test(seeds = 200)]
fn a_child_that_is_just_ending_is_told_of_truly(t: &mut Sim) {
    hear();
    let tree = tree();
    ends_and_is_ended(&tree, &ExitReason::Normal, || ());
    ends_and_is_ended(&tree, &ExitReason::other("real"), || ());
    t.crashes();
}

#[test]
fn a_child_that_is_just_ending_is_told_of_truly_under_load() {
    hear();
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let tree = tree();
        for n in 0..3000_u32 {
            let reason = if n % 4 == 0 { ExitReason::other("real") } else { ExitReason::Normal };
            ends_and_is_ended(&tree, &reason, || (0..n % 64 * 8).for_each(|_| std::hint::spin_loop()));
        }
        tree.stop().unwrap();
    });
    node.stop();
}

// One moment.

/// In which ways a process is there, for one who asks in this order; a name is asked for as well.
fn asks(pid: Pid, name: &str) -> Vec<(&'static str, bool)> {
    let node = Node::current();
    let by_name = process::Subject::<()>::named(name.to_owned());
    vec![
        ("is_alive", process::is_alive(pid)),
        ("whereis", process::whereis(name) == Some(pid)),
        ("registered", process::registered().iter().any(|own| own == name)),
        ("processes", process::list().contains(&pid)),
        ("node", node.processes().contains(&pid)),
        ("owner", by_name.owner() == Some(pid)),
        ("register", process::register(name, otp::self_pid()) == Err(RegisterError::Taken(pid))),
        ("is_alive again", process::is_alive(pid)),
    ]
}

/// Gives back what `asks` may have taken, and asks again until all is over.
fn ask_until_gone(pid: Pid, name: &str) {
    loop {
        let seen = asks(pid, name);
        let gone = seen.iter().position(|(_, there)| !there);
        if let Some(gone) = gone {
            assert!(seen[gone..].iter().all(|(_, there)| !there), "once gone it stays so: {seen:?}");
            assert_eq!(process::info(pid), None);
            // Who has found it free has taken it.
            let _ = process::unregister(name);
            return;
        }
        otp::sleep(Duration::from_nanos(1));
    }
}

#[test]
fn all_ways_to_ask_see_one_end() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        for place in 0..3 {
            let (pid, is_dropping, latch) = ends_slowly(place, || ExitReason::Normal, "slow");
            let len = Node::current().len();
            is_dropping.recv().unwrap();
            for _ in 0..100 {
                let seen = asks(pid, "slow");
                assert!(seen.iter().all(|(_, there)| *there), "it is being dropped, and has its name: {seen:?}");
            }
            assert_eq!(Node::current().len(), len);
            let inside = Node::current();
            let asker = std::thread::spawn(move || inside.enter(|| ask_until_gone(pid, "slow")));
            latch.open();
            ask_until_gone_by_eye(pid, "slow");
            asker.join().unwrap();
            let _ = process::unregister("slow");
        }
    });
    node.stop();
}

/// As [`ask_until_gone`], without taking the name.
fn ask_until_gone_by_eye(pid: Pid, name: &str) {
    while process::is_alive(pid) {
        std::thread::yield_now();
    }
    assert_ne!(process::whereis(name), Some(pid));
    assert!(!process::list().contains(&pid));
    assert_eq!(process::info(pid), None);
}

/// Under load, with names that are taken at once by the next.
#[test]
fn who_is_not_alive_has_no_name_under_load() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        for _ in 0..3000 {
            let pid = process::spawn(|me| {
                me.receive_exit(None);
            });
            process::register("port", pid).unwrap();
            process::exit(pid, ExitReason::Kill);
            assert!(!process::is_alive(pid));
            assert_eq!(process::whereis("port"), None);
            assert_eq!(process::register("port", otp::self_pid()), Ok(()));
            process::unregister("port").unwrap();
            let (pid, monitor) = process::spawn_monitor(|_| ());
            while process::is_alive(pid) {}
            assert!(!process::list().contains(&pid));
            process::current().receive_down(monitor, None).unwrap();
        }
    });
    node.stop();
}

#[otp::test(seeds = 100)]
fn all_ways_to_ask_see_one_end_under_seeds(t: &mut Sim) {
    let pid = process::spawn(|me| {
        me.receive_exit(None);
    });
    process::register("slow", pid).unwrap();
    let asker = process::spawn(move |_| ask_until_gone(pid, "slow"));
    let monitor = process::monitor(asker);
    process::spawn(move |_| process::exit(pid, ExitReason::Shutdown));
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    assert_eq!(t.crashes().len(), 0);
}

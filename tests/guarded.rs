//! One process's misfortune is nobody else's: code of the user's that panics or never comes back where it is run for
//! somebody else.

#![cfg(all(feature = "macros", feature = "tracing"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::{Context as TaskContext, Wake, Waker},
    time::Duration,
};

use latch::Latch;
use listener::{Report, listen};
use otp::{
    Child, Dynamic, Node, Pid,
    prelude::*,
    process::{RegisterError, Registry, Unregistered},
    supervisor::{ChildError, ChildState},
};

#[path = "common/latch.rs"]
mod latch;
#[path = "common/listener.rs"]
mod listener;

const PATIENCE: Duration = Duration::from_secs(30);

/// How something of the user's behaves.
#[derive(Clone)]
enum How {
    Panics,
    Fails,
    Blocks(Latch),
}

impl How {
    fn run(&self) -> fmt::Result {
        match self {
            Self::Panics => panic_any(Payload),
            Self::Fails => Err(fmt::Error),
            Self::Blocks(latch) => {
                latch.wait();
                Ok(())
            }
        }
    }
}

/// What is thrown, and throws again.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("not well");
    }
}

/// An error of which something goes wrong.
#[derive(Clone, Default)]
struct Bad {
    display: Option<How>,
    debug: Option<How>,
    drop: Option<How>,
    /// A report that says this is not heard.
    marker: &'static str,
}

impl Bad {
    fn new(display: Option<How>, debug: Option<How>, drop: Option<How>, marker: &'static str) -> Self {
        Self { display, debug, drop, marker }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display.as_ref().map_or(Ok(()), How::run)?;
        write!(f, "bad {}", self.marker)
    }
}

impl fmt::Debug for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.debug.as_ref().map_or(Ok(()), How::run)?;
        write!(f, "Bad {}", self.marker)
    }
}

impl PartialEq for Bad {
    fn eq(&self, other: &Self) -> bool {
        self.marker == other.marker
    }
}

impl std::error::Error for Bad {}

impl Drop for Bad {
    fn drop(&mut self) {
        if let Some(how) = self.drop.take() {
            let _ = how.run();
        }
    }
}

/// Makes the subscriber panic at each report that says so.
const UNHEARD: &str = "unheard";
/// Makes the subscriber block, until it is let go.
const UNANSWERED: &str = "blocks_its_listener";

static REPORTS: Mutex<Vec<Report>> = Mutex::new(Vec::new());
static LET_GO: Mutex<Option<Latch>> = Mutex::new(None);

/// One subscriber for all tests.
fn hear() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        listen(|event| {
            let report = Report::of(event);
            let says = |marker: &str| report.fields.values().any(|value| value.contains(marker));
            if says(UNHEARD) {
                panic_any(Payload);
            }
            if says(UNANSWERED)
                && let Some(latch) = LET_GO.lock().unwrap().clone()
            {
                latch.wait();
            }
            REPORTS.lock().unwrap().push(report);
        });
    });
}

/// What a child does wrong.
#[derive(Clone)]
enum Wrong {
    Error(Bad),
    Reason(Bad),
    Shutdown(Bad),
    Panic(Bad),
}

struct Worker {
    wrong: Wrong,
}

#[actor]
impl Worker {
    #[init]
    fn init(wrong: Wrong, fails: bool) -> Result<Self, Bad> {
        match wrong {
            Wrong::Error(bad) if fails => Err(bad),
            wrong => Ok(Self { wrong }),
        }
    }

    #[handle_call]
    fn ping(&self) {}

    #[handle_cast]
    fn go_wrong(&mut self, ctx: &mut Context<Self>) -> Result<(), ExitReason> {
        match self.wrong.clone() {
            Wrong::Error(bad) => Err(ExitReason::error(bad)),
            Wrong::Reason(bad) => Err(ExitReason::other(bad)),
            Wrong::Shutdown(bad) => {
                ctx.stop(ExitReason::shutdown_with(bad));
                Ok(())
            }
            Wrong::Panic(bad) => panic_any(bad),
        }
    }
}

fn spec(wrong: &Wrong) -> ChildSpec<Worker> {
    let wrong = wrong.clone();
    Worker::spec(move || (wrong.clone(), false))
}

/// All that an error can do wrong in a way that comes back.
fn all_bad() -> Vec<Wrong> {
    let panics = Some(How::Panics);
    let bads = [
        Bad::new(panics.clone(), None, None, ""),
        Bad::new(Some(How::Fails), None, None, ""),
        Bad::new(None, panics.clone(), None, ""),
        Bad::new(None, Some(How::Fails), None, ""),
        Bad::new(None, None, None, UNHEARD),
        Bad::new(panics.clone(), panics, None, UNHEARD),
    ];
    let each = |bad: Bad| {
        [Wrong::Error(bad.clone()), Wrong::Reason(bad.clone()), Wrong::Shutdown(bad.clone()), Wrong::Panic(bad)]
    };
    bads.into_iter().flat_map(each).collect()
}

#[otp::test(seeds = 5)]
fn what_a_child_ends_with_harms_its_tree_in_no_way(t: &mut Sim) {
    hear();
    for wrong in all_bad() {
        let tree = Supervisor::new(Strategy::OneForOne)
            .intensity(10, Duration::from_secs(1))
            .child("bad", spec(&wrong))
            .child("good", spec(&wrong))
            .start()?;
        let [bad, good] = ["bad", "good"].map(|id| tree.child::<Worker>(id));
        let (pids, supervisor) = ((bad.pid(), good.pid()), tree.pid());
        let monitor = bad.monitor().unwrap();
        bad.go_wrong();
        let reason = process::current().receive_down(monitor, None).unwrap().reason;
        // Whoever has a reason can show it, and compare it.
        let (text, debug) = (reason.to_string(), format!("{reason:?}"));
        assert!(!text.is_empty() && !debug.is_empty());
        assert_eq!(CallError::Exited(reason.clone()), CallError::Exited(reason));
        t.settle();
        assert_eq!((tree.pid(), good.pid()), (supervisor, pids.1));
        assert!(bad.pid().is_some() && bad.pid() != pids.0, "it was started again");
        assert_eq!((bad.ping(), good.ping()), (Ok(()), Ok(())));
        assert!(tree.to_string().contains("good"));
        tree.stop()?;
        t.crashes();
    }
}

/// A child that does not start says why, to the one who starts it and in a report.
#[otp::test(seeds = 5)]
fn what_a_start_fails_with_harms_its_tree_in_no_way(t: &mut Sim) {
    hear();
    for wrong in all_bad().into_iter().filter(|wrong| matches!(wrong, Wrong::Error(_))) {
        let tree = Supervisor::new(Strategy::OneForOne).child("good", spec(&wrong)).start()?;
        let failing = wrong.clone();
        let error = tree.start_child("bad", Worker::spec(move || (failing.clone(), true))).unwrap_err();
        assert!(!error.to_string().is_empty() && !format!("{error:?}").is_empty());
        let panics = tree.start_child("worse", Worker::spec(|| panic!("no arguments"))).unwrap_err();
        assert!(panics.to_string().contains("no arguments"));
        assert_eq!(tree.child::<Worker>("good").ping(), Ok(()));
        tree.stop()?;
        t.crashes();
    }
}

/// A `Drop` that panics, of all that somebody else may have the last of.
#[otp::test(seeds = 5)]
fn what_others_drop_harms_them_in_no_way(t: &mut Sim) {
    #[derive(PartialEq)]
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            panic!("it is dropped");
        }
    }
    impl fmt::Debug for Loud {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("loud")
        }
    }
    impl fmt::Display for Loud {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("loud")
        }
    }
    impl std::error::Error for Loud {}

    // A reason, whose last holder is a supervisor, a monitor, a linked process.
    let watcher = process::spawn(|me| {
        me.trap_exit(true);
        loop {
            me.receive_exit(None);
        }
    });
    t.settle();
    for reason in [|| ExitReason::error(Loud), || ExitReason::other(Loud), || ExitReason::shutdown_with(Loud)] {
        process::spawn(move |_| {
            otp::link(watcher);
            Err::<(), _>(reason())
        });
        t.settle();
    }
    assert!(otp::is_alive(watcher));

    // What a dynamic supervisor is given and does not want, and what makes its children.
    struct Given(#[allow(dead_code, reason = "it is dropped")] Loud);
    #[actor]
    impl Given {
        #[init]
        fn init(loud: Loud) -> Self {
            Self(loud)
        }
    }
    let keeps = Arc::new(Loud);
    let children = Dynamic::<Given, Loud>::template(move |loud| {
        let _ = &keeps;
        let loud = Mutex::new(Some(loud));
        Given::spec(move || (loud.lock().unwrap().take().unwrap(),))
    })
    .max_children(0)
    .start()?;
    assert!(matches!(children.start_child(Loud), Err(ChildError::MaxChildren)));
    assert!(children.count_children().is_ok());
    let monitor = otp::monitor(children.pid().unwrap());
    children.stop()?;
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    t.crashes();
}

/// A name in a registry, whose key does not drop well.
#[otp::test(seeds = 5)]
fn a_key_that_is_dropped_by_a_supervisor_is_not_its_end(t: &mut Sim) {
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Key;
    impl Drop for Key {
        fn drop(&mut self) {
            panic!("a key is dropped");
        }
    }
    struct Nowhere;
    impl Registry for Nowhere {
        type Key = Key;
        fn register(&self, _: &Key, _: Pid) -> Result<(), RegisterError> {
            Ok(())
        }
        fn unregister(&self, _: &Key) -> Result<(), Unregistered> {
            Ok(())
        }
        fn whereis(&self, _: &Key) -> Option<Pid> {
            None
        }
    }
    let tree = Supervisor::new(Strategy::OneForOne).child("good", spec(&Wrong::Error(Bad::default()))).start()?;
    let named = spec(&Wrong::Error(Bad::default())).name(otp::Name::via(&Arc::new(Nowhere), Key));
    tree.start_child("named", named)?;
    tree.terminate_child("named")?;
    tree.delete_child("named")?;
    assert_eq!(tree.child::<Worker>("good").ping(), Ok(()));
    t.crashes();
}

/// A waker that is no process's: it counts, and panics.
#[derive(Default)]
struct LoudWaker(AtomicUsize);

impl Wake for LoudWaker {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
        panic!("it is woken");
    }
}

#[otp::test(seeds = 5)]
fn a_waker_that_panics_is_not_the_end_of_who_wakes(t: &mut Sim) {
    struct Slow;
    #[actor]
    impl Slow {
        #[init]
        fn init() -> Self {
            Self
        }
        #[handle_call]
        fn answer(&self) {}
        #[handle_call]
        fn wait(&self) {
            otp::sleep(Duration::from_secs(100));
        }
    }
    let slow = Slow::start()?;
    let wakes = Arc::new(LoudWaker::default());
    let waker = Waker::from(wakes.clone());

    // The answer.
    let mut answer = pin!(slow.as_async().answer());
    assert!(answer.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending());
    t.settle();
    assert_eq!(wakes.0.load(SeqCst), 1);
    assert_eq!(slow.answer(), Ok(()));

    // A timer, which nobody's process is there for.
    let mut late = pin!(slow.timeout(Duration::from_secs(1)).as_async().wait());
    assert!(late.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending());
    let before = wakes.0.load(SeqCst);
    t.advance(Duration::from_secs(2));
    assert_eq!(wakes.0.load(SeqCst), before + 1);

    // The end of the callee.
    let mut lost = pin!(slow.no_timeout().as_async().wait());
    assert!(lost.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending());
    let monitor = slow.monitor().unwrap();
    otp::exit(slow.pid().unwrap(), ExitReason::Kill);
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    assert!(wakes.0.load(SeqCst) > before + 1);
    t.crashes();
}

#[otp::test(seeds = 5)]
fn who_sends_to_a_mapped_subject_is_not_ended_by_what_maps(t: &mut Sim) {
    let numbers = process::current().subject::<u32>();
    let halves = numbers.map(|number: u32| {
        assert!(number.is_multiple_of(2), "it is odd");
        number / 2
    });
    let sender = halves.clone();
    let (_, monitor) = process::spawn_monitor(move |_| {
        sender.send(1);
        assert_eq!(sender.try_send(3), Ok(()));
        sender.send(4);
    });
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    otp::timer::send_after(Duration::from_secs(1), &halves, 6);
    assert_eq!((numbers.receive(None), numbers.receive(None)), (Some(2), Some(3)));
    t.settle();
    assert_eq!(numbers.receive(Duration::ZERO), None);
}

/// What a timer calls runs in a process of its own, and harms nobody.
#[otp::test(seeds = 5)]
fn what_a_timer_calls_is_nobodys_end(t: &mut Sim) {
    let timer = otp::timer::apply_interval(Duration::from_secs(1), || -> () { panic!("no tick") });
    t.advance(Duration::from_millis(3500));
    assert_eq!(t.crashes().len(), 3);
    assert!(timer.cancel().is_some());
}

/// An error whose `Display` or `Debug` never comes back holds up the process that fails with it, and nobody else.
#[test]
fn a_text_that_never_comes_holds_up_its_own_process_alone() {
    hear();
    let node = Node::builder().cores(2).start().unwrap();
    let latch = Latch::default();
    let blocks = || Some(How::Blocks(latch.clone()));
    node.enter(|| {
        for wrong in
            [Wrong::Error(Bad::new(blocks(), None, None, "")), Wrong::Reason(Bad::new(None, blocks(), None, ""))]
        {
            let tree = Supervisor::new(Strategy::OneForOne)
                .child("bad", spec(&wrong))
                .child("good", spec(&wrong))
                .start()
                .unwrap();
            let [bad, good] = ["bad", "good"].map(|id| tree.child::<Worker>(id).timeout(PATIENCE));
            let before = bad.pid();
            bad.go_wrong();
            assert_eq!(good.ping(), Ok(()));
            let state =
                tree.which_children().unwrap().into_iter().find(|child| child.id == "bad".into()).unwrap().state;
            assert_eq!(state, ChildState::Running(before.unwrap()));
            let monitor = bad.monitor().unwrap();
            otp::exit(before.unwrap(), ExitReason::Kill);
            process::current().receive_down(monitor, PATIENCE).unwrap();
            assert_eq!(bad.wait_for_restart().ping(), Ok(()));
            assert_ne!(bad.pid(), before);
            tree.stop().unwrap();
        }
    });
    latch.open();
    node.stop();
}

/// Fails with an error that is not dropped before it is let go.
struct Heavy;

#[actor]
impl Heavy {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn fail(&self, latch: Latch) -> Result<(), Bad> {
        Err(Bad::new(None, None, Some(How::Blocks(latch)), ""))
    }

    #[handle_call]
    fn ping(&self) {}
}

/// An error whose `Drop` never comes back is not dropped by who has only heard of it.
#[test]
fn a_reason_whose_drop_never_comes_back_holds_up_no_supervisor() {
    let node = Node::builder().cores(2).start().unwrap();
    let latch = Latch::default();
    node.enter(|| {
        let tree = Supervisor::new(Strategy::OneForOne)
            .intensity(10, PATIENCE)
            .child("bad", Heavy::child_spec())
            .child("good", Heavy::child_spec())
            .start()
            .unwrap();
        let [bad, good] = ["bad", "good"].map(|id| tree.child::<Heavy>(id).timeout(PATIENCE));
        for _ in 0..3 {
            let (pid, monitor) = (bad.pid(), bad.monitor().unwrap());
            bad.fail(latch.clone());
            process::current().receive_down(monitor, PATIENCE).unwrap();
            assert_eq!((bad.wait_for_restart().ping(), good.ping()), (Ok(()), Ok(())));
            assert_ne!(bad.pid(), pid);
        }
        tree.stop().unwrap();
    });
    latch.open();
    node.stop();
}

/// A server that can be stuck.
struct Stuck;

#[actor]
impl Stuck {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn get_stuck(&self, running: mpsc::Sender<()>, latch: Latch) {
        running.send(()).unwrap();
        latch.wait();
    }

    #[handle_cast]
    fn take(&self, what: OnDrop) {
        drop(what);
    }

    #[handle_cast]
    fn take_later(&self, what: OnDrop, ctx: &mut Context<Self>) {
        ctx.after(Duration::from_secs(1000)).take(what);
    }

    #[handle_call]
    fn ask(&self) {}

    #[handle_call]
    fn ask_with(&self, what: OnDrop) {
        drop(what);
    }
}

/// Runs something when it is dropped.
struct OnDrop(Option<Box<dyn FnOnce() + Send>>);

impl OnDrop {
    fn new(f: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(f)))
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

/// A waker that drops something.
struct Woken(Mutex<Option<OnDrop>>);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        let what = self.0.lock().unwrap().take();
        drop(what);
    }
}

/// Has it stuck in a handler, and kills it when all that is sent to it waits.
fn lose(stuck: &StuckRef, latch: &Latch, send: impl FnOnce()) {
    let (running, is_running) = mpsc::channel();
    stuck.get_stuck(running, latch.clone());
    is_running.recv().unwrap();
    send();
    otp::exit(stuck.pid().unwrap(), ExitReason::Kill);
}

/// What waits for one that is declared dead is dropped by processes of their own, and foreign wakers are woken beside
/// them: the watchdog goes on, and who watches the dead one, is linked to it or waits for it is told at once.
#[test]
fn the_watchdog_drops_nothing_of_the_users() {
    hear();
    let node = Node::builder().cores(2).start().unwrap();
    let (let_go, wedge) = (Latch::default(), Latch::default());
    node.enter(|| {
        let stuck = Stuck::start().unwrap();
        let pid = stuck.pid().unwrap();
        let blocked = Arc::new(AtomicUsize::new(0));
        let on_watchdog = Arc::new(AtomicBool::new(false));
        let heavy = || {
            let (let_go, blocked, on_watchdog) = (let_go.clone(), blocked.clone(), on_watchdog.clone());
            OnDrop::new(move || {
                let name = std::thread::current().name().unwrap_or_default().to_owned();
                on_watchdog.fetch_or(name.contains("watch"), SeqCst);
                blocked.fetch_add(1, SeqCst);
                let_go.wait();
            })
        };
        stuck.take_later(heavy());
        stuck.ask().unwrap();
        otp::link(pid);
        let monitor = stuck.monitor().unwrap();
        let (mut calls, mut polled) = (Vec::new(), None);
        let waker = Waker::from(Arc::new(Woken(Mutex::new(Some(heavy())))));
        lose(&stuck, &wedge, || {
            stuck.take(heavy());
            calls.push(stuck.no_timeout().request().ask());
            calls.push(stuck.no_timeout().request().ask_with(heavy()));
            calls.push(stuck.no_timeout().request().ask());
            process::send(pid, heavy());
            let call = polled.insert(stuck.no_timeout().request().ask());
            assert!(pin!(call).poll(&mut TaskContext::from_waker(&waker)).is_pending());
        });
        let me = process::current();
        assert_eq!(me.receive_down(monitor, PATIENCE).unwrap().reason, ExitReason::Killed);
        assert_eq!(me.receive_exit(PATIENCE).unwrap().reason, ExitReason::Killed);
        for call in calls {
            assert_eq!(call.wait(), Err(CallError::Exited(ExitReason::Killed)));
        }
        while blocked.load(SeqCst) < 5 {
            std::thread::yield_now();
        }
        assert!(!on_watchdog.load(SeqCst));
        assert_eq!(polled.unwrap().wait(), Err(CallError::Exited(ExitReason::Killed)));

        // It still keeps watch.
        let other = Stuck::start().unwrap();
        let monitor = other.monitor().unwrap();
        lose(&other, &wedge, || ());
        assert_eq!(me.receive_down(monitor, PATIENCE).unwrap().reason, ExitReason::Killed);
    });
    let_go.open();
    wedge.open();
    node.stop();
}

/// What is dropped for the dead one may panic, and may go on with what ended somebody else.
#[test]
fn what_the_dead_leave_may_panic() {
    hear();
    let node = Node::builder().cores(2).start().unwrap();
    let wedge = Latch::default();
    node.enter(|| {
        // The payload of a process that was killed where it waits.
        let (caught, payloads) = mpsc::channel();
        let (runs, running) = mpsc::channel();
        let killed = process::spawn(move |me| {
            runs.send(()).unwrap();
            let payload = catch_unwind(AssertUnwindSafe(|| me.receive_exit(None))).unwrap_err();
            caught.send(payload).unwrap();
        });
        running.recv().unwrap();
        otp::exit(killed, ExitReason::Kill);
        let payload = payloads.recv().unwrap();

        let stuck = Stuck::start().unwrap();
        let monitor = stuck.monitor().unwrap();
        let dropped = Arc::new(AtomicUsize::new(0));
        lose(&stuck, &wedge, || {
            let count = dropped.clone();
            stuck.take(OnDrop::new(move || {
                count.fetch_add(1, SeqCst);
                resume_unwind(payload);
            }));
            let count = dropped.clone();
            stuck.take(OnDrop::new(move || {
                count.fetch_add(1, SeqCst);
                panic!("it is dropped");
            }));
        });
        let reason = process::current().receive_down(monitor, PATIENCE).unwrap().reason;
        assert_eq!(reason, ExitReason::Killed);
        while dropped.load(SeqCst) < 2 {
            std::thread::yield_now();
        }
        let other = Stuck::start().unwrap();
        let monitor = other.monitor().unwrap();
        lose(&other, &wedge, || ());
        assert_eq!(process::current().receive_down(monitor, PATIENCE).unwrap().reason, ExitReason::Killed);
    });
    wedge.open();
    node.stop();
}

/// Is stuck until it is let go. Reports name it by its type.
fn get_stuck<T: 'static>(node: &Node, wedge: &Latch) {
    let (running, is_running) = mpsc::channel();
    let held = wedge.clone();
    let (pid, monitor) = process::spawn_monitor(move |_| {
        let _ = std::any::type_name::<T>();
        running.send(()).unwrap();
        held.wait();
    });
    is_running.recv().unwrap();
    let before = node.lost_threads();
    otp::exit(pid, ExitReason::Kill);
    let reason = process::current().receive_down(monitor, PATIENCE).unwrap().reason;
    assert_eq!((reason, node.lost_threads()), (ExitReason::Killed, before + 1));
}

/// A subscriber that blocks when the watchdog reports does not hold the watchdog up.
#[test]
fn the_watchdog_does_not_wait_until_it_is_heard() {
    #[expect(non_camel_case_types, reason = "a report is known by it")]
    struct blocks_its_listener;
    #[expect(non_camel_case_types, reason = "a report is known by it")]
    struct unheard;
    hear();
    let node = Node::builder().cores(2).start().unwrap();
    let (let_go, wedge) = (Latch::default(), Latch::default());
    *LET_GO.lock().unwrap() = Some(let_go.clone());
    node.enter(|| {
        get_stuck::<blocks_its_listener>(&node, &wedge);
        get_stuck::<unheard>(&node, &wedge);
        get_stuck::<()>(&node, &wedge);
    });
    let_go.open();
    wedge.open();
    node.stop();
}

//! What the watchdog leaves alone.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::{Context as TaskContext, Wake, Waker},
    time::Duration,
};

use otp::{Node, prelude::*};

use super::{LET_GO, PATIENCE, hear};
use crate::latch::Latch;

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
    process::exit(stuck.pid().unwrap(), ExitReason::Kill);
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
        process::link(pid);
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
        process::exit(killed, ExitReason::Kill);
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
    process::exit(pid, ExitReason::Kill);
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

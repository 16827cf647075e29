//! `otp::blocking`: code that blocks, beside the cores.
//!
//! Latches say what has begun and let it go on; the simulation says what runs where.

#![cfg(all(feature = "macros", feature = "tracing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    cell::RefCell,
    collections::BTreeSet,
    future::Future,
    panic::catch_unwind,
    pin::pin,
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
        mpsc,
    },
    task::{Context as Polled, Poll, Wake, Waker},
    thread,
    time::Instant,
};

use otp::{
    BlockingTimeout, Node, blocking, blocking_async, blocking_timeout, blocking_timeout_async, prelude::*,
    process::Spawn,
};
use tracing::{Event, Metadata, Subscriber, span};
use tracing_core::span::Current;

const LONG: Duration = Duration::from_secs(3600);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn node(threads: usize) -> Node {
    Node::builder().cores(1).max_blocking_threads(threads).start().unwrap()
}

/// The reason in the `Down` of a monitor; waits for it.
fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, PATIENCE).unwrap().reason
}

fn wait_until(done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        // Less than what a thread is kept for.
        assert!(began.elapsed() < Duration::from_secs(8), "it does not come to that");
        thread::yield_now();
    }
}

/// A closure that says that it has begun, and blocks until it is let go.
fn held() -> (impl FnOnce() + Send + 'static, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (begun, has_begun) = mpsc::channel();
    let (open, gate) = mpsc::channel();
    let closure = move || {
        begun.send(()).unwrap();
        let _ = gate.recv();
    };
    (closure, has_begun, open)
}

/// Says when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Panics when it is dropped.
struct Loud;

impl Drop for Loud {
    fn drop(&mut self) {
        panic!("it is dropped");
    }
}

#[test]
fn a_plain_caller_gets_what_the_closure_returns_and_its_core_goes_on() {
    let node = node(512);
    node.enter(|| {
        let (closure, begun, open) = held();
        let (_, blocked) = process::spawn_monitor(|_| {
            let core = thread::current().id();
            let elsewhere = blocking(move || {
                closure();
                (thread::current().id(), thread::current().name().map(str::to_owned))
            });
            assert_ne!(elsewhere.0, core);
            assert_eq!(elsewhere.1.as_deref(), Some("otp-blocking"));
            assert_eq!(thread::current().id(), core);
        });
        begun.recv_timeout(PATIENCE).unwrap();
        // The only core is free.
        let (_, other) = process::spawn_monitor(|_| ());
        assert_eq!(down(other), ExitReason::Normal);
        open.send(()).unwrap();
        assert_eq!(down(blocked), ExitReason::Normal);
    });
    node.stop();
}

#[test]
fn an_async_caller_awaits_it() {
    let node = node(512);
    node.enter(|| {
        let (closure, begun, open) = held();
        let (_, blocked) = process::spawn_monitor_async(|_| async {
            let core = thread::current().id();
            blocking_async(closure).await;
            assert_ne!(blocking_async(|| thread::current().id()).await, core);
        });
        begun.recv_timeout(PATIENCE).unwrap();
        let (_, other) = process::spawn_monitor(|_| ());
        assert_eq!(down(other), ExitReason::Normal);
        open.send(()).unwrap();
        assert_eq!(down(blocked), ExitReason::Normal);
    });
    node.stop();
}

#[test]
fn a_thread_waits_for_it_too() {
    let (node, own) = (node(1), thread::current().id());
    node.enter(|| {
        assert_ne!(blocking(|| thread::current().id()), own);
        assert_eq!(blocking_timeout(PATIENCE, || 7), Ok(7));
    });
    node.stop();
}

/// Runs a future as an executor of no process would.
fn on_foreign_executor<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Polled::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn any_executor_can_await_it() {
    let own = thread::current().id();
    let (value, limited) = on_foreign_executor(async {
        let (closure, _begun, _open) = held();
        let other = blocking_async(|| thread::current().id()).await;
        (other, blocking_timeout_async(Duration::from_millis(1), closure).await)
    });
    assert_ne!(value, own);
    assert!(limited.is_err());
}

#[test]
fn nothing_begins_before_the_first_poll() {
    let began = Arc::new(AtomicBool::new(false));
    let begins = began.clone();
    drop(blocking_async(move || begins.store(true, SeqCst)));
    blocking(|| ());
    assert!(!began.load(SeqCst));
}

#[test]
fn ten_thousand_callers_of_four_threads_end_and_delay_nobody() {
    const CALLERS: u32 = 10_000;
    let node = node(4);
    node.enter(|| {
        let (running, most, done) =
            (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let (closures, begun, opens): (Vec<_>, Vec<_>, Vec<_>) =
            (0..4).map(|_| held()).fold(Default::default(), |(mut a, mut b, mut c), (x, y, z)| {
                a.push(x);
                b.push(y);
                c.push(z);
                (a, b, c)
            });
        let holders: Vec<_> =
            closures.into_iter().map(|closure| process::spawn_monitor(move |_| blocking(closure)).1).collect();
        begun.iter().for_each(|begun| begun.recv_timeout(PATIENCE).unwrap());
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let (running, most, done) = (running.clone(), most.clone(), done.clone());
                process::spawn_monitor_async(move |_| async move {
                    blocking_async(move || {
                        most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                        done.fetch_add(1, SeqCst);
                        running.fetch_sub(1, SeqCst);
                    })
                    .await;
                })
                .1
            })
            .collect();
        // All threads are held and all others wait for one: whoever wants none is not delayed.
        let (_, other) = process::spawn_monitor(|_| ());
        assert_eq!(down(other), ExitReason::Normal);
        assert_eq!((done.load(SeqCst), node.blocking_threads()), (0, 4));
        drop(opens);
        for monitor in holders.into_iter().chain(callers) {
            assert_eq!(down(monitor), ExitReason::Normal);
        }
        assert_eq!(done.load(SeqCst), CALLERS);
        assert!(most.load(SeqCst) <= 4, "{most:?} at once");
        assert_eq!(node.blocking_threads(), 4);
    });
    node.stop();
    wait_until(|| node.blocking_threads() == 0);
}

#[test]
fn a_hundred_stacks_have_their_turn_in_the_order_in_which_they_came() {
    let node = node(1);
    node.enter(|| {
        let order = Arc::new(Mutex::new(Vec::new()));
        let (closure, begun, open) = held();
        let holder = process::spawn_monitor(move |_| blocking(closure)).1;
        begun.recv_timeout(PATIENCE).unwrap();
        let waiting: Vec<_> = (0..100)
            .map(|number| {
                let order = order.clone();
                let (_, monitor) =
                    process::spawn_monitor(move |_| blocking(move || order.lock().unwrap().push(number)));
                wait_until(|| node.blocking_queue_len() == number + 1);
                monitor
            })
            .collect();
        open.send(()).unwrap();
        for monitor in waiting.into_iter().chain([holder]) {
            assert_eq!(down(monitor), ExitReason::Normal);
        }
        assert_eq!(*order.lock().unwrap(), (0..100).collect::<Vec<_>>());
    });
    node.stop();
}

/// Holds the one thread of the current node until it is let go; `start` starts a process that then stands in line for
/// it.
fn queued(start: impl FnOnce() -> (Pid, MonitorRef)) -> (Pid, MonitorRef, mpsc::Sender<()>) {
    let (closure, begun, open) = held();
    process::spawn(move |_| blocking(closure));
    begun.recv_timeout(PATIENCE).unwrap();
    let (pid, monitor) = start();
    wait_until(|| Node::current().blocking_queue_len() == 1);
    (pid, monitor, open)
}

#[test]
fn a_caller_that_is_killed_in_the_queue_takes_its_closure_along() {
    for (exit, ends) in [(ExitReason::Kill, ExitReason::Killed), (ExitReason::other("end"), ExitReason::other("end"))] {
        for by_async in [false, true] {
            let node = node(1);
            node.enter(|| {
                let (began, dropped) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
                let (begins, drops) = (began.clone(), dropped.clone());
                let guard = OnDrop(move || drops.store(true, SeqCst));
                let closure = move || {
                    let _guard = &guard;
                    begins.store(true, SeqCst);
                };
                let (pid, monitor, open) = queued(|| match by_async {
                    false => process::spawn_monitor(|_| blocking(closure)),
                    true => process::spawn_monitor_async(|_| blocking_async(closure)),
                });
                otp::exit(pid, exit.clone());
                assert_eq!(down(monitor), ends);
                assert!(dropped.load(SeqCst), "its closure is gone with it");
                open.send(()).unwrap();
                blocking(|| ());
                assert!(!began.load(SeqCst));
            });
            node.stop();
        }
    }
}

#[test]
fn a_caller_that_is_killed_while_its_closure_runs_ends_at_once() {
    let node = node(2);
    node.enter(|| {
        for by_async in [false, true] {
            let (closure, begun, open) = held();
            let (unwound, result) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
            let (unwinds, drops) = (unwound.clone(), result.clone());
            let guard = OnDrop(move || unwinds.store(true, SeqCst));
            let closure = move || {
                closure();
                OnDrop(move || drops.store(true, SeqCst))
            };
            let (pid, monitor) = match by_async {
                false => process::spawn_monitor(move |_| {
                    let _guard = guard;
                    drop(blocking(closure));
                }),
                true => process::spawn_monitor_async(move |_| async move {
                    let _guard = guard;
                    drop(blocking_async(closure).await);
                }),
            };
            begun.recv_timeout(PATIENCE).unwrap();
            otp::exit(pid, ExitReason::Kill);
            assert_eq!(down(monitor), ExitReason::Killed);
            assert!(unwound.load(SeqCst));
            assert!(!result.load(SeqCst));
            // What the closure returns is dropped by its thread.
            open.send(()).unwrap();
            wait_until(|| result.load(SeqCst));
        }
    });
    assert_eq!(node.lost_threads(), 0);
    node.stop();
}

#[test]
fn one_that_was_killed_before_does_not_begin() {
    let began = Arc::new(AtomicBool::new(false));
    let (begins, (ready, is_ready), (go, may_go)) = (began.clone(), mpsc::channel::<()>(), mpsc::channel::<()>());
    let (pid, monitor) = process::spawn_monitor(move |_| {
        ready.send(()).unwrap();
        may_go.recv().unwrap();
        blocking(move || begins.store(true, SeqCst));
    });
    is_ready.recv_timeout(PATIENCE).unwrap();
    otp::exit(pid, ExitReason::other("stop"));
    go.send(()).unwrap();
    assert_eq!(down(monitor), ExitReason::other("stop"));
    blocking(|| ());
    assert!(!began.load(SeqCst));
}

#[test]
fn a_start_that_takes_too_long_in_it_fails_in_time() {
    let (closure, _begun, _open) = held();
    let started = Spawn::new().timeout(Duration::from_millis(20)).start(move |_, ack: process::Ack<()>| {
        blocking(closure);
        ack.started(());
    });
    assert_eq!(started, Err(process::StartError::Timeout));
}

/// Calls out of a handler.
struct Reader;

#[actor]
impl Reader {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn read(&mut self, closure: Box<dyn FnOnce() + Send>) {
        blocking(closure);
    }

    #[handle_call]
    async fn read_async(&mut self, closure: Box<dyn FnOnce() + Send>) {
        blocking_async(closure).await;
    }
}

#[test]
fn a_call_times_out_while_its_handler_is_in_it() {
    let (closure, begun, open) = held();
    let reader = Reader::start().unwrap();
    let called = reader.timeout(Duration::from_millis(20)).read(Box::new(closure));
    assert_eq!(called, Err(CallError::Timeout { started: true }));
    begun.recv_timeout(PATIENCE).unwrap();
    open.send(()).unwrap();
    assert_eq!(reader.read(Box::new(|| ())), Ok(()));
}

#[test]
fn a_panic_goes_on_in_the_handler_and_names_its_own_place() {
    for handler in ["read", "read_async"] {
        let reader = Reader::start().unwrap();
        let monitor = reader.monitor().unwrap();
        let line = line!() + 1;
        let closure = Box::new(|| panic!("the disk is full"));
        let called = if handler == "read" { reader.read(closure) } else { reader.read_async(closure) };
        let reason = down(monitor);
        assert_eq!(called, Err(CallError::Exited(reason.clone())));
        let panic = reason.as_panic().unwrap();
        assert_eq!(panic.message, "the disk is full");
        assert_eq!(panic.handler, Some(handler));
        assert!(panic.location.as_ref().unwrap().contains(&format!("blocking.rs:{line}:")), "{panic:?}");
    }
    // The thread goes on.
    assert_eq!(blocking(|| 7), 7);
}

#[test]
fn a_panic_goes_on_in_a_thread() {
    let caught = catch_unwind(|| blocking(|| panic!("{}", String::from("the disk is full"))));
    assert_eq!(caught.unwrap_err().downcast_ref::<String>().unwrap(), "the disk is full");
    let caught = catch_unwind(|| blocking_timeout(PATIENCE, || std::panic::panic_any(7)));
    assert_eq!(caught.unwrap_err().downcast_ref::<i32>(), Some(&7));
}

#[test]
fn a_panic_that_was_caught_in_it_is_forgotten() {
    let node = node(1);
    node.enter(|| {
        let (_, monitor) = process::spawn_monitor(|_| {
            blocking(|| drop(catch_unwind(|| panic!("the same"))));
            blocking(|| std::panic::resume_unwind(Box::new("the same")));
        });
        assert_eq!(down(monitor).as_panic().unwrap().location, None);
    });
    node.stop();
}

#[test]
fn an_exit_of_its_own_is_that_of_its_caller() {
    let (_, monitor) = process::spawn_monitor(|_| blocking(|| process::exit_self("enough")));
    assert_eq!(down(monitor).to_string(), "enough");
    let caught = catch_unwind(|| blocking(|| process::exit_self("enough")));
    assert!(caught.unwrap_err().downcast_ref::<String>().unwrap().contains("enough"));
}

#[test]
fn a_limit_ends_the_wait_and_says_whether_it_had_begun() {
    let node = node(1);
    node.enter(|| {
        let (closure, begun, open) = held();
        let (result, dropped) = mpsc::channel();
        let (_, monitor) = process::spawn_monitor(move |_| {
            let waited = blocking_timeout(Duration::from_millis(20), move || {
                closure();
                OnDrop(move || result.send(()).unwrap())
            });
            assert_eq!(waited.map(|_| ()).map_err(|timeout| timeout.started), Err(true));
            // The only thread is held.
            let (own, own_dropped) = mpsc::channel::<()>();
            let waited = blocking_timeout(Duration::from_millis(20), move || drop(own));
            assert_eq!(waited.map_err(|timeout| timeout.started), Err(false));
            assert_eq!(own_dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected), "it is gone");
        });
        begun.recv_timeout(PATIENCE).unwrap();
        assert_eq!(down(monitor), ExitReason::Normal);
        open.send(()).unwrap();
        dropped.recv_timeout(PATIENCE).unwrap();
        assert_eq!(blocking_timeout(LONG, || 7), Ok(7));
    });
    node.stop();
}

#[test]
fn a_limit_is_an_error_that_ends_its_caller() {
    let (_, monitor) = process::spawn_monitor_async(|_| async {
        let (closure, _begun, _open) = held();
        blocking_timeout_async(Duration::from_millis(1), closure).await?;
        Ok::<(), BlockingTimeout>(())
    });
    assert!(matches!(down(monitor), ExitReason::Error(_)));
}

#[test]
fn what_panics_or_blocks_in_its_drop_harms_nobody() {
    let node = node(2);
    node.enter(|| {
        // A result that nobody waits for.
        let (closure, begun, open) = held();
        let (pid, monitor) = process::spawn_monitor(move |_| {
            drop(blocking(move || {
                closure();
                Loud
            }));
        });
        begun.recv_timeout(PATIENCE).unwrap();
        otp::exit(pid, ExitReason::Kill);
        assert_eq!(down(monitor), ExitReason::Killed);
        open.send(()).unwrap();
        // A result whose drop blocks.
        let (blocked, is_blocked, unblock) = held();
        let (_, monitor) = process::spawn_monitor(move |me| {
            let (own, mut blocked) = (me.pid(), Some(blocked));
            drop(blocking(move || {
                otp::exit(own, ExitReason::Kill);
                wait_until(|| !otp::is_alive(own));
                OnDrop(move || blocked.take().into_iter().for_each(|blocked| blocked()))
            }));
        });
        assert_eq!(down(monitor), ExitReason::Killed);
        is_blocked.recv_timeout(PATIENCE).unwrap();
        // The other thread serves all.
        (0..10).for_each(|n| assert_eq!(blocking(move || n), n));
        unblock.send(()).unwrap();
    });
    node.stop();
    let node = self::node(1);
    node.enter(|| {
        // A closure that never begins.
        let loud = Loud;
        let closure = move || {
            let _loud = &loud;
        };
        let (pid, monitor, open) = queued(|| process::spawn_monitor(|_| blocking(closure)));
        otp::exit(pid, ExitReason::Kill);
        assert_eq!(down(monitor), ExitReason::Killed);
        open.send(()).unwrap();
        assert_eq!(blocking(|| 7), 7);
    });
    node.stop();
}

#[test]
fn a_result_that_its_caller_does_not_live_to_see_is_dropped_and_harms_nobody() {
    let node = node(1);
    node.enter(|| {
        // The result comes while the caller is told of its end: before, at the same time, or after.
        for _ in 0..500 {
            let (_, monitor) = process::spawn_monitor(|me| {
                let own = me.pid();
                drop(blocking(move || {
                    otp::exit(own, ExitReason::Kill);
                    Loud
                }));
            });
            assert_eq!(down(monitor), ExitReason::Killed);
        }
        assert_eq!(blocking(|| 7), 7);
    });
    node.stop();
}

#[test]
fn a_destructor_of_a_process_that_is_killed_can_block() {
    let (wrote, written) = mpsc::channel();
    let ready = process::current().subject();
    let is_ready = ready.clone();
    let (pid, monitor) = process::spawn_monitor(move |me| {
        let _guard = OnDrop(move || {
            let wrote = wrote.clone();
            blocking(move || wrote.send(7).unwrap());
        });
        is_ready.send(());
        me.receive_exit(None);
    });
    ready.receive(PATIENCE).unwrap();
    otp::exit(pid, ExitReason::Kill);
    assert_eq!(down(monitor), ExitReason::Killed);
    assert_eq!(written.try_recv(), Ok(7));
}

#[test]
fn a_closure_within_a_closure_needs_no_second_thread() {
    let node = node(1);
    node.enter(|| {
        assert_eq!(blocking(|| blocking(|| blocking(|| 7))), 7);
        assert_eq!(blocking(|| blocking_timeout(Duration::from_millis(1), || 7).map_err(|it| it.started)), Err(false));
    });
    node.stop();
}

#[test]
fn in_a_closure_the_code_is_a_process_of_the_same_node_for_a_while() {
    let node = node(2);
    node.enter(|| {
        let reader = Reader::start().unwrap();
        let caller = otp::self_pid();
        let before = node.processes();
        let heard = process::current().subject();
        let (there, hears) = (reader.clone(), heard.clone());
        let pid = blocking(move || {
            assert_eq!(there.read(Box::new(|| ())), Ok(()));
            let subject = process::current().subject();
            let sends = subject.clone();
            process::spawn(move |_| sends.send(7));
            assert_eq!(subject.receive(PATIENCE), Some(7));
            let sends = subject.clone();
            process::spawn_link(move |me| {
                me.trap_exit(true);
                sends.send(8);
                hears.send(me.receive_exit(PATIENCE).unwrap());
            });
            assert_eq!(subject.receive(PATIENCE), Some(8));
            otp::self_pid()
        });
        assert_ne!(pid, caller);
        let exit = heard.receive(PATIENCE).unwrap();
        assert_eq!((exit.from, exit.reason), (pid, ExitReason::Normal));
        assert!(!before.contains(&pid) && !otp::is_alive(pid));
        assert_ne!(blocking(otp::self_pid), pid, "the next one on this thread is another");
        wait_until(|| node.processes() == before);
    });
    node.stop();
}

#[test]
fn a_closure_that_asks_nothing_is_no_process() {
    let node = node(1);
    node.enter(|| {
        let (before, there) = (node.len(), node.clone());
        assert_eq!(blocking(move || there.len()), before);
    });
    node.stop();
}

#[test]
fn a_node_that_stops_leaves_closures_to_themselves_and_keeps_no_thread() {
    let node = node(1);
    let (closure, begun, open) = held();
    let (ended, has_ended) = mpsc::channel();
    let (unrun, was_dropped) = mpsc::channel::<()>();
    node.enter(|| {
        process::spawn(move |_| {
            blocking(move || {
                closure();
                ended.send(()).unwrap();
            });
        });
        begun.recv_timeout(PATIENCE).unwrap();
        process::spawn(move |_| blocking(move || unrun.send(()).unwrap()));
    });
    // An OS thread that waits for its turn.
    let (thread_node, (is_there, there)) = (node.clone(), mpsc::channel());
    let waiting = thread::spawn(move || {
        thread_node.enter(|| {
            is_there.send(()).unwrap();
            blocking(|| 7)
        })
    });
    there.recv_timeout(PATIENCE).unwrap();
    node.stop();
    assert_eq!(was_dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected), "it never runs");
    assert_eq!(has_ended.try_recv(), Err(mpsc::TryRecvError::Empty), "it was not waited for");
    open.send(()).unwrap();
    has_ended.recv_timeout(PATIENCE).unwrap();
    assert_eq!(waiting.join().unwrap(), 7);
    wait_until(|| node.blocking_threads() == 0);
    // Threads go on.
    assert_eq!(node.enter(|| blocking(|| 8)), 8);
    wait_until(|| node.blocking_threads() == 0);
}

#[test]
fn threads_are_started_when_they_are_needed() {
    let node = node(512);
    assert_eq!(node.blocking_threads(), 0);
    node.enter(|| {
        let held: Vec<_> = (0..3)
            .map(|_| {
                let (closure, begun, open) = held();
                process::spawn(move |_| blocking(closure));
                begun.recv_timeout(PATIENCE).unwrap();
                open
            })
            .collect();
        assert_eq!(node.blocking_threads(), 3);
        drop(held);
    });
    node.stop();
}

#[otp::test(seeds = 20)]
fn in_a_simulation_it_runs_where_it_is_called(t: &mut Sim) {
    let order = Arc::new(Mutex::new(Vec::new()));
    let started: Vec<_> = (0..3)
        .map(|number| {
            let order = order.clone();
            process::spawn_monitor_async(move |_| async move {
                let own = thread::current().id();
                assert_eq!(blocking(|| thread::current().id()), own);
                assert_eq!(blocking_async(|| thread::current().id()).await, own);
                assert_eq!(blocking_timeout(Duration::ZERO, || thread::current().id()), Ok(own));
                assert_eq!(blocking_timeout_async(Duration::ZERO, || thread::current().id()).await, Ok(own));
                blocking(move || order.lock().unwrap().push(number));
            })
            .1
        })
        .collect();
    started.into_iter().for_each(|monitor| assert_eq!(down(monitor), ExitReason::Normal));
    assert_eq!(order.lock().unwrap().iter().collect::<BTreeSet<_>>().len(), 3);
    assert_eq!((t.now(), t.node().blocking_threads()), (Duration::ZERO, 0));
    assert_eq!(blocking(|| thread::current().id()), thread::current().id());
}

/// Has a thread of its own, but in a simulation.
#[cfg(feature = "stacks")]
struct Camera;

#[cfg(feature = "stacks")]
#[actor(thread)]
impl Camera {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn place(&self) -> thread::ThreadId {
        thread::current().id()
    }
}

#[cfg(feature = "stacks")]
#[otp::test(seeds = 20)]
fn in_a_simulation_what_has_a_thread_of_its_own_runs_on_the_one_core(t: &mut Sim) {
    let own = thread::current().id();
    let camera = t.start(Camera::child_spec())?;
    assert_eq!(camera.place(), Ok(own));
    let place = process::current().subject();
    let tell = place.clone();
    Spawn::new().thread().spawn(move |_| tell.send(thread::current().id()));
    assert_eq!(place.receive(PATIENCE), Some(own));
    let (_, place) = Spawn::new().thread().start(|_, ack| ack.started(thread::current().id()))?;
    assert_eq!(place, own);
}

#[otp::test(seeds = 20)]
fn in_a_simulation_a_panic_and_an_exit_end_its_caller_as_elsewhere(t: &mut Sim) {
    let (_, panics) = process::spawn_monitor(|_| blocking(|| panic!("the disk is full")));
    let panic = down(panics);
    let panic = panic.as_panic().unwrap();
    assert_eq!(panic.message, "the disk is full");
    assert!(panic.location.as_ref().unwrap().contains("blocking.rs"));
    let went_on = Arc::new(AtomicBool::new(false));
    for by_async in [false, true] {
        let goes_on = went_on.clone();
        let (_, killed) = process::spawn_monitor_async(move |me| async move {
            let own = me.pid();
            let kill = move || otp::exit(own, ExitReason::Kill);
            match by_async {
                false => blocking(kill),
                true => blocking_async(kill).await,
            }
            goes_on.store(true, SeqCst);
        });
        assert_eq!(down(killed), ExitReason::Killed);
        assert!(!went_on.load(SeqCst));
    }
    assert_eq!(t.crashes().len(), 1);
}

/// What every thread has entered, and what was said.
struct Listener;

static SPANS: Mutex<Vec<&'static Metadata<'static>>> = Mutex::new(Vec::new());
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static ENTERED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

fn metadata(id: u64) -> &'static Metadata<'static> {
    SPANS.lock().unwrap()[id as usize - 1]
}

/// The names of the spans that the calling thread has entered.
fn entered() -> Vec<&'static str> {
    ENTERED.with_borrow(|entered| entered.iter().map(|id| metadata(*id).name()).collect())
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("blocking") || *metadata.level() == tracing::Level::ERROR
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        let mut spans = SPANS.lock().unwrap();
        spans.push(span.metadata());
        span::Id::from_u64(spans.len() as u64)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        HEARD.lock().unwrap().push(text.0);
    }

    fn enter(&self, id: &span::Id) {
        ENTERED.with_borrow_mut(|entered| entered.push(id.into_u64()));
    }

    fn exit(&self, id: &span::Id) {
        ENTERED.with_borrow_mut(|entered| {
            let last = entered.iter().rposition(|entered| *entered == id.into_u64());
            last.map(|last| entered.remove(last));
        });
    }

    fn current_span(&self) -> Current {
        let last = ENTERED.with_borrow(|entered| entered.last().copied());
        last.map_or_else(Current::none, |id| Current::new(span::Id::from_u64(id), metadata(id)))
    }
}

/// From now on all threads of this program are listened to.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Listener).unwrap());
}

#[test]
fn spans_of_the_caller_are_entered_around_the_closure_alone() {
    listen();
    let node = node(1);
    node.enter(|| {
        let (_, monitor) = process::spawn_monitor(|_| {
            let _outer = tracing::info_span!("outer").entered();
            let _inner = tracing::info_span!("inner").entered();
            let there = blocking(|| {
                std::mem::forget(tracing::info_span!("forgotten").entered());
                entered()
            });
            assert_eq!(there, ["outer", "inner", "forgotten"]);
            assert_eq!(entered(), ["outer", "inner"]);
        });
        assert_eq!(down(monitor), ExitReason::Normal);
        assert_eq!(blocking(entered), [""; 0], "none is left on the thread");
        let (_, monitor) = process::spawn_monitor_async(|_| async {
            let there = tracing::info_span!("polled").in_scope(|| on_foreign_executor(blocking_async(entered)));
            assert_eq!(there, ["polled"]);
        });
        assert_eq!(down(monitor), ExitReason::Normal);
    });
    node.stop();
}

#[test]
fn a_panic_that_nobody_waits_for_is_reported() {
    listen();
    let (closure, begun, open) = held();
    let (pid, monitor) = process::spawn_monitor(move |_| {
        blocking(move || {
            closure();
            panic!("nobody waits for this");
        });
    });
    begun.recv_timeout(PATIENCE).unwrap();
    otp::exit(pid, ExitReason::Kill);
    assert_eq!(down(monitor), ExitReason::Killed);
    open.send(()).unwrap();
    let is_it = |text: &String| text.contains("nobody waits for this") && text.contains("blocking.rs");
    wait_until(|| HEARD.lock().unwrap().iter().any(is_it));
}

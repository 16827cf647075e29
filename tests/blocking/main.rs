//! `otp::blocking`: code that blocks, beside the cores.
//!
//! Latches say what has begun and let it go on; the simulation says what runs where.

#![cfg(all(feature = "macros", feature = "tracing"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod callers;
mod closures;
mod drops;
mod heard;
mod killed;
mod limits;
mod panics;
mod simulated;
mod threads;

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, mpsc},
    task::{Context as Polled, Poll, Wake, Waker},
    thread,
    time::Instant,
};

use otp::{Node, blocking, blocking_async, prelude::*};

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

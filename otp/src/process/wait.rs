//! Plain code that waits for a future.

use std::{
    error::Error,
    fmt,
    future::{Future, IntoFuture, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use crate::cell::{
    current::{self, Interrupted},
    wake_up::WakeUp,
};

/// A future of [`wait_timeout`](fn@wait_timeout) was not ready in time; it was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitTimeout;

impl fmt::Display for WaitTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the future was not ready in time")
    }
}

impl Error for WaitTimeout {}

/// Waits for a future, of any crate, in a plain handler or process, and gives what it comes to.
///
/// It is polled where the caller runs, each time that it wakes it. Meanwhile the caller's stack is set aside, as in a
/// call, and its core goes on with other processes. A future that computes for long in a poll holds its core as a handler
/// does that computes.
///
/// **The caller's end.** An exit signal or a kill ends the wait at once, and drops the future. So do limits of time that
/// the caller is under: of its start, of a stop. A panic of the future goes on in the caller.
///
/// Nothing here drives a runtime: a future that needs one, such as a socket of tokio's, finds it as it would elsewhere.
///
/// ```
/// use otp::prelude::*;
///
/// pub struct Teller;
///
/// #[actor]
/// impl Teller {
///     #[init]
///     fn init() -> Self { Self }
///
///     /// A plain handler, which uses an async function.
///     #[handle_call]
///     pub fn total(&self, of: Vec<u32>) -> u32 { otp::wait(sum(of)) }
/// }
///
/// async fn sum(of: Vec<u32>) -> u32 {
///     otp::sleep_async(Duration::from_millis(1)).await;
///     of.into_iter().sum()
/// }
///
/// assert_eq!(Teller::start()?.total(vec![1, 2, 3])?, 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// When the system has no further stack to wait on, or an adopted thread that does not trap exits receives an exit.
pub fn wait<F: IntoFuture>(future: F) -> F::Output {
    let mut future = pin!(future.into_future());
    match current::block_on(future.as_mut()) {
        Ok(output) => output,
        Err(Interrupted::Exiting) => wait_unwinding(future),
        Err(Interrupted::Resources) => panic!("the system has no further stack to wait on"),
    }
}

/// As [`wait`](fn@wait), at most for `limit`; then the future is dropped.
///
/// ```
/// use std::future::pending;
///
/// use otp::prelude::*;
///
/// Sim::run(1, |t| {
///     let waited = otp::wait_timeout(Duration::from_secs(5), pending::<u32>());
///     assert!(waited.is_err());
///     assert_eq!(t.now(), Duration::from_secs(5));
/// });
/// ```
///
/// # Errors
/// When the time is over.
///
/// # Panics
/// As [`wait`](fn@wait).
pub fn wait_timeout<F: IntoFuture>(limit: Duration, future: F) -> Result<F::Output, WaitTimeout> {
    let at = current::with(|me| me.header().deadline(Some(limit)));
    let (mut future, mut timer) = (pin!(future.into_future()), WakeUp::within(Some(limit)));
    wait(poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => timer.poll(cx, at).map(|()| Err(WaitTimeout)),
    }))
}

/// Waits in a `Drop` while a process that has to end unwinds: its stack can't be set aside, and nothing can end it.
fn wait_unwinding<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

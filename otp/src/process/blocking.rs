//! Code that blocks, on a thread of its node's pool while its caller waits.
//!
//! The caller waits for a slot in which the thread puts what the closure came to. Whoever gives up says so in the slot
//! and takes the closure back, if no thread has begun it; what comes later is dropped by the thread.

use std::{
    error::Error,
    fmt,
    future::{pending, poll_fn},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use crate::{
    cell::{
        current,
        node::NodeInner,
        panic::{Caught, catch},
        served::{self, Served},
        wake_up::WakeUp,
    },
    guard::contain,
    report::Spans,
    scheduler::{JobId, Pool},
    time::Moment,
};

/// A closure of [`blocking_timeout`] has not come back in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockingTimeout {
    /// Whether it had begun: if so, it runs to its end, and what it returns is dropped. If not, it never runs.
    pub started: bool,
}

impl fmt::Display for BlockingTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.started {
            true => "the closure took too long; it is left to itself",
            false => "no thread was free in time; the closure never runs",
        })
    }
}

impl Error for BlockingTimeout {}

/// Runs `f` on a thread of the node's pool, and waits for it: for a system call or a computation that would hold the
/// core for long.
///
/// The core goes on with other processes meanwhile. The pool has at most 512 threads, or [as many as the node is
/// told](super::NodeBuilder::max_blocking_threads); it starts one when none is free, and ends one that has been idle
/// for ten seconds. When all are taken, closures wait in the order in which they came.
///
/// **The caller's end.** An exit signal or a kill ends the wait at once. A closure that has not begun never runs. One
/// that has runs to its end, since Rust can't stop it; what it returns is dropped. The caller's own time limits hold:
/// of its start, of calls to it. [`blocking_timeout`] limits this wait.
///
/// **Who the closure is.** `tracing` spans of the caller are entered around it. It is not the calling process, which
/// may end before it: should it ask who it is, wait for something or call a server, its thread becomes a process of the
/// same node until it returns. Give it what it needs of the caller: its pid, a subject, a client.
///
/// In a simulation, on a thread of the pool, and in a `Drop` while a panic unwinds, `f` runs where it is called.
/// [`Node::stop`](crate::Node::stop) does not wait for closures that have begun.
///
/// ```
/// use otp::prelude::*;
///
/// pub struct Config { text: String }
///
/// #[actor]
/// impl Config {
///     #[init]
///     fn init() -> Self { Self { text: String::new() } }
///
///     #[handle_call]
///     pub fn load(&mut self, path: &'static str) -> usize {
///         self.text = otp::blocking(move || std::fs::read_to_string(path)).unwrap_or_default();
///         self.text.len()
///     }
/// }
///
/// let config = Config::start()?;
/// assert_eq!(config.load("/no/such/file")?, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// When `f` does: its panic goes on in the caller, and the exit reason names the place in `f`; so does an
/// [`exit_self`](super::exit_self). When the system has no thread for the pool, or no further stack to wait on.
pub fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    wait(None, f).unwrap_or_else(never)
}

/// As [`blocking`], waiting at most for `limit`, the time included in which no thread is free.
///
/// Where `f` runs in the caller, it is not interrupted. On a thread of the pool it goes to another one.
///
/// ```
/// use otp::prelude::*;
///
/// let (open, gate) = std::sync::mpsc::channel::<()>();
/// let waited = otp::blocking_timeout(Duration::from_millis(20), move || gate.recv().is_ok());
/// assert_eq!(waited.map_err(|timeout| timeout.started), Err(true));
/// # drop(open);
/// ```
///
/// # Errors
/// When the time is over.
///
/// # Panics
/// As [`blocking`].
pub fn blocking_timeout<T: Send + 'static>(
    limit: Duration,
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BlockingTimeout> {
    wait(Some(limit), f)
}

/// As [`blocking`], to be awaited; on any executor. Nothing begins before the first poll; dropping the future gives the
/// closure up.
///
/// ```
/// # use otp::process;
/// let (_, monitor) = process::spawn_monitor_async(|_| async {
///     assert_eq!(otp::blocking_async(|| 6 * 7).await, 42);
/// });
/// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
/// ```
///
/// # Panics
/// As [`blocking`], in whoever polls.
///
/// # Cancel safety
/// Dropped before its closure has begun, it takes the closure back. One that has begun runs to its end, and what it
/// returns is dropped.
pub async fn blocking_async<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    outcome(None, f).await.unwrap_or_else(never)
}

/// As [`blocking_timeout`], to be awaited; as [`blocking_async`].
///
/// ```
/// use otp::{prelude::*, process};
///
/// let (open, gate) = std::sync::mpsc::channel::<()>();
/// let (_, monitor) = process::spawn_monitor_async(|_| async {
///     let waited = otp::blocking_timeout_async(Duration::from_millis(20), move || gate.recv().is_ok()).await;
///     assert!(waited.is_err());
/// });
/// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
/// # drop(open);
/// ```
///
/// # Errors
/// When the time is over.
///
/// # Panics
/// As [`blocking`], in whoever polls.
///
/// # Cancel safety
/// As [`blocking_async`].
pub async fn blocking_timeout_async<T: Send + 'static>(
    limit: Duration,
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BlockingTimeout> {
    outcome(Some(limit), f).await
}

fn never<T>(_: BlockingTimeout) -> T {
    unreachable!("a wait without a limit has no timeout")
}

fn wait<T: Send + 'static>(
    limit: Option<Duration>,
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BlockingTimeout> {
    // Its stack cannot be set aside, and nothing can end it.
    if thread::panicking() {
        return Ok(f());
    }
    current::block_on(outcome(limit, f)).unwrap_or_else(|_| panic!("the system has no further stack to wait on"))
}

/// What `f` comes to, wherever it runs.
async fn outcome<T: Send + 'static>(
    limit: Option<Duration>,
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BlockingTimeout> {
    if current::is_lost() {
        return pending().await;
    }
    let node = current::node();
    let scheduler = &node.scheduler;
    // A simulation has one thread. And were all threads of a pool to wait for one more, none would ever be free.
    if scheduler.clock().is_virtual() || (limit.is_none() && served::node().is_some()) {
        return Ok(f());
    }
    let at = limit.map_or(Moment::FAR, |limit| scheduler.now().saturating_add(limit));
    let mut timer = WakeUp::within(limit);
    let work = Work::begin(&node, f);
    let ended = poll_fn(|cx| match work.poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Ok(ended)),
        Poll::Pending => timer.poll_on(&node, cx, at).map(|()| work.give_up()),
    })
    .await;
    ended?.map_or_else(|caught| caught.go_on(), Ok)
}

/// A closure on its way to its end, as its caller sees it. Dropped, it is given up.
struct Work<T> {
    pool: Arc<Pool>,
    ticket: JobId,
    slot: Arc<Oneshot<T>>,
}

/// What a closure came to.
type Completion<T> = Result<T, Caught>;

/// Where its thread puts that.
struct Oneshot<T>(Mutex<OneshotState<T>>);

enum OneshotState<T> {
    /// Whoever waits is woken when that changes.
    Pending(Option<Waker>),
    Completion(Completion<T>),
    /// It was dropped before it began: there is no thread for it.
    Refused,
    /// The caller has what it came to, or has given it up.
    Over,
}

impl<T: Send + 'static> Work<T> {
    fn begin(node: &Arc<NodeInner>, f: impl FnOnce() -> T + Send + 'static) -> Self {
        let slot = Arc::new(Oneshot(Mutex::new(OneshotState::Pending(None))));
        let promise = Promise(Arc::clone(&slot));
        let (spans, served) = (Spans::entered(), Served::by_caller(node));
        let pool = Arc::clone(&node.pool);
        let ticket = pool.push(Box::new(move || {
            served.during(|| {
                spans.enter();
                let ended = catch(|| current::visiting(f));
                Spans::leave();
                promise.keep(ended);
            });
        }));
        Self { pool, ticket, slot }
    }
}

impl<T> Work<T> {
    fn poll(&self, cx: &Context<'_>) -> Poll<Completion<T>> {
        // A waker may be anybody's: it is neither cloned nor dropped under the lock.
        let waker = cx.waker().clone();
        match self.slot.put(OneshotState::Pending(Some(waker))) {
            Ok(before) => {
                drop(before);
                Poll::Pending
            }
            Err(waker) => {
                drop(waker);
                if current::ends_first() {
                    return Poll::Pending;
                }
                match self.slot.replace(OneshotState::Over) {
                    OneshotState::Completion(ended) => Poll::Ready(ended),
                    OneshotState::Refused => panic!("the system has no thread for a blocking closure"),
                    OneshotState::Pending(_) | OneshotState::Over => {
                        unreachable!("it is polled until it has ended, and ends once")
                    }
                }
            }
        }
    }

    /// What the closure came to at the last moment, or that it has not.
    fn give_up(&self) -> Result<Completion<T>, BlockingTimeout> {
        let withdrawn = self.pool.withdraw(self.ticket);
        let started = withdrawn.is_none();
        let state = self.slot.replace(OneshotState::Over);
        contain(|| drop(withdrawn));
        match state {
            OneshotState::Completion(ended) => Ok(ended),
            _ => Err(BlockingTimeout { started }),
        }
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        if let Ok(ended) = self.give_up() {
            bury(ended);
        }
    }
}

impl<T> Oneshot<T> {
    fn state(&self) -> MutexGuard<'_, OneshotState<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, next: OneshotState<T>) -> OneshotState<T> {
        mem::replace(&mut self.state(), next)
    }

    /// Puts `next` in if somebody may wait for it, and gives the waker; else gives `next` back.
    fn put(&self, next: OneshotState<T>) -> Result<Option<Waker>, OneshotState<T>> {
        let mut state = self.state();
        let OneshotState::Pending(waker) = &mut *state else { return Err(next) };
        let waker = waker.take();
        *state = next;
        Ok(waker)
    }
}

/// The other side of a slot: says what the closure came to, and if it is dropped before, that it came to nothing.
struct Promise<T>(Arc<Oneshot<T>>);

impl<T> Promise<T> {
    fn keep(self, ended: Completion<T>) {
        if let Err(OneshotState::Completion(unheard)) = self.put(OneshotState::Completion(ended)) {
            bury(unheard);
        }
    }

    /// Tells the caller; gives back what it does not want to hear any more.
    fn put(&self, state: OneshotState<T>) -> Result<(), OneshotState<T>> {
        self.0.put(state).map(|waker| waker.into_iter().for_each(Waker::wake))
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        drop(self.put(OneshotState::Refused));
    }
}

/// Drops what nobody waits for any more; a panic is reported, since no exit will name it.
fn bury<T>(ended: Completion<T>) {
    match ended {
        Ok(value) => contain(|| drop(value)),
        Err(caught) => caught.report(),
    }
}

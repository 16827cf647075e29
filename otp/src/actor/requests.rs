//! Requests whose replies are collected together, in the order in which they come.
//!
//! Each request is polled with a waker of its own, which notes that something happened to it. So the order of the notes
//! is the order of the replies, whoever looks and whenever.

use std::{
    collections::{BTreeMap, VecDeque},
    error::Error,
    fmt,
    future::{Future, poll_fn},
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{CallError, Reply, notes::Notes};
use crate::cell::{
    current::{self, Interrupted},
    wake_up::WakeUp,
};

/// Requests that wait for their replies, each with a label. OTP's request id collection: `gen_server:reqids_new/0`.
///
/// They may have gone to any servers; their replies have one type, or are [made](Requests::add_map) one. They are given
/// in the order in which they came. A server that ends, or a request whose own time is over, is a reply too, with the
/// [`CallError`] of that call. Whoever drops the collection goes without the replies; the requests are handled all the
/// same, as [`Reply`] says.
///
/// ```
/// use otp::{client::{RequestsError, Requests}, prelude::*};
///
/// struct Square;
///
/// #[actor]
/// impl Square {
///     #[init]
///     fn init() -> Self { Self }
///     #[handle_call]
///     fn of(&self, n: u32) -> u32 { n * n }
/// }
///
/// let servers = [Square::start()?, Square::start()?];
/// let mut requests = Requests::new();
/// for (n, server) in (7..).zip(&servers) {
///     requests.add(n, server.request().of(n));
/// }
/// while let Ok((n, square)) = requests.receive(Duration::from_secs(5)) {
///     assert_eq!(square?, n * n);
/// }
/// assert_eq!(requests.check(), Err(RequestsError::NoRequest));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Requests<L, T: 'static> {
    pending: BTreeMap<u64, Pending<L, T>>,
    /// What has come and was not taken, the oldest first.
    done: VecDeque<(L, Result<T, CallError>)>,
    added: u64,
    notes: Arc<Notes>,
}

struct Pending<L, T> {
    label: L,
    request: Box<dyn Request<T>>,
    note: Waker,
}

/// A request whose reply is made a `T`.
trait Request<T>: Send {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, CallError>>;

    /// Its time is over.
    fn withdraw(&mut self);
}

impl<T: 'static> Request<T> for Reply<T> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, CallError>> {
        Pin::new(self).poll(cx)
    }

    fn withdraw(&mut self) {
        Reply::withdraw(self);
    }
}

struct MappedReply<U: 'static, F> {
    reply: Reply<U>,
    map: Option<F>,
}

impl<T, U: 'static, F: FnOnce(U) -> T + Send> Request<T> for MappedReply<U, F> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, CallError>> {
        let map = &mut self.map;
        let mapped = |reply| map.take().expect("a reply is taken once")(reply);
        Pin::new(&mut self.reply).poll(cx).map(|reply| reply.map(mapped))
    }

    fn withdraw(&mut self) {
        self.reply.withdraw();
    }
}

/// Why a collection gives no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestsError {
    /// It has no requests. OTP's `no_request`.
    NoRequest,
    /// No reply has come in time, or yet. OTP's `timeout` and `no_reply`.
    Timeout,
    /// The caller itself is ending: it cannot wait any more.
    Exiting,
    /// The system has no further stack for the caller to wait on.
    Resources,
}

impl<L, T: 'static> Requests<L, T> {
    /// No requests.
    #[must_use]
    pub fn new() -> Self {
        Self { pending: BTreeMap::new(), done: VecDeque::new(), added: 0, notes: Arc::default() }
    }

    /// Adds a request. `gen_server:reqids_add/3`, `gen_server:send_request/4`.
    pub fn add(&mut self, label: L, reply: Reply<T>) {
        self.insert(label, Box::new(reply));
    }

    /// Adds a request whose reply has another type: `requests.add_map(label, c.request().size(), Answer::Size)`. `map`
    /// runs in whoever collects, and not for a call that failed.
    pub fn add_map<U: 'static>(&mut self, label: L, reply: Reply<U>, map: impl FnOnce(U) -> T + Send + 'static) {
        self.insert(label, Box::new(MappedReply { reply, map: Some(map) }));
    }

    fn insert(&mut self, label: L, request: Box<dyn Request<T>>) {
        // What came before this one was added stands before it.
        self.collect();
        let number = self.added;
        self.added += 1;
        let note = self.notes.waker(number);
        self.pending.insert(number, Pending { label, request, note });
        self.poll_request(number);
    }

    /// How many requests it has whose replies were not taken. `gen_server:reqids_size/1`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.done.len() + self.pending.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The labels of these requests: first of those whose replies have come. `gen_server:reqids_to_list/1`.
    pub fn labels(&self) -> impl Iterator<Item = &L> {
        self.done.iter().map(|(label, _)| label).chain(self.pending.values().map(|pending| &pending.label))
    }

    /// Takes the next reply; waits for it, at most for `limit` (`None`: for as long as it takes). When the time is
    /// over, nothing changes: they can be waited for again. `gen_server:wait_response/3`.
    ///
    /// # Errors
    /// See [`RequestsError`].
    ///
    /// # Panics
    /// When the function of an [`add_map`](Requests::add_map) does.
    pub fn wait(&mut self, limit: impl Into<Option<Duration>>) -> Result<(L, Result<T, CallError>), RequestsError> {
        current::block_on(self.next(limit.into())).unwrap_or_else(|interrupted| Err(interrupted.into()))
    }

    /// As [`wait`](Requests::wait), to be awaited, on any executor.
    ///
    /// ```
    /// # use otp::{client::Requests, prelude::*};
    /// # pub struct Square;
    /// # #[actor]
    /// # impl Square {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn of(&self, n: u32) -> u32 { n * n }
    /// # }
    /// let square = Square::start()?;
    /// let (_, monitor) = process::spawn_monitor_async(move |_| async move {
    ///     let mut requests = Requests::new();
    ///     requests.add("seven", square.request().of(7));
    ///     assert_eq!(requests.wait_async(None).await, Ok(("seven", Ok(49))));
    /// });
    /// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
    /// # Ok::<(), StartError>(())
    /// ```
    ///
    /// # Errors
    /// See [`RequestsError`].
    ///
    /// # Panics
    /// When the function of an [`add_map`](Requests::add_map) does.
    ///
    /// # Cancel safety
    /// Cancel safe: a reply is taken only by the poll that gives it.
    pub async fn wait_async(
        &mut self,
        limit: impl Into<Option<Duration>>,
    ) -> Result<(L, Result<T, CallError>), RequestsError> {
        self.next(limit.into()).await
    }

    /// As [`wait`](Requests::wait), but when the time is over, it is over for all of its requests: handlers that have
    /// not begun will not run, late replies are dropped, and the collection is empty. `gen_server:receive_response/3`.
    ///
    /// # Errors
    /// See [`RequestsError`].
    ///
    /// # Panics
    /// When the function of an [`add_map`](Requests::add_map) does.
    pub fn receive(&mut self, limit: impl Into<Option<Duration>>) -> Result<(L, Result<T, CallError>), RequestsError> {
        let received = self.wait(limit);
        self.give_up_after(&received);
        received
    }

    /// As [`receive`](Requests::receive), to be awaited, on any executor.
    ///
    /// # Errors
    /// See [`RequestsError`].
    ///
    /// # Panics
    /// When the function of an [`add_map`](Requests::add_map) does.
    ///
    /// # Cancel safety
    /// Cancel safe: a reply is taken only by the poll that gives it. Dropped before its time is over, it takes nothing
    /// back.
    pub async fn receive_async(
        &mut self,
        limit: impl Into<Option<Duration>>,
    ) -> Result<(L, Result<T, CallError>), RequestsError> {
        let received = self.next(limit.into()).await;
        self.give_up_after(&received);
        received
    }

    fn give_up_after(&mut self, received: &Result<(L, Result<T, CallError>), RequestsError>) {
        if matches!(received, Err(RequestsError::Timeout)) {
            mem::take(&mut self.pending).into_values().for_each(|mut pending| pending.request.withdraw());
        }
    }

    /// Takes the next reply if there is one, without waiting. `gen_server:check_response/3`.
    ///
    /// # Errors
    /// [`RequestsError::Timeout`] when none has come yet, [`RequestsError::NoRequest`] when there are no requests.
    ///
    /// # Panics
    /// When the function of an [`add_map`](Requests::add_map) does.
    pub fn check(&mut self) -> Result<(L, Result<T, CallError>), RequestsError> {
        self.collect();
        let none = if self.pending.is_empty() { RequestsError::NoRequest } else { RequestsError::Timeout };
        self.done.pop_front().ok_or(none)
    }

    /// The next reply, or why there is none.
    fn next(
        &mut self,
        limit: Option<Duration>,
    ) -> impl Future<Output = Result<(L, Result<T, CallError>), RequestsError>> + use<'_, L, T> {
        let at = current::with(|me| me.header().deadline(limit));
        let mut timer = WakeUp::within(limit);
        poll_fn(move |cx| {
            // Whom to wake is said before anybody looks: what comes after the look wakes.
            self.notes.wake_for_next(cx.waker());
            match self.check() {
                Err(RequestsError::Timeout) => timer.poll(cx, at).map(|()| Err(RequestsError::Timeout)),
                checked => Poll::Ready(checked),
            }
        })
    }

    /// Looks after the requests to which something happened.
    fn collect(&mut self) {
        for number in self.notes.take() {
            self.poll_request(number);
        }
    }

    fn poll_request(&mut self, number: u64) {
        let Some(pending) = self.pending.get_mut(&number) else { return };
        if let Poll::Ready(reply) = pending.request.poll(&mut Context::from_waker(&pending.note))
            && let Some(pending) = self.pending.remove(&number)
        {
            self.done.push_back((pending.label, reply));
        }
    }
}

impl<L, T: 'static> Default for Requests<L, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L, T: 'static> Extend<(L, Reply<T>)> for Requests<L, T> {
    fn extend<I: IntoIterator<Item = (L, Reply<T>)>>(&mut self, requests: I) {
        requests.into_iter().for_each(|(label, reply)| self.add(label, reply));
    }
}

impl<L, T: 'static> FromIterator<(L, Reply<T>)> for Requests<L, T> {
    fn from_iter<I: IntoIterator<Item = (L, Reply<T>)>>(requests: I) -> Self {
        let mut collection = Self::new();
        collection.extend(requests);
        collection
    }
}

impl<L: fmt::Debug, T: 'static> fmt::Debug for Requests<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Requests ")?;
        f.debug_list().entries(self.labels()).finish()
    }
}

impl fmt::Display for RequestsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRequest => "there is no request to be answered",
            Self::Timeout => "no reply has come in time",
            Self::Exiting => "the caller is ending and cannot wait",
            Self::Resources => "the system has no further stack for the caller to wait on",
        })
    }
}

impl Error for RequestsError {}

impl From<Interrupted> for RequestsError {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Exiting => Self::Exiting,
            Interrupted::Resources => Self::Resources,
        }
    }
}

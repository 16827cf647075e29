//! The caller's side of a call: sending the request, waiting for the reply, giving up, noticing a deadlock.

use std::{
    fmt,
    future::Future,
    mem,
    num::NonZeroU64,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{Actor, Address, CallError, left::Taker, mode::ShortLimit, reply::ReplyTo};
use crate::{
    cell::{
        AnyProcess, ExitReason, FailedCall, Running,
        current::{self, Interrupted},
        header::Gone,
        lanes::{Ticket, Weight},
        reply::{Answer, Asking, Part, ReplySlot},
        typed::Cell,
        waits,
        wake_up::WakeUp,
    },
    time::Moment,
};

/// How long a call waits unless it is told otherwise.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// A request that was sent.
struct InFlight<T> {
    slot: Asking<Part<T>>,
    callee: AnyProcess,
    /// Where it stood in line when the callee's mailbox was full.
    ticket: Option<Ticket>,
    /// The request was left for whoever takes it, who looks after the call; `callee` is one that has gone.
    left: Option<Taker>,
}

/// A request that was not sent: why, and what it was.
struct Unsent {
    error: CallError,
    call: Option<FailedCall>,
}

impl<T: 'static> InFlight<T> {
    /// Takes the request back: whether its handler had begun, or what it came to at the last moment.
    fn cancel(&mut self) -> Result<bool, Answer<T>> {
        let cancelled = self.slot.cancel();
        self.given_up(cancelled)
    }

    /// Waits no longer. The callee handles what has reached it; what waits for room, or for a process to come, was not
    /// sent yet, and is taken back.
    fn forget(&mut self) {
        let has_arrived = self.left.as_ref().is_none_or(|taker| taker.get().is_some());
        let given_up = if has_arrived { self.slot.forget() } else { self.slot.cancel() };
        // An answer at the last moment is dropped.
        drop(self.given_up(given_up));
    }

    fn given_up(&self, outcome: Result<bool, Answer<T>>) -> Result<bool, Answer<T>> {
        if outcome.is_ok() {
            // Who answers says so itself.
            self.slot.unpublish();
            if let Some(ticket) = self.ticket {
                self.callee.process().withdraw(ticket);
            }
        }
        outcome
    }

    /// Why there is no answer.
    fn no_answer(&self) -> CallError {
        let callee = self.left.as_ref().map_or_else(|| Some(self.callee.clone()), Taker::get);
        let Some(callee) = callee else { return CallError::NoProc };
        callee.header().reason().map_or(CallError::NoReply, CallError::Exited)
    }
}

/// A reply that will come.
///
/// The request was sent when it was made. Await it, on any executor, or [`wait`](Reply::wait) for it. Whoever drops it,
/// or ends before the answer, gets none: the request is handled all the same, unless it waited for room in a full
/// mailbox, or for a process to come, and so was not sent yet. A request is taken back only when its time is over.
/// `gen_server:send_request/2`.
///
/// ```
/// # use otp::prelude::*;
/// # pub struct Square;
/// # #[actor]
/// # impl Square {
/// #     #[init] fn init() -> Self { Self }
/// #     #[handle_call] pub fn of(&self, n: u32) -> u32 { n * n }
/// # }
/// let square = Square::start()?;
/// let mut reply: Reply<u32> = square.request().of(7);
/// while reply.wait_timeout(Duration::from_secs(1)).is_none() {
///     // Something else, once a second.
/// #   unreachable!()
/// }
/// assert_eq!(square.request().of(8).receive(Duration::from_secs(5)), Ok(64));
/// # Ok::<(), StartError>(())
/// ```
///
/// | method | waits | when the time is over, the request |
/// |---|---|---|
/// | `.await`, [`wait`](Reply::wait) | up to the client's timeout; from `request()`, without limit | is taken back |
/// | [`wait_timeout`](Reply::wait_timeout) | at most for a limit | stands |
/// | [`receive`](Reply::receive) | at most for a limit | is taken back |
/// | [`check`](Reply::check) | never | stands |
///
/// # Panics
/// As a future, when it is polled after it was ready, or after its reply was taken.
///
/// # Cancel safety
/// Polls that are pending take nothing. Dropped, it goes without the reply; the request is handled all the same.
#[must_use = "the request was sent; await its reply, `wait` for it, or drop it to go without"]
pub struct Reply<T: 'static> {
    state: Result<InFlight<T>, Box<Unsent>>,
    /// The name of the request.
    message: &'static str,
    limit: ShortLimit,
    deadline: Moment,
    timer: WakeUp,
    /// Whether another than its own process polls it, so that the callee was asked to look after it.
    polled_elsewhere: bool,
    /// What the callee knows it by, if it does.
    watched: Option<NonZeroU64>,
    /// Whether its process has waited for it when it was polled before.
    was_published: bool,
    finished: bool,
}

impl<T: 'static> Reply<T> {
    /// Sends a request.
    #[inline(always)]
    pub(super) fn send<A: Actor>(
        address: &Address<A>,
        limit: Option<Duration>,
        make: impl FnOnce(ReplyTo<T>) -> A::Message,
    ) -> Self
    where
        T: Send,
    {
        if current::is_lost() {
            return Self::waiting(
                Err(Box::new(Unsent { error: CallError::Exiting, call: None })),
                Moment::FAR,
                "",
                limit,
            );
        }
        let Some(callee) = address.resolve() else { return Self::leave(address, limit, make) };
        let header = callee.header();
        let caller = current::try_with(|me| AnyProcess::clone(me));
        if caller.as_ref().is_some_and(|me| me.pid() == header.pid) {
            return Self::refuse(address, CallError::CallingSelf, limit, make);
        }
        let deadline = header.deadline(limit);
        let (slot, answers) = ReplySlot::pair(header.pid, caller);
        let request = make(ReplyTo::new(answers));
        let message = A::message_name(&request);
        let mut request = Some(request);
        let state = match Cell::offer(&callee, &mut request, Weight::Call) {
            Ok(ticket) => Ok(InFlight { slot, callee: AnyProcess::from(callee), ticket, left: None }),
            Err(Gone) => Self::left(address, request.expect("it is where it was"), message, slot, limit),
        };
        Self::waiting(state, deadline, message, limit)
    }

    #[inline]
    fn waiting(
        state: Result<InFlight<T>, Box<Unsent>>,
        deadline: Moment,
        message: &'static str,
        limit: Option<Duration>,
    ) -> Self {
        Self {
            state,
            message,
            limit: ShortLimit::new(limit),
            deadline,
            timer: WakeUp::new(),
            polled_elsewhere: false,
            watched: None,
            was_published: false,
            finished: false,
        }
    }

    /// Nobody is there: the request is left for whoever comes, if the sender waits for that.
    #[cold]
    fn leave<A: Actor>(
        address: &Address<A>,
        limit: Option<Duration>,
        make: impl FnOnce(ReplyTo<T>) -> A::Message,
    ) -> Self
    where
        T: Send,
    {
        let Some(before) = address.awaited() else { return Self::refuse(address, CallError::NoProc, limit, make) };
        let (slot, answers) = ReplySlot::pair(before.pid(), current::try_with(|me| AnyProcess::clone(me)));
        let request = make(ReplyTo::new(answers));
        let message = A::message_name(&request);
        let state = Self::left(address, request, message, slot, limit);
        Self::waiting(state, before.header().deadline(limit), message, limit)
    }

    #[cold]
    fn left<A: Actor>(
        address: &Address<A>,
        request: A::Message,
        message: &'static str,
        slot: Asking<Part<T>>,
        limit: Option<Duration>,
    ) -> Result<InFlight<T>, Box<Unsent>>
    where
        T: Send,
    {
        slot.leave();
        let (callee, taker) = address
            .leave(request, Arc::new(Part::clone(&slot)))
            .map_err(|error| Unsent { error, call: Some(address.failed_call(message, limit)) })?;
        Ok(InFlight { slot, callee, ticket: None, left: Some(taker) })
    }

    /// The request is not sent; it is made for its name alone.
    #[cold]
    fn refuse<A: Actor>(
        address: &Address<A>,
        error: CallError,
        limit: Option<Duration>,
        make: impl FnOnce(ReplyTo<T>) -> A::Message,
    ) -> Self
    where
        T: Send,
    {
        let (reply, mut asking) = Self::unsent(current::with(|me| AnyProcess::clone(me)));
        asking.withdraw();
        let message = A::message_name(&make(reply));
        let call = Some(address.failed_call(message, limit));
        Self::waiting(Err(Box::new(Unsent { error, call })), Moment::FAR, message, limit)
    }

    /// What a process is to give that runs for the current one, and the two sides of it. When the process ends before,
    /// the reply says why. The request is called `message`.
    pub(crate) fn of_process(callee: AnyProcess, message: &'static str) -> (ReplyTo<T>, Self)
    where
        T: Send,
    {
        let (slot, answers) = ReplySlot::pair(callee.pid(), current::try_with(|me| AnyProcess::clone(me)));
        // It may never come back, and so let go of nothing.
        let watched = callee.header().watch_call(Arc::new(Part::clone(&slot))).ok().flatten();
        let state = Ok(InFlight { slot, callee, ticket: None, left: None });
        let mut reply = Self::waiting(state, Moment::FAR, message, None);
        reply.watched = watched;
        (ReplyTo::new(answers), reply)
    }

    /// From now on it waits for so long at most, and then takes the request back.
    pub(crate) fn set_limit(&mut self, limit: Option<Duration>) {
        self.limit = ShortLimit::new(limit);
        if let Ok(call) = &self.state {
            self.deadline = call.callee.header().deadline(limit);
        }
    }

    /// The two sides of a call that nobody sent.
    pub(super) fn unsent(callee: AnyProcess) -> (ReplyTo<T>, Self)
    where
        T: Send,
    {
        let (slot, answers) = ReplySlot::pair(callee.pid(), None);
        let state = Ok(InFlight { slot, callee, ticket: None, left: None });
        (ReplyTo::new(answers), Self::waiting(state, Moment::FAR, "", None))
    }

    /// Waits for the reply.
    ///
    /// # Errors
    /// See [`CallError`].
    #[inline]
    pub fn wait(mut self) -> Result<T, CallError> {
        current::block_on(&mut self).unwrap_or_else(|interrupted| Err(self.failed(interrupted.into())))
    }

    /// Waits at most for `limit`: `None` when the reply has not come; it can be waited for again.
    /// `gen_server:wait_response/2`.
    ///
    /// # Panics
    /// When the reply was taken before.
    pub fn wait_timeout(&mut self, limit: Duration) -> Option<Result<T, CallError>> {
        let deadline = current::with(|me| me.header().deadline(Some(limit)));
        let mut timer = WakeUp::within(Some(limit));
        let waited = current::block_on(std::future::poll_fn(|cx| match Pin::new(&mut *self).poll(cx) {
            Poll::Ready(reply) => Poll::Ready(Some(reply)),
            Poll::Pending => timer.poll(cx, deadline).map(|()| None),
        }));
        waited.unwrap_or_else(|interrupted| Some(Err(self.failed(interrupted.into()))))
    }

    /// Waits at most for `limit` (`None`: for as long as it takes) and then takes the request back: a handler that has
    /// not begun will not run, and a late answer is dropped. `gen_server:receive_response/2`.
    ///
    /// # Errors
    /// See [`CallError`].
    ///
    /// # Panics
    /// When the reply was taken before.
    pub fn receive(mut self, limit: impl Into<Option<Duration>>) -> Result<T, CallError> {
        if let Some(limit) = limit.into() {
            self.limit = self.limit.min(ShortLimit::new(Some(limit)));
            if let Ok(call) = &self.state {
                self.deadline = self.deadline.min(call.callee.header().deadline(Some(limit)));
            }
        }
        self.wait()
    }

    /// The reply, if it has come; otherwise it can be asked or waited for again. `gen_server:check_response/2`.
    ///
    /// # Panics
    /// When the reply was taken before.
    pub fn check(&mut self) -> Option<Result<T, CallError>> {
        self.timer.look();
        // Whoever only looks waits for nobody, and is woken by nothing.
        match Pin::new(self).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(reply) => Some(reply),
            Poll::Pending => None,
        }
    }

    /// Nothing has come: sees to it that whoever polls is woken when something does, or says why to give up.
    #[inline]
    fn pend(&mut self, cx: &Context<'_>) -> Option<CallError> {
        let as_caller = |me: &Running| me.task().owns(cx.waker()).then(|| self.pend_as(Some(me), cx));
        current::try_with(as_caller).flatten().unwrap_or_else(|| self.pend_as(None, cx))
    }

    /// As [`pend`](Reply::pend), for the running process, if the waker is its own.
    #[inline]
    fn pend_as(&mut self, me: Option<&Running>, cx: &Context<'_>) -> Option<CallError> {
        let Ok(call) = &self.state else { return None };
        let callee = call.callee.header();
        // A request that was left is looked after where it is.
        let elsewhere = call.left.is_none() && !self.polled_elsewhere && me.is_none();
        self.polled_elsewhere |= elsewhere;
        // Of one that is dead we are told by itself, after its links and monitors.
        let is_looked_after = !elsewhere && (call.left.is_some() || !callee.life.is_dead());
        if !is_looked_after {
            match callee.watch_call(Arc::new(Part::clone(&call.slot))) {
                Ok(number) => self.watched = number,
                Err(Gone) => return Some(CallError::Exited(ended(callee.reason()))),
            }
        }
        if self.timer.poll_as(me, &callee.node, cx, self.deadline).is_ready() {
            return Some(CallError::Timeout { started: false });
        }
        let again = mem::replace(&mut self.was_published, me.is_some());
        me.and_then(|me| waits::for_reply(me, &call.slot, &call.callee, again)).map(CallError::Deadlock)
    }

    /// The time is over: takes the request back, if it is not over by now.
    pub(super) fn withdraw(&mut self) {
        if let (false, Ok(call)) = (self.finished, &mut self.state) {
            drop(call.cancel());
        }
        self.finished = true;
    }

    /// The process that runs is told of this error; a reason that it makes of it will say of which call it is.
    #[cold]
    fn failed(&self, error: CallError) -> CallError {
        let call = match &self.state {
            Ok(call) => {
                let taker = call.left.as_ref().and_then(Taker::get);
                let callee = taker.as_ref().unwrap_or(&call.callee).header();
                Some(FailedCall::of_process(callee, self.message, self.limit.get()))
            }
            Err(unsent) => unsent.call.clone().map(|call| FailedCall { timeout: self.limit.get(), ..call }),
        };
        if let Some(call) = call {
            call.keep(&error);
        }
        error
    }

    /// Takes the request back for a reason, unless the call is over by now.
    #[cold]
    fn give_up(&mut self, error: CallError) -> Result<T, CallError> {
        let Ok(call) = &mut self.state else { return Err(error) };
        match (call.cancel(), error) {
            (Err(Answer::Given(answer)), _) => Ok(answer),
            (Err(Answer::Full), _) => Err(CallError::Full),
            // That there is none was said at the last moment.
            (Err(Answer::None | Answer::Pending), _) => Err(call.no_answer()),
            (Ok(started), CallError::Timeout { .. }) => Err(CallError::Timeout { started }),
            (_, error) => Err(error),
        }
    }
}

/// The reason of a process that has ended.
fn ended(reason: Option<ExitReason>) -> ExitReason {
    reason.unwrap_or(ExitReason::NoProc)
}

impl<T: 'static> Future for Reply<T> {
    type Output = Result<T, CallError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        assert!(!this.finished, "a reply is taken once");
        let outcome = match &mut this.state {
            Err(unsent) => Err(unsent.error.clone()),
            Ok(call) => match call.slot.poll(cx) {
                Answer::Given(answer) => Ok(answer),
                Answer::None => Err(call.no_answer()),
                Answer::Full => Err(CallError::Full),
                Answer::Pending => {
                    let Some(error) = this.pend(cx) else { return Poll::Pending };
                    this.give_up(error)
                }
            },
        };
        this.finished = true;
        Poll::Ready(outcome.map_err(|error| this.failed(error)))
    }
}

impl<T: 'static> Drop for Reply<T> {
    #[inline]
    fn drop(&mut self) {
        let Ok(call) = &mut self.state else { return };
        if let Some(number) = self.watched {
            call.callee.header().forget_call(number);
        }
        if !self.finished {
            call.forget();
        }
    }
}

impl<T: 'static> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("finished", &self.finished).finish_non_exhaustive()
    }
}

impl From<Interrupted> for CallError {
    fn from(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Exiting => Self::Exiting,
            Interrupted::Resources => Self::Resources,
        }
    }
}

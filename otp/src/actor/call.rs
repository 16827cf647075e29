//! The caller's side of a call: sending the request, waiting for the reply, giving up, noticing a deadlock.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::Ordering::{Release, SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use super::{
    Actor, Address, CallError,
    reply::{Answer, ReplySlot, ReplyTo},
};
use crate::{
    process::{
        AnyProcess, ExitReason, Pid,
        cell::Cell,
        current::{self, Interrupted},
        signal::Item,
        timer::WakeUp,
    },
    time::Moment,
};

/// How long a call waits unless it is told otherwise.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// A request that was sent.
struct InFlight<T> {
    slot: Arc<ReplySlot<T>>,
    callee: AnyProcess,
}

/// A reply that will come.
///
/// The request was sent when it was made. Await it, on any executor, or [`wait`](Reply::wait) for it. Dropping it gives
/// the call up: a handler that has not begun will not run, and a late answer is dropped. `gen_server:send_request/2`.
#[must_use = "the request was sent; await its reply, `wait` for it, or drop it to give the call up"]
pub struct Reply<T: 'static> {
    state: Result<InFlight<T>, CallError>,
    deadline: Moment,
    timer: WakeUp,
    /// Whether the callee was asked to look after the call, since another than its own process polls it.
    polled_elsewhere: bool,
    finished: bool,
}

impl<T: 'static> Reply<T> {
    /// Sends a request.
    pub(super) fn send<A: Actor>(
        address: &Address<A>,
        limit: Option<Duration>,
        make: impl FnOnce(ReplyTo<T>) -> A::Message,
    ) -> Self
    where
        T: Send,
    {
        let (state, deadline) = match address.resolve() {
            None => (Err(CallError::NoProc), Moment::FAR),
            Some(callee) => {
                let common = callee.common();
                let caller = current::try_with(AnyProcess::clone);
                let state = if caller.as_ref().is_some_and(|me| me.pid() == common.pid) {
                    Err(CallError::CallingSelf)
                } else if current::is_lost() {
                    Err(CallError::Exiting)
                } else {
                    let outside = caller.as_ref().is_none_or(|me| me.pid().node != common.pid.node);
                    let slot = ReplySlot::new(common.pid, caller);
                    match Cell::push(&callee, Item::Message(make(ReplyTo::new(Arc::clone(&slot))))) {
                        Err(_) => Err(CallError::NoProc),
                        // No process of its node will look after the callee, so the callee looks after the call.
                        Ok(()) if outside && !common.watch_call(slot.clone()) => {
                            Err(CallError::Exited(ended(common.reason())))
                        }
                        Ok(()) => Ok(slot),
                    }
                };
                let deadline = common.deadline(limit);
                (state.map(|slot| InFlight { slot, callee: AnyProcess::from(callee) }), deadline)
            }
        };
        Self { state, deadline, timer: WakeUp::new(), polled_elsewhere: false, finished: false }
    }

    /// Waits for the reply.
    ///
    /// # Errors
    /// See [`CallError`].
    #[inline]
    pub fn wait(mut self) -> Result<T, CallError> {
        current::block_on(&mut self).unwrap_or_else(|interrupted| Err(interrupted.into()))
    }

    /// Waits at most for `limit`: `None` when the reply has not come; it can be waited for again.
    /// `gen_server:wait_response/2`.
    ///
    /// # Panics
    /// When the reply was taken before.
    pub fn wait_timeout(&mut self, limit: Duration) -> Option<Result<T, CallError>> {
        let deadline = current::with(|me| me.common().deadline(Some(limit)));
        let mut timer = WakeUp::new();
        let waited = current::block_on(std::future::poll_fn(|cx| match Pin::new(&mut *self).poll(cx) {
            Poll::Ready(reply) => Poll::Ready(Some(reply)),
            Poll::Pending => timer.poll(cx, deadline).map(|()| None),
        }));
        waited.unwrap_or_else(|interrupted| Some(Err(interrupted.into())))
    }

    /// Says whom its process waits for, if this is the only call that it waits for, and looks whether that closes a
    /// cycle. Whenever the process runs again, it says so anew.
    #[inline]
    fn publish(&self, cx: &Context<'_>) -> Option<CallError> {
        let Ok(call) = &self.state else { return None };
        current::try_with(|me| {
            if !me.task().owns(cx.waker()) {
                return None;
            }
            let common = me.common();
            let calls = common.own.calls.get() + 1;
            common.own.calls.set(calls);
            // A token says nothing of the node, so cycles through several are not looked for.
            if calls + u32::from(common.own.waits.get()) > 1 || call.callee.pid().node != me.pid().node {
                common.waits_for.store(0, SeqCst);
                return None;
            }
            common.waits_for.store(call.callee.pid().token(), SeqCst);
            if !call.slot.is_owed() {
                common.waits_for.store(0, SeqCst);
                return None;
            }
            deadlock(me, &call.callee).map(CallError::Deadlock)
        })
        .flatten()
    }

    #[inline]
    fn finish(&mut self) {
        self.finished = true;
        if let Ok(call) = &self.state {
            call.slot.unpublish();
        }
    }
}

/// Says, while it lives, that the current process waits for another one to start or to end, so that a call which the
/// other makes back to it is recognised as a deadlock.
pub(crate) struct WaitsFor(());

impl WaitsFor {
    pub(crate) fn process(other: Pid) -> Self {
        current::with(|me| {
            let common = me.common();
            let waits = common.own.waits.get() + 1;
            common.own.waits.set(waits);
            let only = u32::from(waits) + common.own.calls.get() == 1;
            common.waits_for.store(if only { other.token() } else { 0 }, SeqCst);
        });
        Self(())
    }
}

impl Drop for WaitsFor {
    #[inline]
    fn drop(&mut self) {
        current::try_with(|me| {
            let waits = &me.common().own.waits;
            waits.set(waits.get() - 1);
            me.common().waits_for.store(0, Release);
        });
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
        let outcome = match &this.state {
            Err(error) => Err(error.clone()),
            Ok(call) => match call.slot.poll(cx) {
                Answer::Given(answer) => Ok(answer),
                Answer::None => Err(call.callee.common().reason().map_or(CallError::NoReply, CallError::Exited)),
                Answer::Pending => {
                    let callee = call.callee.common();
                    let elsewhere = !this.polled_elsewhere && !current::owns(cx.waker());
                    this.polled_elsewhere |= elsewhere;
                    let given_up = if callee.is_dead() || (elsewhere && !callee.watch_call(call.slot.clone())) {
                        Some(CallError::Exited(ended(callee.reason())))
                    } else if this.timer.poll_on(&callee.node, cx, this.deadline).is_ready() {
                        Some(CallError::Timeout { started: false })
                    } else {
                        None
                    };
                    let Some(error) = given_up.or_else(|| this.publish(cx)) else { return Poll::Pending };
                    let Ok(call) = &this.state else { return Poll::Ready(Err(error)) };
                    match (call.slot.cancel(), error) {
                        (Err(Some(answer)), _) => Ok(answer),
                        // That there is none was said at the last moment.
                        (Err(None), _) => Err(callee.reason().map_or(CallError::NoReply, CallError::Exited)),
                        (Ok(started), CallError::Timeout { .. }) => Err(CallError::Timeout { started }),
                        (_, error) => Err(error),
                    }
                }
            },
        };
        this.finish();
        Poll::Ready(outcome)
    }
}

impl<T: 'static> Drop for Reply<T> {
    #[inline]
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        if let Ok(call) = &self.state {
            // An answer at the last moment is dropped.
            drop(call.slot.cancel());
        }
        self.finish();
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

/// The processes that wait for one another, if `me` waiting for `callee` closes a cycle.
///
/// Each caller says whom it waits for before it looks, so of the callers of a stable cycle at least the last sees it
/// whole. What was seen is looked at once more: a process that has gone on meanwhile has broken the cycle.
fn deadlock(me: &AnyProcess, callee: &AnyProcess) -> Option<Vec<Pid>> {
    if callee.common().waits_for.load(SeqCst) == 0 {
        return None;
    }
    let seen = cycle(me, callee)?;
    (cycle(me, callee)? == seen).then_some(seen)
}

fn cycle(me: &AnyProcess, callee: &AnyProcess) -> Option<Vec<Pid>> {
    let own = me.pid();
    let mut path = vec![own];
    let mut at = callee.clone();
    loop {
        let waits_for = at.common().waits_for.load(SeqCst);
        if waits_for == 0 {
            return None;
        }
        path.push(at.pid());
        if waits_for == own.token() && at.pid().node == own.node {
            return Some(path);
        }
        let next = Pid::from_token(at.pid().node, waits_for).filter(|next| !path.contains(next))?;
        at = at.common().node.find(next)?;
    }
}

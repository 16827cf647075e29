//! How others ask a supervisor: they wait for the answer, or are given a future of it.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use super::{
    ChildError, SupervisorRef,
    server::{Message, Server},
};
use crate::{
    actor::{
        Async, Blocking, CallError, ClientExt as _, Mode, Place, ReplyTo, of_place,
        stop::{stop_process, stopping},
    },
    cell::{ExitReason, current},
};

/// A way to ask a supervisor: [`Blocking`] or [`Async`], as clients of actors have them. You need not implement it.
pub trait AskMode: Mode {
    /// What a request returns: in the first the answer, in the second an [`Asked`].
    type Outcome<T: Send + 'static, E: From<CallError> + Send + 'static>;

    #[doc(hidden)]
    fn outcome<T: Send + 'static, E: From<CallError> + Send + 'static>(
        answer: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Self::Outcome<T, E>;

    #[doc(hidden)]
    fn stop(place: &Place, reason: ExitReason, limit: Option<Duration>) -> Self::Outcome<(), CallError>;
}

impl AskMode for Blocking {
    type Outcome<T: Send + 'static, E: From<CallError> + Send + 'static> = Result<T, E>;

    fn outcome<T: Send + 'static, E: From<CallError> + Send + 'static>(
        answer: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E> {
        current::block_on(answer).unwrap_or_else(|interrupted| Err(CallError::from(interrupted).into()))
    }

    fn stop(place: &Place, reason: ExitReason, limit: Option<Duration>) -> Result<(), CallError> {
        stop_process(place.reachable(), reason, limit)
    }
}

impl AskMode for Async {
    type Outcome<T: Send + 'static, E: From<CallError> + Send + 'static> = Asked<T, E>;

    fn outcome<T: Send + 'static, E: From<CallError> + Send + 'static>(
        answer: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Asked<T, E> {
        Asked(Box::pin(answer))
    }

    fn stop(place: &Place, reason: ExitReason, limit: Option<Duration>) -> Asked<(), CallError> {
        Asked(Box::pin(stopping(place.reachable(), reason, limit)))
    }
}

/// The answer of a supervisor, to be awaited on any executor. The request was sent when the method was called.
///
/// # Cancel safety
/// When it is dropped, a request that the supervisor has not come to is taken back, and one that it has begun is carried
/// out.
#[must_use = "the answer is in it; dropped at once, it may take the request back"]
pub struct Asked<T, E = ChildError>(Pin<Box<dyn Future<Output = Result<T, E>> + Send>>);

impl<T, E> Future for Asked<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        self.0.as_mut().poll(cx)
    }
}

impl<T, E> fmt::Debug for Asked<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asked(..)")
    }
}

impl<M: AskMode> SupervisorRef<M> {
    /// Sends a request, and gives what `then` makes of the answer.
    pub(super) fn ask<T: Send + 'static, R: Send + 'static>(
        &self,
        request: impl FnOnce(ReplyTo<T>) -> Message,
        then: impl FnOnce(T) -> Result<R, ChildError> + Send + 'static,
    ) -> M::Outcome<R, ChildError> {
        let asked = of_place::<Server>(self.place().clone()).no_timeout().as_async().call(request);
        M::outcome(async move { then(asked.await.map_err(ChildError::from)?) })
    }

    /// What is known without a request.
    pub(super) fn known<R: Send + 'static>(answer: Result<R, ChildError>) -> M::Outcome<R, ChildError> {
        M::outcome(std::future::ready(answer))
    }
}

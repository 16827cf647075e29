//! How others ask a supervisor: they wait for the answer, or are given a future of it.

use std::{future::Future, time::Duration};

use super::{
    ChildError, SupervisorRef,
    server::{Message, Server},
};
use crate::{
    actor::{
        Async, Blocking, CallError, ClientExt as _, Mode, Place, ReplyTo, of_place,
        requested::{self, Requested},
        stop::{stop_process, stopping},
    },
    cell::ExitReason,
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
        requested::wait(answer)
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
        Requested::new(answer)
    }

    fn stop(place: &Place, reason: ExitReason, limit: Option<Duration>) -> Asked<(), CallError> {
        Requested::new(stopping(place.reachable(), reason, limit))
    }
}

/// The answer of a supervisor, to be awaited on any executor. The request was sent when the method was called.
pub type Asked<T, E = ChildError> = Requested<T, E>;

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

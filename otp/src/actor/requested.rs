//! What a request comes to, for those who wait and those who await.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use super::CallError;
use crate::cell::current;

/// What a request comes to, to be awaited on any executor.
///
/// # Cancel safety
/// What becomes of the request when this is dropped, the function says that it is from. A supervisor takes back what it
/// has not come to, and carries out what it has begun.
#[must_use = "the outcome is in it; dropped at once, it may take the request back"]
pub struct Requested<T, E>(Pin<Box<dyn Future<Output = Result<T, E>> + Send>>);

impl<T, E> Requested<T, E> {
    pub(crate) fn new(outcome: impl Future<Output = Result<T, E>> + Send + 'static) -> Self {
        Self(Box::pin(outcome))
    }
}

impl<T, E> Future for Requested<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        self.0.as_mut().poll(cx)
    }
}

impl<T, E> fmt::Debug for Requested<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Requested(..)")
    }
}

/// Waits for what a request comes to.
pub(crate) fn wait<T, E: From<CallError>>(outcome: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    current::block_on(outcome).unwrap_or_else(|interrupted| Err(CallError::from(interrupted).into()))
}

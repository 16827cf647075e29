//! One answer from one process to another: who waits is woken when the answer comes, or when nobody will give it.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

struct Shared<T> {
    answer: Option<T>,
    closed: bool,
    waker: Option<Waker>,
}

/// The side that answers; dropped unused, it says that there is no answer.
pub(crate) struct Asked<T>(Arc<Mutex<Shared<T>>>);

/// The side that waits: ready with the answer, or with nothing when there is none.
pub(crate) struct Answer<T>(Arc<Mutex<Shared<T>>>);

pub(crate) fn channel<T>() -> (Asked<T>, Answer<T>) {
    let shared = Arc::new(Mutex::new(Shared { answer: None, closed: false, waker: None }));
    (Asked(Arc::clone(&shared)), Answer(shared))
}

fn lock<T>(shared: &Mutex<Shared<T>>) -> MutexGuard<'_, Shared<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Asked<T> {
    pub(crate) fn answer(self, answer: T) {
        lock(&self.0).answer = Some(answer);
    }
}

impl<T> Drop for Asked<T> {
    fn drop(&mut self) {
        let waker = {
            let mut shared = lock(&self.0);
            shared.closed = true;
            shared.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Future for Answer<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut shared = lock(&self.0);
        if shared.closed {
            return Poll::Ready(shared.answer.take());
        }
        shared.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

//! One answer from one process to another: who waits is woken when the answer comes, or when nobody will give it. What
//! was asked stands when its asker is gone.

use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{aside, current};

enum AnswerState<T> {
    /// Nothing was said; who waits, if anybody does yet.
    Open(Option<Waker>),
    /// What was said, until it is taken.
    Closed(Option<T>),
}

/// The side that answers; dropped unused, it says that there is no answer.
pub(crate) struct AnswerSender<T>(Option<Arc<Mutex<AnswerState<T>>>>);

/// The side that waits: ready with the answer, or with nothing when there is none.
pub(crate) struct AnswerReceiver<T>(Arc<Mutex<AnswerState<T>>>);

pub(crate) fn channel<T>() -> (AnswerSender<T>, AnswerReceiver<T>) {
    let shared = Arc::new(Mutex::new(AnswerState::Open(None)));
    (AnswerSender(Some(Arc::clone(&shared))), AnswerReceiver(shared))
}

fn lock<T>(shared: &Mutex<AnswerState<T>>) -> MutexGuard<'_, AnswerState<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> AnswerSender<T> {
    pub(crate) fn answer(mut self, answer: T) {
        self.close(Some(answer));
    }

    fn close(&mut self, answer: Option<T>) {
        let Some(shared) = self.0.take() else { return };
        let before = mem::replace(&mut *lock(&shared), AnswerState::Closed(answer));
        if let AnswerState::Open(Some(waker)) = before {
            aside::wake(waker);
        }
    }
}

impl<T> Drop for AnswerSender<T> {
    fn drop(&mut self) {
        self.close(None);
    }
}

impl<T> Future for AnswerReceiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if let AnswerState::Open(waker) = &mut *lock(&self.0) {
            *waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        // Not under the lock: signals are acted on.
        if current::ends_first() {
            return Poll::Pending;
        }
        Poll::Ready(match &mut *lock(&self.0) {
            AnswerState::Closed(answer) => answer.take(),
            AnswerState::Open(_) => None,
        })
    }
}

//! Several futures that are polled one by one, each when something happened to it.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Wake, Waker},
};

use crate::cell::aside;

/// To which of several futures something happened, in that order, and who waits for that.
#[derive(Default)]
pub(crate) struct Notes(Mutex<(Vec<u64>, Option<Waker>)>);

impl Notes {
    /// What the future with this number is polled with.
    pub(crate) fn waker(self: &Arc<Self>, number: u64) -> Waker {
        Waker::from(Arc::new(Note { number, notes: Arc::clone(self) }))
    }

    fn lock(&self) -> MutexGuard<'_, (Vec<u64>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of those to which something happened since the last call.
    pub(crate) fn take(&self) -> Vec<u64> {
        mem::take(&mut self.lock().0)
    }

    /// Has `waker` woken when something happens next.
    pub(crate) fn wake_for_next(&self, waker: &Waker) {
        // A waker may be anybody's: it is neither cloned nor dropped under the lock.
        let waker = waker.clone();
        let before = self.lock().1.replace(waker);
        drop(before);
    }
}

/// Notes that something happened to one future.
struct Note {
    number: u64,
    notes: Arc<Notes>,
}

impl Wake for Note {
    fn wake(self: Arc<Self>) {
        let waiting = {
            let mut notes = self.notes.lock();
            notes.0.push(self.number);
            notes.1.take()
        };
        if let Some(waker) = waiting {
            aside::wake(waker);
        }
    }
}

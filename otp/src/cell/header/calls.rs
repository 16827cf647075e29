//! The calls that a process has to tell of its end.
//!
//! Most are over before that, and nobody says so here: of those that were answered by a `ReplyTo` that went its own way
//! no more is known than the slot of the reply. So each new call looks at the next [`LOOKS`] old ones, and takes out
//! those that are over: there are never many more of them than of others, and no call waits for a look at all.

use std::{collections::BTreeMap, mem, num::NonZeroU64, sync::Arc};

use super::PendingCall;
use crate::passed::pass;

/// So many old calls are looked at for each new one: with one, those that are over would never become fewer.
const LOOKS: usize = 2;

#[derive(Default)]
pub(crate) struct Calls {
    calls: BTreeMap<NonZeroU64, Arc<dyn PendingCall>>,
    /// Of the latest call.
    number: u64,
    /// Of the call that was looked at last.
    seen: u64,
}

/// Calls that are over: they may hold wakers, which may be anybody's, and are to be dropped without a lock.
pub(super) type Over = [Option<Arc<dyn PendingCall>>; LOOKS];

impl Calls {
    /// Adds a call; gives the number that it can be [removed](Calls::remove) by.
    pub(super) fn push(&mut self, call: Arc<dyn PendingCall>) -> (NonZeroU64, Over) {
        let over = [(); LOOKS].map(|()| self.take_over());
        self.number += 1;
        let number = NonZeroU64::MIN.saturating_add(self.number);
        self.calls.insert(number, call);
        (number, over)
    }

    pub(super) fn remove(&mut self, number: NonZeroU64) -> Option<Arc<dyn PendingCall>> {
        self.calls.remove(&number)
    }

    /// Looks at the next call, and takes it out if it is over.
    fn take_over(&mut self) -> Option<Arc<dyn PendingCall>> {
        let after = NonZeroU64::MIN.saturating_add(self.seen);
        let Some((&number, call)) = self.calls.range(after..).next() else {
            self.seen = 0;
            return None;
        };
        pass(1);
        self.seen = number.get();
        if call.is_pending() { None } else { self.calls.remove(&number) }
    }

    /// All that are pending or not known to be over, the oldest first.
    pub(super) fn take(&mut self) -> Vec<Arc<dyn PendingCall>> {
        mem::take(self).calls.into_values().collect()
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;
    use crate::cell::{Pid, reply::ReplySlot};

    fn call() -> Arc<dyn PendingCall> {
        Arc::new(ReplySlot::<()>::pair(Pid::nobody(0), None).1)
    }

    /// Whatever the order in which calls end.
    #[test]
    fn those_that_are_over_are_never_more_than_the_others() {
        let mut calls = Calls::default();
        let waiting: Vec<_> = (0..1000).map(|_| call()).collect();
        waiting.iter().for_each(|call| drop(calls.push(Arc::clone(call))));
        for _ in 0..10_000 {
            let short = call();
            drop(calls.push(Arc::clone(&short)));
            short.abandon();
            assert!(calls.calls.len() <= 2 * waiting.len() + 2, "{}", calls.calls.len());
        }
        waiting.iter().for_each(|call| call.abandon());
        for _ in 0..10_000 {
            let short = call();
            drop(calls.push(Arc::clone(&short)));
            short.abandon();
        }
        assert!(calls.calls.len() <= 4, "{}", calls.calls.len());
    }
}

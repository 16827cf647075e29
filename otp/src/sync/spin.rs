//! A lock for a few instructions, which is given back by a plain store.
//!
//! A lock that puts its waiters to sleep must ask whether there are any when it is given back: one locked instruction
//! more, as dear as all that it guards here. Of this one nobody is told. Who waits looks again: at once for a while,
//! then whenever the system gives it the processor, then after pauses, should the holder have lost its own.

#![allow(unsafe_code, reason = "what is guarded is touched by the holder alone")]

use std::{
    marker::PhantomData,
    ops::{Deref, DerefMut},
    sync::MutexGuard,
};
#[cfg(not(loom))]
use std::{thread, time::Duration};

#[cfg(not(loom))]
use super::spin_loop;
use super::{
    UnsafeCell,
    atomic::{
        AtomicBool,
        Ordering::{Acquire, Relaxed, Release},
    },
};

/// How often a waiter looks before it lets others have the processor: for longer than a holder that runs needs.
#[cfg(not(loom))]
const SPINS: u32 = 100;
/// How often it does that before it pauses: the system may prefer it to the holder.
#[cfg(not(loom))]
const YIELDS: u32 = 16;
#[cfg(not(loom))]
const PAUSE: Duration = Duration::from_micros(50);

/// As `std::sync::Mutex`, without poison: no lock of ours is held while user code runs.
pub(crate) struct SpinLock<T> {
    held: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: it hands out the value to one holder at a time, who sees what those before have done (`held`, by `Acquire`
// and `Release`), on whichever thread that is: `T: Send`.
unsafe impl<T: Send> Sync for SpinLock<T> {}
// SAFETY: it owns the value, and `T: Send`.
unsafe impl<T: Send> Send for SpinLock<T> {}

impl<T> SpinLock<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { held: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Waits until nobody else holds the value.
    #[inline]
    pub(crate) fn lock(&self) -> SpinGuard<'_, T> {
        if !self.take() {
            self.wait();
        }
        SpinGuard(self, PhantomData)
    }

    #[inline]
    fn take(&self) -> bool {
        self.held.compare_exchange(false, true, Acquire, Relaxed).is_ok()
    }

    #[cold]
    fn wait(&self) {
        let mut looks = 0;
        while !self.take() {
            self.pause(looks);
            looks += 1;
        }
    }

    #[cfg(not(loom))]
    fn pause(&self, looks: u32) {
        match looks {
            0 => (0..SPINS).take_while(|_| self.held.load(Relaxed)).for_each(|_| spin_loop()),
            1..=YIELDS => thread::yield_now(),
            _ => thread::sleep(PAUSE),
        }
    }

    /// In a model all others run first.
    #[cfg(loom)]
    fn pause(&self, _looks: u32) {
        loom::thread::yield_now();
    }
}

/// The value of a [`SpinLock`], which others can have when this is dropped. It may go to other threads where a guard of
/// `std`'s may.
pub(crate) struct SpinGuard<'a, T>(&'a SpinLock<T>, PhantomData<MutexGuard<'a, T>>);

impl<T> Deref for SpinGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: only `lock` makes a guard, once `held` was taken, and only its drop gives that back: there is one at
        // a time, and it is borrowed for as long as the value is. It is `Sync` only where the value is, as a guard of
        // `std`'s.
        self.0.value.with(|value| unsafe { &*value })
    }
}

impl<T> DerefMut for SpinGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; it is borrowed mutably for as long as the value is.
        self.0.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T> Drop for SpinGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.0.held.store(false, Release);
    }
}

#[cfg(all(test, loom))]
mod tests {
    use loom::{sync::Arc, thread};

    use super::*;

    /// Whoever holds the lock sees what all holders before have done, and nobody else is at it.
    #[test]
    fn loom_holders_come_one_after_another() {
        loom::model(|| {
            let count = Arc::new(SpinLock::new(0));
            let add = |count: &SpinLock<u32>| *count.lock() += 1;
            let other = Arc::clone(&count);
            let other = thread::spawn(move || add(&other));
            add(&count);
            other.join().unwrap();
            assert_eq!(*count.lock(), 2);
        });
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;

    #[test]
    fn a_holder_that_takes_its_time_is_waited_for() {
        let count = SpinLock::new(0);
        let held = count.lock();
        thread::scope(|scope| {
            let other = scope.spawn(|| *count.lock() += 1);
            // Past spinning and yielding.
            thread::sleep(PAUSE * 100);
            assert!(!other.is_finished());
            drop(held);
            other.join().unwrap();
        });
        assert_eq!(*count.lock(), 1);
    }
}

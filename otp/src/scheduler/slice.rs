//! For how long the system lets a thread run before others have their turn.
//!
//! Where more threads run than there are processors, the system divides the time in slices, and one that wakes goes
//! before those whose slices are longer. A core serves short turns and asks for the shortest slices; while a turn holds
//! it, its slices are long. Neither gets more of the time by that.

#[cfg(all(target_os = "linux", feature = "stacks", not(loom), not(miri)))]
pub(super) use linux::Slices;
#[cfg(not(all(target_os = "linux", feature = "stacks", not(loom), not(miri))))]
pub(super) use none::Slices;

#[cfg(all(target_os = "linux", feature = "stacks", not(loom), not(miri)))]
mod linux {
    #![allow(unsafe_code, reason = "system calls")]

    use std::{
        mem,
        sync::atomic::{AtomicI32, Ordering::Relaxed},
    };

    /// In nanoseconds, as all here: the shortest that Linux has, since 6.12. Before that it goes on as if nothing were
    /// said.
    const SHORT: u64 = 100_000;
    /// Longer than those that threads have by themselves.
    const LONG: u64 = 5_000_000;

    /// The slices of a thread, by its number in the system.
    #[derive(Default)]
    pub(in crate::scheduler) struct Slices(AtomicI32);

    impl Slices {
        /// They are those of the calling thread, which serves short turns.
        pub(in crate::scheduler) fn begin(&self) {
            // SAFETY: it asks a number of the system, and is given no pointer.
            self.0.store(unsafe { libc::gettid() }, Relaxed);
            self.shorten();
        }

        pub(in crate::scheduler) fn shorten(&self) {
            self.set(SHORT);
        }

        pub(in crate::scheduler) fn lengthen(&self) {
            self.set(LONG);
        }

        fn set(&self, slice: u64) {
            let thread = self.0.load(Relaxed);
            // SAFETY: zeroes are a `sched_attr`, which is made of numbers.
            let mut attributes: libc::sched_attr = unsafe { mem::zeroed() };
            attributes.size = size_of::<libc::sched_attr>() as u32;
            // SAFETY: 1. both calls are given the pointer of a live value and its size, beyond which the first writes
            // nothing; the second writes nothing; 2. a number that is another thread's by now changes that one's
            // slices, and nothing else.
            unsafe {
                let known =
                    libc::syscall(libc::SYS_sched_getattr, thread, &raw mut attributes, attributes.size, 0) == 0;
                // A policy of the user's own says itself who goes first.
                if known && attributes.sched_policy == libc::SCHED_OTHER as u32 {
                    attributes.sched_runtime = slice;
                    libc::syscall(libc::SYS_sched_setattr, thread, &raw const attributes, 0);
                }
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// The slices of the calling thread; nothing where the system knows none.
        fn slice() -> Option<u64> {
            // SAFETY: as in `set`.
            let mut attributes: libc::sched_attr = unsafe { mem::zeroed() };
            // SAFETY: as in `set`.
            unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, size_of::<libc::sched_attr>(), 0) };
            Some(attributes.sched_runtime).filter(|slice| *slice > 0)
        }

        #[test]
        fn a_thread_gets_the_slices_that_it_asks_for() {
            let slices = Slices::default();
            slices.begin();
            if slice().is_none() {
                return;
            }
            assert_eq!(slice(), Some(SHORT));
            slices.lengthen();
            assert_eq!(slice(), Some(LONG));
        }
    }
}

#[cfg(not(all(target_os = "linux", feature = "stacks", not(loom), not(miri))))]
mod none {
    /// Of a system that is not asked.
    #[derive(Default)]
    pub(in crate::scheduler) struct Slices(());

    impl Slices {
        pub(in crate::scheduler) fn begin(&self) {}

        pub(in crate::scheduler) fn shorten(&self) {}

        pub(in crate::scheduler) fn lengthen(&self) {}
    }
}

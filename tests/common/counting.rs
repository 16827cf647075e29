//! An allocator that counts: how much memory is in use.

#![allow(unsafe_code, reason = "an allocator is unsafe code")]
#![allow(dead_code, reason = "each test file asks for what it needs")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::atomic::{AtomicIsize, Ordering::Relaxed},
};

thread_local! {
    /// How many bytes the thread has asked for and not given back.
    static OWN: Cell<isize> = const { Cell::new(0) };
}

/// As [`OWN`], of all threads.
static ALL: AtomicIsize = AtomicIsize::new(0);

struct Counting;

impl Counting {
    fn count(change: isize) {
        ALL.fetch_add(change, Relaxed);
        // A thread frees memory until its very end.
        let _ = OWN.try_with(|own| own.set(own.get() + change));
    }
}

// SAFETY: all is done by `System`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size() as isize);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::count(-(layout.size() as isize));
        // SAFETY: as the caller says.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many bytes the calling thread has asked for and not given back.
pub(crate) fn own() -> isize {
    OWN.get()
}

/// How many bytes all threads have asked for and not given back.
pub(crate) fn all() -> isize {
    ALL.load(Relaxed)
}

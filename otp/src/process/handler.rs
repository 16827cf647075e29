//! The name of the message that a process handles, which the watchdog reads while the process writes it.

#![allow(unsafe_code, reason = "a text is two words, read only when both are of one write")]

use crate::sync::atomic::{
    AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};

/// One writer, any readers; a sequence lock over the two words of a `&'static str`.
pub(crate) struct Handler {
    /// Odd while a write is under way.
    writes: AtomicU32,
    start: AtomicPtr<u8>,
    len: AtomicU32,
}

impl Handler {
    pub(crate) fn new() -> Self {
        Self { writes: AtomicU32::new(0), start: AtomicPtr::new(std::ptr::null_mut()), len: AtomicU32::new(0) }
    }

    /// Only the process itself calls this.
    #[inline]
    pub(crate) fn set(&self, name: &'static str) {
        let writes = self.writes.load(Relaxed);
        self.writes.store(writes.wrapping_add(1), Relaxed);
        fence(Release);
        self.start.store(name.as_ptr().cast_mut(), Relaxed);
        self.len.store(name.len() as u32, Relaxed);
        self.writes.store(writes.wrapping_add(2), Release);
    }

    /// As [`Handler::set`]; returns the name before.
    pub(crate) fn replace(&self, name: &'static str) -> &'static str {
        let before = self.get().unwrap_or_default();
        self.set(name);
        before
    }

    /// The name, unless there is none or it is being changed.
    #[inline]
    pub(crate) fn get(&self) -> Option<&'static str> {
        let writes = self.writes.load(Acquire);
        let (start, len) = (self.start.load(Relaxed), self.len.load(Relaxed) as usize);
        fence(Acquire);
        if writes % 2 == 1 || self.writes.load(Relaxed) != writes || len == 0 {
            return None;
        }
        // SAFETY: the counter was even and did not change, so both words come from one `set` of a `&'static str`.
        Some(unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(start, len)) })
    }
}

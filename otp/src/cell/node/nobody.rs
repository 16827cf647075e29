//! What was sent to names that nobody has: counted, and said once a name, for the names that were last used so.

use std::{
    fmt,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crate::{cell::report, guard::contain};

/// Of so many names it is known that they were said.
const SAID: usize = 64;

pub(crate) struct Nobody {
    undelivered: AtomicU64,
    said: Mutex<ReportedNames>,
}

/// Names by their hashes, in a ring.
struct ReportedNames {
    names: [u64; SAID],
    next: usize,
}

impl Default for Nobody {
    fn default() -> Self {
        Self { undelivered: AtomicU64::new(0), said: Mutex::new(ReportedNames { names: [0; SAID], next: 0 }) }
    }
}

impl Nobody {
    /// What was sent has found nobody, which is nobody's mistake.
    pub(crate) fn count(&self) {
        self.undelivered.fetch_add(1, Relaxed);
    }

    pub(crate) fn undelivered(&self) -> u64 {
        self.undelivered.load(Relaxed)
    }

    /// The same, where OTP raises an error. What shows a name and hears of it may be the user's code: a panic in it is
    /// no concern of the sender.
    #[cold]
    pub(crate) fn say<N: Hash + fmt::Display + ?Sized>(&self, what: &str, name: &N) {
        self.count();
        contain(|| {
            let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(name).max(1);
            if self.said.lock().unwrap_or_else(PoisonError::into_inner).is_new(hash) {
                report::sent_to_nobody(what, &name);
            }
        });
    }
}

impl ReportedNames {
    fn is_new(&mut self, name: u64) -> bool {
        let is_new = !self.names.contains(&name);
        if is_new {
            self.names[self.next] = name;
            self.next = (self.next + 1) % SAID;
        }
        is_new
    }
}

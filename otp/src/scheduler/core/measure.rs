//! The measuring of doubtful code while it runs.

use std::time::Instant;

use super::{Core, current};
use crate::scheduler::code::{Code, UnderWay};

/// Code that is measured while it runs.
#[derive(Clone, Copy)]
pub(super) struct Measured {
    code: &'static Code,
    since: Instant,
    /// It has waited before.
    waited: bool,
}

/// A run of doubtful code begins, which is over when the guard is dropped.
pub(crate) fn begin(code: &'static Code) -> UnderWay {
    code.begin(current().map_or(0, |core| core.scheduler.ticks()))
}

/// Measures doubtful code that the running turn begins.
pub(crate) fn measure(code: &'static Code) {
    if let Some(core) = current().filter(|core| !core.is_driven()) {
        core.begin_measure(code, false);
    }
}

/// That code is over.
pub(crate) fn measured() {
    if let Some(core) = current() {
        core.end_measure(true);
    }
}

impl Core {
    #[cold]
    pub(super) fn begin_measure(&self, code: &'static Code, waited: bool) {
        if !self.is_driven() {
            self.measured.set(Some(Measured { code, since: Instant::now(), waited }));
        }
    }

    /// The code that is measured is over, or waits.
    #[inline]
    pub(super) fn end_measure(&self, is_over: bool) {
        if let Some(Measured { code, since, waited }) = self.measured.get() {
            self.measured.set(None);
            // How it begins says little of what comes after its wait.
            code.ran(since.elapsed(), is_over || waited);
        }
    }
}

//! What only the running process touches, and the value that says who that is.

#![allow(unsafe_code, reason = "the one place that says why a process's own data needs no lock")]

use std::{marker::PhantomData, ops::Deref, ptr};

use super::{AnyProcess, typed::Cell};
use crate::scheduler::InTurn;

/// A process whose turn it is on the calling thread: what [`InTurn`] is, of a process of any message type. In memory it
/// is an [`AnyProcess`].
///
/// Code that runs in a turn gets references to it, from [`current`](super::current) or from its caller. It stays on its
/// thread and can't be copied; whoever wants the process for later makes an [`AnyProcess`] of it, which opens nothing.
#[repr(transparent)]
pub(crate) struct Running {
    process: AnyProcess,
    /// Neither `Send` nor `Sync`.
    here: PhantomData<*const ()>,
}

impl Running {
    /// Of one that is never started, since the calling thread is it.
    pub(super) fn thread<M: Send + 'static>(process: InTurn<Cell<M>>) -> Self {
        Self { process: process.into_ref().into(), here: PhantomData }
    }

    /// # Safety
    /// It is the turn of `process` on the calling thread for as long as the reference is used, or the process was not
    /// started and the calling thread is the one that may do that.
    #[inline]
    pub(super) unsafe fn of(process: &AnyProcess) -> &Self {
        // SAFETY: a `Running` is an `AnyProcess` in memory, by `repr(transparent)`; what it says of the process is
        // true, and the reference does not leave the thread, being neither `Send` nor `Sync`.
        unsafe { &*ptr::from_ref(process).cast::<Self>() }
    }

    /// Whether `data` is a part of its cell.
    fn has<T>(&self, data: &T) -> bool {
        let cell = self.process.process();
        let begin = ptr::from_ref(cell).addr();
        (begin..begin + size_of_val(cell)).contains(&ptr::from_ref(data).addr())
    }

    /// Fails in builds with debug assertions, unless `data` is a part of its cell.
    #[inline]
    pub(super) fn assert_has<T>(&self, data: &T) {
        debug_assert!(self.has(data), "what belongs to another process than {:?}", self.process);
    }
}

impl Deref for Running {
    type Target = AnyProcess;

    #[inline]
    fn deref(&self) -> &AnyProcess {
        &self.process
    }
}

/// Data of one process, used only during its own turns; made of `Cell`s and `RefCell`s.
///
/// The turns of a task never overlap, and each is ordered after the one before by the task's state (`scheduler::task`);
/// a parked turn goes on on its own thread. So no two threads use it at once.
#[derive(Default)]
pub(crate) struct Owned<T>(T);

// SAFETY: 1. a shared `Owned` gives its data only to who has a `Running`, that is, in a turn, on its thread; 2. turns
// are exclusive and ordered, see above; 3. the `Running` is that of the process whose data it is: whoever calls `get`
// sees to that, by taking both from one process, and debug assertions check it; 4. `T: Send`, since turns move between
// threads, and so does the last reference to the process, which drops it.
unsafe impl<T: Send> Sync for Owned<T> {}

impl<T> Owned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// The data, for the process that it belongs to.
    #[inline]
    pub(crate) fn get<'a>(&'a self, me: &'a Running) -> &'a T {
        me.assert_has(self);
        &self.0
    }
}

//! A process whose message type is not known.

#![allow(unsafe_code, reason = "a trait object beside the counted pointer that keeps it alive")]

use std::{fmt, mem::ManuallyDrop, ops::Deref, ptr::NonNull};

use super::{
    Pid,
    cell::{Cell, Process},
    common::Common,
    signal::Signal,
};
use crate::scheduler::{Task, TaskRef};

/// A counted reference to a process of any message type.
#[derive(Clone)]
pub(crate) struct AnyProcess {
    task: Task,
    process: NonNull<dyn Process>,
}

// SAFETY: it shares a `Task` and a `dyn Process`, both of which are `Send + Sync`.
unsafe impl Send for AnyProcess {}
// SAFETY: as above.
unsafe impl Sync for AnyProcess {}

/// An [`AnyProcess`] that lives no longer than the reference it was made from.
pub(crate) struct Borrowed<'a>(ManuallyDrop<AnyProcess>, std::marker::PhantomData<&'a ()>);

impl Deref for Borrowed<'_> {
    type Target = AnyProcess;

    #[inline]
    fn deref(&self) -> &AnyProcess {
        &self.0
    }
}

impl AnyProcess {
    #[inline]
    pub(crate) fn new<M: Send + 'static>(process: &TaskRef<Cell<M>>) -> Self {
        let cell: &dyn Process = &**process;
        Self { task: process.task().clone(), process: NonNull::from(cell) }
    }

    /// Without counting, for the length of a turn.
    #[inline]
    pub(crate) fn borrowed<M: Send + 'static>(process: &TaskRef<Cell<M>>) -> Borrowed<'_> {
        let cell: &dyn Process = &**process;
        // SAFETY: `Borrowed` never drops it and lives no longer than `process`.
        let task = unsafe { process.task().uncounted() };
        let any = Self { task, process: NonNull::from(cell) };
        Borrowed(ManuallyDrop::new(any), std::marker::PhantomData)
    }

    #[inline]
    pub(crate) fn task(&self) -> &Task {
        &self.task
    }

    #[inline]
    pub(crate) fn process(&self) -> &dyn Process {
        // SAFETY: it is the body of the cell that `task` keeps alive.
        unsafe { self.process.as_ref() }
    }

    #[inline]
    pub(crate) fn common(&self) -> &Common {
        self.process().common()
    }

    #[inline]
    pub(crate) fn pid(&self) -> Pid {
        self.common().pid
    }

    /// Puts a signal into its inbox.
    ///
    /// # Errors
    /// Gives it back when the process has ended.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Signal> {
        self.process().push_signal(&self.task, signal)
    }

    /// The process with its message type, if that is `M`.
    pub(crate) fn typed<M: Send + 'static>(&self) -> Option<&TaskRef<Cell<M>>> {
        self.task.downcast()
    }
}

impl<M: Send + 'static> From<TaskRef<Cell<M>>> for AnyProcess {
    #[inline]
    fn from(process: TaskRef<Cell<M>>) -> Self {
        let cell: &dyn Process = &*process;
        let cell = NonNull::from(cell);
        Self { task: process.into_task(), process: cell }
    }
}

impl fmt::Debug for AnyProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.pid(), f)
    }
}

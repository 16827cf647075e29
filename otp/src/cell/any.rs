//! A process whose message type is not known.

#![allow(unsafe_code, reason = "a trait object beside the counted pointer that keeps it alive")]

use std::{fmt, marker::PhantomData, mem::ManuallyDrop, ops::Deref, ptr::NonNull};

use super::{
    Pid,
    header::Header,
    owned::Running,
    signal::Signal,
    typed::{Cell, Process},
};
use crate::scheduler::{AnyTask, InTurn, TaskRef};

/// Where the [`Header`] of a process is in its cell, whatever its messages are: a look there wants no virtual call.
const HEADER: usize = Cell::<()>::HEADER;

#[inline]
fn erased<M: Send + 'static>(cell: &Cell<M>) -> NonNull<dyn Process> {
    const { assert!(Cell::<M>::HEADER == HEADER) };
    let process: &dyn Process = cell;
    NonNull::from(process)
}

/// A counted reference to a process of any message type.
#[derive(Clone)]
pub(crate) struct AnyProcess {
    task: AnyTask,
    process: NonNull<dyn Process>,
}

// SAFETY: it shares a `AnyTask` and the `dyn Process` that this keeps alive, and may drop both; both are `Send + Sync`,
// the second by what `Process` asks for.
unsafe impl Send for AnyProcess {}
// SAFETY: as above.
unsafe impl Sync for AnyProcess {}

/// A [`Running`] that lives no longer than the turn it was made from.
pub(crate) struct Borrowed<'a>(ManuallyDrop<AnyProcess>, PhantomData<&'a InTurn<()>>);

impl Deref for Borrowed<'_> {
    type Target = Running;

    #[inline]
    fn deref(&self) -> &Running {
        // SAFETY: it was made from an `InTurn` of the process, which it borrows, and is on the same thread, since
        // references to an `InTurn` are not `Send`.
        unsafe { Running::of(&self.0) }
    }
}

impl AnyProcess {
    #[inline]
    pub(crate) fn new<M: Send + 'static>(process: &TaskRef<Cell<M>>) -> Self {
        Self { task: process.task().clone(), process: erased(process) }
    }

    /// Without counting, for the length of a turn.
    #[inline]
    pub(crate) fn borrowed<M: Send + 'static>(process: &InTurn<Cell<M>>) -> Borrowed<'_> {
        // SAFETY: `Borrowed` never drops it, and borrows `process`, which is a reference that counts.
        let task = unsafe { process.task().uncounted() };
        let any = Self { task, process: erased(process) };
        Borrowed(ManuallyDrop::new(any), PhantomData)
    }

    #[inline]
    pub(crate) fn task(&self) -> &AnyTask {
        &self.task
    }

    #[inline]
    pub(crate) fn process(&self) -> &dyn Process {
        // SAFETY: it is the body of the cell that `task` keeps alive: both were taken from one `TaskRef`. Nobody has a
        // `&mut` of it before the last reference is dropped.
        unsafe { self.process.as_ref() }
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: as in `process`. So far into the body, whatever its messages are, is its `Header`, as `erased` has
        // asserted when it is compiled for them, and the pointer is good for the whole body.
        unsafe { self.process.cast::<Header>().byte_add(HEADER).as_ref() }
    }

    #[inline]
    pub(crate) fn pid(&self) -> Pid {
        self.header().pid
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
        let erased = erased(&process);
        Self { task: process.into_task(), process: erased }
    }
}

impl fmt::Debug for AnyProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.pid(), f)
    }
}

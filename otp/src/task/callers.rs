//! For whom a task works.

use std::{iter, sync::Arc};

use crate::{
    cell::Pid,
    process::{Key, self_pid},
};

/// So many callers are known at most, the nearest ones.
const KNOWN: usize = 16;

static CALLERS: Key<Callers> = Key::new("$callers");

/// The callers of a task.
#[derive(Clone)]
pub(super) struct Callers(Arc<Vec<Pid>>);

impl Callers {
    /// Those of a task that the current process starts.
    pub(super) fn of_new_task() -> Self {
        let own = CALLERS.get();
        let above = own.iter().flat_map(|callers| callers.0.iter().copied());
        Self(Arc::new(iter::once(self_pid()).chain(above).take(KNOWN).collect()))
    }

    /// Notes them in the task itself.
    pub(super) fn note(self) {
        CALLERS.put(self);
    }
}

/// For whom the current process works, if it is a task: who started it, for whom that one works, and so on, 16 at most.
/// Nobody for any other process. Elixir's `$callers`.
///
/// The parent of a task of a supervisor is the supervisor; its first caller is who asked for it.
///
/// ```
/// use otp::task::{self, Task};
///
/// let me = otp::self_pid();
/// let task = Task::spawn(move || (otp::self_pid(), Task::spawn(task::callers).wait()));
/// let (outer, callers) = task.wait()?;
/// assert_eq!(callers?, [outer, me]);
/// assert!(task::callers().is_empty());
/// # Ok::<(), otp::task::TaskError>(())
/// ```
#[must_use]
pub fn callers() -> Vec<Pid> {
    CALLERS.get().map_or_else(Vec::new, |callers| callers.0.to_vec())
}

//! Panics of processes: what the hook notes of them, and the payload that ends one where it waits.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    cell::RefCell,
    io::{self, Write as _},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Once,
};

use super::{ExitReason, Panic, current, report, served};
use crate::guard::{contain, discard};

/// The payload that unwinds a process: because it has to end where it waits, or by its own will and for this reason.
struct Unwind(Option<ExitReason>);

/// Whether a caught payload ends the process without further ceremony.
pub(crate) fn is_fatal(payload: &(dyn Any + Send)) -> bool {
    payload.downcast_ref::<Unwind>().is_some_and(|unwind| unwind.0.is_none())
}

thread_local! {
    /// The last panic on this thread, noted by the hook.
    static PANIC: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// The panics of Rust itself after which it aborts the program, since another one can't unwind any further.
const LAST: [&str; 2] = ["panic in a destructor during cleanup", "panic in a function that cannot unwind"];

/// Notes panics of processes, which are reported with their exit, and leaves all others to the hook before: those of no
/// process, and those that abort the program, so that there is no exit to be reported.
pub(crate) fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !(current::on_core() || served::serves_process()) || cfg!(panic = "abort") {
                return before(info);
            }
            let mut panic = Panic::new(info.payload(), info.location());
            if LAST.contains(&&*panic.message) {
                if let Some(noted) = PANIC.take() {
                    let _ = writeln!(io::stderr(), "error: the program aborts: {noted}");
                }
                return before(info);
            }
            let backtrace = Backtrace::capture();
            if backtrace.status() == BacktraceStatus::Captured {
                panic.backtrace = Some(backtrace.to_string());
            }
            PANIC.set(Some(panic));
        }));
    });
}

/// Unwinds the running stack: the process has to end, or wants to, for a reason.
pub(super) fn unwind(reason: Option<ExitReason>) -> ! {
    resume_unwind(Box::new(Unwind(reason)))
}

/// What a caught payload says: the end of the process, with a reason of its own if it has one, or a panic.
pub(super) fn understand(payload: &(dyn Any + Send)) -> Result<Option<ExitReason>, Panic> {
    match payload.downcast_ref() {
        Some(Unwind(reason)) => Ok(reason.clone()),
        None => {
            let panic = Panic::new(payload, None);
            // What was noted may be a panic before this one, which somebody caught; not every one comes to the hook.
            let noted = PANIC.take().filter(|noted| noted.message == panic.message);
            Err(noted.unwrap_or(panic))
        }
    }
}

/// A panic of code that ran for somebody on another thread.
pub(crate) struct Caught {
    payload: Box<dyn Any + Send>,
    noted: Option<Panic>,
}

/// Runs code for somebody on another thread.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Caught> {
    let result = catch_unwind(AssertUnwindSafe(f));
    // What was noted may be a panic that `f` has caught; it is nobody's then.
    let noted = PANIC.take();
    result.map_err(|payload| Caught { payload, noted })
}

impl Caught {
    /// Lets the panic go on where it belongs.
    pub(crate) fn go_on(self) -> ! {
        if current::on_core() {
            PANIC.set(self.noted);
        } else if let Some(Unwind(Some(reason))) = self.payload.downcast_ref() {
            current::with(|me| me.header().exit_self(reason.clone()));
        }
        resume_unwind(self.payload)
    }

    /// There is nobody left in whom it could go on.
    pub(crate) fn report(self) {
        // One that was not noted was left to the hook before.
        if let Some(panic) = self.noted {
            contain(|| report::unheard(&panic));
        }
        discard(self.payload);
    }
}

/// Runs code of the user's in the process of another; gives what it comes to, or its panic. What ends the process as a
/// whole goes on.
pub(crate) fn caught_panic<T>(f: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| match understand(&*payload) {
        Ok(_) => resume_unwind(payload),
        Err(panic) => {
            discard(payload);
            panic
        }
    })
}

/// Runs a handler; a panic in it becomes the reason to terminate with. What ends the process as a whole goes on.
///
/// Not inlined into the loop it would cost more than what else is done there for a message.
#[inline(always)]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, ExitReason> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        if is_fatal(&*payload) {
            resume_unwind(payload);
        }
        current::with(|me| {
            let mut reason = me.header().panicked(me, &*payload);
            me.header().quietly(me, || drop(payload), &mut reason);
            reason
        })
    })
}

//! Panics of processes: what the hook notes of them, and the payload that ends one where it waits.

use std::{
    any::Any,
    backtrace::{Backtrace, BacktraceStatus},
    cell::RefCell,
    panic::resume_unwind,
    sync::Once,
};

use super::{ExitReason, Panic, current};

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

/// Notes panics of processes, which are reported with their exit, and leaves all others to the hook before.
pub(crate) fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !current::on_core() {
                return before(info);
            }
            let mut panic = Panic::new(info.payload(), info.location());
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
        None => Err(PANIC.take().unwrap_or_else(|| Panic::new(payload, None))),
    }
}

//! What asks a program to end: signals, in the way of each system.
//!
//! The first is told. The second ends the program at once, with failure, whatever the tree does meanwhile: it may not
//! come to an end of its start, or of its shutdown.

#[cfg(not(windows))]
pub(super) use unix::watch;
#[cfg(windows)]
pub(super) use windows::watch;

const THREAD: &str = "otp-signals";

#[cfg(not(windows))]
mod unix {
    use std::{io, process, thread};

    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        iterator::Signals,
    };

    use super::THREAD;

    pub(in crate::run) fn watch(tell: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        thread::Builder::new().name(THREAD.into()).spawn(move || {
            let mut signals = signals.forever();
            if signals.next().is_some() {
                tell();
            }
            if signals.next().is_some() {
                process::exit(1);
            }
        })?;
        Ok(())
    }
}

/// Windows has no signals that a thread could wait for, only handlers, which set a flag.
#[cfg(windows)]
mod windows {
    use std::{
        io,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering::SeqCst},
        },
        thread,
        time::Duration,
    };

    use signal_hook::{
        consts::{SIGBREAK, SIGINT, SIGTERM},
        flag,
    };

    use super::THREAD;

    /// How often the flag is looked at.
    const LOOK: Duration = Duration::from_millis(50);

    pub(in crate::run) fn watch(tell: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGBREAK, SIGTERM] {
            // In this order: the signal that sets the flag finds it unset.
            flag::register_conditional_shutdown(signal, 1, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        thread::Builder::new().name(THREAD.into()).spawn(move || {
            while !asked.load(SeqCst) {
                thread::sleep(LOOK);
            }
            tell();
        })?;
        Ok(())
    }
}

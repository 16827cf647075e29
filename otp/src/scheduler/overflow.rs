//! The last words of a program whose stack has overflowed.
//!
//! An overflow ends in the guard of its stack, and the system sends a signal that nobody survives. Rust's own handler
//! knows the stacks of threads, not ours: this one stands before it, and says which process it was.

#![allow(unsafe_code, reason = "a signal handler")]

use std::{
    fmt::{self, Write},
    mem::MaybeUninit,
    ptr,
    sync::OnceLock,
};

use super::stack::guard;

/// Says which code the calling thread runs.
type Describe = fn(&mut dyn Write) -> fmt::Result;

/// What was there before.
struct Before {
    segv: libc::sigaction,
    bus: libc::sigaction,
    describe: Describe,
}

static BEFORE: OnceLock<Before> = OnceLock::new();

/// From now on overflows of our stacks are told; `describe` must not allocate, lock, or wait.
pub(crate) fn install(describe: Describe) {
    BEFORE.get_or_init(|| Before { segv: replace(libc::SIGSEGV), bus: replace(libc::SIGBUS), describe });
}

fn replace(signal: libc::c_int) -> libc::sigaction {
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = handle;
    // SAFETY: 1. zeroes are a `sigaction` without flags and with an empty mask; 2. both pointers are of live values; 3.
    // `handle` has the type that `SA_SIGINFO` asks for, and does nothing that a signal handler must not: it takes no
    // lock, allocates nothing, and reads what is written before it is told, or by its own thread; 4. on an overflow it
    // runs on another stack, by `SA_ONSTACK`.
    unsafe {
        let mut action: libc::sigaction = MaybeUninit::zeroed().assume_init();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        let mut before: libc::sigaction = MaybeUninit::zeroed().assume_init();
        libc::sigaction(signal, &raw const action, &raw mut before);
        before
    }
}

extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the system gives a live `siginfo_t`, for a signal that has an address: we are the handler of such alone.
    let address = unsafe { (*info).si_addr() }.addr();
    let Some(before) = BEFORE.get() else { return };
    if guard().is_some_and(|guard| guard.contains(&address)) {
        let _ = tell(before.describe);
        // SAFETY: it ends the program, and may be called in a signal handler.
        unsafe { libc::abort() };
    }
    let before = if signal == libc::SIGBUS { &before.bus } else { &before.segv };
    match before.sa_sigaction {
        // The instruction is repeated, and the signal does what it does by default.
        // SAFETY: it is an action that the system gave us for this signal, and lives for ever in `BEFORE`.
        libc::SIG_DFL | libc::SIG_IGN => unsafe {
            libc::sigaction(signal, before, ptr::null_mut());
        },
        // SAFETY: it is the address of a function, being neither of the two above; the system would call it with just
        // these; one without `SA_SIGINFO` takes the first alone and ignores the others, as callers by the C convention
        // may rely on.
        handler => unsafe {
            std::mem::transmute::<usize, extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void)>(handler)(
                signal, info, context,
            );
        },
    }
}

/// Writes to standard error without a lock or memory.
fn tell(describe: Describe) -> fmt::Result {
    let mut text = Text { bytes: [0; 512], len: 0 };
    text.write_str("\nerror: stack overflow in ")?;
    let described = describe(&mut text);
    text.write_str("\n")?;
    // SAFETY: the pointer is that of at least so many bytes.
    unsafe { libc::write(libc::STDERR_FILENO, text.bytes.as_ptr().cast(), text.len) };
    described
}

/// A text of limited length; what is beyond is dropped.
struct Text {
    bytes: [u8; 512],
    len: usize,
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.len..];
        let len = text.len().min(room.len());
        room[..len].copy_from_slice(&text.as_bytes()[..len]);
        self.len += len;
        Ok(())
    }
}

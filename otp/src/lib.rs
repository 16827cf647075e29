//! Erlang/OTP for Rust.

// Our own tests and docs name the crate as users do.
extern crate self as otp;

mod actor;
pub mod process;
mod report;
mod scheduler;
mod sync;
mod time;

pub use actor::{
    Actor, Addressed, After, Async, AwaitsReply, Blocking, Build, CallError, ChildId, Client, ClientExt, Context,
    Handled, IdleTimeout, Info, Init, IntoInit, IntoOutcome, Mode, Next, OneWay, Options, Ref, Reply, ReplyTo, Request,
    Restart, Shutdown, Slot, StartError, Starter, start, start_link,
};
pub use process::{
    Down, Exit, ExitReason, IntoReason, MonitorRef, Node, Pid, Term, TimerRef, demonitor, exit, is_alive, link, monitor,
    self_pid, sleep, trap_exit, unlink,
};

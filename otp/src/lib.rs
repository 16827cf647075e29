//! Erlang/OTP for Rust.

// Our own tests and docs name the crate as users do.
extern crate self as otp;

mod actor;
pub mod process;
#[doc(hidden)]
pub mod __private;
mod report;
#[cfg(feature = "run")]
mod run;
mod scheduler;
mod sim;
pub mod supervisor;
mod sync;
mod time;

pub use actor::{
    Actor, Addressed, After, Async, AwaitsReply, Blocking, Build, CallError, ChildId, Client, ClientExt, Context,
    Handled, IdleTimeout, Info, Init, IntoInit, IntoOutcome, Mode, Next, OneWay, Options, Ref, Reply, ReplyTo, Request,
    Restart, Shutdown, Slot, SpecError, StartError, Starter, start, start_link,
};
pub use process::{
    Down, Exit, ExitReason, IntoReason, MonitorRef, Node, Pid, Term, TimerRef, demonitor, exit, is_alive, link, monitor,
    self_pid, sleep, trap_exit, unlink,
};
pub use sim::{Crash, HasPid, Sim};
pub use supervisor::{
    AutoShutdown, Child, ChildCount, ChildError, ChildInfo, ChildKind, ChildSpec, ChildState, Strategy, Supervisor,
    SupervisorRef,
};

#[cfg(feature = "run")]
pub use run::run;

#[cfg(feature = "macros")]
pub use otp_macros::{actor, handle_call, handle_cast, handle_continue, handle_info, init, terminate, test};

/// Declares a supervision tree.
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! supervisor {
    ($($tree:tt)*) => {
        $crate::__private::supervisor! { $crate; $($tree)* }
    };
}

/// What programs and tests name all the time.
pub mod prelude {
    pub use std::time::Duration;

    #[cfg(feature = "macros")]
    pub use crate::supervisor;
    #[cfg(feature = "macros")]
    pub use crate::{actor, handle_call, handle_cast, handle_continue, handle_info, init, terminate};
    pub use crate::{
        Actor, Blocking, CallError, Child, ChildSpec, ClientExt as _, Context, Down, Exit, ExitReason, Init, IntoReason,
        Mode, MonitorRef, Pid, Reply, ReplyTo, Restart, Shutdown, Sim, StartError, Strategy, Supervisor, SupervisorRef,
        TimerRef, process,
    };
}

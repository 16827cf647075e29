//! Tasks: processes that do one piece of work and give back what it comes to. Elixir's `Task`.
//!
//! A [`Task`] is linked to the process that starts it: when one of them crashes the other ends too, unless it traps
//! exits. Whoever has the `Task` awaits its result, once: by [`wait`](Task::wait), `.await`, or bit by bit with
//! [`wait_timeout`](Task::wait_timeout). The result comes by no message, so no mailbox is touched. A `Task` that is
//! dropped goes on, and its result is dropped.
//!
//! | work | one task | many items |
//! |---|---|---|
//! | a closure that may wait | [`Task::spawn`] | [`stream`] |
//! | a future | [`Task::spawn_async`] | [`stream_async`] |
//! | code that computes or blocks for long | [`Task::spawn_blocking`] | [`stream_blocking`] |
//!
//! [`await_many`] and [`YieldMany`] wait for several; a [`TaskSupervisor`] has tasks in a tree, linked to whoever asks for
//! them or not; a server starts work with [`Context::task`](crate::Context::task) and gets its result as a message.
//!
//! ```
//! use otp::task::{self, Task};
//!
//! let sum = Task::spawn(|| (1..=100).sum::<u32>());
//! let squares: Result<Vec<u32>, _> = task::stream(1..=4, |n| n * n).collect();
//! assert_eq!(squares?, [1, 4, 9, 16]);
//! assert_eq!(sum.wait()?, 5050);
//! # Ok::<(), otp::task::TaskError>(())
//! ```

mod callers;
mod context;
mod error;
mod handle;
mod many;
mod owner;
mod spawn;
mod stream;
mod supervisor;

pub use self::{
    callers::callers,
    error::TaskError,
    handle::Task,
    many::{LateTasks, YieldMany, await_many, await_many_async},
    spawn::{child_spec, start, start_async, start_link, start_link_async},
    stream::{OnTimeout, TaskStream, ZippedTaskStream, stream, stream_async, stream_blocking},
    supervisor::{TaskStarter, TaskSupervisor, TaskSupervisorRef},
};

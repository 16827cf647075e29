//! The stacks of plain handlers: many at once, their memory, their overflow.

#![cfg(all(feature = "macros", feature = "stacks"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[cfg(target_os = "linux")]
mod memory;
#[cfg(unix)]
mod overflow;

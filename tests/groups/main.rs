//! Agents; those named after a case of OTP's, Elixir's or Gleam's suites are that case.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod agent;
mod xagt;

use otp::prelude::*;

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

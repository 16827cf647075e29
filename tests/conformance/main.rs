//! The behaviour cases of OTP's, Elixir's and Gleam's own suites: a file for each suite, a function named after each
//! case.
//!
//! Cases that have no counterpart here are listed, with the reason, in `not_applicable.md`.

#![cfg(all(feature = "macros", feature = "tracing"))]

mod dynamics;
mod gla;
mod glf;
mod glold;
mod gls;
mod gs;
mod gs_sys;
#[path = "../common/listener.rs"]
mod listener;
mod lnk;
mod mon;
mod msc;
mod pl;
mod proc;
mod puppet;
mod reports;
mod rooms;
mod sig;
mod sup;
mod sys;
mod tbif;
mod tmr;
mod xdyn;
mod xgs;
mod xpart;
mod xprc;
mod xsup;

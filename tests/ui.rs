//! What users read when they make a mistake, and what must stay legal.
//!
//! One mistake a file, named after it. The `.stderr` files are blessed on the toolchain that `rust-toolchain.toml`
//! names: `TRYBUILD=overwrite cargo test --test ui`, then read the difference as a user would. One file alone:
//! `cargo test --test ui handler -- trybuild=no_receiver`.

#![cfg(feature = "macros")]

fn compile_fail(area: &str) {
    trybuild::TestCases::new().compile_fail(format!("tests/ui/{area}/*.rs"));
}

#[test]
fn actor() {
    compile_fail("actor");
}

#[test]
fn application() {
    compile_fail("application");
}

#[test]
fn handler() {
    compile_fail("handler");
}

#[test]
fn types() {
    compile_fail("types");
}

#[test]
fn process() {
    compile_fail("process");
}

#[test]
fn supervisor() {
    compile_fail("supervisor");
}

#[test]
fn test() {
    compile_fail("test");
}

#[test]
fn timer() {
    compile_fail("timer");
}

#[cfg(feature = "run")]
#[test]
fn run() {
    compile_fail("run");
}

#[test]
fn pass() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}

//! What a stack overflow says.

use std::{
    env,
    process::{Command, Stdio},
};

use otp::prelude::*;

struct Deep;

#[actor]
impl Deep {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn dig(&self) {
        dig(0);
    }
}

fn dig(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { dig(depth + 1) + room[1] }
}

/// What it writes to standard error as a program of its own.
fn as_a_program(test: &str) -> String {
    let program = env::current_exe().unwrap();
    let output = Command::new(program)
        .args(["--exact", test, "--nocapture"])
        .env("OTP_TEST_PROGRAM", "1")
        .stdout(Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_overflow_names_the_process_and_its_handler() {
    if env::var_os("OTP_TEST_PROGRAM").is_some() {
        Deep::start().unwrap().dig();
        std::thread::park();
    }
    let said = as_a_program("overflow::an_overflow_names_the_process_and_its_handler");
    assert!(said.contains("stack overflow in process <") && said.contains("(Deep), in `dig`"), "{said}");
}

#[test]
fn other_faults_are_none_of_our_overflows() {
    if env::var_os("OTP_TEST_PROGRAM").is_some() {
        // The overflow of a thread that is none of ours.
        Deep::start().unwrap();
        std::thread::Builder::new().name("digger".into()).spawn(|| dig(0)).unwrap().join().unwrap();
    }
    let said = as_a_program("overflow::other_faults_are_none_of_our_overflows");
    assert!(said.contains("thread 'digger'") && said.contains("has overflowed its stack"), "{said}");
}

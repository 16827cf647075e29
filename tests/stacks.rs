//! The stacks of plain handlers: many at once, their memory, their overflow.

#![cfg(all(feature = "macros", feature = "stacks"))]
#![allow(missing_docs, missing_debug_implementations, clippy::unwrap_used, reason = "actors of tests")]

use std::{
    env, fs,
    process::{Command, Stdio},
    sync::mpsc,
};

use otp::{Node, prelude::*, process};

/// Bytes that this program has resident.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// The mappings of this program.
fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

fn guards_cost_mappings() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next(), numbers.next()) < (Some(6), Some(13))
}

#[test]
#[cfg(target_os = "linux")]
fn more_wait_than_the_system_has_mappings_and_their_memory_comes_back() {
    const WAITING: usize = 100_000;
    if guards_cost_mappings() {
        return;
    }
    let node = Node::builder().start().unwrap();
    node.enter(|| {
        let before = resident();
        let (tell, told) = mpsc::channel();
        for _ in 0..WAITING {
            let tell = tell.clone();
            process::spawn(move |me| {
                let go = me.subject::<()>();
                tell.send(go.clone()).unwrap();
                go.receive(None).unwrap();
            });
        }
        let go: Vec<_> = told.iter().take(WAITING).collect();
        let each = (resident() - before) / WAITING;
        assert!(each < 16 * 1024, "each that waits takes {each} bytes");
        // Others can map memory still.
        assert!(mappings() < 10_000, "{} mappings", mappings());
        go.iter().for_each(|go| go.send(()));
        while node.len() > 1 {
            std::thread::yield_now();
        }
    });
    node.stop();
    assert!(mappings() < 1000, "{} mappings are left", mappings());
}

pub struct Deep;

#[actor]
impl Deep {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    pub fn dig(&self) {
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
#[cfg(unix)]
fn an_overflow_names_the_process_and_its_handler() {
    if env::var_os("OTP_TEST_PROGRAM").is_some() {
        Deep::start().unwrap().dig();
        std::thread::park();
    }
    let said = as_a_program("an_overflow_names_the_process_and_its_handler");
    assert!(said.contains("stack overflow in process <") && said.contains("(Deep), in `dig`"), "{said}");
}

#[test]
#[cfg(unix)]
fn other_faults_are_none_of_our_overflows() {
    if env::var_os("OTP_TEST_PROGRAM").is_some() {
        // The overflow of a thread that is none of ours.
        Deep::start().unwrap();
        std::thread::Builder::new().name("digger".into()).spawn(|| dig(0)).unwrap().join().unwrap();
    }
    let said = as_a_program("other_faults_are_none_of_our_overflows");
    assert!(said.contains("thread 'digger'") && said.contains("has overflowed its stack"), "{said}");
}

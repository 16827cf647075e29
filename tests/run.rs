//! `otp::run`: signals, the tree's own end, exit codes. Each program is this test, started once more.

#![cfg(all(feature = "macros", feature = "run"))]

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, ExitStatus, Stdio},
    time::Instant,
};

use otp::{
    Runner,
    application::{self, AppContext, AppSpec, Application, EnvKey, StartFailure},
    prelude::*,
    supervisor::AutoShutdown,
};

/// Says when it starts and ends; ends as it is told to.
struct Worker {
    name: &'static str,
}

#[actor]
impl Worker {
    #[init]
    fn init(name: &'static str, ctx: &mut Context<Self>) -> Result<Self, String> {
        if name == "unable" {
            return Err("no database".into());
        }
        if name == "aborting" {
            let _dropped_by_the_panic = Grenade;
            panic!("the first panic");
        }
        ctx.trap_exit(true);
        println!("{name} starts");
        if name == "stuck" {
            otp::timer::sleep_forever();
        }
        match name {
            "short" => ctx.next().finish(),
            "broken" => ctx.next().crash(),
            _ => {}
        }
        Ok(Self { name })
    }

    #[handle_continue]
    fn finish(&mut self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::Normal);
    }

    #[handle_continue]
    fn crash(&mut self) -> Result<(), String> {
        Err("broken".into())
    }

    #[terminate]
    fn end(&mut self, reason: &ExitReason) {
        println!("{} ends: {reason}", self.name);
    }
}

/// Panics when it is dropped.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        panic!("the second panic");
    }
}

const BACK_DIES: EnvKey<bool> = EnvKey::new("back", "dies");

/// What `Front` needs.
struct Back;

impl Application for Back {
    const NAME: &'static str = "back";
    type Tree = SupervisorRef;

    fn start(_: &AppContext) -> Result<(Self, SupervisorRef), StartFailure> {
        let tree = Supervisor::new(Strategy::OneForOne).child("back", Worker::child_spec("back"));
        let tree = tree.start_link()?;
        if BACK_DIES.get_or(false)? {
            otp::timer::kill_after(Duration::from_millis(100), tree.pid().expect("it runs"));
        }
        Ok((Self, tree))
    }

    fn stop(self) {
        println!("back ends: stop");
    }
}

struct Front;

impl Application for Front {
    const NAME: &'static str = "front";
    type Tree = SupervisorRef;

    fn spec() -> AppSpec {
        AppSpec::new().depends_on::<Back>()
    }

    fn start(_: &AppContext) -> Result<(Self, SupervisorRef), StartFailure> {
        Ok((Self, Supervisor::new(Strategy::OneForOne).child("front", Worker::child_spec("front")).start_link()?))
    }

    fn prep_stop(&mut self) {
        println!("front ends: prep_stop");
        if std::env::var("FRONT_STUCK").is_ok() {
            otp::timer::sleep_forever();
        }
    }
}

/// A program of two applications.
fn applications() -> std::process::ExitCode {
    Runner::new()
        .deadline(Duration::from_millis(300))
        .on_shutdown(|report| {
            let names: Vec<_> = report.applications.iter().map(|end| format!("{} {}", end.name, end.reason)).collect();
            println!("all stopped: {}", names.join(", "));
        })
        .run(|| application::ensure_all_started::<Front>(Restart::Permanent))
}

/// The programs, by name.
#[test]
fn program() {
    let Ok(program) = std::env::var("OTP_TEST_PROGRAM") else { return };
    if program == "applications" {
        let code = applications();
        std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
    }
    let code = otp::run(|| {
        let tree = Supervisor::new(Strategy::OneForOne).child("first", Worker::child_spec("first"));
        let tree = match &*program {
            "lasting" => tree.child("second", Worker::child_spec("second")),
            "short" => tree
                .auto_shutdown(AutoShutdown::AnySignificant)
                .child("short", Worker::child_spec("short").restart(Restart::Transient).significant(true)),
            "broken" => tree.child("broken", Worker::child_spec("broken")),
            "stuck" => tree.child("stuck", Worker::child_spec("stuck")),
            "aborting" => tree.child("aborting", Worker::child_spec("aborting")),
            _ => tree.child("unable", Worker::child_spec("unable")),
        };
        tree.start_link()
    });
    // The system may show a thread for a moment after it was joined.
    let patience = Instant::now() + Duration::from_secs(10);
    while otp_threads() > 0 && Instant::now() < patience {
        std::thread::yield_now();
    }
    println!("stopped, threads of the node: {}", otp_threads());
    std::process::exit(i32::from(code != std::process::ExitCode::SUCCESS));
}

/// How many threads of this program belong to a node.
fn otp_threads() -> usize {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return 0 };
    let names = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with("otp-core") || name.starts_with("otp-watchdog")).count()
}

fn start(program: &str) -> Child {
    start_with(program, &[])
}

fn start_with(program: &str, environment: &[(&str, &str)]) -> Child {
    Command::new(std::env::current_exe().expect("a test has a path"))
        .args(["--exact", "program", "--nocapture", "--test-threads=1"])
        .env("OTP_TEST_PROGRAM", program)
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the test can be started")
}

/// What a program printed of its own, its errors, and how it ended.
fn finish(mut program: Child, already: Vec<String>) -> (Vec<String>, String, ExitStatus) {
    let mut output = already;
    if let Some(rest) = program.stdout.take() {
        output.extend(BufReader::new(rest).lines().map(|line| line.expect("text")));
    }
    let mut errors = String::new();
    program.stderr.take().expect("piped").read_to_string(&mut errors).expect("text");
    output.retain(|line| line.contains("starts") || line.contains("ends") || line.contains("stopped"));
    (output, errors, program.wait().expect("it ends"))
}

#[cfg(unix)]
fn signal(program: &Child, signal: &str) {
    let status = Command::new("kill").args([signal, &program.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn a_signal_shuts_the_tree_down_in_order() {
    for kind in ["-TERM", "-INT"] {
        let mut program = start("lasting");
        let mut output = Vec::new();
        let mut lines = BufReader::new(program.stdout.take().expect("piped")).lines();
        while !output.iter().any(|line: &String| line.contains("second starts")) {
            output.push(lines.next().expect("it starts").expect("text"));
        }
        signal(&program, kind);
        output.extend(lines.map(|line| line.expect("text")));
        let (output, errors, status) = finish(program, output);
        let own: Vec<&str> = output.iter().map(|line| line.trim_start_matches("test program ... ")).collect();
        assert_eq!(
            own,
            [
                "first starts",
                "second starts",
                "second ends: shutdown",
                "first ends: shutdown",
                "stopped, threads of the node: 0"
            ]
        );
        assert!(status.success(), "{kind}: {status}\n{errors}");
    }
}

/// What a program of applications printed, from its start to its end by a signal.
#[cfg(unix)]
fn applications_until_signal(environment: &[(&str, &str)]) -> (Vec<String>, String, ExitStatus) {
    let mut program = start_with("applications", environment);
    let mut output = Vec::new();
    let mut lines = BufReader::new(program.stdout.take().expect("piped")).lines();
    while !output.iter().any(|line: &String| line.contains("front starts")) {
        output.push(lines.next().expect("it starts").expect("text"));
    }
    signal(&program, "-TERM");
    output.extend(lines.map(|line| line.expect("text").trim_start_matches("test program ... ").to_owned()));
    finish(program, output)
}

#[cfg(unix)]
#[test]
fn a_signal_stops_applications_in_order() {
    let (output, errors, status) = applications_until_signal(&[]);
    let output: Vec<&str> = output.iter().map(|line| line.trim_start_matches("test program ... ")).collect();
    let expected = [
        "back starts",
        "front starts",
        "front ends: prep_stop",
        "front ends: shutdown",
        "back ends: shutdown",
        "back ends: stop",
        "all stopped: front shutdown, back shutdown",
    ];
    assert_eq!(output, expected, "{errors}");
    assert!(status.success(), "{status}\n{errors}");
}

#[cfg(unix)]
#[test]
fn a_deadline_ends_a_program_with_failure() {
    let (output, errors, status) = applications_until_signal(&[("FRONT_STUCK", "1")]);
    assert!(output.iter().any(|line| line.starts_with("all stopped: front killed, back ")), "{output:?}\n{errors}");
    assert_eq!(status.code(), Some(1), "{errors}");
}

#[test]
fn a_permanent_application_that_ends_ends_the_program_with_failure() {
    let (output, errors, status) = finish(start_with("applications", &[("BACK_DIES", "true")]), Vec::new());
    assert!(output.iter().any(|line| line == "front ends: shutdown"), "{output:?}");
    assert!(output.iter().any(|line| line.starts_with("all stopped: ")), "{output:?}");
    assert_eq!(status.code(), Some(1), "{errors}");
    assert!(errors.contains("application back is permanent and has ended"), "{errors}");
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_the_program_at_once_whatever_the_tree_does() {
    let mut program = start("stuck");
    let mut lines = BufReader::new(program.stdout.take().expect("piped")).lines();
    while !lines.next().expect("it starts").expect("text").contains("stuck starts") {}
    // Two of one kind might come as one.
    signal(&program, "-TERM");
    signal(&program, "-INT");
    let (_, errors, status) = finish(program, Vec::new());
    assert_eq!(status.code(), Some(1), "{errors}");
}

#[test]
fn a_tree_that_is_done_ends_the_program_well() {
    let (output, errors, status) = finish(start("short"), Vec::new());
    assert!(output.iter().any(|line| line == "first ends: shutdown"), "{output:?}");
    assert!(status.success(), "{status}\n{errors}");
}

#[test]
fn a_tree_that_gives_up_ends_the_program_with_failure() {
    let (output, errors, status) = finish(start("broken"), Vec::new());
    let starts = output.iter().filter(|line| *line == "broken starts").count();
    assert_eq!(starts, 4, "three restarts: {output:?}");
    assert_eq!(status.code(), Some(1), "{errors}");
    // Without a subscriber, crashes and what becomes of them go to standard error.
    assert!(errors.contains("(Worker) ended: broken"), "{errors}");
    assert!(errors.contains("child `broken`"), "{errors}");
}

#[test]
fn a_tree_that_cannot_be_started_ends_the_program_with_failure() {
    let (output, errors, status) = finish(start("unable"), Vec::new());
    assert!(output.iter().any(|line| line == "first ends: shutdown"), "it was rolled back: {output:?}");
    assert_eq!(status.code(), Some(1));
    assert!(errors.contains("not running: child `unable` was not started: its init failed: no database"), "{errors}");
}

#[test]
fn a_second_panic_while_the_first_unwinds_is_told_before_it_aborts_the_program() {
    let (_, errors, status) = finish(start("aborting"), Vec::new());
    assert_eq!(status.code(), None, "a signal ends it");
    assert!(errors.contains("the program aborts: panicked: the second panic, at "), "{errors}");
}

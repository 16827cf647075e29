//! How processes start, and with what they end.

use std::panic::catch_unwind;

use otp::prelude::*;

use super::{down, millis, stay, why};

#[otp::test(seeds = 20)]
fn spawned_code_runs_in_a_process_of_its_own(t: &mut Sim) {
    let pids = process::current().subject();
    let sender = pids.clone();
    let pid = process::spawn(move |me| sender.send((me.pid(), otp::self_pid())));
    assert_eq!(pids.receive(None), Some((pid, pid)));
    t.settle();
    assert!(!process::is_alive(pid));

    let sender = pids.clone();
    let pid = process::spawn_async(move |me| async move { sender.send((me.pid(), otp::self_pid())) });
    assert_eq!(pids.receive(None), Some((pid, pid)));
}

#[otp::test(seeds = 20)]
fn spawn_links_and_monitors_nobody(t: &mut Sim) {
    let pid = process::spawn(stay);
    let info = process::info(pid).unwrap();
    assert_eq!((info.links, info.monitored_by, info.parent), (vec![], vec![], Some(otp::self_pid())));
    assert!(!info.trap_exit);
    process::exit(pid, ExitReason::Shutdown);
    t.settle();
    assert_eq!(process::current().receive_exit(Duration::ZERO), None);
}

#[otp::test(seeds = 50)]
fn spawn_link_links_from_the_beginning(t: &mut Sim) {
    let me = process::current();
    for pid in [process::spawn_link(|_| Err(why("gone"))), process::spawn_link_async(|_| async { Err(why("gone")) })] {
        let exit = me.receive_exit(None).unwrap();
        assert_eq!(exit.reason, why("gone"));
        let _ = pid;
    }
    let pid = process::spawn_link(|_| {});
    let exit = me.receive_exit(None).unwrap();
    assert_eq!((exit.from, exit.reason), (pid, ExitReason::Normal));
    assert_eq!(t.crashes().len(), 2);
}

#[otp::test(seeds = 50)]
fn spawn_monitor_monitors_from_the_beginning(t: &mut Sim) {
    let (_, monitor) = process::spawn_monitor(|_| Err(why("gone")));
    assert_eq!(down(monitor), why("gone"));
    let (_, monitor) = process::spawn_monitor_async(|_| async { Err(why("gone")) });
    assert_eq!(down(monitor), why("gone"));
    let (_, monitor) = process::spawn_monitor(|_| {});
    assert_eq!(down(monitor), ExitReason::Normal);
    assert_eq!(t.crashes().len(), 2);
}

#[otp::test(seeds = 20)]
fn a_process_ends_with_what_its_code_says(t: &mut Sim) {
    let (_, monitor) = process::spawn_monitor(|_| Ok::<(), ExitReason>(()));
    assert_eq!(down(monitor), ExitReason::Normal);
    let (_, monitor) = process::spawn_monitor(|_| -> () { process::exit_self(why("enough")) });
    assert_eq!(down(monitor), why("enough"));
    let (_, monitor) = process::spawn_monitor(|_| Err::<(), _>(std::io::Error::other("disk")));
    assert_eq!(down(monitor).error_ref::<std::io::Error>().unwrap().to_string(), "disk");
    // A process's own `Kill` is nothing special.
    let (_, monitor) = process::spawn_monitor(|_| -> () { process::exit_self(ExitReason::Kill) });
    assert_eq!(down(monitor), ExitReason::Kill);
    assert_eq!(t.crashes().len(), 2);
}

#[otp::test(seeds = 10)]
fn code_that_never_returns_is_code(t: &mut Sim) {
    let pid = process::spawn(|_| {
        loop {
            otp::sleep(millis(10));
        }
    });
    let (other, monitor) = process::spawn_monitor(|_| panic!("at once"));
    assert!(down(monitor).as_panic().is_some());
    t.advance(millis(100));
    assert!(process::is_alive(pid) && !process::is_alive(other));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test]
fn a_panic_says_what_and_where(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| -> () { panic!("the {} is out", "sky") });
    let reason = down(monitor);
    let panic = reason.as_panic().unwrap();
    assert_eq!(panic.message, "the sky is out");
    assert!(panic.location.as_deref().unwrap().contains("starting.rs:"));
    let crashes = t.crashes();
    assert_eq!((crashes.len(), crashes[0].pid, &crashes[0].reason), (1, pid, &reason));
}

#[otp::test]
fn a_panic_is_not_taken_for_one_that_was_caught(t: &mut Sim) {
    let (_, monitor) = process::spawn_monitor(|_| -> () {
        let _ = catch_unwind(|| panic!("the first"));
        std::panic::resume_unwind(Box::new("the second"));
    });
    assert_eq!(down(monitor).as_panic().unwrap().message, "the second");
    t.crashes();
}

#[otp::test]
fn a_pid_is_never_given_again(_t: &mut Sim) {
    let mut seen = Vec::new();
    for _ in 0..100 {
        let (pid, monitor) = process::spawn_monitor(|_| {});
        down(monitor);
        assert!(!seen.contains(&pid));
        seen.push(pid);
    }
}

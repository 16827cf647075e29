//! `signal_SUITE`: the order of signals.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use otp::{Node, prelude::*};

use super::puppet::{PATIENCE, Puppet, down, down_now, exit, exit_now, own_info, why};

/// Sends three messages, an exit signal and three messages to a process that is at work; the number of messages that it
/// has seen must be at most three.
fn order() -> usize {
    let seen = Arc::new(AtomicUsize::new(0));
    let target = Puppet::spawn();
    let monitor = process::monitor(target.pid);
    let see = |seen: &Arc<AtomicUsize>| {
        let seen = seen.clone();
        target.tell(move |_| {
            seen.fetch_add(1, SeqCst);
            otp::sleep(Duration::ZERO);
        });
    };
    (0..3).for_each(|_| see(&seen));
    process::exit(target.pid, ExitReason::shutdown_with("good order"));
    (0..3).for_each(|_| see(&seen));
    let told = process::current().receive_down(monitor, PATIENCE).unwrap();
    assert_eq!(told.reason, ExitReason::shutdown_with("good order"));
    seen.load(SeqCst)
}

#[otp::test(seeds = 100)]
fn sig_xm_sig_order(_t: &mut Sim) {
    assert!(order() <= 3);
}

#[test]
fn sig_xm_sig_order_part_threads() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        for _ in 0..1000 {
            assert!(order() <= 3);
        }
    });
    node.stop();
}

/// The same between two servers, whose messages are not those of subjects.
#[otp::test(seeds = 100)]
fn sig_xm_sig_order_part_servers(t: &mut Sim) {
    struct Target(Arc<AtomicUsize>);
    #[actor]
    impl Target {
        #[init]
        fn init(seen: Arc<AtomicUsize>) -> Self {
            Self(seen)
        }
        #[handle_cast]
        fn see(&mut self) {
            self.0.fetch_add(1, SeqCst);
            otp::sleep(Duration::ZERO);
        }
    }
    let seen = Arc::new(AtomicUsize::new(0));
    let target = Target::start(seen.clone()).unwrap();
    let pid = target.pid().unwrap();
    let monitor = process::monitor(pid);
    process::spawn(move |_| {
        (0..3).for_each(|_| target.see());
        process::exit(pid, ExitReason::Shutdown);
        (0..3).for_each(|_| target.see());
    });
    assert_eq!(down(monitor).reason, ExitReason::Shutdown);
    t.settle();
    assert!(seen.load(SeqCst) <= 3);
}

/// Ends a process linked to the caller, unlinks it and links it again, in this order: the link finds nobody.
fn relink() {
    let target = Puppet::spawn_link();
    process::exit(target.pid, ExitReason::shutdown_with("real"));
    process::unlink(target.pid);
    process::link(target.pid);
    let mut told = vec![];
    // What came before `unlink` stays.
    while told.last() != Some(&ExitReason::NoProc) {
        let exit = process::current().receive_exit(PATIENCE).expect("the new link is told of");
        assert_eq!(exit.from, target.pid);
        told.push(exit.reason);
    }
    let before = told.len() - 1;
    assert!(told[..before].iter().all(|reason| *reason == ExitReason::shutdown_with("real")));
    assert!(before <= 1);
}

#[otp::test(seeds = 50)]
fn sig_unlink_exit(t: &mut Sim) {
    relink();
    t.settle();
    assert_eq!(exit_now(), None);

    // Nothing is left of it: a link that is unlinked in time is told of nothing.
    let target = Puppet::spawn_link();
    process::exit(target.pid, ExitReason::shutdown_with("real"));
    for _ in 0..3 {
        process::unlink(target.pid);
        process::link(target.pid);
    }
    process::unlink(target.pid);
    t.settle();
    assert_eq!(exit_now(), None);
}

#[test]
fn sig_unlink_exit_part_threads() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        (0..2000).for_each(|_| relink());
        node.stop();
        assert_eq!(own_info().message_queue_len, 0);
    });
}

/// What has come from a process that sends ten numbers to one that monitors it, and ends, when its end is told.
fn sent_before_the_end(name: Option<&'static str>) -> Vec<u32> {
    let numbers = match name {
        Some(name) => process::Subject::named(name),
        None => process::current().subject(),
    };
    let to = numbers.clone();
    let (_, monitor) = process::spawn_monitor(move |_| (0..10).for_each(|n| to.send(n)));
    // The `Down` is looked for first.
    let told = process::current().receive_down(monitor, PATIENCE).unwrap();
    assert_eq!(told.reason, ExitReason::Normal);
    std::iter::from_fn(|| numbers.receive(Duration::ZERO)).collect()
}

#[otp::test(seeds = 50)]
fn sig_monitor_order(_t: &mut Sim) {
    assert!(sent_before_the_end(None).into_iter().eq(0..10));
}

#[test]
fn sig_monitor_order_part_threads() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        process::register("watcher", otp::self_pid()).unwrap();
        for _ in 0..1000 {
            assert_eq!(sent_before_the_end(None).len(), 10);
            assert_eq!(sent_before_the_end(Some("watcher")).len(), 10);
        }
    });
    node.stop();
}

// Beyond the listed cases.

#[otp::test(seeds = 50)]
fn more_monitor_named_order_local(_t: &mut Sim) {
    process::register("watcher", otp::self_pid()).unwrap();
    assert!(sent_before_the_end(Some("watcher")).into_iter().eq(0..10));
}

/// What comes to a process behind the exit signal that ends it finds it gone, as it would later.
#[otp::test(seeds = 50)]
fn more_an_exiting_process_is_gone_for_what_comes_later(t: &mut Sim) {
    let target = Puppet::spawn();
    let before = process::monitor(target.pid);
    process::exit(target.pid, ExitReason::Shutdown);
    let after = process::monitor(target.pid);
    process::link(target.pid);
    process::exit(target.pid, why("later"));
    assert!(!process::is_alive(target.pid));
    assert_eq!(process::info(target.pid), None);
    assert_eq!(down(before).reason, ExitReason::Shutdown);
    assert_eq!(down(after).reason, ExitReason::NoProc);
    assert_eq!(exit(), (target.pid, ExitReason::NoProc));
    t.settle();
    assert_eq!((exit_now(), down_now(before), down_now(after)), (None, None, None));
}

/// How the last of a line of linked processes ends.
#[derive(Clone, Copy)]
enum Last {
    IsKilled,
    KillsItself,
    ExitsWithKill,
}

fn line(length: u32, last: Last, end: process::Subject<Pid>) {
    if length > 0 {
        process::spawn_link(move |me| {
            line(length - 1, last, end);
            me.receive_exit(None);
        });
        return;
    }
    match last {
        Last::IsKilled => end.send(otp::self_pid()),
        Last::KillsItself => process::exit(otp::self_pid(), ExitReason::Kill),
        Last::ExitsWithKill => process::exit_self(ExitReason::Kill),
    }
}

/// To be killed ends a process as `Killed`, and so those linked to it; to end as `Kill` is nothing special.
#[otp::test(seeds = 20)]
fn more_kill2killed(t: &mut Sim) {
    for length in [1, 2, 9, 10] {
        for last in [Last::IsKilled, Last::KillsItself, Last::ExitsWithKill] {
            let ends = process::current().subject();
            line(length, last, ends.clone());
            if let Last::IsKilled = last {
                process::exit(ends.receive(None).unwrap(), ExitReason::Kill);
            }
            let reason = if let Last::ExitsWithKill = last { ExitReason::Kill } else { ExitReason::Killed };
            assert_eq!(exit().1, reason);
        }
    }
    t.settle();
    assert_eq!(exit_now(), None);
    assert!(t.node().len() == 1);
}

/// The end of a process by its own will, with a signal that has not been acted on.
#[otp::test(seeds = 50)]
fn more_exit_before_pending_exit(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|me| -> () {
        let me = me.pid();
        process::spawn(move |_| process::exit(me, why("signal")));
        process::exit_self(ExitReason::Shutdown);
    });
    assert_eq!(down(monitor).reason, ExitReason::Shutdown);
    t.settle();
    assert!(!process::is_alive(pid));
}

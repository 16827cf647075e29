//! Exit signals: the decision table.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use otp::{Node, prelude::*, process::Me};

use super::{down, millis, stay, why};

/// What a signal did to its receiver.
#[derive(Debug, PartialEq)]
enum Fate {
    Nothing,
    Told(ExitReason),
    Dead(ExitReason),
}

/// What `act` does to a process.
fn fate(t: &Sim, trapping: bool, act: impl FnOnce(Pid)) -> Fate {
    let told = process::current().subject::<ExitReason>();
    let sender = told.clone();
    let (pid, monitor) = process::spawn_monitor(move |me: &mut Me| {
        me.trap_exit(trapping);
        while let Some(exit) = me.receive_exit(None) {
            sender.send(exit.reason);
        }
    });
    t.settle();
    act(pid);
    t.settle();
    drop(t.crashes());
    match (told.receive(Duration::ZERO), process::current().receive_down(monitor, Duration::ZERO)) {
        (None, None) => Fate::Nothing,
        (Some(reason), None) => Fate::Told(reason),
        (None, Some(down)) => Fate::Dead(down.reason),
        both => panic!("both told and dead: {both:?}"),
    }
}

/// Links a process to `pid` that ends with `reason`.
fn break_link(pid: Pid, reason: ExitReason) {
    process::spawn(move |_| {
        process::link(pid);
        Err(reason)
    });
}

/// Reasons that are nothing special.
fn plain_reasons() -> Vec<ExitReason> {
    vec![
        ExitReason::Shutdown,
        ExitReason::shutdown_with("moving"),
        ExitReason::Killed,
        ExitReason::NoProc,
        ExitReason::Timeout,
        ExitReason::error("disk"),
        why("any"),
    ]
}

#[otp::test(seeds = 20)]
fn exit_with_kill_cannot_be_trapped_and_becomes_killed(t: &mut Sim) {
    for trapping in [false, true] {
        assert_eq!(fate(t, trapping, |pid| process::exit(pid, ExitReason::Kill)), Fate::Dead(ExitReason::Killed));
    }
}

#[otp::test(seeds = 20)]
fn kill_through_a_link_is_nothing_special(t: &mut Sim) {
    assert_eq!(fate(t, true, |pid| break_link(pid, ExitReason::Kill)), Fate::Told(ExitReason::Kill));
    assert_eq!(fate(t, false, |pid| break_link(pid, ExitReason::Kill)), Fate::Dead(ExitReason::Kill));
}

#[otp::test(seeds = 20)]
fn a_killed_process_ends_those_linked_to_it_as_killed(t: &mut Sim) {
    let kill_linked = |pid| {
        let victim = process::spawn(move |me| {
            process::link(pid);
            stay(me);
        });
        t.settle();
        process::exit(victim, ExitReason::Kill);
    };
    assert_eq!(fate(t, true, kill_linked), Fate::Told(ExitReason::Killed));
    assert_eq!(fate(t, false, kill_linked), Fate::Dead(ExitReason::Killed));
}

#[otp::test(seeds = 20)]
fn who_traps_is_told(t: &mut Sim) {
    for reason in plain_reasons().into_iter().chain([ExitReason::Normal]) {
        assert_eq!(fate(t, true, |pid| process::exit(pid, reason.clone())), Fate::Told(reason.clone()));
        assert_eq!(fate(t, true, |pid| break_link(pid, reason.clone())), Fate::Told(reason));
    }
}

#[otp::test(seeds = 20)]
fn who_does_not_trap_ends_with_the_reason(t: &mut Sim) {
    for reason in plain_reasons() {
        assert_eq!(fate(t, false, |pid| process::exit(pid, reason.clone())), Fate::Dead(reason.clone()));
        assert_eq!(fate(t, false, |pid| break_link(pid, reason.clone())), Fate::Dead(reason));
    }
}

#[otp::test(seeds = 20)]
fn normal_from_another_is_ignored(t: &mut Sim) {
    assert_eq!(fate(t, false, |pid| process::exit(pid, ExitReason::Normal)), Fate::Nothing);
    assert_eq!(fate(t, false, |pid| break_link(pid, ExitReason::Normal)), Fate::Nothing);
}

#[otp::test(seeds = 20)]
fn the_exit_of_a_link_that_is_no_more_is_dropped(t: &mut Sim) {
    let end_unlinked = |pid| {
        process::spawn(move |_| {
            process::link(pid);
            process::unlink(pid);
            Err(why("unlinked"))
        });
    };
    assert_eq!(fate(t, true, end_unlinked), Fate::Nothing);
    assert_eq!(fate(t, false, end_unlinked), Fate::Nothing);
}

#[otp::test(seeds = 20)]
fn exit_to_oneself_acts_before_it_returns(t: &mut Sim) {
    for reason in plain_reasons().into_iter().chain([ExitReason::Normal]) {
        let after = Arc::new(AtomicUsize::new(0));
        let (seen, sent) = (after.clone(), reason.clone());
        let (_, monitor) = process::spawn_monitor(move |me| {
            process::exit(me.pid(), sent);
            seen.fetch_add(1, SeqCst);
        });
        assert_eq!(down(monitor), reason);
        assert_eq!(after.load(SeqCst), 0);
    }
    drop(t.crashes());
}

#[otp::test(seeds = 20)]
fn exit_to_oneself_is_trapped_but_for_kill(t: &mut Sim) {
    let exits = process::current().subject();
    let sender = exits.clone();
    let (pid, monitor) = process::spawn_monitor(move |me| {
        me.trap_exit(true);
        process::exit(me.pid(), ExitReason::Normal);
        process::exit(me.pid(), why("self"));
        sender.send(me.receive_exit(Duration::ZERO));
        sender.send(me.receive_exit(Duration::ZERO));
        process::exit(me.pid(), ExitReason::Kill);
        sender.send(None);
    });
    for reason in [ExitReason::Normal, why("self")] {
        let exit = exits.receive(None).unwrap().unwrap();
        assert_eq!((exit.from, exit.reason), (pid, reason));
    }
    assert_eq!(down(monitor), ExitReason::Killed);
    t.settle();
    assert_eq!(exits.receive(Duration::ZERO), None);
}

#[otp::test(seeds = 100)]
fn the_first_fatal_signal_counts(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(stay);
    for reason in ["first", "second", "third"] {
        process::exit(pid, why(reason));
    }
    process::exit(pid, ExitReason::Kill);
    assert_eq!(down(monitor), why("first"));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 50)]
fn trapping_is_decided_when_the_signal_arrives(t: &mut Sim) {
    let told = process::current().subject();
    let sender = told.clone();
    let pid = process::spawn(move |me| {
        assert!(!me.trap_exit(true), "trapping is not inherited from the test, which traps");
        assert!(me.trap_exit(true));
        sender.send(me.receive_exit(None).unwrap().reason);
        assert!(me.trap_exit(false));
        stay(me);
    });
    let monitor = process::monitor(pid);
    t.settle();
    process::exit(pid, why("trapped"));
    assert_eq!(told.receive(None), Some(why("trapped")));
    t.settle();
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(down(monitor), ExitReason::Shutdown);
}

#[otp::test(seeds = 20)]
fn what_arrived_while_trapping_stays_trapped(_t: &mut Sim) {
    let started = process::current().subject();
    let sender = started.clone();
    let (pid, monitor) = process::spawn_monitor(move |me| {
        me.trap_exit(true);
        sender.send(());
        otp::sleep(millis(10));
        me.trap_exit(false);
        assert_eq!(me.receive_exit(None).unwrap().reason, why("early"));
    });
    started.receive(None);
    process::exit(pid, why("early"));
    assert_eq!(down(monitor), ExitReason::Normal);
}

#[otp::test]
fn an_exit_to_nobody_changes_nothing(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| {});
    down(monitor);
    process::exit(pid, ExitReason::Kill);
    t.settle();
    assert_eq!(process::current().receive_exit(Duration::ZERO), None);
}

/// Nor while the code of one that has taken its exit signal in goes on.
#[test]
fn who_has_to_end_is_not_alive() {
    let node = Node::builder().cores(1).start().unwrap();
    let (sent, was_sent) = mpsc::channel();
    // It runs; it has taken the signal in.
    let (taken, was_taken) = mpsc::channel();
    let (end, may_end) = mpsc::channel::<()>();
    let ends = node.enter(|| {
        process::spawn(move |_| {
            taken.send(()).unwrap();
            let _ = was_sent.recv();
            process::trap_exit(false);
            taken.send(()).unwrap();
            let _ = may_end.recv();
        })
    });
    let (asking, asks) = mpsc::channel();
    let inside = node.clone();
    let asker = thread::spawn(move || {
        inside.enter(|| {
            was_taken.recv().unwrap();
            process::exit(ends, why("ended"));
            sent.send(()).unwrap();
            was_taken.recv().unwrap();
            asking.send(otp::self_pid()).unwrap();
            process::is_alive(ends)
        })
    });
    // It tells about itself when it waits, or does not any more.
    let asker_pid = asks.recv().unwrap();
    node.enter(|| process::info(asker_pid));
    drop(end);
    assert!(!asker.join().unwrap());
    node.stop();
}

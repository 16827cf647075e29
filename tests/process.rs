//! Processes: starting, exit signals, links, monitors, names, waiting, adopted threads, nodes.
//!
//! What depends on order runs in simulations under many seeds; what depends on threads runs on nodes of its own.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use otp::{
    Node,
    prelude::*,
    process::{Me, RegisterError, Subject, Unregistered},
    sys,
};

const LONG: Duration = Duration::from_secs(3600);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

/// The reason in the `Down` of a monitor; waits for it.
fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, None).unwrap().reason
}

/// Whether a `Down` has come.
fn is_down(monitor: MonitorRef) -> bool {
    process::current().receive_down(monitor, Duration::ZERO).is_some()
}

/// Tells a log that it was dropped.
struct Tell(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
    }
}

/// A choice that is a function of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize % n
    }
}

// Starting.

#[otp::test(seeds = 20)]
fn spawned_code_runs_in_a_process_of_its_own(t: &mut Sim) {
    let pids = process::current().subject();
    let sender = pids.clone();
    let pid = process::spawn(move |me| sender.send((me.pid(), otp::self_pid())));
    assert_eq!(pids.receive(None), Some((pid, pid)));
    t.settle();
    assert!(!otp::is_alive(pid));

    let sender = pids.clone();
    let pid = process::spawn_async(move |me| async move { sender.send((me.pid(), otp::self_pid())) });
    assert_eq!(pids.receive(None), Some((pid, pid)));
}

#[otp::test(seeds = 20)]
fn spawn_links_and_monitors_nobody(t: &mut Sim) {
    let pid = process::spawn(stay);
    let info = process::process_info(pid).unwrap();
    assert_eq!((info.links, info.monitored_by, info.parent), (vec![], vec![], Some(otp::self_pid())));
    assert!(!info.trap_exit);
    otp::exit(pid, ExitReason::Shutdown);
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
    assert!(otp::is_alive(pid) && !otp::is_alive(other));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test]
fn a_panic_says_what_and_where(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| -> () { panic!("the {} is out", "sky") });
    let reason = down(monitor);
    let panic = reason.as_panic().unwrap();
    assert_eq!(panic.message, "the sky is out");
    assert!(panic.location.as_deref().unwrap().contains("process.rs:"));
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

// Exit signals: the decision table.

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
        otp::link(pid);
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
        assert_eq!(fate(t, trapping, |pid| otp::exit(pid, ExitReason::Kill)), Fate::Dead(ExitReason::Killed));
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
            otp::link(pid);
            stay(me);
        });
        t.settle();
        otp::exit(victim, ExitReason::Kill);
    };
    assert_eq!(fate(t, true, kill_linked), Fate::Told(ExitReason::Killed));
    assert_eq!(fate(t, false, kill_linked), Fate::Dead(ExitReason::Killed));
}

#[otp::test(seeds = 20)]
fn who_traps_is_told(t: &mut Sim) {
    for reason in plain_reasons().into_iter().chain([ExitReason::Normal]) {
        assert_eq!(fate(t, true, |pid| otp::exit(pid, reason.clone())), Fate::Told(reason.clone()));
        assert_eq!(fate(t, true, |pid| break_link(pid, reason.clone())), Fate::Told(reason));
    }
}

#[otp::test(seeds = 20)]
fn who_does_not_trap_ends_with_the_reason(t: &mut Sim) {
    for reason in plain_reasons() {
        assert_eq!(fate(t, false, |pid| otp::exit(pid, reason.clone())), Fate::Dead(reason.clone()));
        assert_eq!(fate(t, false, |pid| break_link(pid, reason.clone())), Fate::Dead(reason));
    }
}

#[otp::test(seeds = 20)]
fn normal_from_another_is_ignored(t: &mut Sim) {
    assert_eq!(fate(t, false, |pid| otp::exit(pid, ExitReason::Normal)), Fate::Nothing);
    assert_eq!(fate(t, false, |pid| break_link(pid, ExitReason::Normal)), Fate::Nothing);
}

#[otp::test(seeds = 20)]
fn the_exit_of_a_link_that_is_no_more_is_dropped(t: &mut Sim) {
    let end_unlinked = |pid| {
        process::spawn(move |_| {
            otp::link(pid);
            otp::unlink(pid);
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
            otp::exit(me.pid(), sent);
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
        otp::exit(me.pid(), ExitReason::Normal);
        otp::exit(me.pid(), why("self"));
        sender.send(me.receive_exit(Duration::ZERO));
        sender.send(me.receive_exit(Duration::ZERO));
        otp::exit(me.pid(), ExitReason::Kill);
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
        otp::exit(pid, why(reason));
    }
    otp::exit(pid, ExitReason::Kill);
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
    let monitor = otp::monitor(pid);
    t.settle();
    otp::exit(pid, why("trapped"));
    assert_eq!(told.receive(None), Some(why("trapped")));
    t.settle();
    otp::exit(pid, ExitReason::Shutdown);
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
    otp::exit(pid, why("early"));
    assert_eq!(down(monitor), ExitReason::Normal);
}

#[otp::test]
fn an_exit_to_nobody_changes_nothing(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| {});
    down(monitor);
    otp::exit(pid, ExitReason::Kill);
    t.settle();
    assert_eq!(process::current().receive_exit(Duration::ZERO), None);
}

// Links.

#[otp::test(seeds = 50)]
fn links_are_seen_from_both_sides_and_made_once(t: &mut Sim) {
    let (a, b) = (process::spawn(stay), process::spawn(stay));
    let me = otp::self_pid();
    for _ in 0..3 {
        otp::link(a);
        otp::link(me);
    }
    otp::link(b);
    assert_eq!(process::process_info(a).unwrap().links, [me]);
    assert_eq!(process::process_info(me).unwrap().links, [a, b]);
    otp::unlink(a);
    otp::unlink(me);
    assert_eq!(process::process_info(a).unwrap().links, []);
    assert_eq!(process::process_info(me).unwrap().links, [b]);
    otp::exit(a, ExitReason::Kill);
    otp::exit(b, ExitReason::Kill);
    t.settle();
    assert_eq!(process::current().receive_exit(Duration::ZERO).unwrap().from, b);
    assert_eq!(process::current().receive_exit(Duration::ZERO), None);
    assert_eq!(process::process_info(me).unwrap().links, []);
}

#[otp::test(seeds = 50)]
fn a_link_to_the_dead_is_an_exit_with_noproc(t: &mut Sim) {
    let (dead, monitor) = process::spawn_monitor(|_| {});
    down(monitor);
    otp::link(dead);
    let exit = process::current().receive_exit(None).unwrap();
    assert_eq!((exit.from, exit.reason), (dead, ExitReason::NoProc));

    let (_, monitor) = process::spawn_monitor(move |me| {
        otp::link(dead);
        stay(me);
    });
    assert_eq!(down(monitor), ExitReason::NoProc);
    t.crashes();
}

#[otp::test(seeds = 200)]
fn after_unlink_no_exit_comes(t: &mut Sim) {
    let late = process::current().subject();
    let sender = late.clone();
    process::spawn(move |me| {
        me.trap_exit(true);
        let other = process::spawn_link(|_| otp::sleep(millis(1)));
        otp::sleep(millis(1));
        otp::unlink(other);
        // What was delivered before `unlink` returned stays; after that there is nothing.
        let _ = me.receive_exit(Duration::ZERO);
        sender.send(me.receive_exit(millis(10)));
    });
    assert_eq!(late.receive(None), Some(None));
    t.settle();
}

#[otp::test(seeds = 200)]
fn an_exit_in_the_mailbox_survives_unlink(_t: &mut Sim) {
    let me = process::current();
    let other = process::spawn_link(|_| {});
    otp::sleep(millis(1));
    otp::unlink(other);
    assert_eq!(me.receive_exit(Duration::ZERO).unwrap().from, other);
}

/// One of those who link, unlink, monitor, demonitor and end at random.
fn restless(me: &Me, others: &[Pid], mut dice: Dice, steps: usize) {
    me.trap_exit(true);
    let mut monitors = Vec::new();
    for _ in 0..steps {
        let other = others[dice.below(others.len())];
        match dice.below(12) {
            0..=3 => otp::link(other),
            4..=6 => otp::unlink(other),
            7 => monitors.push(otp::monitor(other)),
            8 => {
                if let Some(monitor) = monitors.pop() {
                    process::demonitor_flush(monitor);
                }
            }
            9..=10 => otp::sleep(millis(dice.below(2) as u64)),
            _ if dice.below(40) == 0 => process::exit_self(ExitReason::Shutdown),
            _ => {}
        }
    }
}

/// That relations are seen alike from both sides, and the dead have none.
fn agree(pids: &[Pid]) {
    let infos: Vec<_> = pids.iter().map(|pid| process::process_info(*pid)).collect();
    let at = |pid: &Pid| pids.iter().position(|other| other == pid);
    for (pid, info) in pids.iter().zip(&infos) {
        let Some(info) = info else { continue };
        for link in &info.links {
            let other = infos[at(link).unwrap()].as_ref();
            assert!(other.is_some_and(|other| other.links.contains(pid)), "{pid} is linked to {link}, not the reverse");
        }
        for target in info.monitors.iter().filter(|target| *target != pid) {
            let other = infos[at(target).unwrap()].as_ref().unwrap_or_else(|| panic!("{pid} monitors {target}, gone"));
            let theirs = other.monitored_by.iter().filter(|watcher| *watcher == pid).count();
            assert_eq!(theirs, info.monitors.iter().filter(|other| *other == target).count());
        }
        let watchers = info.monitored_by.iter();
        assert!(watchers.copied().all(|pid| pid == otp::self_pid() || infos[at(&pid).unwrap()].is_some()));
    }
}

#[otp::test(seeds = 300)]
fn both_sides_agree_after_a_storm_of_links(t: &mut Sim) {
    let pids = Arc::new(OnceLock::<Vec<Pid>>::new());
    let made = (0..6u64).map(|n| {
        let (pids, seed) = (pids.clone(), t.seed());
        process::spawn(move |me| -> () {
            restless(me, pids.get().unwrap(), Dice(seed * 31 + n + 1), 60);
            loop {
                me.receive_exit(None);
            }
        })
    });
    let made: Vec<Pid> = made.collect();
    pids.set(made.clone()).unwrap();
    t.advance(Duration::from_secs(1));
    agree(&made);
}

#[test]
fn both_sides_agree_after_a_storm_on_threads() {
    /// Says that the restless time of a process is over, also when it never began: a link may end it before its code.
    struct Done(Subject<()>);
    impl Drop for Done {
        fn drop(&mut self) {
            self.0.send(());
        }
    }

    let node = Node::builder().cores(4).start().unwrap();
    for seed in 0..20 {
        node.enter(|| {
            let done = process::current().subject();
            let pids = Arc::new(OnceLock::<Vec<Pid>>::new());
            let made = (0..8u64).map(|n| {
                let (pids, told) = (pids.clone(), Done(done.clone()));
                process::spawn(move |me| -> () {
                    while pids.get().is_none() {
                        otp::sleep(Duration::from_micros(10));
                    }
                    restless(me, pids.get().unwrap(), Dice(seed * 31 + n + 1), 300);
                    drop(told);
                    loop {
                        me.receive_exit(None);
                    }
                })
            });
            let made: Vec<Pid> = made.collect();
            pids.set(made.clone()).unwrap();
            made.iter().for_each(|_| done.receive(PATIENCE).expect("all come to an end"));
            // A question is answered behind the signals sent before it, and these may have raised others: unlinks are
            // acknowledged, the links of the dead are told.
            for _ in 0..3 {
                made.iter().for_each(|pid| drop(process::process_info(*pid)));
            }
            agree(&made);
            made.iter().for_each(|pid| otp::exit(*pid, ExitReason::Kill));
        });
    }
    node.stop();
}

#[test]
fn both_sides_agree_when_both_change_their_mind_at_once() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let (ready, done) = (process::current().subject(), process::current().subject());
        let pids = Arc::new(OnceLock::<[Pid; 2]>::new());
        let fickle = |seed| {
            let (pids, ready, done) = (pids.clone(), ready.clone(), done.clone());
            process::spawn(move |me| -> () {
                me.trap_exit(true);
                let (mut dice, rounds) = (Dice(seed), me.subject::<()>());
                ready.send(rounds.clone());
                while rounds.receive(None).is_some() {
                    let other = *pids.get().unwrap().iter().find(|pid| **pid != me.pid()).unwrap();
                    for _ in 0..dice.below(12) {
                        if dice.below(2) == 0 { otp::link(other) } else { otp::unlink(other) }
                    }
                    done.send(());
                }
                unreachable!("it waits for ever");
            })
        };
        let both = [fickle(1), fickle(2)];
        pids.set(both).unwrap();
        let rounds = [ready.receive(None).unwrap(), ready.receive(None).unwrap()];
        for _ in 0..1000 {
            rounds.iter().for_each(|round| round.send(()));
            rounds.iter().for_each(|_| done.receive(PATIENCE).unwrap());
            let settled = || both.map(|pid| process::process_info(pid).unwrap().links);
            settled();
            let [a, b] = settled();
            assert_eq!(a.is_empty(), b.is_empty());
        }
    });
    node.stop();
}

#[test]
fn after_unlink_no_exit_comes_from_another_thread() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let me = process::current();
        for _ in 0..5000 {
            let other = process::spawn_link(|_| {});
            otp::unlink(other);
            // What was delivered before; what comes later is found in one of the next rounds, or at the end.
            if let Some(exit) = me.receive_exit(Duration::ZERO) {
                assert_eq!(exit.from, other);
            }
        }
        assert_eq!(me.receive_exit(millis(10)), None);
    });
    node.stop();
}

// Monitors.

#[otp::test(seeds = 50)]
fn each_monitor_is_one_of_its_own(t: &mut Sim) {
    let pid = process::spawn(stay);
    let monitors = [otp::monitor(pid), otp::monitor(pid), otp::monitor(pid)];
    assert_eq!(process::process_info(pid).unwrap().monitored_by, [otp::self_pid(); 3]);
    assert!(otp::demonitor(monitors[1]));
    assert!(!otp::demonitor(monitors[1]));
    otp::exit(pid, ExitReason::Shutdown);
    for monitor in [monitors[0], monitors[2]] {
        let down = process::current().receive_down(monitor, None).unwrap();
        assert_eq!((down.monitor, down.pid, down.reason), (monitor, pid, ExitReason::Shutdown));
    }
    t.settle();
    assert!(!monitors.iter().any(|monitor| is_down(*monitor)));
    assert_eq!(process::process_info(otp::self_pid()).unwrap().monitors, []);
}

#[otp::test(seeds = 50)]
fn a_monitor_of_the_dead_is_down_with_noproc(_t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| {});
    down(monitor);
    assert_eq!(down(otp::monitor(pid)), ExitReason::NoProc);
}

#[otp::test(seeds = 20)]
fn who_is_monitored_is_rarely_woken_for_it(t: &mut Sim) {
    let polls = Arc::new(AtomicUsize::new(0));
    let polled = polls.clone();
    let idle = process::spawn_async(|_| {
        std::future::poll_fn(move |_| {
            polled.fetch_add(1, SeqCst);
            std::task::Poll::<()>::Pending
        })
    });
    t.settle();
    let before = polls.load(SeqCst);
    let monitor = || {
        let monitor = otp::monitor(idle);
        t.settle();
        monitor
    };
    let few: Vec<_> = (0..3).map(|_| monitor()).collect();
    assert!(otp::is_alive(idle));
    assert_eq!(polls.load(SeqCst), before, "there is nothing to do before it ends");
    let many: Vec<_> = (0..100).map(|_| monitor()).collect();
    assert!(polls.load(SeqCst) >= before + 10, "but they do not pile up");
    assert_eq!(process::process_info(idle).unwrap().monitored_by.len(), 103);
    otp::demonitor(many[99]);
    otp::exit(idle, ExitReason::Shutdown);
    few.into_iter()
        .chain(many[..99].iter().copied())
        .for_each(|monitor| assert_eq!(down(monitor), ExitReason::Shutdown));
    assert!(!is_down(many[99]));
}

#[otp::test(seeds = 20)]
fn a_monitor_of_oneself_never_fires(_t: &mut Sim) {
    let late = process::current().subject();
    let sender = late.clone();
    process::spawn(move |me| {
        let monitor = otp::monitor(me.pid());
        sender.send(me.receive_down(monitor, millis(10)).is_some());
    });
    assert_eq!(late.receive(None), Some(false));
}

#[otp::test(seeds = 100)]
fn after_demonitor_the_down_is_here_or_never_comes(t: &mut Sim) {
    let outcome = process::current().subject();
    let sender = outcome.clone();
    process::spawn(move |me| {
        let (_, monitor) = process::spawn_monitor(|_| otp::sleep(millis(1)));
        otp::sleep(millis(1));
        let was_active = otp::demonitor(monitor);
        let here = me.receive_down(monitor, Duration::ZERO).is_some();
        let late = me.receive_down(monitor, millis(10)).is_some();
        sender.send((was_active, here, late));
    });
    let (was_active, here, late) = outcome.receive(None).unwrap();
    assert!(!late);
    assert_eq!(was_active, !here);
    let (_, monitor) = process::spawn_monitor(|_| {});
    t.settle();
    process::demonitor_flush(monitor);
    assert!(!is_down(monitor));
}

#[otp::test(seeds = 20)]
fn monitors_end_with_their_owner(t: &mut Sim) {
    let pid = process::spawn(stay);
    let (_, owner) = process::spawn_monitor(move |_| {
        otp::monitor(pid);
        otp::monitor(pid);
    });
    down(owner);
    t.settle();
    assert_eq!(process::process_info(pid).unwrap().monitored_by, []);
}

#[otp::test]
fn nobody_ends_the_monitor_of_another(_t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(stay);
    let answers = process::current().subject();
    let sender = answers.clone();
    process::spawn(move |_| sender.send(otp::demonitor(monitor)));
    assert_eq!(answers.receive(None), Some(false));
    otp::exit(pid, ExitReason::Shutdown);
    assert_eq!(down(monitor), ExitReason::Shutdown);
}

// Order.

/// Writes down what it receives, as it comes.
struct Recorder {
    seen: Arc<Mutex<Vec<String>>>,
}

#[actor]
impl Recorder {
    #[init]
    fn init(seen: Arc<Mutex<Vec<String>>>, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self { seen }
    }

    fn see(&self, what: impl std::fmt::Display) {
        self.seen.lock().unwrap().push(what.to_string());
    }

    #[handle_cast]
    fn watch(&mut self, pid: Pid, ctx: &mut Context<Self>) {
        ctx.monitor(pid);
        ctx.link(pid);
    }

    #[handle_cast]
    fn note(&mut self, n: u32) {
        self.see(n);
    }

    #[handle_cast]
    fn be_busy(&mut self) {
        otp::sleep(millis(5));
        self.see("busy");
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        self.see(format_args!("exit {}", exit.reason));
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        self.see(format_args!("down {}", down.reason));
    }

    #[handle_info]
    fn text(&mut self, text: String) {
        self.see(text);
    }
}

#[otp::test(seeds = 200)]
fn all_signals_of_a_pair_share_one_order(t: &mut Sim) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let recorder = Recorder::start(seen.clone()).unwrap();
    let (client, at) = (recorder.clone(), recorder.pid().unwrap());
    let sender = process::spawn(move |_| {
        client.be_busy();
        client.note(1);
        otp::exit(at, ExitReason::shutdown_with(2));
        client.note(3);
        otp::sleep(millis(u64::from(otp::self_pid() == at)));
        client.note(4);
        otp::exit(at, ExitReason::shutdown_with(5));
        client.note(6);
    });
    recorder.watch(sender);
    t.advance(millis(20));
    let seen = seen.lock().unwrap().clone();
    let mut seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    // The end of the sender is told after all that it sent; which of `Exit` and `Down` comes first is not said.
    let end = seen.split_off(7);
    assert_eq!(seen, ["busy", "1", "exit shutdown: 2", "3", "4", "exit shutdown: 5", "6"]);
    assert_eq!(end.len(), 2, "{end:?}");
    assert!(end.iter().any(|end| end.starts_with("exit ")) && end.iter().any(|end| end.starts_with("down ")));
}

#[otp::test(seeds = 100)]
fn nothing_sent_after_a_fatal_exit_is_seen(t: &mut Sim) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (pid, monitor) = {
        let seen = seen.clone();
        let subjects = process::current().subject();
        let sender = subjects.clone();
        let (pid, monitor) = process::spawn_monitor(move |me| {
            let numbers = me.subject::<u32>();
            sender.send(numbers.clone());
            otp::sleep(millis(1));
            while let Some(n) = numbers.receive(None) {
                seen.lock().unwrap().push(n);
            }
        });
        let numbers = subjects.receive(None).unwrap();
        process::spawn(move |_| {
            otp::sleep(millis(1));
            (0..5).for_each(|n| numbers.send(n));
            otp::exit(pid, ExitReason::Shutdown);
            (5..10).for_each(|n| numbers.send(n));
        });
        (pid, monitor)
    };
    assert_eq!(down(monitor), ExitReason::Shutdown);
    t.settle();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, (0..seen.len() as u32).collect::<Vec<_>>(), "{pid}");
    assert!(seen.len() <= 5);
}

#[test]
fn order_holds_between_threads_too() {
    const COUNT: u32 = 20_000;
    let node = Node::builder().cores(4).start().unwrap();
    node.enter(|| {
        let results = process::current().subject();
        let senders = 4u32;
        let subjects = process::current().subject();
        let (subjects_of, told) = (subjects.clone(), results.clone());
        let receiver = process::spawn(move |me| {
            let numbers = me.subject::<(u32, u32)>();
            (0..senders).for_each(|_| subjects_of.send(numbers.clone()));
            let mut next = vec![0; senders as usize];
            for _ in 0..senders * COUNT {
                let (sender, n) = numbers.receive(None).unwrap();
                assert_eq!(n, next[sender as usize]);
                next[sender as usize] += 1;
            }
            told.send(next);
        });
        for sender in 0..senders {
            let numbers = subjects.receive(None).unwrap();
            process::spawn(move |_| (0..COUNT).for_each(|n| numbers.send((sender, n))));
        }
        let _ = receiver;
        assert_eq!(results.receive(PATIENCE), Some(vec![COUNT; senders as usize]));
    });
    node.stop();
}

#[otp::test(seeds = 50)]
fn is_alive_looks_behind_what_the_caller_sent(_t: &mut Sim) {
    let pid = process::spawn(stay);
    assert!(otp::is_alive(pid));
    otp::exit(pid, ExitReason::Normal);
    assert!(otp::is_alive(pid));
    otp::exit(pid, ExitReason::Shutdown);
    assert!(!otp::is_alive(pid));
    let pid = process::spawn(stay);
    otp::exit(pid, ExitReason::Shutdown);
    assert_eq!(process::process_info(pid), None);
}

// Names.

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
            otp::trap_exit(false);
            taken.send(()).unwrap();
            let _ = may_end.recv();
        })
    });
    let (asking, asks) = mpsc::channel();
    let inside = node.clone();
    let asker = thread::spawn(move || {
        inside.enter(|| {
            was_taken.recv().unwrap();
            otp::exit(ends, why("ended"));
            sent.send(()).unwrap();
            was_taken.recv().unwrap();
            asking.send(otp::self_pid()).unwrap();
            otp::is_alive(ends)
        })
    });
    // It tells about itself when it waits, or does not any more.
    let asker_pid = asks.recv().unwrap();
    node.enter(|| process::process_info(asker_pid));
    drop(end);
    assert!(!asker.join().unwrap());
    node.stop();
}

#[otp::test]
fn a_name_is_one_processs_and_a_process_has_one(_t: &mut Sim) {
    let (a, b) = (process::spawn(stay), process::spawn(stay));
    assert_eq!(process::register("one", a), Ok(()));
    assert_eq!(process::whereis("one"), Some(a));
    assert_eq!(process::register("one", b), Err(RegisterError::Taken(a)));
    assert_eq!(process::register("one", a), Err(RegisterError::Taken(a)));
    assert_eq!(process::register("two", a), Err(RegisterError::Named));
    assert_eq!(process::registered(), ["one"]);
    assert_eq!(process::process_info(a).unwrap().name.as_deref(), Some("one"));
    assert_eq!(process::unregister("one"), Ok(()));
    assert_eq!(process::unregister("one"), Err(Unregistered));
    assert_eq!(process::whereis("one"), None);
    assert_eq!(process::register("two", a), Ok(()));

    let (dead, monitor) = process::spawn_monitor(|_| {});
    down(monitor);
    assert_eq!(process::register("three", dead), Err(RegisterError::NoProc));
    assert_eq!(process::whereis("three"), None);
}

#[otp::test(seeds = 100)]
fn who_sees_the_end_can_take_the_name(t: &mut Sim) {
    let me = process::current();
    for linked in [true, false] {
        let pid = process::spawn(stay);
        process::register("port", pid).unwrap();
        let monitor = (!linked).then(|| otp::monitor(pid));
        if linked {
            otp::link(pid);
        }
        let next = process::spawn(stay);
        otp::exit(pid, ExitReason::Kill);
        match monitor {
            Some(monitor) => drop(me.receive_down(monitor, None)),
            None => drop(me.receive_exit(None)),
        }
        assert_eq!(process::register("port", next), Ok(()));
        t.kill(next);
        assert_eq!(process::whereis("port"), None);
    }
}

#[test]
fn who_sees_the_end_can_take_the_name_under_load() {
    let node = Node::builder().cores(4).start().unwrap();
    node.enter(|| {
        let done = process::current().subject();
        for n in 0..4 {
            let sender = done.clone();
            process::spawn(move |me| {
                let name = format!("port {n}");
                for _ in 0..500 {
                    let (pid, monitor) = process::spawn_monitor(stay);
                    process::register(&name, pid).unwrap();
                    otp::exit(pid, ExitReason::Kill);
                    me.receive_down(monitor, None).unwrap();
                }
                sender.send(());
            });
        }
        (0..4).for_each(|_| done.receive(PATIENCE).unwrap());
    });
    node.stop();
}

#[test]
fn who_is_told_first_can_take_the_name() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        for _ in 0..20 {
            let pid = process::spawn(stay);
            process::register("port", pid).unwrap();
            let next = process::spawn(stay);
            // The first is told long before the last.
            let monitors: Vec<_> = (0..2000).map(|_| otp::monitor(pid)).collect();
            otp::exit(pid, ExitReason::Kill);
            process::current().receive_down(monitors[0], PATIENCE).unwrap();
            assert_eq!(process::register("port", next), Ok(()));
            monitors.iter().for_each(|monitor| process::demonitor_flush(*monitor));
            otp::exit(next, ExitReason::Kill);
            down(otp::monitor(next));
        }
    });
    node.stop();
}

// Ending where it waits.

/// Answers nobody.
struct Silent {
    asked: Vec<ReplyTo<()>>,
}

#[actor]
impl Silent {
    #[init]
    fn init() -> Self {
        Self { asked: Vec::new() }
    }

    #[handle_call]
    fn ask(&mut self, reply: ReplyTo<()>) {
        self.asked.push(reply);
    }
}

type Wait = Box<dyn Fn(&Me) + Send>;

/// Ways to wait for something that does not come.
fn waits(silent: &SilentRef) -> Vec<Wait> {
    let (blocking, asynchronous) = (silent.clone().no_timeout(), silent.clone().no_timeout());
    vec![
        Box::new(|_| otp::sleep(LONG)),
        Box::new(|me| drop(me.receive_exit(None))),
        Box::new(|me| assert_eq!(me.subject::<()>().receive(None), None)),
        Box::new(|me| assert_eq!(me.subject::<()>().receive(LONG), None)),
        Box::new(move |_| drop(blocking.ask())),
        Box::new(move |_| drop(asynchronous.request().ask().wait())),
    ]
}

#[otp::test(seeds = 20)]
fn an_exit_reaches_a_process_where_it_waits(t: &mut Sim) {
    let silent = Silent::start().unwrap();
    for reason in [ExitReason::Kill, ExitReason::Shutdown] {
        for wait in waits(&silent) {
            let log = Arc::new(Mutex::new(Vec::new()));
            let (outer, inner, after) = (Tell("outer", log.clone()), Tell("inner", log.clone()), log.clone());
            let (pid, monitor) = process::spawn_monitor(move |me| {
                let _outer = outer;
                let within = || {
                    let _inner = inner;
                    wait(me);
                    after.lock().unwrap().push("after");
                };
                within();
            });
            t.settle();
            assert!(log.lock().unwrap().is_empty());
            otp::exit(pid, reason.clone());
            let expected = if reason == ExitReason::Kill { ExitReason::Killed } else { reason.clone() };
            assert_eq!(down(monitor), expected);
            // The stack was unwound before the end was told.
            assert_eq!(*log.lock().unwrap(), ["inner", "outer"]);
        }
    }
}

#[otp::test(seeds = 20)]
fn an_exit_reaches_code_that_awaits(t: &mut Sim) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let held = Tell("held", log.clone());
    let (pid, monitor) = process::spawn_monitor_async(|_| async move {
        let _held = held;
        process::sleep_async(LONG).await;
    });
    t.settle();
    otp::exit(pid, ExitReason::Kill);
    assert_eq!(down(monitor), ExitReason::Killed);
    assert_eq!(*log.lock().unwrap(), ["held"]);
}

#[otp::test(seeds = 20)]
fn a_guard_held_where_a_process_dies_is_poisoned(t: &mut Sim) {
    let lock = Arc::new(Mutex::new(()));
    let held = lock.clone();
    let (pid, monitor) = process::spawn_monitor(move |_| {
        let _guard = held.lock().unwrap();
        otp::sleep(LONG);
    });
    t.settle();
    otp::exit(pid, ExitReason::Kill);
    down(monitor);
    assert!(lock.is_poisoned());
}

#[otp::test(seeds = 20)]
fn code_that_catches_its_end_is_stopped_again(t: &mut Sim) {
    let caught = Arc::new(AtomicUsize::new(0));
    let count = caught.clone();
    let (pid, monitor) = process::spawn_monitor(move |me| {
        for _ in 0..3 {
            if catch_unwind(AssertUnwindSafe(|| otp::sleep(LONG))).is_err() {
                count.fetch_add(1, SeqCst);
            }
        }
        if catch_unwind(AssertUnwindSafe(|| me.receive_exit(None))).is_err() {
            count.fetch_add(1, SeqCst);
        }
        // Its result is not taken either.
        Err::<(), _>(why("I go on"))
    });
    t.settle();
    otp::exit(pid, ExitReason::Shutdown);
    assert_eq!(down(monitor), ExitReason::Shutdown);
    assert_eq!(caught.load(SeqCst), 4);
    assert_eq!(t.now(), Duration::ZERO);
}

#[otp::test(seeds = 20)]
fn what_waits_in_a_destructor_of_the_dying_is_not_waited_for(t: &mut Sim) {
    struct Waits(SilentRef, Arc<Mutex<Vec<String>>>);
    impl Drop for Waits {
        fn drop(&mut self) {
            otp::exit(otp::self_pid(), ExitReason::Kill);
            let asked = self.0.ask();
            let received = process::current().receive_exit(None);
            let shown = sys::get_status(&self.0).err();
            let started = Silent::start().err();
            otp::sleep(LONG);
            self.1.lock().unwrap().push(format!("{asked:?} {received:?} {shown:?} {started:?}"));
        }
    }
    let log = Arc::new(Mutex::new(Vec::new()));
    let held = Waits(Silent::start().unwrap(), log.clone());
    let (pid, monitor) = process::spawn_monitor(move |_| {
        let _held = held;
        otp::sleep(LONG);
    });
    t.settle();
    otp::exit(pid, ExitReason::Kill);
    assert_eq!(down(monitor), ExitReason::Killed);
    assert_eq!(*log.lock().unwrap(), ["Err(Exiting) None Some(Exiting) Some(Exiting)"]);
    assert_eq!(t.now(), Duration::ZERO);
}

// Time.

#[otp::test(seeds = 50)]
fn sleeping_takes_as_long_as_it_says(t: &mut Sim) {
    let woken = process::current().subject();
    for n in [30, 10, 20] {
        let sender = woken.clone();
        process::spawn(move |_| {
            otp::sleep(millis(n));
            sender.send(n);
        });
        let sender = woken.clone();
        process::spawn_async(move |_| async move {
            process::sleep_async(millis(n)).await;
            sender.send(n);
        });
    }
    for n in [10, 20, 30] {
        for _ in 0..2 {
            assert_eq!(woken.receive(None), Some(n));
            assert_eq!(t.now(), millis(n));
        }
    }
    otp::sleep(LONG);
    assert_eq!(t.now(), millis(30) + LONG);
}

#[otp::test(seeds = 20)]
fn a_receive_gives_up_in_time(t: &mut Sim) {
    let me = process::current();
    let numbers = me.subject::<u32>();
    assert_eq!(numbers.receive(millis(7)), None);
    assert_eq!(t.now(), millis(7));
    assert_eq!(me.receive_exit(millis(3)), None);
    assert_eq!(t.now(), millis(10));
    let sender = numbers.clone();
    process::spawn(move |_| {
        otp::sleep(millis(5));
        sender.send(1);
    });
    assert_eq!(numbers.receive(millis(6)), Some(1));
    assert_eq!(t.now(), millis(15));
}

/// `after 0`: nobody has a turn meanwhile, and no timer is needed.
#[otp::test(seeds = 20)]
fn a_receive_without_time_only_looks(_t: &mut Sim) {
    let subject = process::current().subject();
    let to = subject.clone();
    process::spawn(move |_| to.send(1));
    assert_eq!(subject.receive(Duration::ZERO), None);
    assert_eq!(process::Selector::new().select(&subject).receive(Duration::ZERO), None);
    subject.send(2);
    assert_eq!(subject.receive(Duration::ZERO), Some(2));
    assert_eq!(subject.receive(None), Some(1));
}

#[test]
fn a_receive_without_time_needs_no_node_that_runs() {
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(|| {
        node.stop();
        let subject = process::current().subject();
        assert_eq!(subject.receive(Duration::ZERO), None);
        subject.send(1);
        assert_eq!(subject.receive(Duration::ZERO), Some(1));
    });
}

#[otp::test(seeds = 20)]
fn subjects_are_received_from_one_by_one(_t: &mut Sim) {
    let me = process::current();
    let (a, b) = (me.subject::<u32>(), me.subject::<u32>());
    let (to_a, to_b) = (a.clone(), b.clone());
    process::spawn(move |_| {
        for n in 0..3 {
            to_a.send(n);
            to_b.send(10 + n);
        }
    });
    assert_eq!([b.receive(None), b.receive(None), b.receive(None)], [Some(10), Some(11), Some(12)]);
    assert_eq!([a.receive(None), a.receive(None), a.receive(None)], [Some(0), Some(1), Some(2)]);
}

#[otp::test]
fn only_its_owner_receives_from_a_subject(t: &mut Sim) {
    let numbers = process::current().subject::<u32>();
    let (_, monitor) = process::spawn_monitor(move |_| assert_eq!(numbers.receive(None), None));
    assert!(down(monitor).as_panic().unwrap().message.contains("received from by the process that made it"));
    t.crashes();
}

// Adopted threads.

#[test]
fn a_thread_becomes_a_process_that_traps_exits() {
    thread::spawn(|| {
        let me = process::current();
        assert_eq!(me.pid(), otp::self_pid());
        let numbers = me.subject();
        let sender = numbers.clone();
        let child = process::spawn_link(move |_| {
            sender.send(7);
            Err(ExitReason::shutdown_with("done"))
        });
        assert_eq!(numbers.receive(PATIENCE), Some(7));
        let exit = me.receive_exit(PATIENCE).unwrap();
        assert_eq!((exit.from, exit.reason), (child, ExitReason::shutdown_with("done")));
        assert_eq!(numbers.receive(millis(1)), None);
    })
    .join()
    .unwrap();
}

/// It is told where it waits, and may go on.
#[otp::test(seeds = 20)]
fn a_thread_that_has_to_end_is_not_alive(t: &mut Sim) {
    process::current().trap_exit(false);
    let (own, alive) = (otp::self_pid(), Arc::new(Mutex::new(Vec::new())));
    let seen = alive.clone();
    process::spawn(move |_| {
        otp::exit(own, why("ended"));
        seen.lock().unwrap().push(otp::is_alive(own));
    });
    assert!(catch_unwind(|| otp::sleep(LONG)).is_err());
    otp::sleep(millis(1));
    assert_eq!((t.now(), &*alive.lock().unwrap()), (millis(1), &vec![false]));
}

#[otp::test(seeds = 20)]
fn who_is_being_dropped_is_not_alive(t: &mut Sim) {
    struct Asks(Arc<Mutex<Vec<bool>>>);
    impl Drop for Asks {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(otp::is_alive(otp::self_pid()));
        }
    }
    let alive = Arc::new(Mutex::new(Vec::new()));
    let asks = Asks(alive.clone());
    let pid = process::spawn_async(async move |_| {
        let _asks = asks;
        process::sleep_async(LONG).await;
    });
    t.settle();
    otp::exit(pid, ExitReason::Shutdown);
    t.settle();
    assert_eq!(*alive.lock().unwrap(), [false]);
}

/// Nobody can say when a thread comes back.
#[test]
fn a_killed_thread_is_not_waited_for() {
    let node = Node::builder().cores(1).start().unwrap();
    let (pid, pids) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let inside = node.clone();
    let thread = thread::spawn(move || {
        inside.enter(|| {
            pid.send(otp::self_pid()).unwrap();
            let _ = may_go_on.recv();
        });
    });
    let pid = pids.recv().unwrap();
    node.enter(|| {
        assert!(otp::is_alive(pid));
        otp::exit(pid, ExitReason::Kill);
        assert!(!otp::is_alive(pid));
    });
    drop(go_on);
    thread.join().unwrap();
    node.stop();
}

#[test]
fn a_thread_that_does_not_trap_panics_where_it_waits() {
    let thread = thread::spawn(|| {
        process::current().trap_exit(false);
        process::spawn_link(|_| Err(ExitReason::shutdown_with("child is gone")));
        otp::sleep(PATIENCE);
    });
    let payload = thread.join().unwrap_err();
    assert!(payload.downcast_ref::<String>().unwrap().contains("child is gone"));
}

#[test]
fn the_links_of_a_thread_learn_its_end() {
    let ends = process::current().subject();
    let told = ends.clone();
    let guarded = move || {
        let ready = process::current().subject();
        let (ready_now, told) = (ready.clone(), told.clone());
        process::spawn_link(move |me| {
            me.trap_exit(true);
            ready_now.send(());
            told.send(me.receive_exit(None).unwrap());
        });
        ready.receive(None).unwrap();
        otp::self_pid()
    };
    let pid = thread::spawn(guarded.clone()).join().unwrap();
    let exit = ends.receive(PATIENCE).unwrap();
    assert_eq!((exit.from, exit.reason), (pid, ExitReason::Normal));

    let panicking = move || {
        guarded();
        panic!("as told");
    };
    thread::spawn(move || Node::current().enter(panicking)).join().unwrap_err();
    assert_eq!(ends.receive(PATIENCE).unwrap().reason, ExitReason::Killed);
}

#[test]
fn a_thread_is_a_process_of_the_node_that_it_enters() {
    let node = Node::builder().cores(1).start().unwrap();
    let inside = node.enter(|| {
        let own = otp::self_pid();
        assert_eq!(node.processes(), [own]);
        process::register("here", own).unwrap();
        own
    });
    assert_ne!(otp::self_pid(), inside);
    assert_eq!(process::whereis("here"), None);
    assert!(node.is_empty());
    node.stop();
}

// Many that wait, and the end of a node.

/// Lets callers through when enough have come.
struct Gate {
    missing: usize,
    callers: Vec<ReplyTo<()>>,
}

#[actor]
impl Gate {
    #[init]
    fn init(missing: usize) -> Self {
        Self { missing, callers: Vec::new() }
    }

    #[handle_call]
    fn pass(&mut self, reply: ReplyTo<()>) {
        self.callers.push(reply);
        if self.callers.len() == self.missing {
            self.callers.drain(..).for_each(|caller| caller.send(()));
        }
    }
}

/// Waits at a gate in its handler.
struct Visitor {
    gate: GateRef,
}

#[actor]
impl Visitor {
    #[init]
    fn init(gate: GateRef) -> Self {
        Self { gate }
    }

    #[handle_call]
    fn visit(&mut self) -> Result<(), CallError> {
        self.gate.no_timeout().pass()
    }
}

const VISITORS: usize = 1000;

fn visit() {
    let gate = Gate::start(VISITORS).unwrap();
    let visitors: Vec<_> = (0..VISITORS).map(|_| Visitor::start(gate.clone()).unwrap()).collect();
    let visits: Vec<_> = visitors.iter().map(|visitor| visitor.request().visit()).collect();
    for visit in visits {
        assert_eq!(visit.wait(), Ok(Ok(())));
    }
}

#[test]
fn a_thousand_handlers_wait_on_one_core() {
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(visit);
    node.stop();
    assert_eq!(node.len(), 0);
}

/// Runs the test of this name again, alone in a process of the system; true in there.
#[cfg(target_os = "linux")]
fn alone(name: &str) -> bool {
    if std::env::var_os("OTP_ALONE").is_some() {
        return true;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads", "1"])
        .env("OTP_ALONE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    false
}

#[cfg(target_os = "linux")]
#[test]
fn a_stopped_node_leaves_nothing() {
    if !alone("a_stopped_node_leaves_nothing") {
        return;
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let node = Node::builder().cores(4).start().unwrap();
    // Without stacks of our own each core has a thread for the one it runs on.
    assert!(threads() >= before + 5);
    let dropped = Arc::new(Mutex::new(Vec::new()));
    node.enter(|| {
        visit();
        let (held, ready) = (dropped.clone(), process::current().subject());
        for _ in 0..100 {
            let (held, stubborn) = (held.clone(), process::spawn(|_| otp::sleep(LONG)));
            let sender = ready.clone();
            process::spawn(move |me| {
                let _held = Tell("held", held);
                me.trap_exit(true);
                otp::link(stubborn);
                sender.send(());
                me.receive_exit(None);
            });
        }
        (0..100).for_each(|_| ready.receive(None).unwrap());
    });
    node.stop();
    assert_eq!((node.len(), node.timers(), threads()), (0, 0, before));
    assert_eq!(dropped.lock().unwrap().len(), 100);
    node.stop();
}

/// What the gone answers is there when the next thing is done, in the same turn.
#[otp::test]
fn what_has_arrived_is_decided_before_links_monitors_and_traps_change(t: &mut Sim) {
    let gone = process::spawn(|_| {});
    t.settle();
    let told = process::monitor(gone);
    assert!(!process::demonitor(told), "its `Down` has come");
    let flushed = process::monitor(gone);
    process::demonitor_flush(flushed);
    assert!(process::current().receive_down(flushed, Duration::ZERO).is_none());
    assert!(process::current().receive_down(told, Duration::ZERO).is_some(), "that of another monitor stays");

    process::trap_exit(true);
    process::link(gone);
    process::unlink(gone);
    assert_eq!(process::current().receive_exit(Duration::ZERO).map(|exit| exit.from), Some(gone));

    let (_, monitor) = process::spawn_monitor(move |_| {
        process::link(gone);
        process::trap_exit(true);
        process::sleep(Duration::from_secs(3600));
    });
    t.settle();
    let down = process::current().receive_down(monitor, Duration::ZERO);
    assert_eq!(down.map(|down| down.reason), Some(ExitReason::NoProc), "it did not trap when that came");
    t.crashes();
}

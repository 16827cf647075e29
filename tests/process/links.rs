//! Links.

use std::sync::{Arc, OnceLock};

use otp::{
    Node,
    prelude::*,
    process::{Me, Subject},
};

use super::{PATIENCE, down, millis, stay};

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

#[otp::test(seeds = 50)]
fn links_are_seen_from_both_sides_and_made_once(t: &mut Sim) {
    let (a, b) = (process::spawn(stay), process::spawn(stay));
    let me = otp::self_pid();
    for _ in 0..3 {
        process::link(a);
        process::link(me);
    }
    process::link(b);
    assert_eq!(process::info(a).unwrap().links, [me]);
    assert_eq!(process::info(me).unwrap().links, [a, b]);
    process::unlink(a);
    process::unlink(me);
    assert_eq!(process::info(a).unwrap().links, []);
    assert_eq!(process::info(me).unwrap().links, [b]);
    process::exit(a, ExitReason::Kill);
    process::exit(b, ExitReason::Kill);
    t.settle();
    assert_eq!(process::current().receive_exit(Duration::ZERO).unwrap().from, b);
    assert_eq!(process::current().receive_exit(Duration::ZERO), None);
    assert_eq!(process::info(me).unwrap().links, []);
}

#[otp::test(seeds = 50)]
fn a_link_to_the_dead_is_an_exit_with_noproc(t: &mut Sim) {
    let (dead, monitor) = process::spawn_monitor(|_| {});
    down(monitor);
    process::link(dead);
    let exit = process::current().receive_exit(None).unwrap();
    assert_eq!((exit.from, exit.reason), (dead, ExitReason::NoProc));

    let (_, monitor) = process::spawn_monitor(move |me| {
        process::link(dead);
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
        process::unlink(other);
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
    process::unlink(other);
    assert_eq!(me.receive_exit(Duration::ZERO).unwrap().from, other);
}

/// One of those who link, unlink, monitor, demonitor and end at random.
fn restless(me: &Me, others: &[Pid], mut dice: Dice, steps: usize) {
    me.trap_exit(true);
    let mut monitors = Vec::new();
    for _ in 0..steps {
        let other = others[dice.below(others.len())];
        match dice.below(12) {
            0..=3 => process::link(other),
            4..=6 => process::unlink(other),
            7 => monitors.push(process::monitor(other)),
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
    let infos: Vec<_> = pids.iter().map(|pid| process::info(*pid)).collect();
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
            let monitors = made.iter().map(|pid| process::monitor(*pid)).collect::<Vec<_>>();
            made.iter().for_each(|_| done.receive(PATIENCE).expect("all come to an end"));
            // Who is gone may not have told all that it was related to, which it does before its monitors.
            let gone = made.iter().zip(monitors).filter(|(pid, _)| process::info(**pid).is_none());
            gone.for_each(|(_, monitor)| drop(process::current().receive_down(monitor, PATIENCE).expect("it is gone")));
            // A question is answered behind the signals sent before it, and these may have raised others: unlinks are
            // acknowledged, exits of the dead acted on.
            for _ in 0..3 {
                made.iter().for_each(|pid| drop(process::info(*pid)));
            }
            agree(&made);
            made.iter().for_each(|pid| process::exit(*pid, ExitReason::Kill));
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
                        if dice.below(2) == 0 { process::link(other) } else { process::unlink(other) }
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
            let settled = || both.map(|pid| process::info(pid).unwrap().links);
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
            process::unlink(other);
            // What was delivered before; what comes later is found in one of the next rounds, or at the end.
            if let Some(exit) = me.receive_exit(Duration::ZERO) {
                assert_eq!(exit.from, other);
            }
        }
        assert_eq!(me.receive_exit(millis(10)), None);
    });
    node.stop();
}

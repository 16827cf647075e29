//! `erl_link_SUITE`: links and monitors as tables on both sides, and what races do to them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use otp::{Node, name::RegName, prelude::*};

use super::puppet::{Dice, PATIENCE, Puppet, down, down_now, exit, exit_now, own_info, why};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn are_linked(one: &Puppet, two: &Puppet) -> bool {
    let from_one = one.info().links == [two.pid];
    assert_eq!(from_one, two.info().links == [one.pid], "both sides see it alike");
    from_one
}

#[otp::test(seeds = 20)]
fn lnk_links(t: &mut Sim) {
    let one = Puppet::spawn();
    assert_eq!(one.info().links, []);
    let two = one.ask(|_| Puppet::spawn_link());
    assert!(are_linked(&one, &two));
    // Either side ends it, either makes it again.
    for (by, other) in [(&two, &one), (&one, &two), (&two, &one)] {
        let (to_other, to_by) = (other.pid, by.pid);
        by.ask(move |_| process::unlink(to_other));
        assert!(!are_linked(&one, &two));
        other.ask(move |_| process::link(to_by));
        assert!(are_linked(&one, &two));
    }

    assert!(!two.ask(|me| me.trap_exit(true)));
    one.end(why("died"));
    assert_eq!(two.ask(|_| exit()), (one.pid, why("died")));
    assert_eq!(two.ask(|_| exit_now()), None);
    assert_eq!(two.info().links, []);

    let three = two.ask(|_| Puppet::spawn_link());
    let monitor = process::monitor(three.pid);
    two.end(why("died too"));
    assert_eq!(down(monitor).reason, why("died too"));
    assert_eq!(process::info(three.pid), None);
    assert_eq!(t.crashes().len(), 3);

    process::link(otp::self_pid());
    assert_eq!(own_info().links, []);
    process::unlink(otp::self_pid());
    assert_eq!(exit_now(), None);
}

/// What one process sees of another by way of monitors of it, made by pid or by name.
fn monitors(watcher: &Puppet, target: &Puppet, name: Option<RegName>) {
    let pid = target.pid;
    let watch = {
        let name = name.clone();
        move || match name.clone() {
            Some(name) => watcher.ask(move |_| process::monitor_name(name)),
            None => watcher.ask(move |_| process::monitor(pid)),
        }
    };
    let seen = |there: bool| {
        let (watched, watchers) = if there { (vec![pid], vec![watcher.pid]) } else { (vec![], vec![]) };
        assert_eq!(watcher.info().monitors, watched);
        if let Some(info) = process::info(pid) {
            assert_eq!(info.monitored_by, watchers);
        }
    };

    let first = watch();
    seen(true);
    assert!(!target.ask(move |_| process::demonitor(first)), "it is not its own");
    seen(true);
    assert!(watcher.ask(move |_| process::demonitor(first)));
    seen(false);

    let second = watch();
    seen(true);
    target.end(why("bye"));
    let told = watcher.ask(move |_| down(second));
    assert_eq!((told.monitor, told.pid, told.reason), (second, pid, why("bye")));
    assert_eq!(told.name, name);
    seen(false);

    let third = watch();
    let told = watcher.ask(move |_| down(third));
    assert_eq!((told.monitor, told.reason), (third, ExitReason::NoProc));
    assert_eq!(told.name, name);
    seen(false);
    assert_eq!(watcher.ask(move |_| (down_now(first), down_now(second), down_now(third))), (None, None, None));
}

#[otp::test(seeds = 20)]
fn lnk_process_monitors(t: &mut Sim) {
    monitors(&Puppet::spawn(), &Puppet::spawn(), None);
    let named = Puppet::spawn();
    process::register("named", named.pid).unwrap();
    monitors(&Puppet::spawn(), &named, Some("named".into()));
    assert_eq!(t.crashes().len(), 2);

    process::register("me", otp::self_pid()).unwrap();
    let own = [process::monitor(otp::self_pid()), process::monitor_name("me")];
    let info = own_info();
    assert_eq!((info.monitors, info.monitored_by), (vec![], vec![]));
    t.advance(millis(500));
    for monitor in own {
        assert_eq!(down_now(monitor), None);
        assert!(!process::demonitor(monitor));
    }

    // They end with their owner.
    let (target, watcher) = (Puppet::spawn(), Puppet::spawn());
    let pid = target.pid;
    watcher.ask(move |_| (process::monitor(pid), process::monitor(pid)));
    assert_eq!(target.info().monitored_by, [watcher.pid; 2]);
    watcher.end(ExitReason::Normal);
    t.settle();
    assert_eq!(target.info().monitored_by, []);
}

#[otp::test(seeds = 100)]
fn lnk_otp_5772_monitor(t: &mut Sim) {
    let (target, watcher) = (Puppet::spawn(), Puppet::spawn());
    let pid = target.pid;
    let pause = Dice::new(t.seed()).below(3);
    process::spawn(move |_| {
        otp::sleep(millis(1));
        process::exit(pid, ExitReason::Shutdown);
    });
    let (active, here, late) = watcher.ask(move |me| {
        let monitor = process::monitor(pid);
        otp::sleep(millis(pause));
        let active = process::demonitor(monitor);
        (active, down_now(monitor), me.receive_down(monitor, millis(1000)))
    });
    assert_eq!(here.is_none(), active);
    assert_eq!(late, None);
    assert!(pause == 1 || active == (pause == 0));
}

#[test]
fn lnk_otp_5772_monitor_part_threads() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        (0..2000).for_each(|_| remove(process::spawn_monitor(|_| {}).1));
        // Whatever was still on its way has come.
        node.stop();
        assert_eq!(own_info().message_queue_len, 0);
    });
}

/// Ends a monitor while its target ends, and takes what has come by then.
fn remove(monitor: MonitorRef) {
    let active = process::demonitor(monitor);
    assert_eq!(own_info().message_queue_len, usize::from(!active));
    assert_eq!(down_now(monitor).is_none(), active);
}

#[otp::test(seeds = 100)]
fn lnk_otp_17127_local_random(t: &mut Sim) {
    const COUNT: u64 = 6;
    let all: Vec<Puppet> = (0..COUNT).map(|_| Puppet::spawn()).collect();
    let pids: Vec<Pid> = all.iter().map(|puppet| puppet.pid).collect();
    for (n, puppet) in all.iter().enumerate() {
        let (pids, mut dice) = (pids.clone(), Dice::new(t.seed() * COUNT + n as u64 + 1));
        puppet.tell(move |me| {
            me.trap_exit(true);
            for _ in 0..50 {
                let other = pids[dice.below(COUNT) as usize];
                match dice.below(5) {
                    0 | 1 => process::link(other),
                    2 | 3 => process::unlink(other),
                    _ => otp::sleep(millis(dice.below(2))),
                }
            }
        });
    }
    t.advance(millis(1000));

    let links: Vec<Vec<Pid>> = all.iter().map(|puppet| puppet.info().links).collect();
    for (pid, linked) in pids.iter().zip(&links) {
        for (other, theirs) in pids.iter().zip(&links) {
            assert_eq!(linked.contains(other), theirs.contains(pid));
        }
        assert!(!linked.contains(pid));
    }
    // The end of one is told to those, and to nobody else.
    all[0].end(ExitReason::shutdown_with("first"));
    t.settle();
    for (puppet, links) in all.iter().zip(links).skip(1) {
        let linked = links.contains(&pids[0]);
        let told = linked.then(|| (pids[0], ExitReason::shutdown_with("first")));
        assert_eq!(puppet.ask(|_| (exit_now(), exit_now())), (told, None));
        assert!(!puppet.info().links.contains(&pids[0]));
    }
}

// Beyond the listed cases.

#[otp::test(seeds = 100)]
fn more_otp_5772_link(t: &mut Sim) {
    let watcher = Puppet::spawn();
    let pause = Dice::new(t.seed()).below(3);
    let (here, late) = watcher.ask(move |me| {
        me.trap_exit(true);
        let target = Puppet::spawn_link();
        let pid = target.pid;
        process::spawn(move |_| {
            otp::sleep(millis(1));
            process::exit(pid, ExitReason::Shutdown);
        });
        otp::sleep(millis(pause));
        process::unlink(pid);
        (exit_now(), me.receive_exit(millis(1000)))
    });
    assert!(pause == 1 || here.is_some() == (pause == 2));
    assert_eq!(late, None);
}

#[test]
fn more_otp_5772_link_part_threads() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        for _ in 0..2000 {
            let pid = process::spawn_link(|_| {});
            process::unlink(pid);
            while exit_now().is_some() {}
        }
        node.stop();
        assert_eq!(own_info().message_queue_len, 0);
    });
}

/// Links and monitors of processes of two nodes of one program are as those of one node.
#[test]
fn more_links_and_monitors_between_nodes() {
    let (here, there) = (Node::builder().cores(1).start().unwrap(), Node::builder().cores(1).start().unwrap());
    here.enter(|| {
        let one = Puppet::spawn();
        let two = there.enter(Puppet::spawn);
        let (one_pid, two_pid) = (one.pid, two.pid);
        two.ask(move |_| process::link(one_pid));
        assert!(are_linked(&one, &two));
        one.ask(move |_| process::unlink(two_pid));
        assert!(!are_linked(&one, &two));
        one.ask(move |me| {
            me.trap_exit(true);
            process::link(two_pid);
        });
        assert!(are_linked(&one, &two));
        monitors(&one, &there.enter(Puppet::spawn), None);

        // The end of a node is the end of its processes.
        let monitor = process::monitor(two_pid);
        there.stop();
        let told = process::current().receive_down(monitor, PATIENCE).unwrap();
        assert_eq!((told.pid, told.reason), (two_pid, ExitReason::Shutdown));
        assert_eq!(one.ask(|_| exit()), (two_pid, ExitReason::Shutdown));
        assert_eq!(one.info().links, []);
        assert_eq!(down(process::monitor(two_pid)).reason, ExitReason::NoProc);
        process::link(two_pid);
        assert_eq!(exit(), (two_pid, ExitReason::NoProc));
    });
    here.stop();
}

/// A thread is linked as any process is; it traps exits.
#[test]
fn more_links_of_a_thread() {
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(|| {
        let one = Puppet::spawn();
        let own = otp::self_pid();
        one.ask(move |_| process::link(own));
        assert_eq!(own_info().links, [one.pid]);
        one.ask(move |_| process::unlink(own));
        assert_eq!(own_info().links, []);
        process::link(one.pid);
        assert_eq!(one.info().links, [own]);
        one.end(why("died"));
        assert_eq!(exit(), (one.pid, why("died")));
        assert_eq!(own_info().links, []);

        let two = Puppet::spawn();
        two.ask(move |_| process::monitor(own));
        assert_eq!((own_info().monitored_by, own_info().monitors), (vec![two.pid], vec![]));
        let monitor = process::monitor_name("nobody");
        assert_eq!(down(monitor).reason, ExitReason::NoProc);
        assert_eq!(down_now(process::monitor(own)), None);
    });
    node.stop();
}

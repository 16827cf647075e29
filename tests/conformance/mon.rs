//! `monitor_SUITE`: monitors.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use otp::{
    Node,
    name::RegName,
    prelude::*,
    process::{Selector, Subject},
};

use super::puppet::{Dice, PATIENCE, Puppet, down, down_now, exit_now, own_info, why};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Whom a process monitors, and who monitors it.
fn tables(puppet: &Puppet) -> (Vec<Pid>, Vec<Pid>) {
    let info = puppet.info();
    (info.monitors, info.monitored_by)
}

fn own_tables() -> (Vec<Pid>, Vec<Pid>) {
    let info = own_info();
    (info.monitors, info.monitored_by)
}

/// One that is monitored ends the one that monitors it, and then itself; why they ended.
fn end_the_watcher(t: &mut Sim, watch: impl FnOnce(&Puppet) -> Puppet) -> [ExitReason; 2] {
    let watcher = Puppet::spawn();
    let (watcher_pid, watcher_ends) = (watcher.pid, process::monitor(watcher.pid));
    let target = watch(&watcher);
    let target_ends = process::monitor(target.pid);
    target.tell(move |_| {
        process::exit(watcher_pid, why("foo"));
        process::exit_self(ExitReason::Normal);
    });
    let reasons = [down(watcher_ends).reason, down(target_ends).reason];
    t.settle();
    assert_eq!(t.node().processes(), [otp::self_pid()]);
    assert_eq!(own_tables(), (vec![], vec![]));
    assert_eq!(t.crashes().len(), 1);
    reasons
}

#[otp::test(seeds = 20)]
fn mon_case_1(t: &mut Sim) {
    let reasons = end_the_watcher(t, |watcher| {
        let target = Puppet::spawn();
        let pid = target.pid;
        watcher.ask(move |_| process::monitor(pid));
        target
    });
    assert_eq!(reasons, [why("foo"), ExitReason::Normal]);
}

#[otp::test(seeds = 20)]
fn mon_case_1a(t: &mut Sim) {
    let reasons = end_the_watcher(t, |watcher| watcher.ask(|_| Puppet::spawn_monitor().0));
    assert_eq!(reasons, [why("foo"), ExitReason::Normal]);
}

/// One that is monitored tries to end the monitor, and then ends; whether it could, and what is told of its end.
fn end_the_monitor(target: &Puppet, monitor: MonitorRef) -> (bool, Pid, ExitReason) {
    let ended = target.ask(move |_| process::demonitor(monitor));
    target.ask(move |_| process::demonitor_flush(monitor));
    target.end(ExitReason::Normal);
    let told = down(monitor);
    assert_eq!(down_now(monitor), None);
    (ended, told.pid, told.reason)
}

#[otp::test(seeds = 20)]
fn mon_case_2(_t: &mut Sim) {
    let target = Puppet::spawn();
    let seen = end_the_monitor(&target, process::monitor(target.pid));
    assert_eq!(seen, (false, target.pid, ExitReason::Normal));
}

#[otp::test(seeds = 20)]
fn mon_case_2a(_t: &mut Sim) {
    let (target, monitor) = Puppet::spawn_monitor();
    assert_eq!(end_the_monitor(&target, monitor), (false, target.pid, ExitReason::Normal));
}

/// What is no reference does not compile; the monitor of another, of a process of another node too, is none of ours.
#[test]
fn mon_demon_e_1() {
    let (here, there) = (Node::builder().cores(1).start().unwrap(), Node::builder().cores(1).start().unwrap());
    here.enter(|| {
        let own = otp::self_pid();
        for watcher in [Puppet::spawn(), there.enter(Puppet::spawn)] {
            let target = Puppet::spawn();
            let (theirs, of_me) = {
                let pid = target.pid;
                watcher.ask(move |_| (process::monitor(pid), process::monitor(own)))
            };
            for monitor in [theirs, of_me] {
                assert!(!process::demonitor(monitor));
                process::demonitor_flush(monitor);
            }
            assert_eq!(own_info().monitored_by, [watcher.pid]);
            assert!(watcher.ask(move |_| process::demonitor(of_me)));
            target.end(ExitReason::Normal);
            assert_eq!(watcher.ask(move |_| down(theirs)).reason, ExitReason::Normal);
        }
    });
    there.stop();
    here.stop();
}

/// A reference that stands for no monitor any more, or never did for one that fires.
#[otp::test(seeds = 20)]
fn mon_demon_1(t: &mut Sim) {
    let (target, monitor) = Puppet::spawn_monitor();
    assert!(process::demonitor(monitor));
    assert!(!process::demonitor(monitor));
    let told = process::monitor(target.pid);
    target.end(ExitReason::Normal);
    down(told);
    assert!(!process::demonitor(told));
    assert!(!process::demonitor(process::monitor(otp::self_pid())));
    t.settle();
    assert_eq!((down_now(monitor), down_now(told)), (None, None));
}

#[otp::test(seeds = 20)]
fn mon_demonitor_flush(t: &mut Sim) {
    let target = Puppet::spawn();
    let monitors: [MonitorRef; 5] = std::array::from_fn(|_| process::monitor(target.pid));
    let [early, received, flushed, kept, other] = monitors;
    process::demonitor_flush(early);
    process::demonitor_flush(early);
    let notes = process::current().subject();
    notes.send(1);
    process::exit(target.pid, why("bang"));
    assert_eq!(down(received).reason, why("bang"));
    t.advance(millis(100));
    process::demonitor_flush(flushed);
    assert!(!process::demonitor(kept));
    // It takes nothing else.
    notes.send(2);
    assert_eq!(own_info().message_queue_len, 4);
    assert_eq!((down(kept).reason, down(other).reason), (why("bang"), why("bang")));
    assert_eq!((notes.receive(None), notes.receive(None)), (Some(1), Some(2)));
    t.advance(millis(100));
    assert_eq!(monitors.map(down_now), [const { None }; 5]);
    assert_eq!(own_info().message_queue_len, 0);
    assert_eq!(t.crashes().len(), 1);
}

/// A subject that its owner closes stands for an alias: it has nothing to do with monitors, nor they with it.
#[otp::test(seeds = 20)]
fn mon_gh_5225_demonitor_alias(t: &mut Sim) {
    let answers = process::current().subject();
    let (target, monitor) = Puppet::spawn_monitor();
    let answer = |n: u32| {
        let to = answers.clone();
        target.ask(move |_| to.send(n));
    };
    assert!(process::demonitor(monitor));
    assert!(!process::demonitor(monitor));
    process::demonitor_flush(monitor);
    answer(1);
    assert_eq!(answers.receive(None), Some(1));

    let monitor = process::monitor(target.pid);
    answers.close();
    answer(2);
    assert_eq!(own_info().monitors, [target.pid]);
    assert_eq!(own_info().message_queue_len, 0);
    target.end(ExitReason::Normal);
    assert_eq!(down(monitor).reason, ExitReason::Normal);
    t.settle();
}

/// A large reason arrives as it was sent, by each way that it can take.
#[otp::test(seeds = 5)]
fn mon_large_exit(t: &mut Sim) {
    let large: Vec<(u32, String)> = (0..10_000).map(|n| (n, format!("big {n}"))).collect();
    for _ in 0..20 {
        let (target, monitor) = Puppet::spawn_monitor();
        let reason = ExitReason::other(large.clone());
        target.end(reason.clone());
        let told = down(monitor).reason;
        assert_eq!(told.downcast_ref::<Vec<(u32, String)>>(), Some(&large));
        assert_eq!(told, reason);
    }
    drop(t.crashes());
}

#[otp::test(seeds = 20)]
fn mon_list_cleanup(t: &mut Sim) {
    let own = otp::self_pid();
    process::register("master_bertie", own).unwrap();
    let nothing = || (vec![], vec![]);

    let target = Puppet::spawn();
    process::register("jeeves", target.pid).unwrap();
    assert_eq!((own_tables(), tables(&target)), (nothing(), nothing()));
    let monitor = process::monitor(target.pid);
    assert_eq!((own_tables(), tables(&target)), ((vec![target.pid], vec![]), (vec![], vec![own])));
    assert!(process::demonitor(monitor));
    assert_eq!((own_tables(), tables(&target)), (nothing(), nothing()));

    let monitor = process::monitor_name("jeeves");
    assert_eq!((own_tables(), tables(&target)), ((vec![target.pid], vec![]), (vec![], vec![own])));
    target.end(ExitReason::Normal);
    let told = down(monitor);
    assert_eq!((told.name, told.reason), (Some(RegName::from("jeeves")), ExitReason::Normal));
    assert_eq!(own_tables(), nothing());

    // The one that monitors crashes.
    let watcher = Puppet::spawn();
    process::register("jeeves", watcher.pid).unwrap();
    watcher.ask(|_| process::monitor_name("master_bertie"));
    assert_eq!((own_tables(), tables(&watcher)), ((vec![], vec![watcher.pid]), (vec![own], vec![])));
    watcher.end(why("frop"));
    t.settle();
    assert_eq!(own_tables(), nothing());
    assert_eq!(t.crashes().len(), 1);
}

#[test]
fn mon_list_cleanup_part_node() {
    let (here, there) = (Node::builder().cores(1).start().unwrap(), Node::builder().cores(1).start().unwrap());
    here.enter(|| {
        let own = otp::self_pid();
        let [target, watcher] = [(); 2].map(|()| there.enter(Puppet::spawn));
        let monitor = process::monitor(target.pid);
        watcher.ask(move |_| process::monitor(own));
        assert_eq!(own_tables(), (vec![target.pid], vec![watcher.pid]));
        assert_eq!((tables(&target), tables(&watcher)), ((vec![], vec![own]), (vec![own], vec![])));
        there.stop();
        assert_eq!(down(monitor).reason, ExitReason::Shutdown);
        assert_eq!(own_tables(), (vec![], vec![]));
    });
    here.stop();
}

/// Those who monitor us and whom we monitor, in all orders of where they are.
fn mix(places: &[&Node], stay: impl Fn(&Puppet, MonitorRef, Option<MonitorRef>), mutual: bool) -> Vec<Puppet> {
    let own = otp::self_pid();
    let all: Vec<Puppet> = places.iter().map(|node| node.enter(Puppet::spawn)).collect();
    let theirs: Vec<MonitorRef> = all.iter().map(|puppet| puppet.ask(move |_| process::monitor(own))).collect();
    let ours: Vec<_> = all.iter().map(|puppet| mutual.then(|| process::monitor(puppet.pid))).collect();
    let mut pids: Vec<Pid> = all.iter().map(|puppet| puppet.pid).collect();
    pids.sort_unstable();
    let (mut monitors, mut monitored_by) = own_tables();
    monitors.sort_unstable();
    monitored_by.sort_unstable();
    assert_eq!(monitored_by, pids);
    assert_eq!(monitors, if mutual { pids } else { vec![] });
    all.iter().zip(theirs).zip(ours).for_each(|((puppet, theirs), ours)| stay(puppet, theirs, ours));
    all
}

#[test]
fn mon_mixer() {
    let nodes: [Node; 3] = std::array::from_fn(|_| Node::builder().cores(1).start().unwrap());
    let [here, one, two] = &nodes;
    here.enter(|| {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let mut mixed = vec![];
        for order in orders {
            let places: Vec<&Node> = order.iter().chain(&order).map(|n| &nodes[*n]).collect();
            for mutual in [false, true] {
                mixed.extend(mix(
                    &places,
                    |puppet, theirs, ours| {
                        assert!(puppet.ask(move |_| process::demonitor(theirs)));
                        assert!(ours.is_none_or(process::demonitor));
                        assert_eq!(tables(puppet), (vec![], vec![]));
                    },
                    mutual,
                ));
                assert_eq!(own_tables(), (vec![], vec![]));
            }
        }
        assert_eq!(mixed.len(), 72);
        let places = [here, one, two, one, here, two];
        mix(
            &places,
            |puppet, _, ours| {
                puppet.end(ExitReason::shutdown_with("flaff"));
                assert_eq!(down(ours.unwrap()).reason, ExitReason::shutdown_with("flaff"));
            },
            true,
        );
        mix(&places, |puppet, _, _| puppet.end(ExitReason::Normal), false);
        assert!(own_info().monitors.is_empty());
        nodes.iter().for_each(Node::stop);
        assert_eq!(own_tables(), (vec![], vec![]));
    });
}

/// The pid of a process of a node that is no more.
#[test]
fn mon_otp_5827() {
    let former = Node::builder().cores(1).start().unwrap();
    let pid = former.enter(|| process::spawn(|me| drop(me.receive_exit(None))));
    former.stop();
    drop(former);
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(|| {
        let told = process::current().receive_down(process::monitor(pid), PATIENCE).unwrap();
        assert_eq!((told.pid, told.reason), (pid, ExitReason::NoProc));
    });
    node.stop();
}

/// A monitor with a tag: what its end is made into is said where it is waited for.
#[otp::test(seeds = 20)]
fn mon_monitor_tag_storage(t: &mut Sim) {
    let targets: Vec<(Puppet, MonitorRef, u32)> = (0..20)
        .map(|tag| {
            let (target, monitor) = Puppet::spawn_monitor();
            (target, monitor, tag)
        })
        .collect();
    let mut selector = Selector::new();
    for (_, monitor, tag) in &targets {
        let tag = vec![*tag; 10];
        selector = selector.select_monitor(*monitor, move |down| (tag.clone(), down.monitor, down.pid, down.reason));
    }
    for (target, ..) in &targets {
        target.end(why("bye"));
    }
    for (target, monitor, tag) in targets.iter().rev() {
        let one = Selector::new().select_monitor(*monitor, |down| down.pid);
        if tag % 2 == 0 {
            assert_eq!(one.receive(None), Some(target.pid));
        }
    }
    for _ in 0..10 {
        let (tag, monitor, pid, reason) = selector.receive(None).unwrap();
        let (target, own, _) = &targets[tag[0] as usize];
        assert_eq!((tag.len(), monitor, pid, reason), (10, *own, target.pid, why("bye")));
    }
    t.settle();
    assert_eq!(selector.receive(Duration::ZERO), None);
    assert_eq!(t.crashes().len(), 20);
}

/// With options, a monitor of nobody is down as any other is; what stood for its alias is as its owner left it.
#[otp::test(seeds = 20)]
fn mon_monitor_3_noproc_gh6185(t: &mut Sim) {
    let dead = process::spawn(|_| {});
    t.settle();
    for by_name in [false, true] {
        let watch = || if by_name { process::monitor_name("nobody") } else { process::monitor(dead) };
        // `explicit_unalias`.
        let alias: Subject<u32> = process::current().subject();
        let tagged = Selector::new()
            .select_monitor(watch(), |down| ("tag", down.reason))
            .select_map(&alias, |_| ("alias", ExitReason::Normal));
        assert_eq!(tagged.receive(None), Some(("tag", ExitReason::NoProc)));
        alias.send(1);
        assert_eq!(alias.receive(Duration::ZERO), Some(1));
        // `demonitor`.
        assert_eq!(down(watch()).reason, ExitReason::NoProc);
        alias.close();
        alias.send(2);
        assert_eq!(alias.try_send(3).map_err(|error| error.into_message()), Err(3));
        assert_eq!(own_info().message_queue_len, 0);
        let info = own_info();
        assert_eq!((info.monitors, info.monitored_by), (vec![], vec![]));
    }
}

// Beyond the listed cases.

#[otp::test(seeds = 50)]
fn more_demon_2(t: &mut Sim) {
    let own = process::monitor(otp::self_pid());
    assert!(!process::demonitor(own));
    assert!(!process::demonitor(own));

    let brief = process::spawn(|_| otp::sleep(millis(1)));
    assert_eq!(down(process::monitor(brief)).reason, ExitReason::Normal);

    let target = Puppet::spawn();
    let monitor = process::monitor(target.pid);
    assert!(process::demonitor(monitor));
    process::exit(target.pid, ExitReason::shutdown_with("frop"));
    t.advance(millis(100));
    assert_eq!(own_info().message_queue_len, 0);
}

#[otp::test(seeds = 20)]
fn more_mon_1(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| otp::sleep(millis(1)));
    let told = down(monitor);
    assert_eq!((told.pid, told.name, told.reason), (pid, None, ExitReason::Normal));
    let (target, monitor) = Puppet::spawn_monitor();
    process::exit(target.pid, why("frop"));
    assert_eq!(down(monitor).reason, why("frop"));
    assert_eq!(down(process::monitor(target.pid)).reason, ExitReason::NoProc);

    for reason in [ExitReason::Normal, why("frop")] {
        let jeeves = Puppet::spawn();
        process::register("jeeves", jeeves.pid).unwrap();
        let monitor = process::monitor_name("jeeves");
        jeeves.end(reason.clone());
        let told = down(monitor);
        assert_eq!((told.name, told.pid, told.reason), (Some("jeeves".into()), jeeves.pid, reason));
    }
    let told = down(process::monitor_name("jeeves"));
    assert_eq!((told.name, told.reason), (Some("jeeves".into()), ExitReason::NoProc));
    assert_eq!(t.crashes().len(), 2);
}

/// A monitor by name is of who has the name then, whatever becomes of the name.
#[otp::test(seeds = 20)]
fn more_a_monitor_by_name_stays_with_its_process(t: &mut Sim) {
    let (one, two) = (Puppet::spawn(), Puppet::spawn());
    process::register("jeeves", one.pid).unwrap();
    let monitor = process::monitor_name("jeeves");
    process::unregister("jeeves").unwrap();
    process::register("jeeves", two.pid).unwrap();
    two.end(ExitReason::Normal);
    t.settle();
    assert_eq!(down_now(monitor), None);
    one.end(ExitReason::Normal);
    let told = down(monitor);
    assert_eq!((told.pid, told.name), (one.pid, Some("jeeves".into())));
}

/// Who is told of the end of a process by its name can take the name.
#[test]
fn more_named_down() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        for _ in 0..500 {
            let target = Puppet::spawn();
            process::register("jeeves", target.pid).unwrap();
            process::exit(target.pid, ExitReason::Shutdown);
            let monitor = process::monitor_name("jeeves");
            process::current().receive_down(monitor, PATIENCE).unwrap();
            process::register("jeeves", otp::self_pid()).unwrap();
            process::unregister("jeeves").unwrap();
        }
    });
    node.stop();
}

/// `demonitor` says whether the `Down` has come, for any number of monitors whose targets end meanwhile.
#[otp::test(seeds = 50)]
fn more_local_remove_monitor(t: &mut Sim) {
    let mut dice = Dice::new(t.seed());
    let groups = process::current().subject();
    for _ in 0..5 {
        let (to, mut dice) = (groups.clone(), Dice::new(dice.below(1000)));
        process::spawn(move |_| {
            let monitors: Vec<_> = (0..20)
                .map(|_| {
                    let pause = millis(dice.below(4));
                    process::spawn_monitor(move |_| otp::sleep(pause)).1
                })
                .collect();
            otp::sleep(millis(2));
            let active = monitors.into_iter().filter(|monitor| {
                let active = process::demonitor(*monitor);
                assert_eq!(down_now(*monitor).is_none(), active);
                active
            });
            to.send(active.count());
        });
    }
    let active: usize = (0..5).map(|_| groups.receive(None).unwrap()).sum();
    assert!(active > 0 && active < 100, "{active}");
    t.settle();
    assert_eq!(exit_now(), None);
}

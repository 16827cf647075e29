//! Names.

use otp::{
    Node,
    name::{RegisterError, UnregisterError},
    prelude::*,
};

use super::{PATIENCE, down, stay};

#[otp::test]
fn a_name_is_one_processs_and_a_process_has_one(_t: &mut Sim) {
    let (a, b) = (process::spawn(stay), process::spawn(stay));
    assert_eq!(process::register("one", a), Ok(()));
    assert_eq!(process::whereis("one"), Some(a));
    assert_eq!(process::register("one", b), Err(RegisterError::Taken(a)));
    assert_eq!(process::register("one", a), Err(RegisterError::Taken(a)));
    assert_eq!(process::register("two", a), Err(RegisterError::Named));
    assert_eq!(process::registered(), ["one"]);
    assert_eq!(process::info(a).unwrap().name.as_deref(), Some("one"));
    assert_eq!(process::unregister("one"), Ok(()));
    assert_eq!(process::unregister("one"), Err(UnregisterError));
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
        let monitor = (!linked).then(|| process::monitor(pid));
        if linked {
            process::link(pid);
        }
        let next = process::spawn(stay);
        process::exit(pid, ExitReason::Kill);
        match monitor {
            Some(monitor) => drop(me.receive_down(monitor, None)),
            None => drop(me.receive_exit(None)),
        }
        assert_eq!(process::register("port", next), Ok(()));
        t.kill(&next);
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
                    process::exit(pid, ExitReason::Kill);
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
            let monitors: Vec<_> = (0..2000).map(|_| process::monitor(pid)).collect();
            process::exit(pid, ExitReason::Kill);
            process::current().receive_down(monitors[0], PATIENCE).unwrap();
            assert_eq!(process::register("port", next), Ok(()));
            monitors.iter().for_each(|monitor| process::demonitor_flush(*monitor));
            process::exit(next, ExitReason::Kill);
            down(process::monitor(next));
        }
    });
    node.stop();
}

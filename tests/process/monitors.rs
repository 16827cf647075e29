//! Monitors.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use otp::prelude::*;

use super::{down, millis, stay};

/// Whether a `Down` has come.
fn is_down(monitor: MonitorRef) -> bool {
    process::current().receive_down(monitor, Duration::ZERO).is_some()
}

#[otp::test(seeds = 50)]
fn each_monitor_is_one_of_its_own(t: &mut Sim) {
    let pid = process::spawn(stay);
    let monitors = [process::monitor(pid), process::monitor(pid), process::monitor(pid)];
    assert_eq!(process::info(pid).unwrap().monitored_by, [otp::self_pid(); 3]);
    assert!(process::demonitor(monitors[1]));
    assert!(!process::demonitor(monitors[1]));
    process::exit(pid, ExitReason::Shutdown);
    for monitor in [monitors[0], monitors[2]] {
        let down = process::current().receive_down(monitor, None).unwrap();
        assert_eq!((down.monitor, down.pid, down.reason), (monitor, pid, ExitReason::Shutdown));
    }
    t.settle();
    assert!(!monitors.iter().any(|monitor| is_down(*monitor)));
    assert_eq!(process::info(otp::self_pid()).unwrap().monitors, []);
}

#[otp::test(seeds = 50)]
fn a_monitor_of_the_dead_is_down_with_noproc(_t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| {});
    down(monitor);
    assert_eq!(down(process::monitor(pid)), ExitReason::NoProc);
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
        let monitor = process::monitor(idle);
        t.settle();
        monitor
    };
    let few: Vec<_> = (0..3).map(|_| monitor()).collect();
    assert!(process::is_alive(idle));
    assert_eq!(polls.load(SeqCst), before, "there is nothing to do before it ends");
    let many: Vec<_> = (0..100).map(|_| monitor()).collect();
    assert!(polls.load(SeqCst) >= before + 10, "but they do not pile up");
    assert_eq!(process::info(idle).unwrap().monitored_by.len(), 103);
    process::demonitor(many[99]);
    process::exit(idle, ExitReason::Shutdown);
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
        let monitor = process::monitor(me.pid());
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
        let was_active = process::demonitor(monitor);
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
        process::monitor(pid);
        process::monitor(pid);
    });
    down(owner);
    t.settle();
    assert_eq!(process::info(pid).unwrap().monitored_by, []);
}

#[otp::test]
fn nobody_ends_the_monitor_of_another(_t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(stay);
    let answers = process::current().subject();
    let sender = answers.clone();
    process::spawn(move |_| sender.send(process::demonitor(monitor)));
    assert_eq!(answers.receive(None), Some(false));
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(down(monitor), ExitReason::Shutdown);
}

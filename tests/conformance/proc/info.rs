//! What is seen of processes, and how they are spawned.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use otp::{
    Node,
    prelude::*,
    process::{Me, Spawn},
};

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

#[otp::test(seeds = 10)]
fn proc_t_process_info(t: &mut Sim) {
    let pid = process::spawn(stay);
    let info = process::info(pid).unwrap();
    assert_eq!((info.name, info.label, info.trap_exit), (None, None, false));
    process::register("named", pid)?;
    assert_eq!(process::info(pid).unwrap().name.as_deref(), Some("named"));
    t.kill(&pid);
    assert_eq!(process::info(pid), None);
    // Of the one who asks, too.
    let own = process::info(otp::self_pid()).unwrap();
    assert_eq!((own.name, own.trap_exit), (None, true));
    // One that ends while it is asked is gone.
    let pid = process::spawn(|_| otp::sleep(millis(10)));
    process::exit(pid, why("enough"));
    assert_eq!(process::info(pid), None);
    t.crashes();
}

#[otp::test(seeds = 50)]
fn proc_process_info_other_message_queue_len_signal_race(t: &mut Sim) {
    let queue = process::current().subject();
    let to = queue.clone();
    let pid = process::spawn(move |me| {
        to.send(me.subject::<usize>());
        otp::sleep(Duration::MAX);
    });
    let queue = queue.receive(None).unwrap();
    for sent in 1..50 {
        queue.send(sent);
        assert_eq!(process::info(pid).unwrap().message_queue_len, sent, "what was sent before is counted");
    }
    let _ = t;
}

#[otp::test(seeds = 10)]
fn proc_process_info_parent(t: &mut Sim) {
    let me = otp::self_pid();
    let pids = process::current().subject();
    let to = pids.clone();
    let parent = process::spawn(move |me| {
        let child = process::spawn_async(|_| std::future::pending::<()>());
        to.send(child);
        stay(me);
    });
    let child = pids.receive(None).unwrap();
    let info = |pid| process::info(pid).unwrap();
    assert_eq!((info(parent).parent, info(parent).ancestors), (Some(me), vec![me]));
    assert_eq!((info(child).parent, info(child).ancestors), (Some(parent), vec![parent, me]));
    t.kill(&parent);
    assert_eq!((info(child).parent, info(child).ancestors), (Some(parent), vec![parent, me]), "dead or not");
    assert_eq!(info(me).parent, None);

    // A line without end is not kept without end.
    fn next(left: u32, last: process::Subject<Pid>) {
        process::spawn(move |me| {
            if left > 0 {
                next(left - 1, last);
            } else {
                last.send(me.pid());
                stay(me);
            }
        });
    }
    next(40, pids.clone());
    let last = pids.receive(None).unwrap();
    assert_eq!(info(last).ancestors.len(), 16);
    assert_eq!(info(last).ancestors.first().copied(), info(last).parent);
}

#[otp::test(seeds = 20)]
fn proc_spawn_request_bif(t: &mut Sim) {
    // A spawn is over when it returns, so its answer comes before all that the child can send.
    let me = process::current();
    let (pid, monitor) = Spawn::new().link().label("both").spawn_monitor(|_| Err(why("gone")));
    let down = me.receive_down(monitor, None).unwrap();
    assert_eq!((down.pid, down.reason), (pid, why("gone")));
    let exit = me.receive_exit(None).unwrap();
    assert_eq!((exit.from, exit.reason), (pid, why("gone")));

    let (pid, monitor) = Spawn::new().link().spawn_monitor_async(|_| async { process::sleep_async(millis(5)).await });
    let info = process::info(pid).unwrap();
    assert_eq!((info.links, info.monitored_by), (vec![me.pid()], vec![me.pid()]));
    assert_eq!(me.receive_down(monitor, None).unwrap().pid, pid);
    assert_eq!(me.receive_exit(None).unwrap().reason, ExitReason::Normal);

    let pid = Spawn::new().spawn(stay);
    let info = process::info(pid).unwrap();
    assert_eq!((info.links, info.monitored_by), (vec![], vec![]));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 50)]
fn proc_spawn_request_monitor_child_exit(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| {});
    // The pid and the monitor are known before the `Down` that names both.
    let down = process::current().receive_down(monitor, None).unwrap();
    assert_eq!((down.monitor, down.pid, down.reason), (monitor, pid, ExitReason::Normal));
    t.settle();
    assert_eq!(process::info(otp::self_pid()).unwrap().message_queue_len, 0, "once");
}

#[otp::test(seeds = 50)]
fn proc_spawn_request_link_child_exit(t: &mut Sim) {
    // A child that ends at once ends its spawner only after the spawn has returned.
    let spawned = process::current().subject();
    let to = spawned.clone();
    let (_, monitor) = process::spawn_monitor(move |me| {
        to.send(process::spawn_link(|_| Err(why("at once"))));
        stay(me);
    });
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, why("at once"));
    assert!(spawned.receive(Duration::ZERO).is_some());
    assert_eq!(t.crashes().len(), 2);
}

#[derive(Debug, PartialEq)]
struct Compound {
    code: u32,
    parts: Vec<(String, Option<ExitReason>)>,
}

#[otp::test(seeds = 50)]
fn proc_spawn_request_link_parent_exit_compound_reason(t: &mut Sim) {
    // The parent ends right after the spawn, perhaps before the child has run: the child ends with its reason.
    let reason = || {
        let parts = vec![("disk".to_owned(), Some(why("full"))), ("net".to_owned(), None)];
        ExitReason::other(Compound { code: 7, parts })
    };
    let children = process::current().subject();
    let to = children.clone();
    process::spawn(move |_| {
        let own = to.clone();
        let child = process::spawn_link(move |me| {
            me.receive_exit(None);
            own.send(None);
        });
        to.send(Some((child, otp::self_pid())));
        Err(reason())
    });
    let (child, parent) = children.receive(None).flatten().unwrap();
    let monitor = process::monitor(child);
    let down = process::current().receive_down(monitor, None).unwrap();
    t.settle();
    assert!(down.reason == reason() || down.reason == ExitReason::NoProc, "{}", down.reason);
    let mut crashes: Vec<_> = t.crashes().into_iter().map(|crash| (crash.pid, crash.reason)).collect();
    crashes.sort_by_key(|crash| crash.0 != parent);
    assert_eq!(crashes, [(parent, reason()), (child, reason())]);
    assert_eq!(children.receive(Duration::ZERO), None, "it was ended where it waited");
}

#[otp::test(seeds = 20)]
fn proc_processes_term_proc_list(t: &mut Sim) {
    let before = process::list();
    let all: Vec<Pid> = (0..100).map(|_| process::spawn(stay)).collect();
    let listed = |pid: &Pid| process::list().contains(pid);
    assert!(all.iter().all(listed) && before.iter().all(listed), "spawned is alive");
    assert_eq!(process::list().len(), before.len() + 100);
    t.settle();
    for pid in all.iter().step_by(2) {
        t.kill(pid);
    }
    assert!(all.iter().enumerate().all(|(n, pid)| listed(pid) == (n % 2 == 1)));
    assert_eq!(process::list(), Node::current().processes());
    assert!(listed(&otp::self_pid()));
    // Not in its own farewell any more: who sees its state dropped finds it gone.
    struct Look(process::Subject<bool>);
    impl Drop for Look {
        fn drop(&mut self) {
            self.0.send(process::list().contains(&otp::self_pid()));
        }
    }
    let seen = process::current().subject();
    let look = Look(seen.clone());
    process::spawn_async(move |_| async move {
        let _look = look;
        std::future::pending::<()>().await;
    });
    t.settle();
    for pid in process::list().into_iter().filter(|pid| !before.contains(pid)) {
        t.kill(&pid);
    }
    assert_eq!(seen.receive(Duration::ZERO), Some(false));
}

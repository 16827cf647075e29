//! `process_SUITE`: how processes end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod info;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use otp::{
    Node,
    prelude::*,
    process::{Selector, Subject},
};

use super::puppet::{PATIENCE, Puppet, down, down_now, exit, exit_now, own_info, why};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A reason of some size.
fn kb_128() -> Vec<Box<[u8]>> {
    (0..128).map(|n| vec![n; 1024].into()).collect()
}

#[otp::test(seeds = 10)]
fn proc_t_exit_1(t: &mut Sim) {
    for _ in 0..10 {
        let pid = process::spawn_link(|_| -> () { process::exit_self(ExitReason::other(kb_128())) });
        let (from, reason) = exit();
        assert_eq!((from, reason.downcast_ref()), (pid, Some(&kb_128())));
    }
    assert_eq!(t.crashes().len(), 10);
}

#[otp::test(seeds = 10)]
fn proc_t_exit_2_other(t: &mut Sim) {
    for _ in 0..10 {
        let target = Puppet::spawn_link();
        let monitor = process::monitor(target.pid);
        process::exit(target.pid, ExitReason::other(kb_128()));
        let (from, reason) = exit();
        assert_eq!((from, reason.downcast_ref()), (target.pid, Some(&kb_128())));
        assert_eq!(down(monitor).reason, reason);
    }
    assert_eq!(t.crashes().len(), 10);
}

#[otp::test(seeds = 20)]
fn proc_t_exit_2_other_normal(t: &mut Sim) {
    let target = Puppet::spawn_link();
    process::exit(target.pid, ExitReason::Normal);
    t.advance(millis(1000));
    assert_eq!(exit_now(), None);
    assert_eq!(target.info().links, [otp::self_pid()]);
    assert_eq!(target.ask(|_| exit_now()), None, "it is no message either");
}

#[otp::test(seeds = 20)]
fn proc_normal_suicide_exit(_t: &mut Sim) {
    let after = Arc::new(AtomicBool::new(false));
    let seen = after.clone();
    let pid = process::spawn_link(move |me| {
        process::exit(me.pid(), ExitReason::Normal);
        seen.store(true, SeqCst);
        Err(why("it went on"))
    });
    assert_eq!(exit(), (pid, ExitReason::Normal));
    assert!(!after.load(SeqCst));
}

#[otp::test(seeds = 20)]
fn proc_abnormal_suicide_exit(t: &mut Sim) {
    let after = Arc::new(AtomicBool::new(false));
    let seen = after.clone();
    let pid = process::spawn_link(move |me| {
        process::exit(me.pid(), ExitReason::other(kb_128()));
        seen.store(true, SeqCst);
    });
    let (from, reason) = exit();
    assert_eq!((from, reason.downcast_ref()), (pid, Some(&kb_128())));
    assert!(!after.load(SeqCst));
    assert_eq!(t.crashes().len(), 1);
}

/// A crash is a panic here: its reason says what, and where.
#[otp::test(seeds = 10)]
fn proc_trap_exit_badarg(t: &mut Sim) {
    let text = "large ".repeat(20_000);
    for _ in 0..10 {
        let text = text.clone();
        let pid = process::spawn_link({
            let text = text.clone();
            move |_| -> () { panic!("{text}") }
        });
        let (from, reason) = exit();
        assert_eq!(from, pid);
        let panic = reason.as_panic().unwrap();
        assert_eq!(panic.message, text);
        assert!(panic.location.as_ref().unwrap().contains("conformance/proc.rs"));
    }
    assert_eq!(t.crashes().len(), 10);
}

/// The code of the process is a function of a library's that is given what it cannot take.
#[otp::test(seeds = 10)]
fn proc_trap_exit_badarg_in_bif(t: &mut Sim) {
    fn parse(text: &str) -> Result<(), std::num::ParseIntError> {
        text.parse::<u8>().map(drop)
    }
    for _ in 0..10 {
        let pid = process::spawn_link(|_| parse("1000"));
        let (from, reason) = exit();
        assert_eq!(from, pid);
        assert_eq!(reason.error_ref(), parse("1000").as_ref().err());
        let pid = process::spawn_link(|_| {
            let _ = "short".split_at(9);
        });
        let (from, reason) = exit();
        assert_eq!(from, pid);
        assert!(reason.as_panic().is_some());
    }
    assert_eq!(t.crashes().len(), 20);
}

/// An exit signal and the end of a wait come at the same time.
#[otp::test(seeds = 200)]
fn proc_exit_and_timeout(t: &mut Sim) {
    let low = process::spawn_link(|me| {
        otp::sleep(millis(10));
        me.subject::<()>().receive(millis(10));
    });
    let high = process::spawn_link(move |_| {
        otp::sleep(millis(10));
        process::exit(low, why("you are dead"));
    });
    t.advance(millis(100));
    let mut told = [exit(), exit()];
    told.sort_by_key(|(pid, _)| *pid);
    assert_eq!(told, [(low, why("you are dead")), (high, ExitReason::Normal)]);
    assert_eq!(exit_now(), None);
    assert_eq!(t.crashes().len(), 1);
}

/// Gives away a secret, once.
struct Oracle;

#[actor]
impl Oracle {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn tell(&mut self, after: Duration) -> u32 {
        otp::sleep(after);
        42
    }
}

/// A subject stands for an alias: it is there until its owner closes it (`explicit_unalias`).
#[otp::test(seeds = 20)]
fn proc_spawn_monitor_alias_part_explicit(t: &mut Sim) {
    let alias: Subject<u32> = process::current().subject();
    let (to, from_child) = (alias.clone(), alias.clone());
    let (pid, monitor) = process::spawn_monitor(move |_| from_child.send(1));
    assert_eq!(alias.receive(None), Some(1));
    let told = down(monitor);
    assert_eq!((told.pid, told.reason), (pid, ExitReason::Normal));
    // Neither an answer nor the end of the process is the end of the alias.
    to.send(2);
    assert_eq!(alias.receive(None), Some(2));

    let (to, late) = (alias.clone(), alias.clone());
    let (_, monitor) = process::spawn_monitor(move |_| {
        to.send(3);
        otp::sleep(millis(2));
        to.send(4);
    });
    t.advance(millis(1));
    alias.close();
    assert_eq!(down(monitor).reason, ExitReason::Normal);
    late.send(5);
    t.settle();
    assert_eq!(own_info().message_queue_len, 0, "neither what waited nor what came later");
}

/// A request is an alias that one answer ends, with its monitor (`reply_demonitor`); or giving it up does.
#[otp::test(seeds = 20)]
fn proc_spawn_monitor_alias_part_reply(t: &mut Sim) {
    let oracle = Oracle::start().unwrap();
    let pid = oracle.pid().unwrap();
    assert_eq!(oracle.request().tell(Duration::ZERO).wait(), Ok(42));
    assert_eq!(own_info().monitors, []);

    let mut request = oracle.request().tell(millis(10));
    assert_eq!(request.wait_timeout(millis(5)), None);
    drop(request);
    t.advance(millis(100));
    assert_eq!(own_info().message_queue_len, 0);
    assert!(process::is_alive(pid));

    // The end of the process ends it too.
    let request = oracle.request().tell(millis(10));
    t.settle();
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(request.wait(), Err(CallError::Exited(ExitReason::Shutdown)));
    assert_eq!(oracle.request().tell(millis(1)).wait(), Err(CallError::NoProc));
    t.settle();
    let info = own_info();
    assert_eq!((info.monitors, info.message_queue_len), (vec![], 0));
}

/// What the end of a monitored process becomes is said by who waits for it, tag and all.
#[otp::test(seeds = 20)]
fn proc_monitor_tag(t: &mut Sim) {
    #[derive(Debug, Clone, PartialEq)]
    enum Event {
        Tagged(&'static str, MonitorRef, Pid, ExitReason),
        Other(Pid),
    }
    let tagged = |monitor: MonitorRef, tag: &'static str| {
        Selector::new().select_monitor(monitor, move |down| Event::Tagged(tag, down.monitor, down.pid, down.reason))
    };
    let (target, untagged) = Puppet::spawn_monitor();
    let monitors = [process::monitor(target.pid), process::monitor(target.pid)];
    target.end(why("bye"));
    let both = tagged(monitors[0], "first").merge(tagged(monitors[1], "second"));
    let rest = both.clone().select_monitors(|down| Event::Other(down.pid));
    for (monitor, tag) in [(monitors[1], "second"), (monitors[0], "first")] {
        let event = tagged(monitor, tag).receive(None);
        assert_eq!(event, Some(Event::Tagged(tag, monitor, target.pid, why("bye"))));
    }
    assert_eq!(both.receive(Duration::ZERO), None, "one that has no tag is none of these");
    assert_eq!(rest.receive(None), Some(Event::Other(target.pid)));
    assert_eq!(down_now(untagged), None);

    // Of nobody, by pid and by name.
    for monitor in [process::monitor(target.pid), process::monitor_name("nobody")] {
        match tagged(monitor, "none").receive(None) {
            Some(Event::Tagged("none", own, _, ExitReason::NoProc)) => assert_eq!(own, monitor),
            other => panic!("{other:?}"),
        }
    }
    // One that was ended is not told of.
    let target = Puppet::spawn();
    let monitor = process::monitor(target.pid);
    assert!(process::demonitor(monitor));
    target.end(ExitReason::Normal);
    t.settle();
    assert_eq!(tagged(monitor, "ended").receive(Duration::ZERO), None);
    assert_eq!(t.crashes().len(), 1);
}

// Beyond the listed cases.

#[otp::test(seeds = 20)]
fn more_self_exit(_t: &mut Sim) {
    for _ in 0..20 {
        process::exit(otp::self_pid(), ExitReason::other(kb_128()));
        let (from, reason) = exit();
        assert_eq!((from, reason.downcast_ref()), (otp::self_pid(), Some(&kb_128())));
    }
}

/// To catch one's own end does not stop it.
#[otp::test(seeds = 20)]
fn more_t_exit_2_catch(t: &mut Sim) {
    for by_signal in [true, false] {
        let pid = process::spawn_link(move |me| {
            let pid = me.pid();
            let _caught = catch_unwind(AssertUnwindSafe(|| {
                if by_signal { process::exit(pid, why("die")) } else { process::exit_self(why("die")) }
            }));
        });
        // As in Erlang, `exit(Reason)` can be caught and `exit(self(), Reason)` cannot.
        let reason = if by_signal { why("die") } else { ExitReason::Normal };
        assert_eq!(exit(), (pid, reason));
    }
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 50)]
fn more_exit_twice(t: &mut Sim) {
    let low = process::spawn_link(|_| -> () {
        loop {
            otp::sleep(millis(1));
        }
    });
    process::spawn(move |_| {
        otp::sleep(millis(5));
        process::exit(low, why("first"));
        process::exit(low, why("second"));
        process::exit(low, ExitReason::Kill);
    });
    assert_eq!(exit(), (low, why("first")));
    t.advance(millis(10));
    assert_eq!(exit_now(), None);
    assert_eq!(t.crashes().len(), 1);
}

/// Who was told that a process is gone finds neither it nor its name.
#[test]
fn more_process_status_exiting() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        for _ in 0..500 {
            let target = Puppet::spawn();
            process::register("exiting", target.pid).unwrap();
            process::exit(target.pid, ExitReason::Shutdown);
            assert_eq!(process::info(target.pid), None);
            assert!(!process::is_alive(target.pid));
            let monitor = process::monitor(target.pid);
            process::current().receive_down(monitor, PATIENCE).unwrap();
            assert_eq!(process::whereis("exiting"), None);
        }
    });
    node.stop();
}

/// All the rules of exit signals, for a thread: it traps until it says otherwise, and then panics where it waits.
#[test]
fn more_exits_of_a_thread() {
    let node = Node::builder().cores(1).start().unwrap();
    let ends = |act: fn(Pid)| {
        catch_unwind(AssertUnwindSafe(|| {
            node.enter(|| {
                assert!(process::current().trap_exit(false), "it trapped");
                let own = otp::self_pid();
                Puppet::spawn().ask(move |_| act(own));
                otp::sleep(Duration::ZERO);
            });
        }))
        .map_err(|payload| payload.downcast_ref::<String>().cloned().unwrap_or_default())
    };
    assert_eq!(ends(|own| process::exit(own, ExitReason::Normal)), Ok(()));
    assert!(ends(|own| process::exit(own, why("told"))).unwrap_err().contains("told"));
    assert!(ends(|own| process::exit(own, ExitReason::Kill)).unwrap_err().contains("killed"));
    node.enter(|| {
        let own = otp::self_pid();
        let puppet = Puppet::spawn();
        for reason in [ExitReason::Normal, why("told")] {
            let sent = reason.clone();
            puppet.ask(move |_| process::exit(own, sent));
            assert_eq!(exit(), (puppet.pid, reason.clone()));
            process::exit(own, reason.clone());
            assert_eq!(exit(), (own, reason));
        }
    });
    node.stop();
}

//! `pg_SUITE`, as far as it needs one node.

use otp::{
    Name, Node,
    actor::Starter,
    group::{GroupChange, GroupError, Scope, ScopeRef},
    prelude::*,
    timer,
};

use crate::{idle, kill, secs, sorted};

/// A scope with another name than `pg`.
fn scope(name: &str) -> ScopeRef<&'static str> {
    Starter::<Scope<&str>>::new().name(name).start(()).unwrap()
}

#[otp::test(seeds = 20)]
fn pg_pg(_: &mut Sim) {
    let started = Scope::<&str>::start_link()?;
    let pg = Scope::<&str>::pg();
    let me = otp::self_pid();
    assert_eq!(process::whereis("pg"), started.pid());
    pg.join("g", me)?;
    assert_eq!((pg.local_members(&"g"), pg.members(&"g"), pg.which_groups()), (vec![me], vec![me], vec!["g"]));
    pg.leave(&"g", me)?;
    assert_eq!(pg.leave(&"g", me), Err(GroupError::NotJoined));
    assert_eq!((pg.local_members(&"g"), pg.members(&"g"), pg.which_groups()), (vec![], vec![], vec![]));
}

/// A malformed message has no type, so that a scope only says of it that it does not know it.
#[otp::test(seeds = 20)]
fn pg_errors(t: &mut Sim) {
    let (one, two) = (scope("one"), scope("two"));
    let me = otp::self_pid();
    one.join("g", me)?;
    two.join("g", me)?;
    process::send(one.pid().unwrap(), "no message of a scope");
    process::send(one.pid().unwrap(), GroupChange::Left);
    assert_eq!(one.join("g", me), Ok(()));
    assert_eq!(one.members(&"g"), [me, me]);
    t.kill(&one);
    t.settle();
    assert_eq!((one.members(&"g"), one.which_groups()), (vec![], vec![]));
    assert_eq!(one.join("g", me), Err(GroupError::Call(CallError::NoProc)));
    assert_eq!(two.members(&"g"), [me], "another scope goes on");
    two.join("g", me)?;
}

#[otp::test(seeds = 200)]
fn pg_leave_exit_race(t: &mut Sim) {
    let scope = scope("race");
    for _ in 0..10 {
        let pid = process::spawn(|_| otp::sleep(Duration::from_nanos(1)));
        // It may end before, between and after these.
        assert_eq!(scope.join("g", pid), Ok(()));
        assert!(matches!(scope.leave(&"g", pid), Ok(()) | Err(GroupError::NotJoined)));
        let (joined, killed) = (idle(), idle());
        scope.join("g", [joined, killed])?;
        process::exit(killed, ExitReason::Kill);
        assert_eq!(scope.leave(&"g", [joined, killed]), Ok(()));
        process::exit(joined, ExitReason::Kill);
    }
    t.advance(secs(1));
    assert_eq!((scope.members(&"g"), scope.which_groups()), (vec![], vec![]));
}

#[test]
fn pg_process_owner_check() {
    let [here, there] = [(); 2].map(|()| Node::builder().cores(1).start().unwrap());
    let remote = there.enter(idle);
    here.enter(|| {
        let scope = scope("local");
        let local = idle();
        assert_eq!(scope.join("g", remote), Err(GroupError::NotLocal(remote)));
        assert_eq!(scope.join("g", [local, remote]), Err(GroupError::NotLocal(remote)));
        assert_eq!(scope.members(&"g"), [], "none of them has joined");
        scope.join("g", local).unwrap();
        assert_eq!(scope.leave(&"g", remote), Err(GroupError::NotJoined));
        assert_eq!(scope.members(&"g"), [local]);
    });
    here.stop();
    there.stop();
}

#[otp::test(seeds = 20)]
fn pg_missing_scope_join(_: &mut Sim) {
    let nobody = Name::<Scope<&str>>::new("nobody").client();
    let no_proc = || GroupError::Call(CallError::NoProc);
    assert_eq!(nobody.join("g", otp::self_pid()), Err(no_proc()));
    assert_eq!(nobody.leave(&"g", otp::self_pid()), Err(no_proc()));
    assert_eq!(nobody.monitor("g").err(), Some(no_proc()));
    assert_eq!(nobody.monitor_scope().err(), Some(no_proc()));
    assert_eq!((nobody.members(&"g"), nobody.which_groups()), (vec![], vec![]));
    // A scope whose groups are called by something else is none.
    scope("other");
    let other = Name::<Scope<u32>>::new("other").client();
    assert_eq!((other.join(1, otp::self_pid()), other.members(&1)), (Err(no_proc()), vec![]));
}

#[test]
fn pg_disconnected_start() {
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(|| {
        let scope = Scope::<u32>::start().unwrap();
        scope.join(1, otp::self_pid()).unwrap();
        assert_eq!(Scope::<u32>::pg().members(&1), [otp::self_pid()]);
    });
    assert_eq!(Scope::<u32>::pg().members(&1), [], "each node has a scope of its own");
    node.stop();
}

/// The last of its members to leave takes the group with it; so does one that dies, whatever is left of it.
#[otp::test(seeds = 20)]
fn pg_group_leave(t: &mut Sim) {
    let scope = scope("leave");
    let pid = idle();
    scope.join("g", vec![pid; 16])?;
    scope.leave(&"g", vec![pid; 4])?;
    assert_eq!(scope.members(&"g"), [pid; 12]);
    kill(t, pid);
    assert_eq!((scope.members(&"g"), scope.which_groups()), (vec![], vec![]));
}

#[otp::test(seeds = 20)]
fn pg_monitor_nonempty_scope(t: &mut Sim) {
    let scope = scope("monitored");
    let (one, two) = (idle(), idle());
    scope.join("one", [one, one])?;
    scope.join("two", [one, two])?;
    let (monitor, groups) = scope.monitor_scope()?;
    assert_eq!(sorted(groups), [("one", vec![one, one]), ("two", vec![one, two])]);
    scope.join("three", two)?;
    let event = monitor.receive(None).unwrap();
    assert_eq!((event.change, *event.group(), &*event.pids), (GroupChange::Joined, "three", &[two][..]));
    kill(t, one);
    let left = [(); 2].map(|()| monitor.receive(Duration::ZERO).unwrap());
    let left = left.map(|event| (event.change, *event.group(), event.pids));
    assert_eq!(left, [(GroupChange::Left, "one", vec![one, one]), (GroupChange::Left, "two", vec![one])]);
    assert!(monitor.demonitor());
    scope.leave(&"three", two)?;
    assert_eq!(process::current().flush(), 0);
}

#[otp::test(seeds = 20)]
fn pg_monitor(t: &mut Sim) {
    let scope = scope("monitored");
    let (one, two) = (idle(), idle());
    scope.join("g", one)?;
    let (monitor, members) = scope.monitor("g")?;
    assert_eq!(members, [one]);
    let (empty, members) = scope.monitor("empty")?;
    assert_eq!((members, scope.which_groups()), (vec![], vec!["g"]));

    scope.join("other", two)?;
    scope.join("g", [two, two])?;
    scope.leave(&"g", two)?;
    assert_eq!(scope.leave(&"g", idle()), Err(GroupError::NotJoined));
    kill(t, two);
    let events = std::iter::from_fn(|| monitor.receive(Duration::ZERO)).map(|event| {
        assert!(event.is_of(&monitor) && !event.is_of(&empty) && *event.group() == "g");
        (event.change, event.pids)
    });
    let (joined, left) = (GroupChange::Joined, GroupChange::Left);
    assert_eq!(events.collect::<Vec<_>>(), [(joined, vec![two, two]), (left, vec![two]), (left, vec![two])]);

    scope.join("empty", one)?;
    scope.leave(&"g", one)?;
    assert!(monitor.demonitor());
    scope.join("g", one)?;
    assert_eq!(empty.receive(Duration::ZERO).unwrap().pids, [one]);
    assert_eq!(process::current().flush(), 0, "what came before the end of a monitor is dropped with it");
    scope.stop()?;
    assert!(!empty.demonitor());
}

#[otp::test(seeds = 5)]
fn pg_thundering_herd(t: &mut Sim) {
    // Without stacks each waits on a thread.
    const HERD: usize = if cfg!(feature = "stacks") { 5_000 } else { 200 };
    let scope = scope("herd");
    let go = process::current().subject();
    for _ in 0..HERD {
        let (scope, go) = (scope.clone(), go.clone());
        process::spawn(move |_| {
            scope.no_timeout().join("herd", otp::self_pid()).unwrap();
            go.send(());
            timer::sleep_forever();
        });
    }
    scope.timeout(secs(1)).join("g", otp::self_pid())?;
    assert_eq!(scope.members(&"g"), [otp::self_pid()]);
    t.settle();
    assert_eq!((scope.members(&"herd").len(), go.flush()), (HERD, HERD));
}

#[otp::test(seeds = 20)]
fn more_double(t: &mut Sim) {
    let scope = scope("double");
    let pid = idle();
    scope.join("g", pid)?;
    scope.join("g", pid)?;
    assert_eq!((scope.members(&"g"), scope.local_members(&"g")), (vec![pid, pid], vec![pid, pid]));
    scope.leave(&"g", [pid, pid, pid])?;
    assert_eq!(scope.members(&"g"), []);
    kill(t, pid);
}

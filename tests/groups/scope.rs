//! What scopes promise beyond the cases of `pg`: snapshots that fit the events, reads that wait for nobody, restarts.

use std::collections::BTreeMap;

use otp::{
    Name,
    actor::Starter,
    group::{GroupChange, GroupError, GroupEvent, GroupMonitor, Scope, ScopeRef},
    prelude::*,
    process::Subject,
    sys,
};

use crate::{idle, kill, secs, sorted};

const ROOMS: Name<Scope<u32>> = Name::new("rooms");

fn rooms() -> ScopeRef<u32> {
    Starter::new().name(ROOMS).start(()).unwrap()
}

/// Applies events to what there was.
fn follow(members: &mut Vec<Pid>, monitor: &GroupMonitor<u32>) {
    while let Some(event) = monitor.receive(Duration::ZERO) {
        for pid in event.pids {
            match event.change {
                GroupChange::Joined => members.push(pid),
                GroupChange::Left => _ = members.remove(members.iter().position(|member| *member == pid).unwrap()),
                change => unreachable!("{change:?}"),
            }
        }
    }
}

/// Whenever it was taken, a snapshot and the events after it come to what there is.
#[otp::test(seeds = 300)]
fn a_snapshot_and_its_events_are_the_members(t: &mut Sim) {
    let rooms = rooms();
    let (done, churns) = (process::current().subject(), 6);
    for n in 0..churns {
        let (rooms, done) = (rooms.clone(), done.clone());
        process::spawn(move |_| {
            let me = otp::self_pid();
            rooms.join(1, me).unwrap();
            rooms.join(1, [me, me]).unwrap();
            rooms.leave(&1, me).unwrap();
            done.send(());
            if n % 2 == 0 {
                otp::timer::sleep_forever();
            }
        });
    }
    let (monitor, mut members) = rooms.monitor(1)?;
    let (all, groups) = rooms.monitor_scope()?;
    let mut of_all = groups.into_iter().find(|(group, _)| *group == 1).map(|(_, pids)| pids).unwrap_or_default();
    (0..churns).for_each(|_| _ = done.receive(None));
    t.settle();
    follow(&mut members, &monitor);
    follow(&mut of_all, &all);
    let now = sorted(rooms.members(&1));
    assert_eq!(now.len(), 6, "two each of those that live");
    assert_eq!((sorted(members), sorted(of_all)), (now.clone(), now));
}

/// Who is read is not asked, and who is busy is not waited for.
#[otp::test(seeds = 20)]
fn reads_wait_for_nobody(_: &mut Sim) {
    let rooms = rooms();
    rooms.join(1, otp::self_pid())?;
    sys::suspend(&rooms)?;
    assert_eq!((rooms.members(&1), rooms.which_groups()), (vec![otp::self_pid()], vec![1]));
    assert_eq!(rooms.as_async().members(&1), [otp::self_pid()]);
    let given_up = GroupError::Call(CallError::Timeout { started: false });
    assert_eq!(rooms.timeout(secs(1)).join(2, otp::self_pid()), Err(given_up.clone()));
    assert_eq!(rooms.timeout(secs(1)).monitor(2).err(), Some(given_up));
    sys::resume(&rooms)?;
    rooms.join(3, otp::self_pid())?;
    assert_eq!(sorted(rooms.which_groups()), [1, 3], "what was given up was never done");
}

/// What was written is read by all from then on.
#[otp::test(seeds = 100)]
fn a_join_that_returned_is_seen(_: &mut Sim) {
    let rooms = rooms();
    let seen = process::current().subject();
    for n in 0..5 {
        let seen = seen.clone();
        process::spawn(move |_| {
            ROOMS.client().join(n, otp::self_pid()).unwrap();
            let is_seen = ROOMS.client().members(&n) == [otp::self_pid()];
            seen.send(is_seen);
            otp::timer::sleep_forever();
        });
    }
    assert!((0..5).all(|_| seen.receive(None).unwrap()));
    assert_eq!(sorted(rooms.which_groups()), [0, 1, 2, 3, 4]);
}

supervisor! {
    App<one_for_one>() {
        rooms: Scope<u32>() { name: "rooms" };
        others: Scope<&'static str>();
    }
}

#[otp::test(seeds = 50)]
fn a_restart_begins_with_no_groups(t: &mut Sim) {
    let app = App::start()?;
    let (place, member) = (app.rooms(), idle());
    place.join(1, member)?;
    app.others().join("1", member)?;
    let (monitor, _) = place.monitor(1)?;
    let pinned = place.pin().unwrap();
    t.kill(&app.rooms());
    t.settle();
    assert_eq!((place.members(&1), place.which_groups()), (vec![], vec![]));
    assert_eq!(Scope::<&str>::pg().members(&"1"), [member], "another scope does not know of it");
    place.join(1, member)?;
    assert_eq!((place.members(&1), ROOMS.client().members(&1)), (vec![member], vec![member]));
    assert_eq!((pinned.members(&1), pinned.leave(&1, member)), (vec![], Err(GroupError::Call(CallError::NoProc))));
    assert!(!monitor.demonitor(), "it has ended with the process before");
    assert_eq!(process::current().flush(), 0);
}

/// Who waits for a restart joins the next one; others are told that there is none.
#[otp::test(seeds = 50)]
fn a_join_can_wait_for_a_restart(t: &mut Sim) {
    let spec = Scope::<u32>::child_spec().backoff(secs(1)..=secs(30));
    let top = Supervisor::new(Strategy::OneForOne).child("scope", spec).start()?;
    let scope = top.child::<Scope<u32>>("scope");
    for _ in 0..2 {
        t.kill(&scope);
        t.settle();
    }
    assert_eq!(scope.join(1, otp::self_pid()), Err(GroupError::Call(CallError::NoProc)));
    let began = t.now();
    scope.wait_for_restart().join(1, otp::self_pid())?;
    assert_eq!((t.now() - began, scope.members(&1)), (secs(1), vec![otp::self_pid()]));
}

/// A name is there before the `init` that makes the groups; whoever joins by it waits for that.
#[otp::test(seeds = 200)]
fn a_join_by_name_finds_one_that_begins(t: &mut Sim) {
    process::spawn(|_| drop(rooms()));
    let mut joined = Err(GroupError::NotJoined);
    while joined.is_err() {
        assert!(joined == Err(GroupError::NotJoined) || joined == Err(GroupError::Call(CallError::NoProc)));
        otp::sleep(Duration::from_nanos(1));
        joined = ROOMS.client().join(1, otp::self_pid());
    }
    t.settle();
    assert_eq!(ROOMS.client().members(&1), [otp::self_pid()]);
}

/// A process that is dead when it joins is taken out again.
#[otp::test(seeds = 50)]
fn the_dead_leave(t: &mut Sim) {
    let (rooms, gone) = (rooms(), idle());
    kill(t, gone);
    let (monitor, _) = rooms.monitor(1)?;
    rooms.join(1, gone)?;
    t.settle();
    assert_eq!(rooms.members(&1), []);
    let changes: Vec<_> = std::iter::from_fn(|| monitor.receive(Duration::ZERO)).map(|event| event.change).collect();
    assert_eq!(changes, [GroupChange::Joined, GroupChange::Left]);
}

/// Watches the rooms, and counts.
struct Watcher {
    seen: BTreeMap<u32, usize>,
    told: Subject<usize>,
}

#[actor]
impl Watcher {
    #[init]
    fn init(told: Subject<usize>) -> Result<Self, GroupError> {
        let (_, groups) = ROOMS.client().monitor_scope()?;
        Ok(Self { seen: groups.into_iter().map(|(group, pids)| (group, pids.len())).collect(), told })
    }

    #[handle_info]
    fn changed(&mut self, event: GroupEvent<u32>) {
        let count = self.seen.entry(*event.group()).or_default();
        match event.change {
            GroupChange::Joined => *count += event.pids.len(),
            _ => *count -= event.pids.len(),
        }
        self.told.send(self.seen.values().sum());
    }
}

#[otp::test(seeds = 50)]
fn a_server_is_told_in_a_handler(t: &mut Sim) {
    let rooms = rooms();
    let member = idle();
    rooms.join(1, [member, member])?;
    let told = process::current().subject();
    let watcher = Watcher::start(told.clone())?;
    rooms.join(2, member)?;
    assert_eq!(told.receive(None), Some(3));
    kill(t, member);
    assert_eq!([(); 2].map(|()| told.receive(Duration::ZERO)), [Some(1), Some(0)]);
    t.kill(&watcher);
    rooms.join(1, idle())?;
    t.settle();
    assert_eq!(told.flush(), 0);
}

/// On real cores, beside each other: none is lost, none counts twice.
#[test]
fn many_join_and_leave_at_once() {
    let node = otp::Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let scope = Scope::<u32>::start().unwrap().no_timeout();
        let done = process::current().subject();
        let workers: u32 = 8;
        for _ in 0..workers {
            let (scope, done) = (scope.clone(), done.clone());
            process::spawn(move |_| {
                let me = otp::self_pid();
                for n in 0..200 {
                    scope.join(n % 4, [me, me]).unwrap();
                    scope.leave(&(n % 4), me).unwrap();
                    assert!(scope.members(&(n % 4)).contains(&me));
                }
                done.send(me);
                otp::timer::sleep_forever();
            });
        }
        let pids: Vec<_> = (0..workers).map(|_| done.receive(secs(60)).unwrap()).collect();
        for group in 0..4 {
            let members = scope.members(&group);
            assert!(pids.iter().all(|pid| members.iter().filter(|member| *member == pid).count() == 50));
        }
        for pid in pids {
            let (monitor, _) = (process::monitor(pid), process::exit(pid, ExitReason::Kill));
            process::current().receive_down(monitor, secs(60)).unwrap();
        }
        // The scope handles these behind the news of their end.
        while !scope.which_groups().is_empty() {
            scope.join(9, otp::self_pid()).unwrap();
            scope.leave(&9, otp::self_pid()).unwrap();
        }
    });
    node.stop();
}

//! What was asked for, refused, dropped or given up leaves nothing behind.

// Memory is counted by thread, and a stack has one of its own otherwise.
#![cfg(feature = "stacks")]

use otp::{
    agent::Agent,
    group::{GroupError, Groups, Scope},
    prelude::*,
    process::Subject,
    sys,
    topic::PubSub,
};

use crate::{counting, idle, kill};

/// So often each thing is done: a byte that each leaves is seen.
const ROUNDS: usize = if cfg!(debug_assertions) { 1_000 } else { 50_000 };

/// What queues and tables may differ by, however often something was done.
const SLACK: isize = 900;

/// Does it so often that what it leaves would be seen.
fn leaves_nothing(t: &Sim, what: &str, mut it: impl FnMut(usize)) {
    let mut rounds = |of: usize| {
        (of * ROUNDS..(of + 1) * ROUNDS).for_each(&mut it);
        t.settle();
        drop(t.crashes());
        (counting::own(), t.node().len())
    };
    let (before, after) = (rounds(0), rounds(1));
    let left = after.0 - before.0;
    assert!(left < SLACK, "{what}: {left} bytes are left of {ROUNDS}");
    assert_eq!(after.1, before.1, "{what}: processes");
}

#[otp::test(seeds = 1)]
fn groups_of_processes(t: &mut Sim) {
    let scope = Scope::<String>::start()?;
    let group = |n: usize| format!("group {n}");
    leaves_nothing(t, "looks", |n| {
        assert_eq!(scope.members(&group(n)), []);
        assert_eq!(scope.leave(&group(n), otp::self_pid()), Err(GroupError::NotJoined));
    });
    leaves_nothing(t, "joins", |n| {
        scope.join(group(n), vec![otp::self_pid(); 3]).unwrap();
        scope.leave(&group(n), vec![otp::self_pid(); 4]).unwrap();
    });
    leaves_nothing(t, "members that end", |n| {
        let member = idle();
        scope.join(group(n), [member, member]).unwrap();
        scope.join(group(n + 1), member).unwrap();
        kill(t, member);
    });
    leaves_nothing(t, "monitors", |n| {
        let (monitor, _) = scope.monitor(group(n)).unwrap();
        let (all, _) = scope.monitor_scope().unwrap();
        scope.join(group(n), otp::self_pid()).unwrap();
        scope.leave(&group(n), otp::self_pid()).unwrap();
        assert!(monitor.demonitor() && all.demonitor());
    });
    leaves_nothing(t, "watchers that end", |n| {
        let theirs = scope.clone();
        process::spawn(move |_| drop((theirs.monitor(group(n)), theirs.monitor_scope())));
        t.settle();
    });
    leaves_nothing(t, "joins that are given up", |n| {
        sys::suspend(&scope).unwrap();
        let hurried = scope.timeout(Duration::ZERO);
        assert!(hurried.join(group(n), otp::self_pid()).is_err());
        assert!(hurried.monitor(group(n)).is_err());
        sys::resume(&scope).unwrap();
    });
    scope.stop()?;
    leaves_nothing(t, "scopes", |n| {
        let scope = Scope::<String>::start().unwrap();
        scope.join(group(n), otp::self_pid()).unwrap();
        drop(scope.monitor(group(n)).unwrap());
        scope.stop().unwrap();
        assert!(scope.join(group(n), otp::self_pid()).is_err());
    });
}

#[otp::test(seeds = 1)]
fn groups_of_subjects(t: &mut Sim) {
    let pubsub = PubSub::<u32, (u32, usize)>::start()?;
    let inbox: Subject<u32> = process::current().subject();
    leaves_nothing(t, "topics", |n| {
        let topic = pubsub.topic((0, n));
        assert_eq!(topic.broadcast(1), 0);
        assert_eq!(topic.subscribe(&Subject::null()), Err(GroupError::NoOwner));
        assert_eq!(topic.unsubscribe(&inbox), Err(GroupError::NotJoined));
    });
    leaves_nothing(t, "subscriptions", |n| {
        let topic = pubsub.topic((0, n));
        let mapped = inbox.map(move |m: u32| m + n as u32);
        topic.subscribe(&mapped).unwrap();
        topic.subscribe(&inbox).unwrap();
        assert_eq!(topic.broadcast(1), 2);
        topic.unsubscribe(&inbox).unwrap();
        topic.unsubscribe(&mapped).unwrap();
        assert_eq!(inbox.flush(), 2);
    });
    leaves_nothing(t, "subscribers that end", |n| {
        let topic = pubsub.topic((0, n));
        process::spawn(move |me| {
            topic.subscribe(&me.subject()).unwrap();
            topic.subscribe(&me.subject().map(move |m: u32| m + n as u32)).unwrap();
            assert_eq!(topic.broadcast(1), 2);
        });
        t.settle();
    });
    pubsub.stop()?;
    leaves_nothing(t, "registries", |n| {
        let groups = Groups::<usize, u32>::start().unwrap();
        groups.register(n, &inbox).unwrap();
        groups.stop().unwrap();
    });
}

#[otp::test(seeds = 1)]
fn agents(t: &mut Sim) {
    let sum = Agent::start(|| 0)?;
    leaves_nothing(t, "calls", |n| {
        sum.update(move |sum| *sum = n).unwrap();
        sum.cast(|sum| *sum += 1);
        drop(sum.timeout(Duration::ZERO).get(|sum| *sum));
    });
    leaves_nothing(t, "agents", |n| {
        let agent = Agent::start(move || vec![n; 10]).unwrap();
        agent.stop().unwrap();
        assert!(agent.get(Vec::len).is_err());
    });
}

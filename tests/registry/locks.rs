//! Who has the lock of a key, and what becomes of it when that one ends.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
};

use otp::{Node, prelude::*, process::Subject, registry::RegistryRef};

use crate::{Puppet, latch::Latch, unique};

/// Has it take a lock and keep it, until it is told to go on.
fn hold(registry: &RegistryRef<u32, ()>, key: u32, puppet: &Puppet) -> Subject<()> {
    let inside = process::current().subject();
    let (registry, tell) = (registry.clone(), inside.clone());
    puppet.begins(move |me| {
        registry.lock(&key, || {
            let go_on = me.subject();
            tell.send(go_on.clone());
            go_on.receive(None);
        });
    });
    inside.receive(None).unwrap()
}

#[otp::test(seeds = 50)]
fn a_panic_gives_the_lock_on(_: &mut Sim) {
    let registry = unique::<u32, ()>(1);
    let panicked = catch_unwind(AssertUnwindSafe(|| registry.lock(&1, || panic!("off by one"))));
    assert!(panicked.is_err());
    assert_eq!(registry.lock(&1, || 42), 42);
}

#[otp::test(seeds = 200)]
fn the_end_of_its_holder_gives_the_lock_on(t: &mut Sim) {
    let registry = unique::<u32, ()>(1);
    let [holder, waiter] = [(); 2].map(|()| Puppet::new());
    let _go_on = hold(&registry, 1, &holder);
    let done = process::current().subject();
    let (of, tell) = (registry.clone(), done.clone());
    waiter.begins(move |_| of.lock(&1, || tell.send(())));
    t.settle();
    holder.ends();
    assert_eq!(done.receive(None), Some(()));
}

#[otp::test(seeds = 50)]
fn those_who_wait_come_in_order(t: &mut Sim) {
    let registry = unique::<u32, ()>(1);
    let holder = Puppet::new();
    let go_on = hold(&registry, 1, &holder);
    let done = process::current().subject();
    for number in 0..5 {
        let (of, tell) = (registry.clone(), done.clone());
        process::spawn(move |_| of.lock(&1, || tell.send(number)));
        t.settle();
    }
    go_on.send(());
    assert_eq!([(); 5].map(|()| done.receive(None).unwrap()), [0, 1, 2, 3, 4]);
}

/// Those that have died in the line are not passed one within the other.
#[otp::test(seeds = 1)]
fn many_who_wait_may_end(t: &mut Sim) {
    let registry = unique::<u32, ()>(1);
    let holder = Puppet::new();
    let go_on = hold(&registry, 1, &holder);
    let waiting: Vec<_> = (0..20_000)
        .map(|_| {
            let of = registry.clone();
            process::spawn_async(move |_| async move { of.lock_async(&1, async { unreachable!() }).await })
        })
        .collect();
    t.settle();
    waiting.iter().for_each(|pid| process::exit(*pid, ExitReason::Kill));
    t.settle();
    go_on.send(());
    assert_eq!(registry.lock(&1, || 42), 42);
}

#[otp::test(seeds = 50)]
fn a_lock_is_not_taken_twice_by_one(_: &mut Sim) {
    let registry = unique::<u32, ()>(1);
    let again = catch_unwind(AssertUnwindSafe(|| registry.lock(&1, || registry.lock(&1, || ()))));
    let message = again.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(*message, "the process holds the lock of 1 already");
    registry.lock(&1, || registry.lock(&2, || ()));
}

#[otp::test(seeds = 50)]
fn async_code_waits_for_a_lock(t: &mut Sim) {
    let registry = unique::<u32, ()>(1);
    let done = process::current().subject();
    for number in 0..3 {
        let (of, tell) = (registry.clone(), done.clone());
        process::spawn_async(move |_| async move {
            let inside = async {
                tell.send(number);
                otp::sleep_async(Duration::from_millis(1)).await;
                tell.send(number);
            };
            of.lock_async(&1, inside).await;
        });
    }
    t.advance(Duration::from_secs(1));
    let seen: Vec<i32> = (0..6).map(|_| done.receive(Duration::ZERO).unwrap()).collect();
    assert!(seen.chunks(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
}

/// Code that is killed and does not come back keeps nobody else waiting; when it comes back, it takes nothing away.
#[test]
fn a_holder_that_is_declared_dead_gives_the_lock_on() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let registry = unique::<u32, ()>(1);
        let (stuck, (inside, is_inside)) = (Latch::default(), mpsc::channel());
        let (of, until) = (registry.clone(), stuck.clone());
        let (left, has_left) = mpsc::channel();
        let holder = process::spawn(move |_| {
            of.lock(&1, || {
                inside.send(()).unwrap();
                until.wait();
            });
            left.send(()).unwrap();
        });
        is_inside.recv().unwrap();
        let (of, entered) = (registry.clone(), process::current().subject());
        let tell = entered.clone();
        process::spawn(move |me| {
            of.lock(&1, || {
                let go_on = me.subject::<()>();
                tell.send(go_on.clone());
                go_on.receive(None);
            });
        });
        process::exit(holder, ExitReason::Kill);
        let go_on = entered.receive(Duration::from_secs(30)).expect("the lock is given on");
        stuck.open();
        has_left.recv().unwrap();
        // The lock is still that of the second.
        let (of, third) = (registry.clone(), process::current().subject());
        let tell = third.clone();
        process::spawn(move |_| of.lock(&1, || tell.send(())));
        assert_eq!(third.receive(Duration::from_millis(20)), None);
        go_on.send(());
        assert_eq!(third.receive(Duration::from_secs(30)), Some(()));
    });
    node.stop();
}

/// One that comes for the lock of a dead holder needs nobody to tell it.
#[test]
fn who_comes_after_a_holder_was_declared_dead_has_the_lock() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let registry = unique::<u32, ()>(1);
        let (stuck, (inside, is_inside)) = (Latch::default(), mpsc::channel());
        let (of, until) = (registry.clone(), stuck.clone());
        let (holder, monitor) = process::spawn_monitor(move |_| {
            of.lock(&1, || {
                inside.send(()).unwrap();
                until.wait();
            });
        });
        is_inside.recv().unwrap();
        process::exit(holder, ExitReason::Kill);
        assert!(process::current().receive_down(monitor, Duration::from_secs(30)).is_some());
        assert_eq!(registry.lock(&1, || 42), 42);
        stuck.open();
    });
    node.stop();
}

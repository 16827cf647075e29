//! What was refused, taken back or given up leaves nothing behind.

use otp::{name::RegisterError, prelude::*};

use crate::{Puppet, counting, duplicate, unique};

const ROUNDS: usize = 2_000;

/// What the queues and tables of the runtime may differ by, however often something was done.
const SLACK: isize = 1_000;

fn leaves_nothing(t: &Sim, mut it: impl FnMut(usize)) {
    let mut rounds = |of: usize| {
        (of * ROUNDS..(of + 1) * ROUNDS).for_each(&mut it);
        t.settle();
        (counting::own(), t.node().len())
    };
    let (before, after) = (rounds(0), rounds(1));
    assert!(after.0 - before.0 < SLACK, "{} bytes are left of {ROUNDS}", after.0 - before.0);
    assert_eq!(after.1, before.1, "processes");
}

#[otp::test(seeds = 1)]
fn xregu_no_growth(t: &mut Sim) {
    let registry = unique::<String, String>(1);
    registry.register("hello".into(), String::new())?;
    leaves_nothing(t, |n| {
        let again = registry.register("hello".into(), format!("value {n}"));
        assert_eq!(again, Err(RegisterError::Taken(otp::self_pid())));
    });
    assert_eq!(registry.keys(otp::self_pid()), ["hello"]);
}

#[otp::test(seeds = 1)]
fn xregu_no_growth_across(t: &mut Sim) {
    let registry = unique::<String, String>(1);
    let (puppet, of) = (Puppet::new(), registry.clone());
    puppet.does(move || of.register("hello".into(), String::new())).unwrap();
    leaves_nothing(t, |n| {
        let taken = registry.register("hello".into(), format!("value {n}"));
        assert_eq!(taken, Err(RegisterError::Taken(puppet.pid)));
    });
    assert_eq!((registry.keys(otp::self_pid()).len(), registry.keys(puppet.pid).len()), (0, 1));
}

#[otp::test(seeds = 1)]
fn what_is_taken_back(t: &mut Sim) {
    let (rooms, topics) = (unique::<String, String>(2), duplicate::<String, String>(2));
    leaves_nothing(t, |n| {
        let key = format!("key {n}");
        rooms.register(key.clone(), "value".into()).unwrap();
        rooms.update_value(&key, |value| format!("{value} {n}")).unwrap();
        rooms.unregister(&key);
        topics.register(key.clone(), "value".into()).unwrap();
        topics.unregister(&key);
        rooms.put_meta("meta", n);
        if n % 100 == 0 {
            t.settle();
        }
    });
}

#[otp::test(seeds = 1)]
fn those_who_end(t: &mut Sim) {
    let registry = unique::<String, String>(2);
    leaves_nothing(t, |n| {
        let of = registry.clone();
        process::spawn(move |_| of.register(format!("key {n}"), "value".into()).unwrap());
        if n % 100 == 0 {
            t.settle();
        }
    });
    assert_eq!(registry.count(), 0);
}

#[otp::test(seeds = 1)]
fn locks(t: &mut Sim) {
    let registry = unique::<String, ()>(1);
    let (holder, of) = (Puppet::new(), registry.clone());
    holder.begins(move |_| of.lock(&"held".into(), otp::timer::sleep_forever));
    t.settle();
    leaves_nothing(t, |n| {
        registry.lock(&format!("key {n}"), || ());
        let of = registry.clone();
        let waiter = process::spawn(move |_| of.lock(&"held".into(), || unreachable!("it is held")));
        t.settle();
        process::exit(waiter, ExitReason::Kill);
        // One that gets it.
        let (first, second) = (registry.clone(), registry.clone());
        process::spawn(move |_| first.lock(&"short".into(), || otp::sleep(Duration::from_millis(1))));
        process::spawn(move |_| second.lock(&"short".into(), || ()));
        t.advance(Duration::from_millis(2));
    });
}

#[otp::test(seeds = 1)]
fn names_and_clients(t: &mut Sim) {
    let registry = unique::<String, ()>(1);
    leaves_nothing(t, |n| {
        let key = format!("key {n}");
        assert_eq!(registry.name::<()>(key.clone()).whereis(), None);
        assert_eq!(registry.lookup(&key), None);
        drop(registry.client::<crate::names::Session>(key));
    });
}

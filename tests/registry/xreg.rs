//! What both kinds of registries have: clean-up and locks.

use std::sync::{Arc, Mutex};

use otp::prelude::*;

use crate::{PARTITIONS, Puppet, duplicate, unique};

#[otp::test(seeds = 50)]
fn xreg_lock_different_keys(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique::<u32, ()>(partitions);
        let both = process::current().subject();
        for key in [1, 2] {
            let (registry, both) = (registry.clone(), both.clone());
            process::spawn(move |me| {
                registry.lock(&key, || {
                    let go_on = me.subject();
                    both.send(go_on.clone());
                    go_on.receive(None);
                });
            });
        }
        // Each tells that it is inside, before any of them goes on.
        let inside = [(); 2].map(|()| both.receive(None).unwrap());
        inside.iter().for_each(|go_on| go_on.send(()));
    }
}

#[otp::test(seeds = 200)]
fn xreg_lock_same_key(t: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = duplicate::<u32, ()>(partitions);
        let seen = Arc::new(Mutex::new(Vec::new()));
        for process in 0..4 {
            let (registry, seen) = (registry.clone(), Arc::clone(&seen));
            process::spawn(move |_| {
                registry.lock(&1, || {
                    seen.lock().unwrap().push(process);
                    otp::sleep(Duration::from_millis(1));
                    seen.lock().unwrap().push(process);
                });
            });
        }
        t.advance(Duration::from_secs(1));
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 8);
        assert!(seen.chunks(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    }
}

#[otp::test(seeds = 200)]
fn xreg_lock_waiter_dies(t: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique::<u32, ()>(partitions);
        let [holder, waiter, last] = [(); 3].map(|()| Puppet::new());
        let (inside, done) = (process::current().subject(), process::current().subject());
        let (of, tell) = (registry.clone(), inside.clone());
        holder.begins(move |me| {
            of.lock(&1, || {
                let go_on = me.subject();
                tell.send(go_on.clone());
                go_on.receive(None);
            });
        });
        let go_on = inside.receive(None).unwrap();
        let of = registry.clone();
        waiter.begins(move |_| of.lock(&1, || unreachable!("it is dead")));
        t.settle();
        let (of, tell) = (registry.clone(), done.clone());
        last.begins(move |_| of.lock(&1, || tell.send("last")));
        t.settle();
        waiter.ends();
        assert_eq!(done.receive(Duration::ZERO), None);
        go_on.send(());
        assert_eq!(done.receive(None), Some("last"));
        assert_eq!(registry.lock(&1, || 42), 42);
    }
}

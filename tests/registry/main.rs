//! Registries: what is found under which key, who takes it back, what is left when a process ends.
//!
//! The cases of Elixir's own suite are named after it: `xregu` those of unique keys, `xregd` of duplicate ones, `xreg`
//! those that both have.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod ends;
// Memory is counted by thread, and a stack has one of its own otherwise.
#[cfg(feature = "stacks")]
mod growth;
mod guarded;
mod listeners;
mod locks;
mod model;
mod names;
mod real;
mod scale;
mod trees;
mod xreg;
mod xregd;
mod xregu;

#[cfg(feature = "stacks")]
#[path = "../common/counting.rs"]
mod counting;
#[path = "../common/latch.rs"]
mod latch;

use otp::{
    prelude::*,
    process::{Me, Subject},
    registry::{Duplicate, Registry, RegistryKey, RegistryRef, RegistryValue},
};

/// As many partitions as Elixir's suite has registries of.
const PARTITIONS: [usize; 2] = [1, 8];

fn unique<K: RegistryKey, V: RegistryValue>(partitions: usize) -> RegistryRef<K, V> {
    Registry::new().partitions(partitions).start().unwrap()
}

fn duplicate<K: RegistryKey, V: RegistryValue>(partitions: usize) -> RegistryRef<K, V, Duplicate> {
    Registry::duplicate().partitions(partitions).start().unwrap()
}

type Order = Box<dyn FnOnce(&Me) + Send>;

/// A process that does what it is told, until an exit signal ends it.
struct Puppet {
    pid: Pid,
    orders: Subject<Order>,
}

impl Puppet {
    fn new() -> Self {
        let ready = process::current().subject();
        let tell = ready.clone();
        let pid = process::spawn(move |me| {
            let orders = me.subject::<Order>();
            tell.send(orders.clone());
            while let Some(order) = orders.receive(None) {
                order(me);
            }
        });
        Self { pid, orders: ready.receive(None).unwrap() }
    }

    /// Does it, and gives what comes of it.
    fn does<R: Send + 'static>(&self, order: impl FnOnce() -> R + Send + 'static) -> R {
        let done = process::current().subject();
        let tell = done.clone();
        self.orders.send(Box::new(move |_| tell.send(order())));
        done.receive(None).unwrap()
    }

    /// Begins to do it.
    fn begins(&self, order: impl FnOnce(&Me) + Send + 'static) {
        self.orders.send(Box::new(order));
    }

    fn ends(&self) {
        process::exit(self.pid, ExitReason::Kill);
        assert!(!process::is_alive(self.pid));
    }
}

fn links(pid: Pid) -> Vec<Pid> {
    process::info(pid).unwrap().links
}

fn sorted<T: Ord>(mut things: Vec<T>) -> Vec<T> {
    things.sort();
    things
}

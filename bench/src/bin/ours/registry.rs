//! A registry: looked up by many readers while a writer comes and goes, registered with, cleaned up after.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bench::{per_op, report};
use otp::{
    process::{self, Pid, Subject},
    registry::{Registry, RegistryRef},
};

use crate::inside;

/// How many keys there are.
const KEYS: u64 = 10_000;

type Keys = RegistryRef<u64, u64>;

/// All that `registry` measures.
pub(crate) fn run() {
    lookups("registry.lookup_1", 1);
    lookups("registry.lookup_2", 2);
    lookups("registry.lookup_8", 8);
    register();
    clean_up();
}

/// Time per lookup, all readers together: it falls with their number, as far as there are cores.
fn lookups(name: &str, readers: u64) {
    let ns = inside::waiting(move || {
        let keys: Keys = Registry::new().partitions(8).start().expect("it starts");
        (0..KEYS).for_each(|key| keys.register(key, key).expect("it is free"));
        let stop = Arc::new(AtomicBool::new(false));
        let writer = writer(&keys, &stop);
        let ns = per_op(1_000_000, |n| {
            let done = process::current().subject();
            for reader in 0..readers {
                let (keys, done) = (keys.clone(), done.clone());
                process::spawn(move |_| {
                    read(&keys, reader, n / readers);
                    done.send(());
                });
            }
            (0..readers).for_each(|_| done.receive(None).expect("a reader ends well"));
        });
        stop.store(true, Relaxed);
        process::current().receive_down(process::monitor(writer), None);
        ns
    });
    report(name, ns, "ns");
}

fn read(keys: &Keys, reader: u64, n: u64) {
    let mut key = reader * 37;
    for _ in 0..n {
        key = (key + 7) % KEYS;
        assert_eq!(keys.lookup(&key).map(|(_, value)| value), Some(key));
    }
}

/// Registers and takes back keys of its own until it is told to stop.
fn writer(keys: &Keys, stop: &Arc<AtomicBool>) -> Pid {
    let (keys, stop) = (keys.clone(), Arc::clone(stop));
    process::spawn(move |_| {
        // It keeps one, so that it is linked once.
        keys.register(KEYS, 0).expect("it is free");
        for key in (KEYS + 1..2 * KEYS).cycle().take_while(|_| !stop.load(Relaxed)) {
            keys.register(key, key).expect("it is free");
            keys.unregister(&key);
            otp::sleep(Duration::from_millis(1));
        }
    })
}

/// One process registers under a hundred keys, and takes them back, and so on: Elixir's cost grows with how many keys one
/// process has.
fn register() {
    let ns = inside::waiting(|| {
        let keys: Keys = Registry::new().start().expect("it starts");
        per_op(200_000, |n| {
            for first in (0..n).step_by(100) {
                (first..first + 100).for_each(|key| keys.register(key, key).expect("it is free"));
                (first..first + 100).for_each(|key| keys.unregister(&key));
            }
        })
    });
    report("registry.register", ns, "ns");
}

/// Many processes register, then all end: until nothing is left of them.
fn clean_up() {
    let ns = inside::waiting(|| {
        let keys: Keys = Registry::new().start().expect("it starts");
        let mut all = 0.0;
        for _ in 0..5 {
            let owners = owners(&keys, 20_000);
            let start = Instant::now();
            owners.iter().for_each(|owner| owner.send(()));
            while keys.count() > 0 {
                otp::sleep(Duration::from_millis(1));
            }
            all += start.elapsed().as_nanos() as f64;
        }
        all / 100_000.0
    });
    report("registry.clean_up", ns, "ns");
}

/// Processes that have a key each, until they are sent something.
fn owners(keys: &Keys, count: u64) -> Vec<Subject<()>> {
    let ready = process::current().subject();
    for key in 0..count {
        let (keys, ready) = (keys.clone(), ready.clone());
        process::spawn_async(move |me| async move {
            let end = me.subject();
            keys.register(key, key).expect("it is free");
            ready.send(end.clone());
            end.receive_async(None).await;
        });
    }
    (0..count).map(|_| ready.receive(None).expect("it is registered")).collect()
}

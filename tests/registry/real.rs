//! On real cores: many register, look up and end at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Instant,
};

use otp::{Node, name::RegisterError, prelude::*};

use crate::{Puppet, duplicate, unique};

const PATIENCE: Duration = Duration::from_secs(60);

fn until(is: impl Fn() -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < limit, "it takes too long");
        std::thread::yield_now();
    }
}

/// One of those who want a key at once gets it, and the next when that one has ended.
#[test]
fn one_at_a_time_has_a_key() {
    const COUNT: usize = 2_000;
    let node = Node::builder().cores(4).start().unwrap();
    node.enter(|| {
        let registry = unique::<u32, usize>(4);
        let (inside, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for number in 0..COUNT {
            let (of, inside, ended) = (registry.clone(), Arc::clone(&inside), Arc::clone(&ended));
            process::spawn_async(move |_| async move {
                loop {
                    match of.register(7, number) {
                        Ok(()) => break,
                        Err(RegisterError::Taken(_)) => otp::sleep_async(Duration::from_micros(100)).await,
                        Err(error) => panic!("{error}"),
                    }
                }
                assert_eq!(inside.fetch_add(1, SeqCst), 0);
                assert_eq!(of.lookup(&7), Some((otp::self_pid(), number)));
                assert_eq!(inside.fetch_sub(1, SeqCst), 1);
                // Some take it back, the others end with it.
                if number % 2 == 0 {
                    of.unregister(&7);
                }
                ended.fetch_add(1, SeqCst);
            });
        }
        until(|| ended.load(SeqCst) == COUNT && registry.count() == 0);
    });
    node.stop();
}

/// However many come for it at once.
#[test]
fn one_at_a_time_has_a_lock() {
    const COUNT: usize = 200;
    const TURNS: usize = 50;
    let node = Node::builder().cores(4).start().unwrap();
    node.enter(|| {
        let registry = unique::<u32, ()>(1);
        let (inside, turns) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for number in 0..COUNT {
            let (of, inside, turns) = (registry.clone(), Arc::clone(&inside), Arc::clone(&turns));
            process::spawn_async(move |_| async move {
                for _ in 0..TURNS {
                    let turn = async {
                        assert_eq!(inside.fetch_add(1, SeqCst), 0);
                        if number % 2 == 0 {
                            otp::sleep_async(Duration::ZERO).await;
                        }
                        assert_eq!(inside.fetch_sub(1, SeqCst), 1);
                        turns.fetch_add(1, SeqCst);
                    };
                    of.lock_async(&7, turn).await;
                }
            });
        }
        until(|| turns.load(SeqCst) == COUNT * TURNS);
        assert_eq!(registry.lock(&7, || 42), 42);
    });
    node.stop();
}

/// Who looks up while others write finds whole entries, and those that nobody touches each time.
#[test]
fn readers_find_what_stays_beside_writers() {
    let node = Node::builder().cores(4).start().unwrap();
    node.enter(|| {
        let registry = duplicate::<u32, (u32, u32)>(2);
        (0..100).for_each(|key| registry.register(key, (key, key)).unwrap());
        let (stop, readers) = (Arc::new(AtomicBool::new(false)), process::current().subject());
        for _ in 0..3 {
            let (of, stop, done, owner) = (registry.clone(), Arc::clone(&stop), readers.clone(), otp::self_pid());
            process::spawn(move |_| {
                let mut key = 0;
                while !stop.load(SeqCst) {
                    let found = of.lookup(&key);
                    assert_eq!(found[0], (owner, (key, key)));
                    assert!(found.iter().all(|(_, (a, b))| *a == key && *b == key));
                    key = (key + 1) % 100;
                    if key == 0 {
                        otp::sleep(Duration::ZERO);
                    }
                }
                done.send(());
            });
        }
        for round in 0..200 {
            let (of, ready) = (registry.clone(), process::current().subject());
            let tell = ready.clone();
            process::spawn(move |_| {
                (0..100).for_each(|key| of.register(key, (key, key)).unwrap());
                (0..100).filter(|key| key % 2 == round % 2).for_each(|key| of.unregister(&key));
                tell.send(());
            });
            assert_eq!(ready.receive(PATIENCE), Some(()));
        }
        until(|| registry.count() == 100);
        stop.store(true, SeqCst);
        (0..3).for_each(|_| assert_eq!(readers.receive(PATIENCE), Some(())));
    });
    node.stop();
}

/// Those of other nodes find what is there, and can't register.
#[test]
fn a_registry_is_of_one_node() {
    let [here, there] = [(); 2].map(|()| Node::builder().cores(1).start().unwrap());
    let registry = here.enter(|| unique::<u32, ()>(1));
    let holder = here.enter(|| {
        let (puppet, of) = (Puppet::new(), registry.clone());
        puppet.does(move || of.register(7, ())).unwrap();
        puppet.pid
    });
    there.enter(|| {
        assert_eq!((registry.lookup(&7), registry.whereis(&7)), (Some((holder, ())), Some(holder)));
        assert_eq!(registry.register(8, ()), Err(RegisterError::OtherNode));
        assert_eq!(registry.register(7, ()), Err(RegisterError::OtherNode));
    });
    here.stop();
    there.stop();
}

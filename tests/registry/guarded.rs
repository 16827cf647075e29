//! Code of the user's in keys, values and callbacks that panics, blocks, or comes back to the registry.

use std::{
    cell::Cell,
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
};

use otp::{Node, prelude::*, registry::RegistryRef};

use crate::{Puppet, duplicate, latch::Latch, unique};

/// Panics where it is told to.
#[derive(Debug)]
struct Bad(u32);

thread_local! {
    static PANICS: Cell<&'static str> = const { Cell::new("") };
}

fn may_panic(at: &'static str) {
    assert!(PANICS.get() != at, "in {at}");
}

impl Clone for Bad {
    fn clone(&self) -> Self {
        may_panic("clone");
        Self(self.0)
    }
}

impl Hash for Bad {
    fn hash<H: Hasher>(&self, state: &mut H) {
        may_panic("hash");
        // All keys have one hash.
        0.hash(state);
    }
}

impl PartialEq for Bad {
    fn eq(&self, other: &Self) -> bool {
        may_panic("eq");
        self.0 == other.0
    }
}

impl Eq for Bad {}

impl Drop for Bad {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            may_panic("drop");
        }
    }
}

/// Whether `it` panics where it is told to.
fn panics<R>(at: &'static str, it: impl FnOnce() -> R) -> bool {
    PANICS.set(at);
    let panicked = catch_unwind(AssertUnwindSafe(it)).is_err();
    PANICS.set("");
    panicked
}

#[otp::test(seeds = 1)]
fn a_panic_of_a_key_is_that_of_who_asks(_: &mut Sim) {
    let registry = unique::<Bad, Bad>(1);
    registry.register(Bad(1), Bad(1))?;
    for at in ["hash", "eq"] {
        assert!(panics(at, || registry.register(Bad(2), Bad(2))), "{at}");
        assert!(panics(at, || registry.lookup(&Bad(1))), "{at}");
        assert!(panics(at, || registry.unregister(&Bad(1))), "{at}");
        assert!(panics(at, || registry.update_value(&Bad(1), |_| Bad(2))), "{at}");
    }
    assert!(panics("clone", || registry.lookup(&Bad(1))));
    assert!(panics("clone", || registry.keys(otp::self_pid())));
    assert!(panics("", || registry.update_value(&Bad(1), |_| panic!("in a closure"))));
    assert!(panics("", || registry.dispatch(&Bad(1), |_| panic!("in a closure"))));
    assert!(panics("", || registry.unregister_matching(&Bad(1), |_| panic!("in a closure"))));
    assert!(panics("", || registry.select(|_, _, _| -> Option<()> { panic!("in a closure") })));
    assert!(panics("hash", || registry.lock(&Bad(1), || ())));
    assert!(panics("clone", || registry.lock(&Bad(1), || ())));
    // All is as it was.
    assert_eq!((registry.count(), registry.keys(otp::self_pid()).len()), (1, 1));
    registry.register(Bad(2), Bad(2))?;
    assert_eq!(registry.lookup(&Bad(2)).map(|(_, value)| value.0), Some(2));
    registry.lock(&Bad(1), || registry.lock(&Bad(2), || ()));
}

#[otp::test(seeds = 1)]
fn a_refused_key_leaves_no_link(_: &mut Sim) {
    let registry = unique::<Bad, ()>(1);
    let (puppet, of) = (Puppet::new(), registry.clone());
    puppet.does(move || of.register(Bad(1), ())).unwrap();
    assert!(panics("eq", || registry.register(Bad(2), ())));
    assert!(registry.register(Bad(1), ()).is_err());
    assert_eq!(crate::links(otp::self_pid()), []);
}

/// Equal hashes make no equal keys.
#[otp::test(seeds = 1)]
fn keys_of_one_hash_are_told_apart(t: &mut Sim) {
    let (rooms, topics) = (unique::<Bad, u32>(1), duplicate::<Bad, u32>(1));
    for number in 0..10 {
        rooms.register(Bad(number), number)?;
        topics.register(Bad(number), number)?;
    }
    assert_eq!(rooms.lookup(&Bad(7)), Some((otp::self_pid(), 7)));
    assert_eq!(topics.lookup(&Bad(7)), [(otp::self_pid(), 7)]);
    topics.unregister(&Bad(7));
    rooms.unregister(&Bad(7));
    assert_eq!((rooms.count(), topics.count()), (9, 9));
    let done = process::current().subject();
    let (of, tell) = (rooms.clone(), done.clone());
    rooms.lock(&Bad(1), || {
        process::spawn(move |_| of.lock(&Bad(2), || tell.send(())));
        t.settle();
        assert_eq!(done.receive(Duration::ZERO), Some(()));
    });
}

/// Of several destructors that panic, none keeps another from running.
#[otp::test(seeds = 20)]
fn a_panic_in_drop_harms_no_partition(t: &mut Sim) {
    /// Panics when it is dropped for its owner.
    #[derive(Clone)]
    struct Fuse(bool);

    impl Drop for Fuse {
        fn drop(&mut self) {
            assert!(!self.0, "a bad end");
        }
    }

    impl PartialEq for Fuse {
        fn eq(&self, _: &Self) -> bool {
            true
        }
    }

    impl Eq for Fuse {}

    impl Hash for Fuse {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }

    impl std::fmt::Debug for Fuse {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Fuse")
        }
    }

    let registry = duplicate::<Fuse, Fuse>(1);
    let (bad, good) = (Puppet::new(), Puppet::new());
    let of = registry.clone();
    bad.does(move || [true, true, false].map(|bad| of.register(Fuse(bad), Fuse(bad)).unwrap()));
    let of = registry.clone();
    good.does(move || of.register(Fuse(false), Fuse(false))).unwrap();
    bad.ends();
    t.settle();
    let partition = registry.which_children()?[0].pid().unwrap();
    assert!(process::is_alive(partition));
    assert_eq!(registry.matching(&Fuse(false), |_| true).len(), 1);
    assert_eq!(crate::links(partition).len(), 2, "to its supervisor and to the other owner");
    // What its owner takes back, or is refused, is dropped there.
    let (of, puppet) = (registry.clone(), Puppet::new());
    puppet.does(move || {
        of.register(Fuse(true), Fuse(true)).unwrap();
        of.unregister(&Fuse(false));
    });
    assert!(process::is_alive(puppet.pid));
}

/// A `Drop` that blocks holds up neither who looks things up nor who cleans up.
#[test]
fn a_drop_that_blocks_holds_up_nobody() {
    #[derive(Clone)]
    struct Stuck(Option<Latch>);

    impl Drop for Stuck {
        fn drop(&mut self) {
            if let Some(latch) = &self.0 {
                latch.wait();
            }
        }
    }

    let node = Node::builder().cores(2).start().unwrap();
    let latch = Latch::default();
    node.enter(|| {
        let registry = unique::<u32, Stuck>(1);
        for key in 0..4 {
            let (of, puppet, until) = (registry.clone(), Puppet::new(), latch.clone());
            puppet.does(move || of.register(key, Stuck(Some(until)))).unwrap();
            puppet.ends();
        }
        let (of, puppet) = (registry.clone(), Puppet::new());
        puppet.does(move || of.register(7, Stuck(None))).unwrap();
        puppet.ends();
        let until = std::time::Instant::now() + Duration::from_secs(30);
        while registry.count() > 0 {
            assert!(std::time::Instant::now() < until, "it is cleaned up");
            std::thread::yield_now();
        }
        registry.register(1, Stuck(None)).unwrap();
        assert_eq!(registry.whereis(&1), Some(otp::self_pid()));
    });
    latch.open();
    node.stop();
}

/// A key whose comparison never comes back is that of who asks, and of nobody else.
#[test]
fn an_eq_that_blocks_holds_up_nobody() {
    /// Equal to itself, once the latch is open.
    #[derive(Clone)]
    struct Slow(u32, Option<(Latch, std::sync::mpsc::Sender<()>)>);

    impl std::fmt::Debug for Slow {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }

    impl Hash for Slow {
        fn hash<H: Hasher>(&self, state: &mut H) {
            0.hash(state);
        }
    }

    impl PartialEq for Slow {
        fn eq(&self, other: &Self) -> bool {
            if let Some((latch, begun)) = self.1.as_ref().or(other.1.as_ref()) {
                begun.send(()).unwrap();
                latch.wait();
            }
            self.0 == other.0
        }
    }

    impl Eq for Slow {}

    let node = Node::builder().cores(2).start().unwrap();
    let latch = Latch::default();
    node.enter(|| {
        let registry: RegistryRef<Slow, ()> = unique(1);
        registry.register(Slow(1, None), ()).unwrap();
        let (begun, has_begun) = std::sync::mpsc::channel();
        let slow = Slow(2, Some((latch.clone(), begun)));
        let of = registry.clone();
        let slow = std::thread::spawn(move || of.lookup(&slow).is_none());
        has_begun.recv().unwrap();
        registry.register(Slow(3, None), ()).unwrap();
        registry.unregister(&Slow(1, None));
        assert_eq!(registry.lookup(&Slow(3, None)), Some((otp::self_pid(), ())));
        latch.open();
        assert!(slow.join().unwrap());
    });
    node.stop();
}

/// A callback may do with the registry what it likes.
#[otp::test(seeds = 1)]
fn callbacks_come_back_to_the_registry(_: &mut Sim) {
    let registry = unique::<u32, u32>(1);
    registry.register(1, 1)?;
    assert_eq!(
        registry.update_value(&1, |_| {
            registry.unregister(&1);
            2
        }),
        None
    );
    assert_eq!(registry.lookup(&1), None);
    registry.register(1, 1)?;
    let nested = registry.update_value(&1, |n| registry.update_value(&1, |n| n + 10).unwrap().0 + n);
    assert_eq!((nested, registry.lookup(&1)), (None, Some((otp::self_pid(), 11))), "the inner one comes first");
    let seen = registry.select(|key, _, _| {
        registry.register(key + 100, 0).unwrap();
        registry.unregister(key);
        Some(*key)
    });
    assert!(seen.contains(&1));
    assert_eq!(registry.lookup(&1), None);
}

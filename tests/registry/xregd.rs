//! `Registry keys: :duplicate`. All of one key's entries are together, whoever owns them, so that `{:duplicate, :pid}`
//! and `{:duplicate, :key}` are the same here.

use otp::{name::RegisterError, prelude::*, process::Subject, registry::RegistryEvent};

use crate::{PARTITIONS, Puppet, duplicate, links, sorted};

#[otp::test(seeds = 20)]
fn xregd_partitions(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(duplicate::<u32, ()>(partitions).which_children()?.len(), partitions);
    }
}

#[otp::test(seeds = 20)]
fn xregd_count_empty(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(duplicate::<u32, ()>(partitions).count(), 0);
    }
}

#[otp::test(seeds = 20)]
fn xregd_count(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = duplicate(partitions);
        registry.register("hello", "value")?;
        registry.register("hello", "value")?;
        assert_eq!(registry.count(), 2);
        assert_eq!(registry.keys(otp::self_pid()), ["hello", "hello"]);
    }
}

#[otp::test(seeds = 20)]
fn xregd_duplicate_across(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (duplicate(partitions), otp::self_pid());
        let (puppet, of) = (Puppet::new(), registry.clone());
        puppet.does(move || of.register("hello", "theirs")).unwrap();
        registry.register("hello", "mine")?;
        assert_eq!(registry.lookup("hello"), [(puppet.pid, "theirs"), (me, "mine")]);
        assert_eq!(
            (registry.values("hello", puppet.pid), registry.values("hello", me)),
            (vec!["theirs"], vec!["mine"])
        );
        let (of, only) = (registry.clone(), [(me, "mine")]);
        puppet.does(move || of.unregister("hello"));
        assert_eq!(registry.lookup("hello"), only);
    }
}

/// A key of several kinds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Number {
    Int(i64),
    /// By its bits.
    Float(u64),
}

#[otp::test(seeds = 20)]
fn xregd_strict_equality(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = duplicate(partitions);
        registry.register(Number::Int(1), "one")?;
        registry.register(Number::Float(1_f64.to_bits()), "one point zero")?;
        assert_eq!(registry.values(&Number::Int(1), otp::self_pid()), ["one"]);
        assert_eq!(registry.lookup(&Number::Float(1_f64.to_bits())).len(), 1);
    }
}

#[otp::test(seeds = 20)]
fn xregd_dispatch_serial(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (duplicate(partitions), otp::self_pid());
        registry.dispatch("hello", |_| panic!("there is none"));
        registry.register("hello", 1)?;
        registry.register("hello", 2)?;
        registry.register("world", 3)?;
        let mut calls = Vec::new();
        registry.dispatch("hello", |entries| calls.push((otp::self_pid(), entries.to_vec())));
        registry.dispatch("world", |entries| calls.push((otp::self_pid(), entries.to_vec())));
        assert_eq!(calls, [(me, vec![(me, 1), (me, 2)]), (me, vec![(me, 3)])]);
    }
}

/// What the caller does while it is given the entries changes what is found next, and not those.
#[otp::test(seeds = 20)]
fn xregd_dispatch_part_that_changes_it(_: &mut Sim) {
    let registry = duplicate(1);
    registry.register("hello", 1)?;
    registry.dispatch("hello", |entries| {
        registry.register("hello", 2).unwrap();
        registry.unregister_matching("hello", |n| *n == 1);
        assert_eq!(entries, [(otp::self_pid(), 1)]);
    });
    assert_eq!(registry.lookup("hello"), [(otp::self_pid(), 2)]);
}

#[otp::test(seeds = 20)]
fn xregd_unregister(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = duplicate(partitions);
        let (puppet, of) = (Puppet::new(), registry.clone());
        puppet.does(move || of.register("hello", 0)).unwrap();
        for (key, value) in [("hello", 1), ("hello", 2), ("world", 3)] {
            registry.register(key, value)?;
        }
        registry.unregister("hello");
        assert_eq!((registry.keys(otp::self_pid()), registry.lookup("hello")), (vec!["world"], vec![(puppet.pid, 0)]));
    }
}

#[otp::test(seeds = 20)]
fn xregd_unregister_none(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = duplicate::<&str, ()>(partitions);
        registry.unregister("hello");
        assert_eq!((registry.count(), links(otp::self_pid())), (0, vec![]));
    }
}

fn two(partitions: usize) -> otp::registry::RegistryRef<&'static str, (i32, i32), otp::registry::Duplicate> {
    let registry = duplicate(partitions);
    registry.register("hello", (1, 2)).unwrap();
    registry.register("hello", (2, 2)).unwrap();
    registry
}

#[otp::test(seeds = 20)]
fn xregd_match(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (two(partitions), otp::self_pid());
        assert_eq!(registry.matching("hello", |(_, b)| *b == 2), [(me, (1, 2)), (me, (2, 2))]);
        assert_eq!(registry.matching("hello", |(a, b)| a == b), [(me, (2, 2))]);
        assert_eq!(registry.matching("world", |_| true), []);
    }
}

#[otp::test(seeds = 20)]
fn xregd_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (two(partitions), otp::self_pid());
        assert_eq!(registry.matching("hello", |(a, _)| *a < 2), [(me, (1, 2))]);
        assert_eq!(registry.matching("hello", |(a, _)| *a > 2), []);
    }
}

/// A key that looks like a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Pattern {
    Any,
    Variable(u32),
    Tuple(Vec<Pattern>),
}

#[otp::test(seeds = 20)]
fn xregd_complex_keys(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (duplicate(partitions), otp::self_pid());
        let (a, b) = (Pattern::Tuple(vec![Pattern::Any]), Pattern::Tuple(vec![Pattern::Tuple(vec![])]));
        registry.register(a.clone(), 1)?;
        registry.register(b.clone(), 2)?;
        assert_eq!((registry.lookup(&a), registry.lookup(&b)), (vec![(me, 1)], vec![(me, 2)]));
        assert_eq!(registry.matching(&a, |_| true), [(me, 1)]);
        assert_eq!(registry.count_matching(&b, |_| true), 1);
        assert_eq!(registry.count_matching(&Pattern::Any, |_| true), 0);
    }
}

#[otp::test(seeds = 20)]
fn xregd_count_match(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = two(partitions);
        assert_eq!(registry.count_matching("hello", |(_, b)| *b == 2), 2);
        assert_eq!(registry.count_matching("hello", |(a, b)| a == b), 1);
        assert_eq!(registry.count_matching("_", |_| true), 0);
    }
}

#[otp::test(seeds = 20)]
fn xregd_count_match_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(two(partitions).count_matching("hello", |(a, _)| *a < 2), 1);
    }
}

#[otp::test(seeds = 20)]
fn xregd_unregister_match(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (two(partitions), otp::self_pid());
        registry.unregister_matching("hello", |value| *value == (1, 2));
        assert_eq!(registry.lookup("hello"), [(me, (2, 2))]);
        registry.unregister_matching("hello", |_| true);
        assert_eq!((registry.count(), registry.keys(me)), (0, vec![]));
    }
}

#[otp::test(seeds = 20)]
fn xregd_unregister_match_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (two(partitions), otp::self_pid());
        registry.unregister_matching("hello", |(a, _)| *a < 2);
        assert_eq!(registry.lookup("hello"), [(me, (2, 2))]);
    }
}

#[otp::test(seeds = 20)]
fn xregd_listeners(_: &mut Sim) {
    for partitions in PARTITIONS {
        let pid = otp::self_pid();
        process::register("listener", pid)?;
        let events = Subject::named("listener");
        let registry = otp::registry::Registry::duplicate().partitions(partitions).listener(events.clone()).start()?;
        registry.register("hello", "a")?;
        registry.register("hello", "b")?;
        registry.unregister("hello");
        let registered = |value| RegistryEvent::Registered { key: "hello", pid, value };
        assert_eq!(events.receive(None), Some(registered("a")));
        assert_eq!(events.receive(None), Some(registered("b")));
        assert_eq!(events.receive(None), Some(RegistryEvent::Unregistered { key: "hello", pid }));
        assert_eq!(events.receive(Duration::ZERO), None);
        process::unregister("listener")?;
    }
}

#[otp::test(seeds = 50)]
fn xregd_links(t: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = duplicate(partitions);
        let puppet = Puppet::new();
        let of = registry.clone();
        puppet.does(move || ["a", "b", "b"].map(|key| of.register(key, ()).unwrap()));
        assert_eq!(links(puppet.pid).len(), 1);
        let of = registry.clone();
        puppet.does(move || of.unregister("b"));
        assert_eq!(links(puppet.pid).len(), 1);
        let of = registry.clone();
        puppet.does(move || of.unregister("a"));
        t.settle();
        assert_eq!(links(puppet.pid), []);
    }
}

#[otp::test(seeds = 20)]
fn xregd_unknown_registry(_: &mut Sim) {
    let registry = duplicate::<u32, u32>(8);
    registry.register(1, 1)?;
    registry.stop()?;
    assert_eq!(registry.register(1, 2), Err(RegisterError::NoRegistry));
    assert_eq!((registry.lookup(&1), registry.count()), (vec![], 0));
}

fn three(partitions: usize) -> otp::registry::RegistryRef<&'static str, i32, otp::registry::Duplicate> {
    let registry = duplicate(partitions);
    for (key, value) in [("hello", 1), ("hello", 1), ("world", 2)] {
        registry.register(key, value).unwrap();
    }
    registry
}

#[otp::test(seeds = 20)]
fn xregd_select_empty(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(duplicate::<u32, ()>(partitions).select(|key, _, ()| Some(*key)), []);
    }
}

#[otp::test(seeds = 20)]
fn xregd_select_all(_: &mut Sim) {
    for partitions in PARTITIONS {
        let me = otp::self_pid();
        let all = three(partitions).select(|key, pid, n| Some((*key, pid, *n)));
        assert_eq!(sorted(all), [("hello", me, 1), ("hello", me, 1), ("world", me, 2)]);
    }
}

#[otp::test(seeds = 20)]
fn xregd_select_full(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = three(partitions);
        assert_eq!(registry.select(|key, _, n| (*key == "hello").then_some(*n)), [1, 1]);
        assert_eq!(registry.select(|key, _, n| (*n == 2).then_some(*key)), ["world"]);
        assert_eq!(registry.select(|_, _, _| Some("constant")), ["constant"; 3]);
    }
}

#[otp::test(seeds = 20)]
fn xregd_select_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(three(partitions).select(|key, _, n| (*n > 1).then_some(*key)), ["world"]);
    }
}

#[otp::test(seeds = 20)]
fn xregd_select_multiple(_: &mut Sim) {
    for partitions in PARTITIONS {
        let either = three(partitions).select(|key, _, n| match (*key, n) {
            ("hello", 1) => Some("the first"),
            (_, 2) => Some("the second"),
            _ => None,
        });
        assert_eq!(sorted(either), ["the first", "the first", "the second"]);
    }
}

#[otp::test(seeds = 20)]
fn xregd_count_select(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(three(partitions).count_select(|_, _, _| true), 3);
        assert_eq!(three(partitions).count_select(|key, _, _| *key == "hello"), 2);
    }
}

#[otp::test(seeds = 20)]
fn xregd_count_select_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(three(partitions).count_select(|_, _, n| *n > 1), 1);
    }
}

#[otp::test(seeds = 20)]
fn xregd_count_select_multiple(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(three(partitions).count_select(|key, _, n| *key == "hello" || *n > 1), 3);
    }
}

#[otp::test(seeds = 20)]
fn xregd_reserved_keys(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (duplicate(partitions), otp::self_pid());
        for key in [Pattern::Any, Pattern::Variable(1)] {
            registry.register(key.clone(), "value1")?;
            registry.register(key.clone(), "value2")?;
            assert_eq!(registry.lookup(&key), [(me, "value1"), (me, "value2")]);
            assert_eq!(registry.values(&key, me), ["value1", "value2"]);
            assert_eq!(registry.count_matching(&key, |value| *value == "value1"), 1);
            registry.dispatch(&key, |entries| assert_eq!(entries.len(), 2));
            registry.unregister_matching(&key, |value| *value == "value1");
            assert_eq!(registry.lookup(&key), [(me, "value2")]);
        }
        assert_eq!(registry.lookup(&Pattern::Variable(2)), []);
        registry.unregister(&Pattern::Any);
        assert_eq!(registry.keys(me), [Pattern::Variable(1)]);
    }
}

#[otp::test(seeds = 20)]
fn xregd_select_reserved(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = duplicate(partitions);
        registry.register(Pattern::Any, 1)?;
        registry.register(Pattern::Variable(1), 2)?;
        assert_eq!(registry.select(|key, _, n| (*key == Pattern::Any).then_some(*n)), [1]);
        assert_eq!(registry.select(|key, _, n| (*key == Pattern::Variable(1)).then_some(*n)), [2]);
    }
}

#[otp::test(seeds = 20)]
fn xregd_count_select_reserved(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = duplicate(partitions);
        registry.register(Pattern::Any, Pattern::Variable(1))?;
        registry.register(Pattern::Variable(1), Pattern::Any)?;
        assert_eq!(registry.count_select(|key, _, _| *key == Pattern::Any), 1);
        assert_eq!(registry.count_select(|_, _, value| *value == Pattern::Any), 1);
        assert_eq!(registry.count_select(|key, _, value| key == value), 0);
    }
}

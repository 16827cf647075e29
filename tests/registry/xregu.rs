//! `Registry keys: :unique`.

use otp::{Name, actor::Starter, name::RegisterError, prelude::*, registry::Registry};

use crate::{PARTITIONS, Puppet, links, names::Session, sorted, unique};

#[otp::test(seeds = 20)]
fn xregu_partitions(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique::<u32, ()>(partitions);
        assert_eq!(registry.which_children()?.len(), partitions);
        assert_eq!(registry.count_children()?.active, partitions);
    }
}

#[otp::test(seeds = 20)]
fn xregu_count_empty(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(unique::<u32, ()>(partitions).count(), 0);
    }
}

#[otp::test(seeds = 20)]
fn xregu_count(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique(partitions);
        registry.register("hello", "value")?;
        registry.register("world", "value")?;
        assert_eq!(registry.count(), 2);
    }
}

#[otp::test(seeds = 20)]
fn xregu_unique(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (unique(partitions), otp::self_pid());
        registry.register("hello", "value")?;
        assert_eq!(registry.register("hello", "other"), Err(RegisterError::Taken(me)));
        assert_eq!(registry.lookup("hello"), Some((me, "value")));
        assert_eq!(registry.keys(me), ["hello"]);
        assert_eq!(registry.values("hello", me), ["value"]);
        registry.register("world", "value")?;
        assert_eq!(sorted(registry.keys(me)), ["hello", "world"]);
        let puppet = Puppet::new();
        let of = registry.clone();
        assert_eq!(puppet.does(move || of.register("hello", "mine")), Err(RegisterError::Taken(me)));
        assert_eq!((registry.keys(puppet.pid), registry.values("hello", puppet.pid)), (vec![], vec![]));
    }
}

/// Those that [`lookup`](otp::registry::RegistryRef::lookup) finds, and that are as they should be.
#[otp::test(seeds = 20)]
fn xregu_match_patterns(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (unique(partitions), otp::self_pid());
        let value = (1, "atom", 1);
        registry.register("hello", value)?;
        assert_eq!(registry.matching("hello", |_| true), [(me, value)]);
        assert_eq!(registry.matching("hello", |(a, _, c)| a == c), [(me, value)]);
        assert_eq!(registry.matching("hello", |(a, ..)| *a == 2), []);
        assert_eq!(registry.matching("world", |_| true), []);
    }
}

#[otp::test(seeds = 20)]
fn xregu_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (unique(partitions), otp::self_pid());
        let value = (1, "atom", 2);
        registry.register("hello", value)?;
        assert_eq!(registry.matching("hello", |(a, ..)| *a > 0), [(me, value)]);
        assert_eq!(registry.matching("hello", |(a, ..)| *a > 1), []);
    }
}

#[otp::test(seeds = 20)]
fn xregu_count_match(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique(partitions);
        registry.register("hello", (1, "atom", 1))?;
        assert_eq!(registry.count_matching("hello", |(a, _, c)| a == c), 1);
        assert_eq!(registry.count_matching("hello", |(a, ..)| *a == 2), 0);
        // A key is a key, whatever it looks like.
        assert_eq!(registry.count_matching("_", |_| true), 0);
    }
}

#[otp::test(seeds = 20)]
fn xregu_count_match_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique(partitions);
        registry.register("hello", (1, "atom", 2))?;
        assert_eq!(registry.count_matching("hello", |(a, ..)| *a < 2), 1);
        assert_eq!(registry.count_matching("hello", |(_, b, _)| b.len() > 4), 0);
    }
}

#[otp::test(seeds = 20)]
fn xregu_unregister_match(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique(partitions);
        registry.register("hello", (1, 2))?;
        registry.unregister_matching("hello", |value| *value == (2, 2));
        assert_eq!(registry.count(), 1);
        registry.unregister_matching("hello", |(_, b)| *b == 2);
        assert_eq!((registry.count(), registry.keys(otp::self_pid())), (0, vec![]));
    }
}

#[otp::test(seeds = 20)]
fn xregu_unregister_match_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique(partitions);
        registry.register("hello", (1, 2))?;
        registry.unregister_matching("hello", |(a, _)| *a < 2);
        assert_eq!(registry.lookup("hello"), None);
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
fn xregu_strict_equality(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique(partitions);
        registry.register(Number::Int(1), "one")?;
        registry.register(Number::Float(1_f64.to_bits()), "one point zero")?;
        assert_eq!(registry.count(), 2);
        assert_eq!(registry.values(&Number::Int(1), otp::self_pid()), ["one"]);
        registry.unregister(&Number::Int(1));
        assert_eq!(registry.keys(otp::self_pid()), [Number::Float(1_f64.to_bits())]);
    }
}

#[otp::test(seeds = 20)]
fn xregu_dispatch_single(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (unique(partitions), otp::self_pid());
        registry.dispatch("hello", |_| panic!("there is none"));
        registry.register("hello", 1)?;
        let mut calls = Vec::new();
        registry.dispatch("hello", |entries| calls.push((otp::self_pid(), entries.to_vec())));
        assert_eq!(calls, [(me, vec![(me, 1)])]);
    }
}

#[otp::test(seeds = 20)]
fn xregu_unregister(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique(partitions);
        registry.register("hello", ())?;
        registry.register("world", ())?;
        registry.unregister("hello");
        registry.unregister("nobody's");
        assert_eq!(registry.keys(otp::self_pid()), ["world"]);
    }
}

#[otp::test(seeds = 20)]
fn xregu_unregister_none(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique::<&str, ()>(partitions);
        registry.unregister("hello");
        assert_eq!(links(otp::self_pid()), []);
    }
}

/// What belongs to another stays, and its key can't be taken while it lives.
#[otp::test(seeds = 20)]
fn xregu_unregister_part_of_others(_: &mut Sim) {
    let registry = unique::<u32, ()>(1);
    let puppet = Puppet::new();
    let of = registry.clone();
    puppet.does(move || of.register(1, ())).unwrap();
    registry.unregister(&1);
    assert_eq!(registry.whereis(&1), Some(puppet.pid));
}

#[otp::test(seeds = 50)]
fn xregu_links(t: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique(partitions);
        let puppet = Puppet::new();
        let of = registry.clone();
        puppet.does(move || [1, 2].map(|key| of.register(key, ()).unwrap()));
        let [linked] = links(puppet.pid)[..] else { panic!("it is linked to one") };
        assert!(registry.which_children()?.iter().any(|child| child.pid() == Some(linked)));
        let of = registry.clone();
        puppet.does(move || of.unregister(&1));
        assert_eq!(links(puppet.pid), [linked]);
        let of = registry.clone();
        puppet.does(move || of.unregister(&2));
        t.settle();
        assert_eq!((links(puppet.pid), links(linked).contains(&puppet.pid)), (vec![], false));
        // And again.
        let of = registry.clone();
        puppet.does(move || of.register(1, ())).unwrap();
        puppet.ends();
        t.settle();
        assert_eq!(registry.count(), 0);
    }
}

#[otp::test(seeds = 20)]
fn xregu_unknown_registry(_: &mut Sim) {
    let registry = unique::<u32, u32>(1);
    registry.register(1, 1)?;
    registry.stop()?;
    assert_eq!(registry.register(1, 2), Err(RegisterError::NoRegistry));
    assert_eq!((registry.lookup(&1), registry.whereis(&1), registry.count()), (None, None, 0));
    assert_eq!((registry.keys(otp::self_pid()), registry.values(&1, otp::self_pid())), (vec![], vec![]));
    assert_eq!(registry.update_value(&1, |n| n + 1), None);
    registry.unregister(&1);
    let top = Supervisor::new(Strategy::OneForOne).start()?;
    let never_started = top.child::<Registry<u32, u32>>("registry");
    assert_eq!(never_started.register(1, 1), Err(RegisterError::NoRegistry));
}

#[otp::test(seeds = 20)]
fn xregu_update_value(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (unique(partitions), otp::self_pid());
        assert_eq!(registry.update_value("hello", |_| unreachable!("there is none")), None);
        registry.register("hello", 1)?;
        assert_eq!(registry.update_value("hello", |n| n + 1), Some((2, 1)));
        assert_eq!((registry.lookup("hello"), registry.values("hello", me)), (Some((me, 2)), vec![2]));
        let (puppet, of) = (Puppet::new(), registry.clone());
        assert_eq!(puppet.does(move || of.update_value("hello", |_| unreachable!("it is another's"))), None);
        assert_eq!(registry.count(), 1);
    }
}

#[otp::test(seeds = 20)]
fn xregu_via_value(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = unique::<&str, &str>(partitions);
        let name: Name<Session> = registry.name_with("hello", "value");
        let session = Starter::new().name(&name).start((7,))?;
        assert_eq!(registry.lookup("hello"), session.pid().map(|pid| (pid, "value")));
        assert_eq!(name.client().id(), Ok(7));
    }
}

fn two(partitions: usize) -> otp::registry::RegistryRef<&'static str, (i32, &'static str)> {
    let registry = unique(partitions);
    registry.register("hello", (1, "value")).unwrap();
    registry.register("world", (2, "value")).unwrap();
    registry
}

#[otp::test(seeds = 20)]
fn xregu_select_empty(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(unique::<u32, ()>(partitions).select(|key, pid, _| Some((*key, pid))), []);
    }
}

#[otp::test(seeds = 20)]
fn xregu_select_all(_: &mut Sim) {
    for partitions in PARTITIONS {
        let me = otp::self_pid();
        let all = two(partitions).select(|key, pid, value| Some((*key, pid, *value)));
        assert_eq!(sorted(all), [("hello", me, (1, "value")), ("world", me, (2, "value"))]);
    }
}

#[otp::test(seeds = 20)]
fn xregu_select_full(_: &mut Sim) {
    for partitions in PARTITIONS {
        let (registry, me) = (two(partitions), otp::self_pid());
        assert_eq!(registry.select(|key, _, value| (*key == "hello").then_some(*value)), [(1, "value")]);
        assert_eq!(sorted(registry.select(|key, pid, _| (pid == me).then_some(*key))), ["hello", "world"]);
        assert_eq!(registry.select(|_, _, (n, text)| (*n == 2).then_some(*text)), ["value"]);
        assert_eq!(registry.select(|_, _, _| Some("constant")), ["constant"; 2]);
    }
}

#[otp::test(seeds = 20)]
fn xregu_select_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(two(partitions).select(|key, _, (n, _)| (*n > 1).then_some(*key)), ["world"]);
    }
}

#[otp::test(seeds = 20)]
fn xregu_select_multiple(_: &mut Sim) {
    for partitions in PARTITIONS {
        let either = two(partitions).select(|key, _, value| match (*key, value) {
            ("hello", _) => Some("the first"),
            (_, (2, _)) => Some("the second"),
            _ => None,
        });
        assert_eq!(sorted(either), ["the first", "the second"]);
    }
}

#[otp::test(seeds = 20)]
fn xregu_count_select(_: &mut Sim) {
    for partitions in PARTITIONS {
        let registry = two(partitions);
        assert_eq!(registry.count_select(|_, _, _| true), 2);
        assert_eq!(registry.count_select(|key, _, _| *key == "hello"), 1);
    }
}

#[otp::test(seeds = 20)]
fn xregu_count_select_guards(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(two(partitions).count_select(|_, _, (n, _)| *n > 1), 1);
    }
}

#[otp::test(seeds = 20)]
fn xregu_count_select_multiple(_: &mut Sim) {
    for partitions in PARTITIONS {
        assert_eq!(two(partitions).count_select(|key, _, (n, _)| *key == "hello" || *n > 1), 2);
    }
}

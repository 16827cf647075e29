//! What the listeners of a registry are told, and what is kept under names.

use otp::{
    prelude::*,
    process::Subject,
    registry::{Registry, RegistryEvent, RegistryRef},
};

use crate::{Puppet, duplicate};

/// What a listener has heard so far.
fn heard<K: Send + 'static, V: Send + 'static>(events: &Subject<RegistryEvent<K, V>>) -> Vec<RegistryEvent<K, V>> {
    std::iter::from_fn(|| events.receive(Duration::ZERO)).collect()
}

#[otp::test(seeds = 20)]
fn all_listeners_are_told(_: &mut Sim) {
    let [first, second] = [(); 2].map(|()| process::current().subject());
    let registry = Registry::new().listener(first.clone()).listener(second.clone()).start()?;
    registry.register(7, "value")?;
    let pid = otp::self_pid();
    for events in [first, second] {
        assert_eq!(heard(&events), [RegistryEvent::Registered { key: 7, pid, value: "value" }]);
    }
}

/// Neither a refusal, nor what takes nothing back, nor an end is told.
#[otp::test(seeds = 20)]
fn only_what_has_happened_is_told(t: &mut Sim) {
    let events = process::current().subject();
    let registry = Registry::new().listener(events.clone()).start()?;
    let (puppet, of) = (Puppet::new(), registry.clone());
    puppet.does(move || of.register(7, ())).unwrap();
    assert_eq!(heard(&events).len(), 1);
    assert!(registry.register(7, ()).is_err());
    registry.unregister(&7);
    registry.unregister(&8);
    puppet.ends();
    t.settle();
    assert_eq!(heard(&events), []);
}

#[otp::test(seeds = 20)]
fn a_key_is_told_to_be_taken_back_when_nothing_is_left(_: &mut Sim) {
    let events = process::current().subject();
    let registry = Registry::duplicate().listener(events.clone()).start()?;
    registry.register(7, 1)?;
    registry.register(7, 2)?;
    heard(&events);
    registry.unregister_matching(&7, |n| *n == 1);
    assert_eq!(heard(&events), []);
    registry.unregister_matching(&7, |n| *n == 2);
    assert_eq!(heard(&events), [RegistryEvent::Unregistered { key: 7, pid: otp::self_pid() }]);
}

#[otp::test(seeds = 20)]
fn a_listener_that_is_gone_harms_nobody(_: &mut Sim) {
    let registry = Registry::new().listener(Subject::named("nobody")).start()?;
    registry.register(7, ())?;
    registry.unregister(&7);
    assert_eq!(registry.count(), 0);
}

#[otp::test(seeds = 20)]
fn what_is_kept_under_a_name_is_found_by_its_type(_: &mut Sim) {
    let registry: RegistryRef<u32, ()> = Registry::new().meta("a", 1_u32).meta("b", "text").start()?;
    assert_eq!((registry.meta("a"), registry.meta("b"), registry.meta("c")), (Some(1_u32), Some("text"), None::<u32>));
    assert_eq!(registry.meta::<u64>("a"), None);
    registry.put_meta("a", 2_u64);
    assert_eq!((registry.meta::<u32>("a"), registry.meta("a")), (None, Some(2_u64)));
    registry.delete_meta("a");
    registry.delete_meta("a");
    assert_eq!(registry.meta::<u64>("a"), None);
}

#[otp::test(seeds = 20)]
fn a_restart_begins_with_what_was_said_when_it_was_built(t: &mut Sim) {
    let spec = Registry::<u32, ()>::new().meta("a", 1_u32).child_spec();
    let top = Supervisor::new(Strategy::OneForOne).child("registry", spec).start()?;
    let registry = top.child::<Registry<u32, ()>>("registry");
    registry.put_meta("a", 2_u32);
    registry.put_meta("b", 3_u32);
    t.kill(&registry);
    t.settle();
    assert_eq!((registry.meta("a"), registry.meta("b")), (Some(1_u32), None::<u32>));
}

#[otp::test(seeds = 1)]
fn without_listeners_nothing_is_made_for_them(_: &mut Sim) {
    /// Clones itself for nobody.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Once;

    impl Clone for Once {
        fn clone(&self) -> Self {
            panic!("it is not needed twice")
        }
    }

    let registry = duplicate(1);
    registry.register(Once, ())?;
    registry.unregister(&Once);
}

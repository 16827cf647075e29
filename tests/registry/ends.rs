//! What is taken out when a process ends, and when.

use std::sync::mpsc;

use otp::{Node, name::RegisterError, prelude::*};

use crate::{PARTITIONS, Puppet, duplicate, latch::Latch, unique};

#[otp::test(seeds = 100)]
fn what_a_process_has_registered_ends_with_it(t: &mut Sim) {
    for partitions in PARTITIONS {
        let (rooms, topics) = (unique::<u32, ()>(partitions), duplicate::<u32, u32>(partitions));
        topics.register(1, 0)?;
        let puppets: Vec<_> = (0..10).map(|_| Puppet::new()).collect();
        for (number, puppet) in (0..).zip(&puppets) {
            let (rooms, topics) = (rooms.clone(), topics.clone());
            puppet.does(move || {
                (0..5).for_each(|key| rooms.register(10 * number + key, ()).unwrap());
                (0..2).for_each(|key| topics.register(key, number).unwrap());
            });
        }
        assert_eq!((rooms.count(), topics.count()), (50, 21));
        puppets[1..].iter().for_each(Puppet::ends);
        t.settle();
        assert_eq!((rooms.count(), topics.count()), (5, 3));
        assert_eq!(rooms.keys(puppets[0].pid), [0, 1, 2, 3, 4]);
        assert_eq!(rooms.keys(puppets[1].pid), []);
        assert_eq!(topics.lookup(&0), [(puppets[0].pid, 0)]);
    }
}

/// In whatever way it ends.
#[otp::test(seeds = 50)]
fn every_end_is_one(t: &mut Sim) {
    let registry = unique::<u32, ()>(1);
    let ends: [fn(); 4] = [
        || (),
        || panic!("off by one"),
        || process::exit_self(ExitReason::Shutdown),
        || process::exit(otp::self_pid(), ExitReason::Kill),
    ];
    for (key, end) in (0..).zip(ends) {
        let of = registry.clone();
        process::spawn(move |_| {
            of.register(key, ()).unwrap();
            end();
        });
    }
    t.settle();
    assert_eq!((registry.count(), t.crashes().len()), (0, 1));
}

/// An exit signal is no end.
#[otp::test(seeds = 50)]
fn who_signals_a_partition_and_lives_keeps_its_keys(t: &mut Sim) {
    let registry = unique::<u32, ()>(1);
    registry.register(7, ())?;
    let partition = registry.which_children()?[0].pid().unwrap();
    process::exit(partition, ExitReason::other("an error"));
    t.settle();
    assert_eq!((registry.whereis(&7), process::is_alive(partition)), (Some(otp::self_pid()), true));
    process::send(partition, "what it does not know");
    t.settle();
    assert!(process::is_alive(partition));
}

/// What a process registers while it is ending is taken out as well.
#[otp::test(seeds = 50)]
fn a_destructor_registers_for_nothing(t: &mut Sim) {
    struct Late<F: Fn()>(F);

    impl<F: Fn()> Drop for Late<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }

    let registry = unique::<u32, ()>(1);
    let of = registry.clone();
    let pid = process::spawn(move |me| {
        let _late = Late(move || _ = of.register(7, ()));
        me.receive_exit(None);
    });
    let of = registry.clone();
    process::send(pid, Late(move || _ = of.register(8, ())));
    process::exit(pid, ExitReason::Kill);
    t.settle();
    assert_eq!(registry.count(), 0);
}

/// What was declared dead, and goes on, registers for nothing.
#[test]
fn the_lost_register_for_nothing() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let registry = unique::<u32, ()>(1);
        let (stuck, (inside, is_inside)) = (Latch::default(), mpsc::channel());
        let (of, until, (tell, told)) = (registry.clone(), stuck.clone(), mpsc::channel());
        let (lost, monitor) = process::spawn_monitor(move |_| {
            of.register(1, ()).unwrap();
            inside.send(()).unwrap();
            until.wait();
            tell.send(of.register(2, ())).unwrap();
        });
        is_inside.recv().unwrap();
        process::exit(lost, ExitReason::Kill);
        assert!(process::current().receive_down(monitor, Duration::from_secs(30)).is_some());
        registry.register(1, ()).unwrap();
        stuck.open();
        assert_eq!(told.recv(), Ok(Err(RegisterError::NoProc)));
        assert_eq!(registry.keys(otp::self_pid()), [1]);
        assert_eq!(registry.count_select(|_, pid, ()| pid != otp::self_pid()), 0);
    });
    node.stop();
}

/// A value is dropped once: in its owner, or when that is gone.
#[otp::test(seeds = 50)]
fn nothing_is_kept_of_what_was_taken_out(t: &mut Sim) {
    use std::sync::{Arc, Weak};

    let registry = unique::<u32, Arc<u32>>(1);
    let dropped = |kept: &Weak<u32>| kept.strong_count() == 0;
    let value = Arc::new(1);
    let kept = Arc::downgrade(&value);
    registry.register(1, value)?;
    drop(registry.update_value(&1, |_| Arc::new(2)));
    assert!(dropped(&kept));
    let kept = Arc::downgrade(&registry.lookup(&1).unwrap().1);
    registry.unregister(&1);
    assert!(dropped(&kept));
    let (puppet, of, value) = (Puppet::new(), registry.clone(), Arc::new(3));
    let kept = Arc::downgrade(&value);
    puppet.does(move || of.register(1, value)).unwrap();
    puppet.ends();
    t.settle();
    assert!(dropped(&kept));
    let value = Arc::new(4);
    let kept = Arc::downgrade(&value);
    registry.register(1, value)?;
    registry.stop()?;
    t.settle();
    assert!(dropped(&kept));
}

//! Sleeping, and receives with a time limit.

use otp::{Node, prelude::*};

use super::{LONG, down, millis};

#[otp::test(seeds = 50)]
fn sleeping_takes_as_long_as_it_says(t: &mut Sim) {
    let woken = process::current().subject();
    for n in [30, 10, 20] {
        let sender = woken.clone();
        process::spawn(move |_| {
            otp::sleep(millis(n));
            sender.send(n);
        });
        let sender = woken.clone();
        process::spawn_async(move |_| async move {
            process::sleep_async(millis(n)).await;
            sender.send(n);
        });
    }
    for n in [10, 20, 30] {
        for _ in 0..2 {
            assert_eq!(woken.receive(None), Some(n));
            assert_eq!(t.now(), millis(n));
        }
    }
    otp::sleep(LONG);
    assert_eq!(t.now(), millis(30) + LONG);
}

#[otp::test(seeds = 20)]
fn a_receive_gives_up_in_time(t: &mut Sim) {
    let me = process::current();
    let numbers = me.subject::<u32>();
    assert_eq!(numbers.receive(millis(7)), None);
    assert_eq!(t.now(), millis(7));
    assert_eq!(me.receive_exit(millis(3)), None);
    assert_eq!(t.now(), millis(10));
    let sender = numbers.clone();
    process::spawn(move |_| {
        otp::sleep(millis(5));
        sender.send(1);
    });
    assert_eq!(numbers.receive(millis(6)), Some(1));
    assert_eq!(t.now(), millis(15));
}

/// `after 0`: nobody has a turn meanwhile, and no timer is needed.
#[otp::test(seeds = 20)]
fn a_receive_without_time_only_looks(_t: &mut Sim) {
    let subject = process::current().subject();
    let to = subject.clone();
    process::spawn(move |_| to.send(1));
    assert_eq!(subject.receive(Duration::ZERO), None);
    assert_eq!(process::Selector::new().select(&subject).receive(Duration::ZERO), None);
    subject.send(2);
    assert_eq!(subject.receive(Duration::ZERO), Some(2));
    assert_eq!(subject.receive(None), Some(1));
}

#[test]
fn a_receive_without_time_needs_no_node_that_runs() {
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(|| {
        node.stop();
        let subject = process::current().subject();
        assert_eq!(subject.receive(Duration::ZERO), None);
        subject.send(1);
        assert_eq!(subject.receive(Duration::ZERO), Some(1));
    });
}

#[otp::test(seeds = 20)]
fn subjects_are_received_from_one_by_one(_t: &mut Sim) {
    let me = process::current();
    let (a, b) = (me.subject::<u32>(), me.subject::<u32>());
    let (to_a, to_b) = (a.clone(), b.clone());
    process::spawn(move |_| {
        for n in 0..3 {
            to_a.send(n);
            to_b.send(10 + n);
        }
    });
    assert_eq!([b.receive(None), b.receive(None), b.receive(None)], [Some(10), Some(11), Some(12)]);
    assert_eq!([a.receive(None), a.receive(None), a.receive(None)], [Some(0), Some(1), Some(2)]);
}

#[otp::test]
fn only_its_owner_receives_from_a_subject(t: &mut Sim) {
    let numbers = process::current().subject::<u32>();
    let (_, monitor) = process::spawn_monitor(move |_| assert_eq!(numbers.receive(None), None));
    assert!(down(monitor).as_panic().unwrap().message.contains("received from by the process that made it"));
    t.crashes();
}

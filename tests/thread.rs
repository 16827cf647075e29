//! OS threads beside processes: subjects as channels.

use std::{ops::Deref, sync::Barrier, thread};

use otp::{Node, prelude::*, process::Selector};

#[test]
fn a_channel_takes_over_in_order() {
    const EACH: u32 = 2000;
    for _ in 0..20 {
        let numbers = process::current().subject::<u32>();
        let (began, half) = (process::current().subject::<()>(), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                (0..EACH / 2).for_each(|n| numbers.send(n));
                began.send(());
                half.wait();
                (EACH / 2..EACH).for_each(|n| numbers.send(n));
            });
            began.receive(None);
            half.wait();
            // The channel is opened while messages arrive.
            let arrived = numbers.channel();
            let got: Vec<u32> = arrived.iter().take(EACH as usize).collect();
            assert!(got.iter().copied().eq(0..EACH), "none is lost or out of order");
        });
        assert_eq!(numbers.receive(Duration::ZERO), None, "nothing is left behind");
    }
}

#[test]
fn other_subjects_and_signals_stay_where_they_were() {
    let me = process::current();
    let (one, other) = (me.subject::<u32>(), me.subject::<u32>());
    let arrived = one.channel();
    let sender = other.clone();
    let (_, monitor) = process::spawn_monitor(move |_| {
        sender.send(1);
        one.send(2);
    });
    assert_eq!(me.receive_down(monitor, None).map(|down| down.reason), Some(ExitReason::Normal));
    assert_eq!(arrived.try_recv(), Ok(2));
    assert_eq!(other.receive(Duration::ZERO), Some(1));
}

#[test]
fn what_is_sent_to_a_closed_subject_is_dropped_by_its_sender() {
    struct Noisy(process::Subject<&'static str>);
    impl Drop for Noisy {
        fn drop(&mut self) {
            // No lock is held: this sends to the very inbox that refused it.
            self.0.send("dropped");
        }
    }
    let me = process::current();
    let (noisy, notes) = (me.subject::<Noisy>(), me.subject());
    noisy.close();
    noisy.send(Noisy(notes.clone()));
    assert_eq!(notes.receive(Duration::ZERO), Some("dropped"));
}

#[test]
fn a_process_on_a_core_has_no_channel() {
    let (_, monitor) = process::spawn_monitor(|me| drop(me.subject::<()>().channel()));
    let down = process::current().receive_down(monitor, None).expect("it ends");
    assert!(down.reason.to_string().contains("waits with `receive`"), "{}", down.reason);
}

#[test]
fn a_selector_is_a_channel_too() {
    let me = process::current();
    let (numbers, texts, other) = (me.subject::<u32>(), me.subject::<&str>(), me.subject::<u32>());
    let (waiting, ended) = process::spawn_monitor(|me| drop(me.receive_exit(None)));
    let (_, before) = process::spawn_monitor(|_| ());
    numbers.send(1);
    // In the inbox already, acted on.
    while process::info(me.pid()).unwrap().message_queue_len < 2 {
        thread::yield_now();
    }
    let selector = Selector::new()
        .select_map(&numbers, |n| format!("number {n}"))
        .select_map(&texts, str::to_owned)
        .select_monitors(|down| format!("down {}", down.reason))
        .select_exits(|exit| format!("exit {}", exit.reason));
    let events = selector.clone().channel();
    let next = || {
        crossbeam_channel::select! {
            recv(events) -> event => event.unwrap(),
            default(Duration::from_secs(60)) => panic!("nothing came"),
        }
    };
    let mut first = [next(), next()];
    first.sort();
    assert_eq!(first, ["down normal", "number 1"]);

    let sender = (numbers.clone(), texts.clone(), other.clone());
    process::spawn_link(move |_| {
        sender.0.send(2);
        sender.2.send(3);
        sender.1.send("text");
        Err::<(), _>("over")
    });
    assert_eq!([next(), next(), next()], ["number 2", "text", "exit over"]);
    assert_eq!(other.receive(None), Some(3));
    process::exit(waiting, ExitReason::Kill);
    assert_eq!(next(), "down killed");
    assert!(!process::demonitor(ended) && !process::demonitor(before));

    // A monitor that was given up says nothing more.
    let (gone, monitor) = process::spawn_monitor(|me| drop(me.receive_exit(None)));
    assert!(process::demonitor(monitor));
    process::exit(gone, ExitReason::Kill);
    numbers.send(4);
    assert_eq!(next(), "number 4");

    // Nobody receives from the channel any more: the next message is in the inbox.
    drop(events);
    numbers.send(5);
    assert_eq!(numbers.receive(Duration::ZERO), Some(5));
}

#[test]
fn what_comes_when_a_channel_is_dropped_is_in_the_inbox() {
    let me = process::current();
    let numbers = me.subject::<u32>();
    let (first, clone) = (numbers.channel(), numbers.channel());
    let last = clone.clone();
    numbers.send(1);
    // The second one took over: to drop the first changes nothing, and one of two clones neither.
    drop(first);
    drop(clone);
    numbers.send(2);
    assert!((&last).into_iter().take(2).eq([1, 2]));
    let plain = process::Receiver::deref(&last).clone();
    drop(last);
    numbers.send(3);
    assert!(plain.recv().is_err(), "it is disconnected");
    assert_eq!(numbers.receive(Duration::ZERO), Some(3));
    // One that was closed stays closed.
    let arrived = numbers.channel();
    numbers.close();
    drop(arrived);
    numbers.send(4);
    assert_eq!(me.flush(), 0);
}

/// Not one of many that send meanwhile loses a message, or has two in another order.
#[test]
fn a_channel_that_is_dropped_while_others_send() {
    for by_selector in [false, true] {
        let numbers = process::current().subject::<u32>();
        for _ in 0..50 {
            let opened = if by_selector { Selector::new().select(&numbers).channel() } else { numbers.channel() };
            let got = thread::scope(|scope| {
                scope.spawn(|| (0..200).for_each(|n| numbers.send(n)));
                let mut got: Vec<u32> = (&opened).into_iter().take(20).collect();
                // What is in the channel by now goes with it.
                drop(opened);
                got.extend(std::iter::from_fn(|| numbers.receive(Duration::ZERO)));
                got
            });
            let rest = std::iter::from_fn(|| numbers.receive(Duration::ZERO));
            let all: Vec<u32> = got.into_iter().chain(rest).collect();
            assert!(all.is_sorted() && all.iter().take(20).copied().eq(0..20), "{all:?}");
        }
    }
}

#[test]
fn a_panic_in_a_channels_selector_gives_the_messages_back() {
    let me = process::current();
    let numbers = me.subject::<u32>();
    let events = Selector::new().select_map(&numbers, |n| if n == 0 { panic!("zero") } else { n }).channel();
    numbers.send(1);
    assert_eq!(events.recv(), Ok(1));
    numbers.send(0);
    assert!(events.recv().is_err());
    while numbers.receive(Duration::from_millis(1)).is_none() {
        numbers.send(2);
    }
}

#[test]
fn a_channel_ends_with_its_thread() {
    let events = thread::spawn(|| {
        let numbers = process::current().subject::<u32>();
        Selector::new().select(&numbers).channel()
    });
    assert!(events.join().unwrap().recv().is_err());
}

#[test]
fn what_is_started_in_a_stopped_node_ends_at_once() {
    let node = Node::builder().cores(1).start().unwrap();
    node.stop();
    node.enter(|| {
        let me = process::current();
        let (pid, monitor) = process::spawn_monitor(|_| ());
        let down = me.receive_down(monitor, None).unwrap();
        assert_eq!((down.pid, down.reason), (pid, ExitReason::Shutdown));
        let started = process::start(|_, ack| ack.started(()));
        assert_eq!(started, Err(process::AckError::Exited(ExitReason::Shutdown)));
        assert_eq!(process::spawn_link(|_| ()), me.receive_exit(None).unwrap().from);
        assert!(node.processes().iter().all(|pid| *pid == me.pid()), "nothing is left");
    });
}

#[test]
fn threads_keep_the_time_of_a_stopped_node() {
    let node = Node::builder().cores(1).start().unwrap();
    let (waits, told) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            node.enter(|| {
                waits.send(()).unwrap();
                // Most often it waits when the node is stopped.
                otp::sleep(Duration::from_millis(20));
                let numbers = process::current().subject::<u32>();
                for _ in 0..3 {
                    assert_eq!(numbers.receive(Duration::from_millis(1)), None);
                }
            });
        });
        told.recv().unwrap();
        node.stop();
    });
}

#[test]
fn a_start_does_not_hang_on_a_node_that_is_being_stopped() {
    for _ in 0..200 {
        let node = Node::builder().cores(1).start().unwrap();
        let (runs, told) = std::sync::mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                node.enter(|| {
                    let starts = || process::start(|_, ack: process::Ack<()>| ack.started(()));
                    while starts().is_ok() {
                        let _ = runs.send(());
                    }
                });
            });
            told.recv().unwrap();
            node.stop();
        });
    }
}

#[test]
fn a_thread_ends_for_the_first_of_two_exit_signals() {
    let me = process::current();
    me.trap_exit(false);
    let (sent, are_sent) = std::sync::mpsc::channel();
    let pid = me.pid();
    process::spawn(move |_| {
        process::exit(pid, ExitReason::other("first"));
        process::exit(pid, ExitReason::other("second"));
        sent.send(()).unwrap();
    });
    are_sent.recv().unwrap();
    let payload = std::panic::catch_unwind(|| process::current().receive_exit(Duration::ZERO)).unwrap_err();
    let text = payload.downcast_ref::<String>().unwrap();
    assert!(text.contains("first"), "{text}");
    me.trap_exit(true);
}

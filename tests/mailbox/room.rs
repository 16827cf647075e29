//! Those who wait for room.

use std::thread;

use otp::{Node, actor::Starter, prelude::*};

use super::{Busy, LONG, Log, Mutual, busy, millis, waiting};

#[otp::test]
fn who_sends_to_a_full_mailbox_waits(t: &mut Sim) {
    let (busy, log, open) = busy(2, Policy::Block);
    let sent = Log::default();
    let senders: Vec<MonitorRef> = (0..3)
        .map(|n| {
            let (busy, sent) = (busy.clone(), sent.clone());
            let (_, monitor) = process::spawn_monitor(move |_| {
                process::sleep(millis(n));
                for k in 0..2 {
                    busy.put(n as u32 * 10 + k);
                    sent.say(n as u32 * 10 + k);
                }
            });
            monitor
        })
        .collect();
    t.advance(millis(10));
    assert_eq!(sent.take(), [0, 1], "the others wait");
    assert_eq!(waiting(&busy), (2, 0));
    open.send(());
    for monitor in senders {
        assert!(process::current().receive_down(monitor, LONG).is_some());
    }
    assert_eq!(busy.ask(99), Ok(99));
    let handled = log.take();
    assert_eq!(handled[..4], [0, 1, 10, 20], "they come in in the order in which they came");
    assert_eq!((handled.len(), busy.dropped()), (7, 0));
}

#[otp::test]
fn who_waits_for_room_waits_no_longer_than_it_says(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Block);
    busy.put(1);
    busy.timeout(millis(30)).put(2);
    assert_eq!((t.now(), busy.dropped()), (millis(30), 1));
    assert_eq!(busy.timeout(millis(20)).ask(3), Err(CallError::Timeout { started: false }));
    assert_eq!((t.now(), busy.dropped()), (millis(50), 1));
    open.send(());
    t.settle();
    assert_eq!(busy.ask(4), Ok(4));
    assert_eq!(log.take(), [1, 4], "what was given up is not handled");
    let told = busy.told().unwrap();
    assert_eq!(told.iter().map(|dropped| (dropped.count, dropped.message)).collect::<Vec<_>>(), [(1, "put")]);
}

#[otp::test]
fn who_waits_for_room_can_be_killed(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Block);
    busy.put(1);
    let caller = busy.clone();
    let calls = process::spawn(move |_| drop(caller.no_timeout().ask(2)));
    let caster = busy.clone();
    let casts = process::spawn(move |_| caster.no_timeout().put(3));
    t.settle();
    t.kill(&calls);
    t.kill(&casts);
    assert_eq!(busy.dropped(), 1, "the cast");
    open.send(());
    assert_eq!(busy.ask(4), Ok(4));
    assert_eq!(log.take(), [1, 4]);
}

#[otp::test]
fn who_waits_for_room_learns_that_there_will_be_none(t: &mut Sim) {
    let (busy, log, _open) = busy(1, Policy::Block);
    busy.put(1);
    let caller = busy.clone();
    let outcome = process::current().subject();
    let says = outcome.clone();
    process::spawn(move |_| says.send(caller.no_timeout().ask(2)));
    let caster = busy.clone();
    let (_, casts) = process::spawn_monitor(move |_| caster.no_timeout().put(3));
    t.settle();
    t.kill(&busy);
    assert_eq!(outcome.receive(None), Some(Err(CallError::Exited(ExitReason::Killed))));
    assert_eq!(process::current().receive_down(casts, millis(1)).unwrap().reason, ExitReason::Normal);
    assert!(log.take().is_empty());
}

#[otp::test]
fn who_awaits_room_goes_on_when_there_is_some(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Block);
    let client = busy.as_async();
    client.put(1).await_now(true);
    client.put(2).await_now(false);
    assert_eq!(busy.dropped(), 1, "what nobody waits for is taken back");
    let (_, casts) = process::spawn_monitor_async(move |_| async move {
        let mut sent = std::pin::pin!(client.no_timeout().put(3));
        // The last one that polls is the one that is woken.
        let polled = sent.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        assert!(polled.is_pending());
        sent.await;
    });
    t.advance(LONG);
    assert!(process::current().receive_down(casts, Duration::ZERO).is_none());
    open.send(());
    assert!(process::current().receive_down(casts, millis(1)).is_some());
    t.settle();
    assert_eq!(log.take(), [1, 3]);
}

trait AwaitNow {
    fn await_now(self, ready: bool);
}

impl AwaitNow for otp::client::Sent {
    fn await_now(self, ready: bool) {
        let mut sent = std::pin::pin!(self);
        let polled = sent.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        assert_eq!(polled.is_ready(), ready);
    }
}

#[otp::test(seeds = 50)]
fn two_who_wait_for_room_with_each_other_go_on(t: &mut Sim) {
    for by_call in [false, true] {
        let (a, b) = (Mutual::start().unwrap(), Mutual::start().unwrap());
        let ready = process::current().subject();
        let started = t.now();
        let first = a.as_async().no_timeout().flood(b.clone(), ready.clone(), by_call);
        let second = b.as_async().no_timeout().flood(a.clone(), ready.clone(), false);
        assert_eq!((first.wait(), second.wait()), (Ok(()), Ok(())));
        assert_eq!(t.now() - started, millis(1), "nobody has waited in vain");
        let said = [ready.receive(None).unwrap(), ready.receive(None).unwrap()];
        let deadlocks = said.iter().filter(|said| matches!(said, Err(CallError::Deadlock(_)))).count() as u64;
        // One has seen that they wait for each other: it drops what it wanted to send, or its call ends.
        assert_eq!(a.dropped() + b.dropped() + deadlocks, 1, "{said:?}");
    }
}

#[otp::test(seeds = 50)]
fn an_answer_lets_nobody_in(t: &mut Sim) {
    let (a, b) = (Mutual::start().unwrap(), Mutual::start().unwrap());
    assert_eq!(a.ask_and_flood(b), Ok(()));
    assert_eq!(t.now(), millis(2), "that they wait for each other was seen at once");
}

#[test]
fn threads_wait_for_room_and_lose_nothing() {
    let node = Node::builder().cores(2).start().unwrap();
    let log = Log::default();
    let busy = node
        .enter(|| Starter::<Busy>::new().mailbox(Mailbox::bounded(3, Policy::Block)).start((log.clone(),)).unwrap());
    thread::scope(|scope| {
        for n in 0..4 {
            let (busy, node) = (busy.no_timeout(), node.clone());
            scope.spawn(move || {
                node.enter(|| {
                    for k in 0..500 {
                        if k % 10 == 0 {
                            assert_eq!(busy.ask(n * 1000 + k), Ok(n * 1000 + k));
                        } else {
                            busy.put(n * 1000 + k);
                        }
                    }
                });
            });
        }
    });
    assert_eq!(node.enter(|| busy.ask(9000)), Ok(9000), "behind all others");
    assert_eq!(busy.dropped(), 0);
    let handled = log.take();
    for n in 0..4 {
        let of_one: Vec<u32> = handled.iter().copied().filter(|what| what / 1000 == n).collect();
        assert_eq!(of_one, (n * 1000..n * 1000 + 500).collect::<Vec<_>>());
    }
    node.stop();
}

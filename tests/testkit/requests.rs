//! Requests that are collected together, and replies.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context as Polled, Poll, Wake, Waker},
};

use otp::{
    Node,
    client::{Requests, RequestsError},
    prelude::*,
};

use super::{Db, SECOND};

/// Tells how often it was woken.
#[derive(Default)]
struct Wakes(Mutex<u32>);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        *self.0.lock().expect("nobody panics") += 1;
    }
}

#[otp::test(seeds = 20)]
fn requests_of_several_types_are_mapped(t: &mut Sim) {
    #[derive(Debug, PartialEq)]
    enum Answer {
        Value(Option<u32>),
        Size(usize),
    }
    let db = Db::start(process::current().subject())?;
    let mut requests = Requests::new();
    requests.add_map(1, db.request().get("a".into()), Answer::Value);
    requests.add_map(2, db.request().size(), Answer::Size);
    requests.add_map(3, db.as_async().timeout(SECOND).sleep(SECOND * 2), |()| Answer::Size(0));
    assert_eq!(format!("{requests:?}"), "Requests [1, 2, 3]");
    assert_eq!(requests.receive(None), Ok((1, Ok(Answer::Value(Some(1))))));
    assert_eq!(requests.receive(None), Ok((2, Ok(Answer::Size(10)))));
    // A request that has a time of its own keeps it.
    assert_eq!(requests.receive(None), Ok((3, Err(CallError::Timeout { started: true }))));
    assert_eq!(t.now(), SECOND);
}

#[otp::test(seeds = 20)]
fn what_has_come_stands_before_what_is_added(t: &mut Sim) {
    let (db, gone) = (Db::start(process::current().subject())?, Db::start(process::current().subject())?);
    t.kill(&gone);
    let mut requests = Requests::new();
    requests.add("came", db.request().size());
    t.settle();
    requests.add("failed at once", gone.request().size());
    assert_eq!(requests.check(), Ok(("came", Ok(10))));
    assert_eq!(requests.check(), Ok(("failed at once", Err(CallError::NoProc))));
}

#[otp::test(seeds = 20)]
fn the_requests_of_a_collection_that_is_dropped_are_handled(t: &mut Sim) {
    let log = process::current().subject();
    let db = Db::start(log.clone())?;
    let busy = db.request().sleep(SECOND);
    let requests: Requests<_, _> = ["a", "b"].map(|key| (key, db.request().get(key.into()))).into_iter().collect();
    assert_eq!(requests.len(), 2);
    t.settle();
    drop(requests);
    busy.wait()?;
    t.settle();
    assert_eq!(std::iter::from_fn(|| log.receive(Duration::ZERO)).count(), 2);
}

#[otp::test(seeds = 20)]
fn a_collection_may_be_awaited(t: &mut Sim) {
    let dbs = [Db::start(process::current().subject())?, Db::start(process::current().subject())?];
    let results = process::current().subject();
    let done = results.clone();
    process::spawn_async(move |_| async move {
        let mut requests = Requests::new();
        requests.add("slow", dbs[0].request().sleep(SECOND * 2));
        requests.add("fast", dbs[1].request().sleep(SECOND));
        done.send(requests.wait_async(SECOND / 2).await);
        done.send(requests.wait_async(None).await);
        done.send(requests.receive_async(SECOND / 2).await);
        done.send(requests.receive_async(None).await);
    });
    for expected in
        [Err(RequestsError::Timeout), Ok(("fast", Ok(()))), Err(RequestsError::Timeout), Err(RequestsError::NoRequest)]
    {
        assert_eq!(results.receive(None), Some(expected));
    }
    assert_eq!(t.now(), SECOND * 3 / 2);
}

#[otp::test(seeds = 20)]
fn another_executor_is_woken_for_each_reply(t: &mut Sim) {
    let db = Db::start(process::current().subject())?;
    let mut requests = Requests::new();
    requests.add(1, db.request().sleep(SECOND));
    requests.add(2, db.request().sleep(SECOND));
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    for count in 1..=2 {
        let mut next = pin!(requests.wait_async(None));
        let mut poll = || Pin::new(&mut next).poll(&mut Polled::from_waker(&waker));
        assert_eq!(poll(), Poll::Pending);
        t.advance(SECOND);
        assert_eq!(*wakes.0.lock().expect("nobody panics"), count);
        assert_eq!(poll(), Poll::Ready(Ok((count, Ok(())))));
    }
}

#[otp::test(seeds = 20)]
fn a_server_that_ends_wakes_who_collects(t: &mut Sim) {
    let db = Db::start(process::current().subject())?;
    let mut requests = Requests::new();
    requests.add((), db.request().sleep(SECOND));
    let pid = db.pid().expect("it runs");
    process::spawn(move |_| {
        otp::sleep(SECOND / 2);
        process::exit(pid, ExitReason::Kill);
    });
    assert_eq!(requests.receive(None), Ok(((), Err(CallError::Exited(ExitReason::Killed)))));
    assert_eq!(t.now(), SECOND / 2);
}

/// Replies that come from other threads while others are added and taken.
#[test]
fn a_collection_works_across_cores() -> std::io::Result<()> {
    let node = Node::builder().cores(2).start()?;
    node.enter(|| {
        let log = process::current().subject();
        let dbs: Vec<_> = (0..4).map(|_| Db::start(log.clone()).expect("it starts")).collect();
        let mut requests = Requests::new();
        let mut left: u32 = (0..400).sum();
        for number in 0..400_u32 {
            requests.add(number, dbs[number as usize % 4].request().size());
            if number % 3 == 0 {
                left -= requests.check().map_or(0, |(number, size)| if size == Ok(10) { number } else { u32::MAX });
            }
        }
        while let Ok((number, size)) = requests.receive(SECOND * 60) {
            assert_eq!(size, Ok(10));
            left -= number;
        }
        assert_eq!((left, requests.check()), (0, Err(RequestsError::NoRequest)));
    });
    node.stop();
    Ok(())
}

#[otp::test(seeds = 20)]
fn a_reply_is_checked_and_received(t: &mut Sim) {
    let db = Db::start(process::current().subject())?;
    let mut reply = db.request().sleep(SECOND);
    assert_eq!(reply.check(), None);
    t.advance(SECOND);
    assert_eq!(reply.check(), Some(Ok(())));
    // The shorter of two limits counts.
    assert_eq!(
        db.as_async().timeout(SECOND / 2).sleep(SECOND).receive(SECOND),
        Err(CallError::Timeout { started: true })
    );
    t.advance(SECOND);
    let began = t.now();
    assert_eq!(db.request().sleep(SECOND).receive(SECOND / 2), Err(CallError::Timeout { started: true }));
    assert_eq!(t.now() - began, SECOND / 2);
    t.advance(SECOND);
    assert_eq!(db.request().sleep(SECOND).receive(None), Ok(()));
    // A look at a reply is no wait: whoever looks is in nobody's way.
    let mut late = db.as_async().timeout(SECOND).sleep(SECOND * 2);
    t.advance(SECOND * 3 / 2);
    assert_eq!(late.check(), Some(Err(CallError::Timeout { started: true })));
}

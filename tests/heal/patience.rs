//! Calls that wait for the next incarnation.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use otp::{
    prelude::*,
    supervisor::{ChildError, ChildState, DynamicSupervisor, MailboxOnRestart},
};

use super::{Idle, STRATEGIES, Worker, World, kill, millis, secs, state, three};

#[otp::test(seeds = 20)]
fn a_plain_call_fails_at_once_and_a_patient_one_waits_for_the_next_incarnation(t: &mut Sim) {
    for strategy in STRATEGIES {
        let world = World::default();
        let supervisor = three(&world, strategy).start()?;
        let (b, c) = (supervisor.child::<Worker>("b"), supervisor.child::<Worker>("c"));
        kill(t, &b);
        let before = b.which()?;
        let whoever = [b.wait_for_restart(), c.wait_for_restart()];
        kill(t, &b);
        let at = t.now();
        assert_eq!(b.which(), Err(CallError::NoProc), "plain");
        assert_eq!(c.which().is_ok(), strategy == Strategy::OneForOne);
        assert_eq!(t.now(), at);

        // Blocking, as a future, as a request; in order with a cast that waits for nobody.
        let (request, future) = (whoever[0].request().noted(1), whoever[0].as_async().noted(2));
        whoever[0].note(3);
        let other = whoever[1].which()?;
        assert_eq!(t.now() - at, if strategy == Strategy::OneForOne { Duration::ZERO } else { secs(1) });
        let now = whoever[0].noted(4)?;
        assert_eq!(t.now() - at, secs(1));
        assert!(now > before && other != before);
        assert_eq!((request.wait()?, future.wait()?), (now, now));
        let notes = world.take().into_iter().filter(|note| note.starts_with('b')).collect::<Vec<_>>();
        assert_eq!(notes, [1, 2, 3, 4].map(|what| format!("b{now}: {what}")));
        supervisor.stop()?;
    }
}

#[otp::test(seeds = 50)]
fn a_patient_call_never_reaches_one_that_has_ended_or_is_being_ended(t: &mut Sim) {
    for strategy in STRATEGIES {
        let world = World::default();
        let supervisor = three(&world, strategy).start()?;
        let [a, b, c] = ["a", "b", "c"].map(|id| supervisor.child::<Worker>(id).wait_for_restart());
        [&a, &b, &c].iter().for_each(|child| child.trap());
        t.settle();
        // Calls at each moment of a restart, which takes a while.
        b.crash(millis(1));
        let mut calls = Vec::new();
        t.advance(millis(2));
        for _ in 0..40 {
            calls.extend([a.as_async().which(), b.as_async().which(), c.as_async().which()]);
            t.advance(millis(1));
        }
        for call in calls {
            let which = call.wait();
            assert!(which.is_ok(), "{strategy:?}: {which:?}");
        }
        assert_eq!(t.crashes().len(), 1);
        supervisor.stop()?;
    }
}

#[otp::test(seeds = 20)]
fn a_patient_call_waits_no_longer_than_its_timeout(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let b = supervisor.child::<Worker>("b");
    kill(t, &b);
    kill(t, &b);
    let at = t.now();
    let patient = b.timeout(millis(300)).wait_for_restart();
    assert_eq!(patient.noted(1), Err(CallError::Timeout { started: false }));
    assert_eq!(t.now() - at, millis(300));
    drop(patient.request().noted(2));
    t.advance(secs(2));
    assert!(b.which().is_ok());
    assert!(!world.take().iter().any(|note| note.starts_with('b')), "what was given up is not handled");
}

#[otp::test(seeds = 20)]
fn a_place_that_is_gone_for_good_is_nobody_at_once(t: &mut Sim) {
    let world = World::default();
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .child("transient", world.spec("transient").restart(Restart::Transient))
        .child("temporary", world.spec("temporary").restart(Restart::Temporary))
        .child("told", world.spec("told"))
        .child("deleted", world.spec("deleted"))
        .child("late", world.spec("late").backoff(secs(60)..=secs(60)))
        .start()?;
    let child = |id: &str| supervisor.child::<Worker>(id).no_timeout().wait_for_restart();
    let [transient, temporary, told, deleted, late] = ["transient", "temporary", "told", "deleted", "late"].map(child);
    let at = t.now();
    assert_eq!(child("never").which(), Err(CallError::NoProc), "there was nobody");
    transient.finish();
    temporary.finish();
    // Asked while it ends: who left it there is told when it is clear that nobody comes.
    let asked = [transient.request().which(), temporary.request().which()];
    for asked in asked {
        assert!(matches!(asked.wait(), Err(CallError::Exited(ExitReason::Normal) | CallError::NoProc)));
    }
    supervisor.terminate_child("told")?;
    supervisor.terminate_child("deleted")?;
    supervisor.delete_child("deleted")?;
    for gone in [&transient, &temporary, &told, &deleted] {
        assert_eq!(gone.which(), Err(CallError::NoProc));
        let undelivered = |id| supervisor.place().child(id).undelivered();
        gone.note(0);
        assert!(undelivered("told") <= 1);
    }
    assert!(t.now() - at < millis(100));
    supervisor.restart_child("told")?;
    assert!(told.which().is_ok());

    // Who waits is told when the child is told to stay away, and when its supervisor ends.
    kill(t, &late);
    kill(t, &late);
    let (first, at) = (late.request().which(), t.now());
    supervisor.terminate_child("late")?;
    assert_eq!(first.wait(), Err(CallError::NoProc));
    supervisor.restart_child("late")?;
    kill(t, &late);
    kill(t, &late);
    let second = late.request().which();
    supervisor.stop()?;
    assert_eq!(second.wait(), Err(CallError::NoProc));
    assert_eq!(late.which(), Err(CallError::NoProc));
    assert_eq!(t.now(), at);
    // A client of one process has nothing to wait for.
    let alone = Worker::start(world, "alone")?;
    kill(t, &alone);
    assert_eq!(alone.wait_for_restart().which(), Err(CallError::NoProc));
}

#[otp::test(seeds = 20)]
fn patient_clients_follow_restarts_of_nested_supervisors(t: &mut Sim) {
    for strategy in STRATEGIES {
        let world = World::default();
        let inner = world.clone();
        let nested = Supervisor::spec(move || three(&inner, strategy)).backoff(secs(1)..=secs(1));
        let supervisor = Supervisor::new(strategy)
            .intensity(9, secs(1))
            .child("before", world.spec("before"))
            .child("nested", nested)
            .child("after", world.spec("after"))
            .start()?;
        let nested = supervisor.child::<Supervisor>("nested");
        let [a, b, after] = [(&nested, "a"), (&nested, "b"), (&supervisor, "after")]
            .map(|(at, id)| at.child::<Worker>(id).wait_for_restart());
        for restarts in 1..4 {
            t.settle();
            let kills = nested.pid().unwrap();
            t.kill(&kills);
            t.settle();
            let at = t.now();
            let calls = [&a, &b, &after].map(|client| client.as_async().which());
            let plain = nested.child::<Worker>("a").which();
            assert_eq!(plain.is_ok(), restarts == 1, "it waits from the second time on");
            for call in calls {
                assert!(call.wait().is_ok());
            }
            assert_eq!(t.now() - at, if restarts == 1 { Duration::ZERO } else { secs(1) });
        }
        // The outermost one is nobody's child: when it is gone, so is all below it.
        let pid = supervisor.pid().unwrap();
        t.kill(&pid);
        t.settle();
        let at = t.now();
        for client in [&a, &b, &after] {
            assert_eq!(client.which(), Err(CallError::NoProc));
        }
        assert_eq!(t.now(), at);
        assert_eq!(supervisor.which_children(), Err(ChildError::Gone(CallError::NoProc)));
    }
}

#[otp::test(seeds = 20)]
fn a_supervisor_that_gives_up_and_comes_back_is_waited_for(t: &mut Sim) {
    let world = World::default();
    let inner = world.clone();
    let nested = Supervisor::spec(move || {
        Supervisor::new(Strategy::OneForAll)
            .intensity(0, secs(1))
            .child("a", inner.spec("a"))
            .child("b", inner.spec("b"))
    });
    let supervisor = Supervisor::new(Strategy::OneForOne).child("nested", nested).start()?;
    let nested = supervisor.child::<Supervisor>("nested");
    let [a, b] = ["a", "b"].map(|id| nested.child::<Worker>(id).wait_for_restart());
    b.trap();
    t.settle();
    t.kill(&a);
    let (first, second) = (a.as_async().which(), b.as_async().which());
    assert!(first.wait().is_ok());
    assert!(second.wait().is_ok());
    assert_eq!(supervisor.restarts("nested")?, 1);
}

#[otp::test(seeds = 20)]
fn a_client_of_another_type_has_nothing_to_wait_for(t: &mut Sim) {
    // Whatever is at this place, it is another thing each time.
    let (world, starts) = (World::default(), Arc::new(AtomicU32::new(0)));
    let inner = world.clone();
    let nested = Supervisor::spec(move || {
        let supervisor = Supervisor::new(Strategy::OneForOne).intensity(9, secs(1));
        match starts.fetch_add(1, SeqCst) {
            0 => supervisor.child("a", inner.spec("a").backoff(secs(1)..=secs(1))),
            _ => supervisor.child("a", Idle::child_spec(1)),
        }
    });
    let top = Supervisor::new(Strategy::OneForOne).child("nested", nested).start()?;
    let nested = top.child::<Supervisor>("nested");
    let (worker, idle) = (nested.child::<Worker>("a"), nested.child::<Idle>("a").wait_for_restart());
    assert_eq!(idle.ping(), Err(CallError::NoProc));
    kill(t, &worker);
    kill(t, &worker);
    let at = t.now();
    assert_eq!((idle.ping(), t.now()), (Err(CallError::NoProc), at));
    let left = worker.wait_for_restart().request().which();
    t.advance(secs(1));
    assert!(left.wait().is_ok());
    kill(t, &worker);
    let left = worker.wait_for_restart().request().which();
    let pid = nested.pid().unwrap();
    t.kill(&pid);
    t.settle();
    assert_eq!((left.wait(), idle.ping()), (Err(CallError::NoProc), Ok(())));
}

#[otp::test(seeds = 20)]
fn one_of_two_that_wait_may_be_terminated(t: &mut Sim) {
    let world = World::default();
    let slow = |id| world.spec(id).backoff(secs(1)..=secs(1));
    let supervisor = Supervisor::new(Strategy::RestForOne)
        .intensity(9, secs(1))
        .child("a", slow("a"))
        .child("b", slow("b"))
        .child("c", world.spec("c"))
        .start()?;
    let [a, b] = ["a", "b"].map(|id| supervisor.child::<Worker>(id));
    kill(t, &a);
    kill(t, &a);
    supervisor.restart_child("b")?;
    kill(t, &b);
    kill(t, &b);
    assert_eq!(["a", "b"].map(|id| state(&supervisor, id)), [ChildState::Restarting; 2]);
    supervisor.terminate_child("a")?;
    let c = supervisor.child::<Worker>("c").wait_for_restart();
    assert!(c.which().is_ok(), "it comes with `b`");
    assert_eq!(state(&supervisor, "a"), ChildState::Stopped);
}

#[otp::test(seeds = 20)]
fn nobody_waits_for_a_child_of_a_dynamic_supervisor_that_has_ended(t: &mut Sim) {
    let world = World::default();
    let workers = DynamicSupervisor::<Worker>::spec(DynamicSupervisor::new).backoff(secs(1)..=secs(1));
    let top = Supervisor::new(Strategy::OneForOne).intensity(9, secs(1)).child("workers", workers).start()?;
    let workers = top.child::<DynamicSupervisor<Worker>>("workers");
    let (one, two) = (workers.start_child((world.clone(), "one"))?, workers.start_child((world.clone(), "two"))?);
    let patient = one.wait_for_restart();
    kill(t, &one);
    assert!(patient.which().is_ok());

    // As soon as it is to end, while others take their time.
    two.trap();
    t.settle();
    let stopping = workers.clone();
    process::spawn(move |_| stopping.stop());
    t.settle();
    let at = t.now();
    assert!(workers.pid().is_some() && two.is_alive());
    for patient in [patient, two.wait_for_restart()] {
        assert_eq!((patient.which(), t.now()), (Err(CallError::NoProc), at));
    }

    // Or when the supervisor is killed, while the next one is waited for.
    t.advance(millis(10));
    let three = workers.start_child((world, "three"))?.wait_for_restart();
    t.kill(&workers.pid().unwrap());
    t.settle();
    assert_eq!((workers.pid(), three.is_alive()), (None, false));
    let at = t.now();
    assert_eq!((three.which(), t.now()), (Err(CallError::NoProc), at));
}

/// On real cores: callers on threads and in processes, a server that crashes all the time, every call answered once.
#[test]
fn no_call_is_lost_between_incarnations() {
    let node = otp::Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let world = World::default();
        let spec = world.spec("a").mailbox_on_restart(MailboxOnRestart::Keep);
        let supervisor =
            Supervisor::new(Strategy::OneForOne).intensity(u32::MAX, secs(1)).child("a", spec).start().unwrap();
        let a = supervisor.child::<Worker>("a").no_timeout().wait_for_restart();
        let callers = (0..4).map(|caller| {
            let (a, node) = (a.clone(), node.clone());
            std::thread::spawn(move || {
                node.enter(|| {
                    for call in 0..200 {
                        let (what, limit) = (caller * 1000 + call, secs(60));
                        if call % 10 == 3 {
                            a.crash(Duration::ZERO);
                        }
                        let answer = if caller % 2 == 0 {
                            a.noted(what)
                        } else {
                            let (to, from) = mpsc::channel();
                            let a = a.clone();
                            process::spawn(move |_| to.send(a.noted(what)).unwrap());
                            from.recv_timeout(limit).unwrap()
                        };
                        assert!(answer.is_ok(), "{answer:?}");
                    }
                });
            })
        });
        callers.collect::<Vec<_>>().into_iter().for_each(|caller| caller.join().unwrap());
        let mut notes = world.take();
        notes.retain(|note| note.starts_with('a'));
        let mut notes = notes.iter().map(|note| note.split(": ").nth(1).unwrap()).collect::<Vec<_>>();
        notes.sort_unstable();
        notes.dedup();
        assert_eq!(notes.len(), 800);
        supervisor.stop().unwrap();
    });
    node.stop();
}

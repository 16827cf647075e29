//! Back-off between restarts.

use std::{sync::atomic::Ordering::SeqCst, time::Duration};

use otp::{
    prelude::*,
    supervisor::{ChildError, ChildState, SpecError},
};

use super::{Worker, World, is_running, kill, millis, secs, state};

/// When each of the next starts is, since now.
fn starts(t: &mut Sim, world: &World, step: Duration, until: Duration) -> Vec<u128> {
    let begin = t.now();
    let mut seen = Vec::new();
    world.take();
    while t.now() - begin < until {
        t.advance(step);
        seen.extend(world.take().iter().map(|_| (t.now() - begin).as_millis()));
    }
    seen
}

#[otp::test(seeds = 20)]
fn the_first_restart_is_at_once_and_the_next_wait_longer_and_longer(t: &mut Sim) {
    let world = World::default();
    let spec = world.spec("a").backoff(millis(100)..=millis(350));
    let supervisor = Supervisor::new(Strategy::OneForOne).intensity(100, secs(5)).child("a", spec).start()?;
    let a = supervisor.child::<Worker>("a");
    world.take();
    kill(t, &a);
    assert_eq!(world.take(), ["+a"], "at once");
    for wait in [100, 200, 350, 350] {
        kill(t, &a);
        assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
        assert_eq!(supervisor.count_children()?.active, 0);
        t.advance(millis(wait) - Duration::from_nanos(1));
        assert_eq!(world.take(), [""; 0], "not before {wait} ms");
        t.advance(Duration::from_nanos(1));
        assert_eq!(world.take(), ["+a"]);
    }
    // Almost quiet.
    t.advance(secs(5) - Duration::from_nanos(1));
    kill(t, &a);
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
    t.advance(millis(350));
    assert!(is_running(&supervisor, "a"));
    // Quiet for as long as the supervisor counts.
    t.advance(secs(5));
    kill(t, &a);
    assert!(is_running(&supervisor, "a"), "at once again");
    kill(t, &a);
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
    t.advance(millis(100));
    assert!(is_running(&supervisor, "a"), "from the beginning");
}

#[otp::test(seeds = 20)]
fn a_long_back_off_asks_for_a_long_quiet_time(t: &mut Sim) {
    let world = World::default();
    let spec = world.spec("a").backoff(secs(1)..=secs(30));
    let supervisor = Supervisor::new(Strategy::OneForOne).child("a", spec).start()?;
    let a = supervisor.child::<Worker>("a");
    kill(t, &a);
    t.advance(secs(30) - Duration::from_nanos(1));
    kill(t, &a);
    assert!(!is_running(&supervisor, "a"));
    t.advance(secs(1));
    assert!(is_running(&supervisor, "a"));
    t.advance(secs(30));
    kill(t, &a);
    assert!(is_running(&supervisor, "a"));
}

#[otp::test(seeds = 20)]
fn restarts_that_fail_are_spaced_too_and_each_try_counts(t: &mut Sim) {
    let world = World::default();
    let spec = world.spec("a").backoff(millis(100)..=secs(1));
    let supervisor = Supervisor::new(Strategy::OneForOne).intensity(4, secs(1)).child("a", spec).start()?;
    let a = supervisor.child::<Worker>("a");
    world.failures.store(4, SeqCst);
    t.kill(&a);
    assert_eq!(starts(t, &world, millis(50), secs(2)), [50, 100, 300, 700, 1500], "the first one came at once");
    assert!(is_running(&supervisor, "a"));
    assert_eq!(supervisor.restarts("a")?, 1);

    // With an intensity that does not allow it, the tries are too many.
    let spec = world.spec("a").backoff(millis(100)..=secs(1));
    let supervisor = Supervisor::new(Strategy::OneForOne).intensity(2, secs(1)).child("a", spec).start()?;
    world.failures.store(10, SeqCst);
    let (a, pid) = (supervisor.child::<Worker>("a"), supervisor.pid().unwrap());
    t.kill(&a);
    t.advance(millis(299));
    assert!(process::is_alive(pid), "two tries");
    t.advance(millis(1));
    assert!(!process::is_alive(pid), "and one too many");
    assert!(supervisor.gave_up());
    assert_eq!(t.crashes().len(), 4 + 2);
}

#[otp::test(seeds = 20)]
fn without_back_off_there_is_none(t: &mut Sim) {
    let world = World::default();
    let supervisor = Supervisor::new(Strategy::OneForOne).intensity(50, secs(5)).child("a", world.spec("a")).start()?;
    world.failures.store(20, SeqCst);
    let before = t.now();
    kill(t, &supervisor.child::<Worker>("a"));
    assert!(is_running(&supervisor, "a"));
    assert_eq!(t.now(), before);
    assert_eq!(t.crashes().len(), 20);
}

#[otp::test(seeds = 20)]
fn a_child_that_waits_can_be_terminated_and_others_are_served(t: &mut Sim) {
    let world = World::default();
    let spec = world.spec("a").backoff(secs(1)..=secs(1));
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .intensity(9, secs(1))
        .child("a", spec)
        .child("b", world.spec("b"))
        .start()?;
    let (a, b) = (supervisor.child::<Worker>("a"), supervisor.child::<Worker>("b"));
    kill(t, &a);
    kill(t, &a);
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
    assert_eq!(supervisor.restart_child("a"), Err(ChildError::Restarting));
    assert_eq!(supervisor.delete_child("a"), Err(ChildError::Restarting));
    let count = supervisor.count_children()?;
    assert_eq!((count.specs, count.active), (2, 1));
    let before = b.which()?;
    kill(t, &b);
    assert_ne!(b.which()?, before, "another child is restarted meanwhile");

    supervisor.terminate_child("a")?;
    t.advance(secs(10));
    assert_eq!(state(&supervisor, "a"), ChildState::Stopped);
    // By hand it starts from the beginning, and what was to start it before does not come any more.
    supervisor.restart_child("a")?;
    kill(t, &a);
    assert!(is_running(&supervisor, "a"), "at once");
    kill(t, &a);
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting);
    t.advance(millis(400));
    supervisor.terminate_child("a")?;
    supervisor.restart_child("a")?;
    kill(t, &a);
    kill(t, &a);
    t.advance(millis(600));
    assert_eq!(state(&supervisor, "a"), ChildState::Restarting, "the timer of its last wait is cancelled");
    t.advance(millis(400));
    assert!(is_running(&supervisor, "a"));
    // A supervisor that ends does not wait for it.
    kill(t, &a);
    let before = t.now();
    supervisor.stop()?;
    assert!(t.now() - before < secs(1));
}

#[otp::test(seeds = 20)]
fn a_group_waits_for_the_one_that_failed(t: &mut Sim) {
    for (strategy, rest) in [(Strategy::RestForOne, &["c"][..]), (Strategy::OneForAll, &["a", "c"])] {
        let world = World::default();
        let supervisor = Supervisor::new(strategy)
            .intensity(9, secs(1))
            .child("a", world.spec("a"))
            .child("b", world.spec("b").backoff(secs(1)..=secs(4)))
            .child("c", world.spec("c"))
            .start()?;
        let b = supervisor.child::<Worker>("b");
        kill(t, &b);
        assert!(["a", "b", "c"].iter().all(|id| is_running(&supervisor, id)), "at once");
        world.take();
        kill(t, &b);
        assert_eq!(state(&supervisor, "b"), ChildState::Restarting);
        for id in rest {
            assert_eq!(state(&supervisor, id), ChildState::Stopped, "{id} needs it");
        }
        assert_eq!(is_running(&supervisor, "a"), strategy == Strategy::RestForOne);
        assert_eq!(world.take(), [""; 0]);
        t.advance(secs(1));
        assert!(["a", "b", "c"].iter().all(|id| is_running(&supervisor, id)));
        let expected: &[&str] = if strategy == Strategy::RestForOne { &["+b", "+c"] } else { &["+a", "+b", "+c"] };
        assert_eq!(world.take(), expected);
        // When it is told not to come back, the others stay as they are.
        kill(t, &b);
        let c = supervisor.child::<Worker>("c").wait_for_restart().as_async();
        let waiting = c.which();
        supervisor.terminate_child("b")?;
        assert_eq!(waiting.wait(), Err(CallError::NoProc));
        t.advance(secs(10));
        assert_eq!(state(&supervisor, "c"), ChildState::Stopped);
        supervisor.stop()?;
    }
}

#[otp::test(seeds = 1)]
fn a_back_off_that_is_no_range_is_refused(_: &mut Sim) {
    for range in [Duration::ZERO..=secs(1), secs(2)..=secs(1)] {
        let world = World::default();
        let refused = Supervisor::new(Strategy::OneForOne).child("a", world.spec("a").backoff(range)).start();
        assert_eq!(refused.err(), Some(StartError::Spec(SpecError::Backoff("a".into()))));
    }
}

//! Trees that are declared to heal so.

use otp::{prelude::*, supervisor::ChildState};

use super::{Idle, Worker, World, kill, millis, secs, state};

supervisor! {
    Yard<rest_for_one>(world: World, idlers: usize) {
        intensity: 9 in 1s;
        auto_shutdown: all_significant;

        worker:  Worker(world.clone(), "worker") { backoff: 100ms..=30s, mailbox_on_restart: keep };
        idlers:  supervisor<one_for_one> {
            idler: [Idle(i) for i in 0..*idlers] { mailbox_on_restart: drop };
            #[cfg(any())]
            gone: Nowhere();
        } { shutdown: 1m, restart: transient, significant };
        inner:   Inner();
        crowd:   dynamic<Idle> { restart: temporary, backoff: 1s..=2s };
        extra:   = Idle::child_spec(7);
    }
}

supervisor! {
    Inner<one_for_all> {
        tree: Idle(1) { restart: temporary, shutdown: infinity };
    }
}

#[test]
fn the_shape_of_a_tree_is_known_before_anything_runs() {
    let tree = Yard::tree();
    let expected = "\
Yard rest_for_one, 9 restarts in 1s, all_significant
  worker: Worker permanent, backoff 100ms..=30s, mailbox kept
  idlers: YardIdlers one_for_one, 3 restarts in 5s, transient, shutdown 60s, significant
    idler[0..*idlers]: Idle transient, brutal_kill
  inner: Inner one_for_all, 3 restarts in 5s, permanent
    tree: Idle temporary, shutdown infinity
  crowd: dynamic<Idle> temporary, brutal_kill, backoff 1s..=2s
  extra: made at its start";
    assert_eq!(tree.to_string(), expected);
    assert_eq!(tree.children[0].backoff, Some(millis(100)..=secs(30)));
    assert_eq!(tree.children[1].tree, Some(YardIdlers::tree()));
    assert_eq!((tree.strategy, tree.restarts, tree.children.len()), (Strategy::RestForOne, 9, 5));
}

#[otp::test(seeds = 20)]
fn a_declared_tree_heals_as_it_says(t: &mut Sim) {
    let world = World::default();
    let yard = t.start(Yard::child_spec(world.clone(), 2))?;
    let worker = yard.worker();
    kill(t, &worker);
    worker.crash(millis(1));
    let kept = worker.request().noted(1);
    t.advance(millis(1));
    assert_eq!(t.crashes().len(), 1);
    assert_eq!(state(yard.supervisor(), "worker"), ChildState::Restarting);
    let idle = yard.idlers().idler()[1].wait_for_restart();
    let at = t.now();
    assert_eq!(idle.ping(), Ok(()));
    assert_eq!(t.now() - at, millis(100));
    assert_eq!(kept.wait(), Ok(2));
    t.settle();
    // A child called `tree` has the accessor of that name.
    assert_eq!(yard.inner().tree().ping(), Ok(()));
}

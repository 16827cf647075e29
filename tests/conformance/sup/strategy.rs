//! Who is started again with a child, how often, and what comes of restarts that fail.

use otp::supervisor::{ChildError, ChildState};

use super::*;

/// A supervisor with these permanent workers, linked to the test.
fn with<const N: usize>(strategy: Strategy, journal: &Journal, ids: [&'static str; N]) -> SupervisorRef {
    let tree = supervisor(strategy);
    ids.iter().for_each(|id| drop(tree.start_child(*id, journal.spec(id)).unwrap()));
    journal.take();
    tree
}

#[otp::test(seeds = 20)]
fn sup_multiple_restarts(t: &mut Sim) {
    let journal = Journal::default();
    let tree = Supervisor::new(Strategy::OneForOne)
        .intensity(1, SECOND)
        .child("child1", journal.spec("child1"))
        .start_link()
        .unwrap();
    let child = tree.child::<Worker>("child1");
    for round in 1..=5 {
        let before = child.pid();
        end(t, &tree, "child1", abnormal());
        assert!(child.pid().is_some() && child.pid() != before);
        assert_eq!(tree.restarts("child1"), Ok(round));
        t.advance(2100 * Duration::from_millis(1));
    }
    assert_eq!(counts(&tree), [1, 1, 0, 1]);
    // Within the period it is one too many.
    let pid = tree.pid().unwrap();
    end(t, &tree, "child1", abnormal());
    t.advance(SECOND);
    end(t, &tree, "child1", abnormal());
    assert_eq!(exit_of(pid), ExitReason::Shutdown);
}

#[otp::test(seeds = 20)]
fn sup_one_for_one(t: &mut Sim) {
    let journal = Journal::default();
    let tree = with(Strategy::OneForOne, &journal, ["child1", "child2"]);
    let [first, second] = pids(&tree, ["child1", "child2"]);
    let pid = tree.pid().unwrap();
    end(t, &tree, "child1", abnormal());
    assert_eq!(journal.take(), "-child1 +child1");
    assert_ne!(pids(&tree, ["child1"]), [first]);
    assert_eq!(pids(&tree, ["child2"]), [second]);
    assert_eq!(
        listed(&tree),
        [("child2".to_owned(), second), ("child1".to_owned(), pids(&tree, ["child1"])[0])],
        "each stays where it was"
    );

    // The second restart is the last.
    end(t, &tree, "child2", abnormal());
    assert_eq!(journal.take(), "-child2 +child2");
    end(t, &tree, "child1", abnormal());
    assert_eq!(exit_of(pid), ExitReason::Shutdown);
    assert_eq!(journal.take(), "-child1 -child2");
    assert!(tree.gave_up());
}

/// A child whose restarts all fail, and a healthy one beside it: the supervisor tries as often as it may, then ends.
fn escalation(t: &Sim, strategy: Strategy, healthy_first: bool) -> String {
    let (journal, ids) = (Journal::default(), ["healthy", "broken"]);
    let broken = journal.worker("broken");
    let specs = [journal.spec("healthy"), broken.spec()];
    let mut children: Vec<_> = ids.into_iter().zip(specs).collect();
    if !healthy_first {
        children.reverse();
    }
    let builder = Supervisor::new(strategy).intensity(4, HOUR);
    let tree = children.into_iter().fold(builder, |builder, (id, spec)| builder.child(id, spec)).start_link().unwrap();
    let monitors = ids.map(|id| tree.child::<Worker>(id).monitor().unwrap());
    let pid = tree.pid().unwrap();
    journal.take();
    broken.breaks();
    end(t, &tree, "broken", abnormal());
    assert_eq!(exit_of(pid), ExitReason::Shutdown);
    let reasons = monitors.map(|monitor| process::current().receive_down(monitor, None).unwrap().reason);
    assert_eq!(reasons, [ExitReason::Shutdown, abnormal()]);
    journal.take()
}

#[otp::test(seeds = 20)]
fn sup_one_for_one_escalation(t: &mut Sim) {
    // The first restart and three more.
    for healthy_first in [false, true] {
        let happened = escalation(t, Strategy::OneForOne, healthy_first);
        assert_eq!(happened, "-broken !broken !broken !broken !broken -healthy");
    }
}

#[otp::test(seeds = 20)]
fn sup_one_for_all(t: &mut Sim) {
    let journal = Journal::default();
    let tree = with(Strategy::OneForAll, &journal, ["child1", "child2"]);
    let [first, second] = pids(&tree, ["child1", "child2"]);
    let pid = tree.pid().unwrap();
    end(t, &tree, "child1", abnormal());
    assert_eq!(journal.take(), "-child1 -child2 +child1 +child2");
    let [one, two] = pids(&tree, ["child1", "child2"]);
    assert!(one.is_some() && one != first && two.is_some() && two != second);
    assert_eq!(listed(&tree), [("child2".to_owned(), two), ("child1".to_owned(), one)]);

    end(t, &tree, "child2", abnormal());
    assert_eq!(journal.take(), "-child2 -child1 +child1 +child2");
    end(t, &tree, "child1", abnormal());
    assert_eq!(exit_of(pid), ExitReason::Shutdown);
    assert_eq!(journal.take(), "-child1 -child2");
}

#[otp::test(seeds = 20)]
fn sup_one_for_all_escalation(t: &mut Sim) {
    let rounds = "-healthy +healthy !broken ".repeat(4);
    assert_eq!(escalation(t, Strategy::OneForAll, true), format!("-broken {rounds}-healthy"));
    // Those after it don't come up any more.
    assert_eq!(escalation(t, Strategy::OneForAll, false), "-broken -healthy !broken !broken !broken !broken");
}

/// The one that ended comes up again, another one does not at first: the next round is for that one.
fn another_fails(t: &Sim, strategy: Strategy) -> String {
    let (journal, ids) = (Journal::default(), ["child1", "child2", "child3", "child4"]);
    let plans = ids.map(|id| journal.worker(id));
    let tree = supervisor(strategy);
    for plan in &plans {
        tree.start_child(plan.id, plan.spec()).unwrap();
    }
    let before = pids(&tree, ids);
    journal.take();
    plans[2].failures.store(1, Relaxed);
    end(t, &tree, "child2", abnormal());
    let happened = journal.take();
    let after = pids(&tree, ids);
    let expected: Vec<_> = ids.into_iter().map(str::to_owned).zip(after).rev().collect();
    assert_eq!(listed(&tree), expected);
    assert!(after.iter().all(Option::is_some));
    assert_eq!(after[0] == before[0], strategy == Strategy::RestForOne);
    // Both rounds were counted.
    let pid = tree.pid().unwrap();
    t.kill(&tree.child::<Worker>("child4"));
    assert_eq!(exit_of(pid), ExitReason::Shutdown);
    happened
}

#[otp::test(seeds = 20)]
fn sup_one_for_all_other_child_fails_restart(t: &mut Sim) {
    assert_eq!(
        another_fails(t, Strategy::OneForAll),
        "-child2 -child4 -child3 -child1 +child1 +child2 !child3 -child2 -child1 +child1 +child2 +child3 +child4"
    );
}

#[otp::test(seeds = 20)]
fn sup_rest_for_one_other_child_fails_restart(t: &mut Sim) {
    let happened = another_fails(t, Strategy::RestForOne);
    assert_eq!(happened, "-child2 -child4 -child3 +child2 !child3 +child3 +child4");
}

#[otp::test(seeds = 20)]
fn sup_rest_for_one(t: &mut Sim) {
    let journal = Journal::default();
    let ids = ["child1", "child2", "child3"];
    let tree = with(Strategy::RestForOne, &journal, ids);
    let (before, pid) = (pids(&tree, ids), tree.pid().unwrap());
    end(t, &tree, "child2", abnormal());
    assert_eq!(journal.take(), "-child2 -child3 +child2 +child3");
    let after = pids(&tree, ids);
    assert_eq!(after[0], before[0]);
    assert!(after[1].is_some() && after[1] != before[1] && after[2].is_some() && after[2] != before[2]);
    assert_eq!(counts(&tree), [3, 3, 0, 3]);

    end(t, &tree, "child3", abnormal());
    assert_eq!(journal.take(), "-child3 +child3");
    assert_eq!(pids(&tree, ["child1", "child2"]), [after[0], after[1]]);
    end(t, &tree, "child2", abnormal());
    assert_eq!(exit_of(pid), ExitReason::Shutdown);
    assert_eq!(journal.take(), "-child2 -child3 -child1");
}

#[otp::test(seeds = 20)]
fn sup_rest_for_one_escalation(t: &mut Sim) {
    let journal = Journal::default();
    let tree = supervisor(Strategy::RestForOne);
    let broken = journal.worker("child2");
    tree.start_child("child1", journal.spec("child1")).unwrap();
    tree.start_child("child2", broken.spec()).unwrap();
    let pid = tree.pid().unwrap();
    broken.breaks();
    journal.take();
    end(t, &tree, "child1", abnormal());
    assert_eq!(exit_of(pid), ExitReason::Shutdown);
    assert_eq!(journal.take(), "-child1 -child2 +child1 !child2 !child2 -child1");
}

/// The last but one level of a tree: workers that may fail to come back.
fn level(workers: Vec<Plan>) -> ChildSpec<Supervisor> {
    Supervisor::spec(move || {
        let level = Supervisor::new(Strategy::OneForOne).intensity(2, HOUR);
        workers.iter().fold(level, |level, plan| level.child(plan.id, plan.spec()))
    })
}

#[otp::test(seeds = 20)]
fn sup_tree(t: &mut Sim) {
    let journal = Journal::default();
    let fourth = journal.worker("child4");
    let sup1 = level(vec![journal.worker("child1"), journal.worker("child2")]);
    let sup2 = level(vec![journal.worker("child3"), fourth.clone()]);
    let top = Supervisor::new(Strategy::OneForAll)
        .intensity(4, HOUR)
        .child("sup1", sup1)
        .child("sup2", sup2)
        .child("sup3", level(vec![]).restart(Restart::Transient))
        .start_link()
        .unwrap();
    let inner = ["sup1", "sup2", "sup3"].map(|id| top.child::<Supervisor>(id));
    assert_eq!(journal.take(), "+child1 +child2 +child3 +child4");
    assert_eq!(counts(&top), [3, 3, 3, 0]);
    inner[0].start_child("added", journal.spec("added")).unwrap();
    top.terminate_child("sup3").unwrap();
    assert_eq!((counts(&top), inner[2].pid()), ([3, 2, 3, 0], None));
    let before = inner.clone().map(|supervisor| supervisor.pid());
    journal.take();

    // A leaf is a matter of its own supervisor.
    end(t, &inner[1], "child4", abnormal());
    assert_eq!(journal.take(), "-child4 +child4");
    assert_eq!(inner.clone().map(|supervisor| supervisor.pid()), before);

    // One that does not come up again is a matter of the whole tree.
    fourth.failures.store(1, Relaxed);
    end(t, &inner[1], "child4", abnormal());
    assert_eq!(
        journal.take(),
        "-child4 !child4 -child3 -added -child2 -child1 +child1 +child2 +child3 +child4",
        "what was added is gone, what was told to end is there again"
    );
    let after = inner.clone().map(|supervisor| supervisor.pid());
    assert!(after.iter().zip(&before).all(|(after, before)| after.is_some() && after != before));
    assert_eq!(counts(&top), [3, 3, 3, 0]);
    assert_eq!((counts(&inner[0]), counts(&inner[1])), ([2, 2, 0, 2], [2, 2, 0, 2]));
    assert_eq!(inner[0].which_child("added"), Err(ChildError::NotFound));
    assert!(inner.iter().all(|supervisor| !supervisor.gave_up()), "who is there again has not given up");
    assert_eq!(shut_down(&top), ExitReason::Shutdown);
    assert_eq!(journal.take(), "-child4 -child3 -child2 -child1");
}

/// A supervisor of which one child is restarted for ever serves others meanwhile, and ends when it is told to.
fn hangs(t: &Sim, strategy: Strategy) -> ExitReason {
    let journal = Journal::default();
    let [first, second] = ["child1", "child2"].map(|id| journal.worker(id));
    let tree = Supervisor::new(strategy)
        .intensity(u32::MAX, Duration::from_nanos(1))
        .child("child0", journal.spec("child0"))
        .child("child1", first.spec())
        .child("child2", second.spec())
        .start_link()
        .unwrap();
    let broken = if strategy == Strategy::RestForOne { &second } else { &first };
    broken.breaks();
    process::exit(pids(&tree, ["child1"])[0].unwrap(), ExitReason::Kill);
    // It does not settle any more.
    while tree.which_child(broken.id).unwrap().state != ChildState::Restarting {}
    assert_eq!(tree.restart_child(broken.id), Err(ChildError::Restarting));
    assert_eq!(tree.delete_child(broken.id), Err(ChildError::Restarting));
    assert_eq!(tree.start_child(broken.id, broken.spec()).unwrap_err(), ChildError::AlreadyPresent);
    assert_eq!((counts(&tree)[0], counts(&tree)[3]), (3, 3));
    let is_active = |child: &supervisor::ChildInfo| matches!(child.state, ChildState::Running(_));
    let active = tree.which_children().unwrap().iter().filter(|child| is_active(child)).count();
    assert_eq!(active, if strategy == Strategy::OneForAll { 1 } else { 2 }, "{strategy}");

    // It is told to leave it.
    tree.terminate_child(broken.id).unwrap();
    for _ in 0..10 {
        assert_eq!(tree.which_child(broken.id).unwrap().state, ChildState::Stopped);
    }
    let tried = journal.take();
    t.advance(SECOND);
    assert_eq!(journal.take(), "", "{tried}");

    // And once more; now all of it is shut down.
    broken.failures.store(0, Relaxed);
    tree.restart_child(broken.id).unwrap();
    broken.breaks();
    process::exit(pids(&tree, [broken.id])[0].unwrap(), ExitReason::Kill);
    while tree.which_child(broken.id).unwrap().state != ChildState::Restarting {}
    let reason = shut_down(&tree);
    assert_eq!(pids(&tree, ["child0", "child1", "child2"]), [None; 3]);
    assert!(!tree.gave_up());
    reason
}

#[otp::test(seeds = 20)]
fn sup_hanging_restart_loop(t: &mut Sim) {
    assert_eq!(hangs(t, Strategy::OneForOne), ExitReason::Shutdown);
    assert_eq!(hangs(t, Strategy::OneForAll), ExitReason::Shutdown);
}

#[otp::test(seeds = 20)]
fn sup_hanging_restart_loop_rest_for_one(t: &mut Sim) {
    assert_eq!(hangs(t, Strategy::RestForOne), ExitReason::Shutdown);
}

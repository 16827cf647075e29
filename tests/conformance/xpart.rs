//! `PartitionSupervisorTest`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
};

use otp::{
    Name, Node,
    prelude::*,
    supervisor::{ChildError, ChildKind, ChildState, DynamicSupervisor, PartitionRef, PartitionSupervisor, SpecError},
};

use crate::{
    dynamics::{Worker, counts, kill, pid, works},
    rooms::Rooms,
};

const WORKERS: Name<PartitionSupervisor<Worker>> = Name::new("workers");
const SUPERVISORS: Name<PartitionSupervisor<DynamicSupervisor<Worker>>> = Name::new("supervisors");

fn workers() -> PartitionSupervisor<Worker> {
    PartitionSupervisor::new(|_| Worker::child_spec(works())).partitions(8)
}

fn supervisors() -> PartitionSupervisor<DynamicSupervisor<Worker>> {
    PartitionSupervisor::new(|_| DynamicSupervisor::<Worker>::spec(DynamicSupervisor::new))
}

/// Its child spec is that of a supervisor, under the id and the name that the tree gives it.
#[otp::test(seeds = 20)]
fn xpart_child_spec_atom(t: &mut Sim) {
    let spec = PartitionSupervisor::<Worker>::spec(workers).name(WORKERS);
    let top = Supervisor::new(Strategy::OneForOne).child("workers", spec).start_link()?;
    let said = top.child_spec("workers")?;
    assert_eq!((said.kind, said.restart), (ChildKind::Supervisor, Restart::Permanent));
    assert_eq!((said.shutdown, said.name), (Shutdown::Infinity, Some(WORKERS.into())));
    let workers = top.child::<PartitionSupervisor<Worker>>("workers");
    assert_eq!((workers.pid(), workers.partitions()?), (WORKERS.whereis(), 8));
    // It is restarted as any child is, and so are its partitions.
    t.kill(&top.child::<Supervisor>("workers"));
    t.settle();
    assert_eq!((workers.pid(), counts(&workers)), (WORKERS.whereis(), [8, 8, 0, 8]));
}

#[otp::test(seeds = 20)]
fn xpart_child_spec_via(_: &mut Sim) {
    let (first, second) = (Name::via(&Rooms::new(), 1), Name::via(&Rooms::new(), 2));
    let spec = |name: &Name<_>| PartitionSupervisor::<Worker>::spec(workers).name(name);
    let top = Supervisor::new(Strategy::OneForOne);
    let top = top.child("first", spec(&first)).child("second", spec(&second)).start()?;
    let said = top.child_spec("second")?;
    assert_eq!((said.kind, said.name), (ChildKind::Supervisor, Some((&second).into())));
    for (id, name) in [("first", &first), ("second", &second)] {
        assert_eq!(PartitionRef::lookup(name)?.pid(), top.child::<PartitionSupervisor<Worker>>(id).pid());
    }
}

#[test]
fn xpart_start_atom() {
    let node = Node::builder().cores(3).start().expect("the system has threads");
    node.enter(|| {
        let supervisors = supervisors().name(SUPERVISORS).start().expect("nothing is in the way");
        assert_eq!(supervisors.partitions(), Ok(3), "one for each core");
        assert_eq!((node.cores(), PartitionRef::lookup(SUPERVISORS).unwrap().partitions()), (3, Ok(3)));
        let mut started = BTreeSet::new();
        for key in 0..100 {
            // As with references, nothing is known of how the keys are divided.
            let partition = supervisors.route(&("key", key));
            started.insert(pid(&partition.start_child((works(),)).expect("it starts")));
        }
        let mut found = BTreeMap::new();
        for number in 0..3 {
            for child in supervisors.partition(number).which_children().expect("it runs") {
                let ChildState::Running(pid) = child.state else { panic!("{child:?}") };
                assert_eq!(found.insert(pid, number), None, "it is in one partition");
            }
        }
        assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), started);
        supervisors.stop().expect("it runs");
    });
    node.stop();
}

#[otp::test(seeds = 20)]
fn xpart_start_via(_: &mut Sim) {
    let rooms = Rooms::new();
    let name = Name::via(&rooms, 7);
    let supervisors = supervisors().partitions(2).name(&name).start()?;
    assert_eq!(name.whereis(), supervisors.pid());
    let named = PartitionRef::lookup(&name)?;
    named.route(&0).start_child((works(),))?;
    let partitions = [0, 1].map(|number| supervisors.partition(number).count_children().map(|count| count.active));
    assert_eq!(partitions, [Ok(1), Ok(0)]);
    assert_eq!(named.route(&0).pid(), supervisors.partition(0).pid());
}

/// Whoever has the client needs no name.
#[otp::test(seeds = 20)]
fn xpart_raise_without_name(_: &mut Sim) {
    let unnamed = workers().start_link()?;
    assert!(unnamed.route("key").is_alive());
    assert_eq!(PartitionRef::lookup(WORKERS).unwrap_err(), CallError::NoProc);
    assert!(workers().name(WORKERS).start().is_ok());
}

#[otp::test(seeds = 20)]
fn xpart_raise_bad_partitions(_: &mut Sim) {
    let none = || workers().partitions(0).name(WORKERS);
    let error = StartError::Spec(SpecError::NoPartitions);
    assert_eq!(none().start().unwrap_err(), error);
    assert_eq!(WORKERS.whereis(), None);
    assert_eq!(error.to_string(), "a partition supervisor needs at least one partition");
    let top = Supervisor::new(Strategy::OneForOne).child("workers", PartitionSupervisor::<Worker>::spec(none)).start();
    assert_eq!(top.unwrap_err(), StartError::Child { id: "workers".into(), error: error.into() });
}

/// Each partition is given its number, at each of its starts.
#[otp::test(seeds = 20)]
fn xpart_raise_bad_with_arguments(t: &mut Sim) {
    let (made, starts) = (Arc::new(AtomicU32::new(0)), [(); 4].map(|()| works()));
    let numbered = {
        let (made, starts) = (Arc::clone(&made), starts.clone());
        PartitionSupervisor::new(move |number| {
            made.fetch_add(1, SeqCst);
            Worker::child_spec(starts[number].clone())
        })
    };
    let workers = numbered.partitions(4).start()?;
    kill(t, &workers.partition(2));
    assert_eq!(starts.map(|plan| plan.starts()), [1, 1, 2, 1]);
    assert_eq!(made.load(SeqCst), 4, "a partition is restarted with what it was started with");
}

/// Nothing ends it but its children's failure: a significant partition makes no sense.
#[otp::test(seeds = 20)]
fn xpart_raise_bad_auto_shutdown(t: &mut Sim) {
    let spec = || Worker::child_spec(works()).restart(Restart::Transient);
    let significant = PartitionSupervisor::new(move |_| spec().significant(true)).partitions(2).start();
    assert_eq!(significant.unwrap_err(), StartError::Spec(SpecError::SignificantForNothing(0.into())));
    let workers = PartitionSupervisor::new(move |_| spec()).partitions(2).start()?;
    for number in 0..2 {
        workers.partition(number).end(ExitReason::Normal);
    }
    t.settle();
    assert_eq!(counts(&workers), [2, 0, 0, 2], "it stays, without a partition that runs");
}

#[otp::test(seeds = 20)]
fn xpart_stop_sync(_: &mut Sim) {
    let workers = workers().name(WORKERS).start()?;
    let worker = workers.partition(3);
    PartitionRef::lookup(WORKERS)?.stop()?;
    assert_eq!((WORKERS.whereis(), workers.pid(), worker.pid()), (None, None, None));
    assert_eq!(workers.stop(), Err(CallError::NoProc));
    assert_eq!(workers.partitions(), Err(ChildError::Gone(CallError::NoProc)));
    assert!(!workers.route("key").is_alive());
}

#[otp::test(seeds = 20)]
fn xpart_stop_via(_: &mut Sim) {
    let name = Name::via(&Rooms::new(), 7);
    let pid = workers().name(&name).start()?.pid().expect("it runs");
    PartitionRef::lookup(&name)?.stop()?;
    assert!(!process::is_alive(pid));
}

#[otp::test(seeds = 20)]
fn xpart_partitions_unknown(_: &mut Sim) {
    assert_eq!(PartitionRef::lookup(WORKERS).map(|workers| workers.partitions()), Err(CallError::NoProc));
    // Nor is another supervisor one, nor one of other children.
    let _other = Supervisor::new(Strategy::OneForOne).name("workers").start()?;
    assert_eq!(PartitionRef::lookup(WORKERS).unwrap_err(), CallError::NoProc);
    let _others = supervisors().name(SUPERVISORS).start()?;
    assert_eq!(PartitionRef::<Worker>::lookup("supervisors").unwrap_err(), CallError::NoProc);
    assert!(PartitionRef::lookup(SUPERVISORS).is_ok());
}

#[otp::test(seeds = 20)]
fn xpart_partitions_unknown_via(_: &mut Sim) {
    let name = Name::<PartitionSupervisor<Worker>>::via(&Rooms::new(), 7);
    assert_eq!(PartitionRef::lookup(&name).unwrap_err(), CallError::NoProc);
    let top = Supervisor::new(Strategy::OneForOne).start()?;
    let nobody = top.child::<PartitionSupervisor<Worker>>("nobody");
    assert_eq!(nobody.partitions(), Err(ChildError::Gone(CallError::NoProc)));
    assert_eq!(nobody.resize(1), Err(ChildError::Gone(CallError::NoProc)));
    assert!(!nobody.route("key").is_alive());
}

#[otp::test(seeds = 20)]
fn xpart_resize_too_big(_: &mut Sim) {
    let workers = workers().start()?;
    let too_many = workers.resize(9).unwrap_err();
    assert_eq!(too_many, ChildError::TooManyPartitions(8));
    assert_eq!(too_many.to_string(), "there can be 0 to 8 partitions");
    assert_eq!((workers.partitions(), counts(&workers)), (Ok(8), [8, 8, 0, 8]));
    // Nor when there are fewer now.
    assert_eq!((workers.resize(3), workers.resize(9)), (Ok(8), Err(ChildError::TooManyPartitions(8))));
    assert_eq!(workers.partitions(), Ok(3));
}

/// Down to none, and up again.
#[otp::test(seeds = 20)]
fn more_xpart_resize(_: &mut Sim) {
    let workers = workers().start()?;
    let all = (0..8).map(|number| pid(&workers.partition(number))).collect::<Vec<_>>();
    assert_eq!(workers.resize(3), Ok(8));
    assert_eq!((workers.partitions(), counts(&workers)), (Ok(3), [8, 3, 0, 8]));
    assert_eq!((0..8).map(|key| workers.route(&key).pid()).collect::<Vec<_>>(), {
        let at = |number: usize| Some(all[number]);
        [at(0), at(1), at(2), at(0), at(1), at(2), at(0), at(1)]
    });
    assert!(all[3..].iter().all(|pid| !process::is_alive(*pid)));
    assert_eq!(workers.resize(0), Ok(3));
    assert_eq!((workers.partitions(), counts(&workers)), (Ok(0), [8, 0, 0, 8]));
    assert_eq!([workers.route(&5).is_alive(), workers.route("key").is_alive()], [false, false]);
    assert_eq!(workers.resize(8), Ok(0));
    assert_eq!((workers.partitions(), counts(&workers)), (Ok(8), [8, 8, 0, 8]));
    assert!(all.iter().all(|pid| !process::is_alive(*pid)));
}

#[otp::test(seeds = 20)]
fn xpart_which_children(_: &mut Sim) {
    let workers = workers().start()?;
    let mut children = workers.which_children()?;
    children.reverse();
    assert_eq!(children.len(), 8);
    for (number, child) in children.iter().enumerate() {
        assert_eq!(
            (&child.id, child.id.index(), child.id.to_string()),
            (&number.into(), Some(number), number.to_string())
        );
        assert_eq!(child.state, ChildState::Running(pid(&workers.partition(number))));
        assert_eq!(workers.route(&number).pid(), workers.partition(number).pid());
        assert_eq!((child.kind, child.label), (ChildKind::Worker, "Worker"));
    }
}

#[otp::test(seeds = 20)]
fn xpart_count_workers(_: &mut Sim) {
    assert_eq!(counts(&workers().start()?), [8, 8, 0, 8]);
}

#[otp::test(seeds = 20)]
fn xpart_count_supervisors(_: &mut Sim) {
    assert_eq!(counts(&supervisors().partitions(8).start()?), [8, 8, 8, 0]);
}

#[otp::test(seeds = 20)]
fn xpart_count_unknown(_: &mut Sim) {
    assert_eq!(PartitionRef::lookup(WORKERS).unwrap_err(), CallError::NoProc);
    let workers = workers().start()?;
    workers.stop()?;
    assert_eq!(workers.count_children(), Err(ChildError::Gone(CallError::NoProc)));
    assert_eq!(workers.which_children(), Err(ChildError::Gone(CallError::NoProc)));
}

#[otp::test(seeds = 20)]
fn xpart_count_via(_: &mut Sim) {
    let name = Name::via(&Rooms::new(), 7);
    let _workers = workers().name(&name).start()?;
    assert_eq!(counts(&PartitionRef::lookup(&name)?), [8, 8, 0, 8]);
}

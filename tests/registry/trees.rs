//! A registry as a child of a tree, and what becomes of it there.

use otp::{
    name::RegisterError,
    prelude::*,
    registry::{Duplicate, Registry, RegistryRef},
    supervisor::SpecError,
};

use crate::{Puppet, duplicate, names::Session, unique};

/// Registers itself at each of its starts.
struct Member;

#[actor]
impl Member {
    #[init]
    fn init(topics: RegistryRef<&'static str, u32, Duplicate>, number: u32) -> Result<Self, RegisterError> {
        topics.register("members", number)?;
        Ok(Self)
    }

    #[handle_cast]
    fn bug(&self) {
        panic!("off by one");
    }
}

supervisor! {
    Club<rest_for_one>(partitions: usize) {
        intensity: 10 in 5s;
        sessions: Registry<u32, ()>(Registry::new().partitions(*partitions));
        topics:   Registry<&'static str, u32, Duplicate>(Registry::duplicate());
        lobby:    Session(12) { name: sessions.name(12) };
        member:   [Member(topics, i) for i in 0..3];
    }
}

fn members(club: &Club) -> Vec<u32> {
    crate::sorted(club.topics().matching("members", |_| true).into_iter().map(|(_, number)| number).collect())
}

#[otp::test(seeds = 50)]
fn later_siblings_are_given_it(t: &mut Sim) {
    let club = Club::start(4)?;
    assert_eq!(club.sessions().client::<Session>(12).id(), Ok(12));
    assert_eq!(members(&club), [0, 1, 2]);
    assert_eq!(club.sessions().count_children()?.active, 4);
    club.member()[1].bug();
    t.settle();
    assert_eq!((members(&club), t.crashes().len()), (vec![0, 1, 2], 1));
}

/// Its clients stay valid, names that were made of it too; it is empty, and those after it register anew.
#[otp::test(seeds = 50)]
fn it_is_restarted_with_those_after_it(t: &mut Sim) {
    let club = Club::start(1)?;
    let (sessions, topics) = (club.sessions(), club.topics());
    let (lobby, before) = (sessions.client::<Session>(12), sessions.whereis(&12));
    let of = sessions.clone();
    let guest = Puppet::new();
    guest.does(move || of.register(1, ())).unwrap();
    t.kill(&club.sessions());
    t.settle();
    assert_eq!((lobby.id(), lobby.pid() == before), (Ok(12), false));
    assert_eq!((members(&club), topics.count()), (vec![0, 1, 2], 3));
    // Who was registered ends by the link.
    assert_eq!((process::is_alive(guest.pid), sessions.count()), (false, 1));
    sessions.register(1, ())?;
    assert_eq!(club.sessions().whereis(&1), Some(otp::self_pid()));
}

/// A key that a child spec gives stands for the child's place.
#[otp::test(seeds = 50)]
fn a_call_by_key_waits_for_the_next_incarnation(t: &mut Sim) {
    let club = Club::start(1)?;
    let lobby = club.sessions().client::<Session>(12);
    t.kill(&lobby);
    assert_eq!(lobby.wait_for_restart().id(), Ok(12));
}

/// Where keys are unique all partitions start anew, else only the one that has crashed. Those who trap exits live on.
#[otp::test(seeds = 50)]
fn a_partition_that_crashes_takes_its_entries_along(t: &mut Sim) {
    fn crash<D: otp::registry::KeyKind>(t: &Sim, registry: &RegistryRef<u32, (), D>) -> (bool, usize) {
        let me = otp::self_pid();
        registry.register(1, ()).unwrap();
        let [own] = crate::links(me)[..] else { panic!("it is linked to its partition") };
        let before = registry.which_children().unwrap();
        process::exit(own, ExitReason::Kill);
        t.settle();
        let exit = process::current().receive_exit(Duration::ZERO).unwrap();
        assert_eq!((exit.from, registry.count(), registry.keys(me)), (own, 0, vec![]));
        let same = before.iter().zip(registry.which_children().unwrap()).filter(|(a, b)| a.pid() == b.pid()).count();
        registry.register(1, ()).unwrap();
        registry.unregister(&1);
        (registry.is_alive(), same)
    }
    assert_eq!(crash(t, &unique(3)), (true, 0));
    assert_eq!(crash(t, &duplicate(3)), (true, 2));
}

#[otp::test(seeds = 20)]
fn without_partitions_it_does_not_start(_: &mut Sim) {
    let error = StartError::Spec(SpecError::NoPartitions);
    assert_eq!(Registry::<u32, ()>::new().partitions(0).start().unwrap_err(), error);
    let spec = Registry::<u32, (), Duplicate>::duplicate().partitions(0).child_spec();
    let top = Supervisor::new(Strategy::OneForOne).child("registry", spec).start();
    assert_eq!(top.unwrap_err(), StartError::Child { id: "registry".into(), error: error.into() });
}

/// A client of another kind of registry reaches nobody.
#[otp::test(seeds = 20)]
fn a_client_of_the_wrong_type_finds_nothing(_: &mut Sim) {
    let spec = Registry::<u32, ()>::new().child_spec();
    let top = Supervisor::new(Strategy::OneForOne).child("registry", spec).start()?;
    top.child::<Registry<u32, ()>>("registry").register(7, ())?;
    let wrong = top.child::<Registry<u32, (), Duplicate>>("registry");
    assert_eq!((wrong.lookup(&7), wrong.register(7, ())), (vec![], Err(RegisterError::NoRegistry)));
}

#[otp::test(seeds = 50)]
fn the_end_of_a_registry_takes_all_entries_along(t: &mut Sim) {
    for how in [ExitReason::Shutdown, ExitReason::Kill] {
        let registry = unique::<u32, ()>(3);
        let puppets: Vec<_> = (0..10).map(|_| Puppet::new()).collect();
        for (key, puppet) in (0..).zip(&puppets) {
            let of = registry.clone();
            puppet.does(move || of.register(key, ())).unwrap();
        }
        process::exit(registry.pid().unwrap(), how);
        t.settle();
        assert_eq!((registry.count(), registry.is_alive()), (0, false));
        assert!(puppets.iter().all(|puppet| !process::is_alive(puppet.pid)));
    }
}

#[otp::test(seeds = 1)]
fn it_is_shown_as_what_it_is(_: &mut Sim) {
    let shape = Club::tree().to_string();
    assert!(shape.contains("sessions: Registry"), "{shape}");
    let club = Club::start(2)?;
    let running = club.to_string();
    assert!(running.contains("RegistryPartition"), "{running}");
    assert!(club.sessions().to_string().starts_with("Registry"), "{}", club.sessions());
}

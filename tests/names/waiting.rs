//! Names that are waited for.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use otp::{
    Name, Node,
    actor::Starter,
    name::{RegisterError, UnregisterError, Via},
    prelude::*,
};

use super::{Idle, millis};

fn kill(t: &mut Sim, pid: Option<Pid>) {
    t.kill(&pid.unwrap());
    t.advance(millis(20));
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key(u8);

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// Keeps the names of those that live.
#[derive(Default)]
struct Register(Mutex<Vec<(Arc<str>, Pid)>>);

impl Via for Register {
    type Key = Arc<str>;

    fn register(&self, key: &Self::Key, pid: Pid) -> Result<(), RegisterError> {
        if let Some(holder) = self.whereis(key) {
            return Err(RegisterError::Taken(holder));
        }
        self.0.lock().unwrap().push((Arc::clone(key), pid));
        Ok(())
    }

    fn unregister(&self, key: &Self::Key) -> Result<(), UnregisterError> {
        self.0.lock().unwrap().retain(|(other, _)| other != key);
        Ok(())
    }

    fn whereis(&self, key: &Self::Key) -> Option<Pid> {
        let mut names = self.0.lock().unwrap();
        names.retain(|(_, pid)| process::is_alive(*pid));
        names.iter().find(|(other, _)| other == key).map(|(_, pid)| *pid)
    }
}

/// What the scribes of a test share.
#[derive(Clone, Default)]
struct Desk {
    notes: Arc<Mutex<Vec<u32>>>,
    fails: Arc<AtomicBool>,
}

/// Takes a while to start, and writes down what it is told.
struct Scribe(Desk);

#[actor]
impl Scribe {
    #[init]
    fn init(desk: Desk) -> Result<Self, &'static str> {
        otp::sleep(millis(10));
        if desk.fails.swap(false, SeqCst) { Err("told to") } else { Ok(Self(desk)) }
    }

    #[handle_cast]
    fn note(&mut self, what: u32) {
        self.0.notes.lock().unwrap().push(what);
    }

    #[handle_call]
    fn write(&mut self, what: u32, ctx: &mut Context<Self>) -> Pid {
        self.note(what);
        ctx.pid()
    }
}

impl Desk {
    /// A scribe that is started again after a second when it fails twice.
    fn spec(&self, name: impl Into<Name<Scribe>>) -> ChildSpec<Scribe> {
        Scribe::child_spec(self.clone()).backoff(millis(1000)..=millis(1000)).name(name)
    }
}

#[otp::test(seeds = 20)]
fn a_name_is_waited_for_as_its_place_is(t: &mut Sim) {
    let register = Arc::new(Register::default());
    for name in [Name::<Scribe>::from("scribe"), Name::via(&register, "scribe".into())] {
        for strategy in [Strategy::OneForOne, Strategy::RestForOne, Strategy::OneForAll] {
            let desk = Desk::default();
            let plain = name.client();
            let patient = plain.wait_for_restart();
            assert_eq!(patient.write(0), Err(CallError::NoProc), "it was never there");
            let spec = [desk.spec("other"), desk.spec(&name)];
            let [other, scribe] = spec;
            let supervisor =
                Supervisor::new(strategy).intensity(9, millis(1000)).child("a", other).child("b", scribe).start()?;
            let place = supervisor.child::<Scribe>("b").wait_for_restart();
            assert_eq!((patient.write(0)?, patient.pid()), (name.whereis().unwrap(), name.whereis()));
            assert_eq!((&patient, format!("{patient:?}")), (&plain, format!("{plain:?}")));

            kill(t, name.whereis());
            kill(t, name.whereis());
            let at = t.now();
            assert_eq!((plain.write(0), patient.pid()), (Err(CallError::NoProc), None));
            let request = patient.request().write(1);
            let by_place = place.as_async().write(2);
            patient.note(3);
            assert_eq!(patient.timeout(millis(9)).write(0), Err(CallError::Timeout { started: false }));
            let now = patient.write(4)?;
            assert!(t.now() - at >= millis(900));
            assert_eq!((request.wait(), by_place.wait(), name.whereis()), (Ok(now), Ok(now), Some(now)));
            assert_eq!(std::mem::take(&mut *desk.notes.lock().unwrap()), [0, 1, 2, 3, 4], "in one order");

            // One that has the name and is not ready yet may fail, and has what was left before to come to first.
            kill(t, Some(now));
            let left = patient.request().write(5);
            t.advance(millis(900));
            while name.whereis().is_none() {
                t.advance(millis(1));
            }
            desk.fails.store(true, SeqCst);
            let in_between = patient.request().write(6);
            t.advance(millis(5));
            let failing = name.whereis();
            patient.note(7);
            let now = in_between.wait()?;
            assert_ne!(Some(now), failing);
            assert_eq!((left.wait()?, name.whereis()), (now, Some(now)));
            assert_eq!(std::mem::take(&mut *desk.notes.lock().unwrap()), [5, 6, 7]);
            assert_eq!(t.crashes().len(), 1);

            // Nobody is to come: that is told at once, and others may take the name.
            supervisor.terminate_child("b")?;
            let at = t.now();
            assert_eq!(patient.write(0), Err(CallError::NoProc));
            assert_eq!(t.now(), at);
            let stranger = Starter::<Scribe>::new().name(&name).start((desk.clone(),))?;
            assert_eq!(patient.write(0).ok(), stranger.pid());
            stranger.stop()?;
            supervisor.restart_child("b")?;
            assert_eq!(patient.write(0).ok(), place.pid());
            kill(t, name.whereis());
            kill(t, name.whereis());
            let waits = patient.request().write(0);
            supervisor.stop()?;
            assert_eq!((waits.wait(), patient.write(0)), (Err(CallError::NoProc), Err(CallError::NoProc)));
        }
    }
}

#[otp::test(seeds = 20)]
fn the_names_of_dynamic_children_and_of_nested_trees_are_waited_for(t: &mut Sim) {
    let register = Arc::new(Register::default());
    let key: Arc<str> = "scribe".into();
    let (desk, name) = (Desk::default(), Name::<Scribe>::via(&register, Arc::clone(&key)));
    let patient = name.client().wait_for_restart();
    let inner = desk.clone();
    // It ends with its child.
    let nested = Supervisor::spec(move || {
        Supervisor::new(Strategy::OneForOne).intensity(0, millis(1)).child("scribe", inner.spec("nested"))
    });
    let top = Supervisor::new(Strategy::OneForOne)
        .intensity(9, millis(1000))
        .child(
            "scribes",
            supervisor::DynamicSupervisor::<Scribe, Name<Scribe>>::spec({
                let desk = desk.clone();
                move || {
                    let desk = desk.clone();
                    supervisor::DynamicSupervisor::template(move |name: Name<Scribe>| desk.spec(name))
                        .intensity(9, millis(1000))
                }
            }),
        )
        .child("nested", nested.backoff(millis(1000)..=millis(1000)))
        .start()?;
    let scribes = top.child::<supervisor::DynamicSupervisor<Scribe, Name<Scribe>>>("scribes");
    let scribe = scribes.start_child(name.clone())?;
    kill(t, scribe.pid());
    kill(t, scribe.pid());
    let at = t.now();
    assert_eq!(patient.write(0).ok(), name.whereis());
    assert!(t.now() - at >= millis(900));

    // Of two places that a name stands for, it is the one that is held.
    kill(t, scribe.pid());
    for _ in 0..8 {
        let twin = scribes.start_child(name.clone())?;
        assert_eq!(patient.write(0).ok(), twin.pid());
        scribes.terminate_child(&twin)?;
    }

    // The restart of a nested supervisor is waited for; that of a dynamic one brings no children back.
    let by_name = Name::<Scribe>::from("nested").client().wait_for_restart();
    for restarts in 1..=2 {
        kill(t, process::whereis("nested"));
        assert_eq!(by_name.write(0).ok(), process::whereis("nested"));
        assert_eq!(top.restarts("nested")?, restarts);
    }
    kill(t, scribes.pid());
    let at = t.now();
    assert_eq!((patient.write(0), t.now()), (Err(CallError::NoProc), at));
    let again = scribes.start_child(name.clone())?;
    assert_eq!(patient.write(0).ok(), again.pid());
    scribes.terminate_child(&again)?;

    // Nothing is left of it.
    drop((patient, name));
    register.0.lock().unwrap().clear();
    assert_eq!(Arc::strong_count(&key), 1);
}

/// All of its keys have one hash.
#[derive(Default)]
struct Hashless(Mutex<BTreeMap<u8, Pid>>);

impl Via for Hashless {
    type Key = Key;

    fn register(&self, Key(key): &Key, pid: Pid) -> Result<(), RegisterError> {
        self.0.lock().unwrap().insert(*key, pid);
        Ok(())
    }

    fn unregister(&self, Key(key): &Key) -> Result<(), UnregisterError> {
        self.0.lock().unwrap().remove(key).map(drop).ok_or(UnregisterError)
    }

    fn whereis(&self, Key(key): &Key) -> Option<Pid> {
        self.0.lock().unwrap().get(key).copied()
    }
}

#[otp::test(seeds = 5)]
fn nobody_waits_under_another_name_nor_on_another_node(t: &mut Sim) {
    let (desk, registry) = (Desk::default(), Arc::new(Hashless::default()));
    let names: Vec<_> = (0..8).map(|key| Name::<Scribe>::via(&registry, Key(key))).collect();
    let specs = names.iter().map(|name| desk.spec(name)).enumerate();
    let supervisor = specs.fold(Supervisor::new(Strategy::OneForOne), |supervisor, (index, spec)| {
        supervisor.child(("scribe", index), spec)
    });
    let _supervisor = supervisor.start()?;
    for name in &names {
        assert_eq!(name.client().wait_for_restart().write(0).ok(), name.whereis());
    }

    let elsewhere = Node::builder().cores(1).start()?;
    elsewhere.enter(|| {
        let name = Name::<Idle>::from("elsewhere");
        let spec = Idle::child_spec(false).name(&name);
        Supervisor::new(Strategy::OneForOne).child("idle", spec).start().unwrap();
        assert_eq!(name.client().wait_for_restart().who().ok(), name.whereis());
    });
    assert_eq!(Name::<Idle>::from("elsewhere").client().wait_for_restart().who(), Err(CallError::NoProc));
    elsewhere.stop();

    // Of one that is nobody's child there is no other to come.
    let name = Name::<Scribe>::from("alone");
    let (first, patient) = (t.start(desk.spec(&name))?, name.client().wait_for_restart());
    kill(t, first.pid());
    assert_eq!(patient.write(0), Err(CallError::NoProc));
    let second = Starter::<Scribe>::new().name(&name).start((desk,))?;
    assert_eq!(patient.write(0).ok(), second.pid());
}

/// What hashes a key is the user's.
#[otp::test(seeds = 5)]
fn a_key_that_cannot_be_hashed_is_no_harm_to_a_supervisor(_: &mut Sim) {
    #[derive(Debug, PartialEq, Eq)]
    struct Unhashable;

    impl std::hash::Hash for Unhashable {
        fn hash<H: std::hash::Hasher>(&self, _: &mut H) {
            panic!("no hash");
        }
    }

    struct Anything;

    impl Via for Anything {
        type Key = Unhashable;

        fn register(&self, _: &Unhashable, _: Pid) -> Result<(), RegisterError> {
            Ok(())
        }

        fn unregister(&self, _: &Unhashable) -> Result<(), UnregisterError> {
            Ok(())
        }

        fn whereis(&self, _: &Unhashable) -> Option<Pid> {
            None
        }
    }

    let scribe = Desk::default().spec(Name::via(&Arc::new(Anything), Unhashable));
    let supervisor = Supervisor::new(Strategy::OneForOne).child("scribe", scribe).start()?;
    assert!(supervisor.child::<Scribe>("scribe").write(1).is_ok());
}

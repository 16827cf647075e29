//! A key as a name, wherever one can stand.

use otp::{
    Name,
    actor::Starter,
    name::{RegName, RegisterError, UnregisterError},
    prelude::*,
    process::Subject,
    registry::{Registry, RegistryRef},
};

use crate::{Puppet, unique};

/// Asks for an id.
pub(crate) struct Hello(Subject<u32>);

/// Knows what it was started with.
pub(crate) struct Session {
    id: u32,
}

#[actor]
impl Session {
    #[init]
    fn init(id: u32) -> Result<Self, &'static str> {
        if id == 0 { Err("no such session") } else { Ok(Self { id }) }
    }

    #[handle_call]
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    #[handle_info]
    fn hello(&self, hello: Hello) {
        hello.0.send(self.id);
    }

    #[handle_cast]
    pub(crate) fn end(&self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::Normal);
    }
}

fn sessions() -> RegistryRef<u32, ()> {
    unique(2)
}

fn start(sessions: &RegistryRef<u32, ()>, key: u32, id: u32) -> Result<SessionRef, StartError> {
    Starter::<Session>::new().name(sessions.name(key)).start((id,))
}

#[otp::test(seeds = 50)]
fn a_client_of_a_key_follows_whoever_holds_it(_: &mut Sim) {
    let sessions = sessions();
    let seventh = sessions.client::<Session>(7);
    assert_eq!(seventh.id(), Err(CallError::NoProc));
    let first = start(&sessions, 7, 1)?;
    assert_eq!((seventh.id(), seventh.pid()), (Ok(1), first.pid()));
    first.stop()?;
    assert_eq!(seventh.id(), Err(CallError::NoProc));
    start(&sessions, 7, 2)?;
    assert_eq!(seventh.id(), Ok(2));
}

/// Who is told of an end can take the key at once.
#[otp::test(seeds = 200)]
fn the_key_of_the_dead_is_free_before_it_is_cleaned_up(_: &mut Sim) {
    let sessions = sessions();
    let first = start(&sessions, 7, 1)?;
    let monitor = first.monitor().unwrap();
    first.end();
    process::current().receive_down(monitor, None);
    assert_eq!(sessions.whereis(&7), None);
    let second = start(&sessions, 7, 2)?;
    assert_eq!(sessions.whereis(&7), second.pid());
    assert_eq!(sessions.count(), 1);
}

/// The clean-up after the one before takes nothing from its successor.
#[otp::test(seeds = 200)]
fn a_late_clean_up_takes_only_what_was_the_dead_ones(t: &mut Sim) {
    let registry = unique::<u32, &str>(1);
    let (puppet, of) = (Puppet::new(), registry.clone());
    puppet.does(move || of.register(7, "first")).unwrap();
    puppet.ends();
    registry.register(7, "second")?;
    t.settle();
    assert_eq!(registry.lookup(&7), Some((otp::self_pid(), "second")));
    assert_eq!(registry.keys(otp::self_pid()), [7]);
}

#[otp::test(seeds = 50)]
fn a_name_is_given_once(_: &mut Sim) {
    let sessions = sessions();
    let first = start(&sessions, 7, 1)?;
    let taken = start(&sessions, 7, 2).unwrap_err();
    assert_eq!(taken, StartError::AlreadyStarted(first.pid().unwrap()));
    assert_eq!(first.id(), Ok(1));
}

#[otp::test(seeds = 50)]
fn a_failed_start_leaves_no_name(t: &mut Sim) {
    let sessions = sessions();
    assert!(matches!(start(&sessions, 7, 0), Err(StartError::Failed(_))));
    assert_eq!(sessions.whereis(&7), None);
    t.settle();
    assert_eq!(sessions.count(), 0);
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn a_process_registers_itself_alone(_: &mut Sim) {
    let sessions = sessions();
    let (name, puppet) = (sessions.name::<()>(7), Puppet::new());
    assert_eq!(name.register(puppet.pid), Err(RegisterError::OtherProcess));
    assert_eq!(name.unregister(), Err(UnregisterError));
    assert_eq!(name.register(otp::self_pid()), Ok(()));
    assert_eq!((name.whereis(), sessions.lookup(&7)), (Some(otp::self_pid()), Some((otp::self_pid(), ()))));
    let of = name.clone();
    assert_eq!(puppet.does(move || of.unregister()), Err(UnregisterError), "it is another's");
    assert_eq!((name.unregister(), name.whereis()), (Ok(()), None));
}

#[otp::test(seeds = 20)]
fn names_are_equal_when_their_keys_and_registries_are(_: &mut Sim) {
    let (here, there) = (unique::<u32, u32>(1), unique::<u32, u32>(1));
    assert_eq!(here.name::<()>(7), here.clone().name_with(7, 42));
    assert_ne!(here.name::<()>(7), here.name(8));
    assert_ne!(here.name::<()>(7), there.name(7));
    assert_eq!(here.name::<()>(7).to_string(), "7");
}

#[otp::test(seeds = 20)]
fn a_registry_stands_where_a_via_is_asked_for(_: &mut Sim) {
    let registry = std::sync::Arc::new(unique::<u32, u32>(1));
    let name = RegName::via(&registry, 7);
    assert_eq!(name.register(otp::self_pid()), Ok(()));
    assert_eq!((name.whereis(), registry.lookup(&7)), (Some(otp::self_pid()), Some((otp::self_pid(), 0))));
    assert_eq!((name.unregister(), name.unregister()), (Ok(()), Err(UnregisterError)));
}

#[otp::test(seeds = 20)]
fn subjects_go_by_a_key(t: &mut Sim) {
    let sessions = sessions();
    let client = sessions.client::<Session>(7);
    let ids = client.subject::<Hello>();
    assert!(ids.try_send(Hello(process::current().subject())).is_err());
    start(&sessions, 7, 1)?;
    let hello = process::current().subject();
    ids.send(Hello(hello.clone()));
    t.settle();
    assert_eq!(hello.receive(None), Some(1));
}

#[otp::test(seeds = 20)]
fn exits_and_monitors_go_by_a_key(_: &mut Sim) {
    let sessions = sessions();
    let session = start(&sessions, 7, 1)?;
    let name: Name<Session> = sessions.name(7);
    let monitor = process::monitor_name(&name);
    process::exit(RegName::from(&name), ExitReason::Shutdown);
    let down = process::current().receive_down(monitor, None).unwrap();
    assert_eq!((Some(down.pid), down.name, down.reason), (session.pid(), Some(name.into()), ExitReason::Shutdown));
}

#[otp::test(seeds = 20)]
fn a_registry_is_found_by_its_own_name(_: &mut Sim) {
    let registry = Registry::<u32, ()>::new().name("rooms").start()?;
    registry.register(7, ())?;
    let found = RegistryRef::<u32, ()>::find("rooms")?;
    assert_eq!((found.pid(), found.whereis(&7)), (registry.pid(), Some(otp::self_pid())));
    let error = StartError::AlreadyStarted(registry.pid().unwrap());
    assert_eq!(Registry::<u32, ()>::new().name("rooms").start().unwrap_err(), error);
    // Of other types, or none at all.
    assert_eq!(RegistryRef::<u64, ()>::find("rooms").unwrap_err(), CallError::NoProc);
    assert_eq!(RegistryRef::<u32, (), otp::registry::Duplicate>::find("rooms").unwrap_err(), CallError::NoProc);
    assert_eq!(RegistryRef::<u32, ()>::find("nobody").unwrap_err(), CallError::NoProc);
}

//! `chip_test` and the programs of its guides.

use otp::{
    Name,
    actor::Starter,
    group::{GroupError, Groups, GroupsRef},
    prelude::*,
    process::Subject,
    topic::PubSub,
};

use crate::{idle, kill};

/// A session counts what it is told.
struct Session {
    told: u32,
}

type Sessions = GroupsRef<char, u32>;

#[actor]
impl Session {
    #[init]
    fn init(sessions: Sessions, groups: Vec<char>, ctx: &mut Context<Self>) -> Result<Self, GroupError> {
        let subject = ctx.subject(|session, by| session.tell(by));
        for group in groups {
            sessions.register(group, &subject)?;
        }
        Ok(Self { told: 0 })
    }

    #[handle_cast]
    fn tell(&mut self, by: u32) {
        self.told += by;
    }

    #[handle_call]
    fn told(&self) -> u32 {
        self.told
    }
}

/// One session in A, two in B, three in C.
fn six(sessions: &Sessions) -> Vec<SessionRef> {
    "ABBCCC".chars().map(|group| Session::start(sessions.clone(), vec![group]).unwrap()).collect()
}

const NAMED: Name<Groups<char, u32>> = Name::new("sessions");

#[otp::test(seeds = 20)]
fn chip_named_from(_: &mut Sim) {
    let started = Starter::new().name(NAMED).start(())?;
    let found = Groups::lookup(NAMED).unwrap();
    assert_eq!((found.pid(), found == started), (started.pid(), true));
    found.register('A', &process::current().subject())?;
    assert_eq!((started.len(&'A'), NAMED.client().len(&'A')), (1, 1));
    assert_eq!(Starter::new().name(NAMED).start(()).err(), Some(StartError::AlreadyStarted(started.pid().unwrap())));
}

#[otp::test(seeds = 20)]
fn chip_from_missing(_: &mut Sim) {
    assert!(Groups::<char, u32>::lookup("nobody").is_none());
    process::register("somebody", otp::self_pid())?;
    assert!(Groups::<char, u32>::lookup("somebody").is_none(), "it keeps no groups");
    Starter::new().name(NAMED).start(())?;
    assert!(Groups::<char, String>::lookup("sessions").is_none(), "its subjects are for other messages");
}

#[otp::test(seeds = 20)]
fn chip_members_groups(_: &mut Sim) {
    let sessions = Groups::start()?;
    six(&sessions);
    let counts = ['A', 'B', 'C', 'D'].map(|group| sessions.members(&group).len());
    assert_eq!(counts, [1, 2, 3, 0]);
    assert_eq!(sessions.groups().len(), 3);
}

#[otp::test(seeds = 20)]
fn chip_many_subjects_one_process(_: &mut Sim) {
    let sessions = Groups::<char, u32>::start()?;
    let subjects = [(); 3].map(|()| process::current().subject());
    for subject in subjects.iter().chain(&subjects) {
        sessions.register('A', subject)?;
    }
    let members = sessions.members(&'A');
    assert!(members.len() == 3 && subjects.iter().all(|subject| members.contains(subject)), "each once");
    let monitors = process::info(sessions.pid().unwrap()).unwrap().monitors;
    assert_eq!(monitors, [otp::self_pid()], "their owner is monitored once");
}

#[otp::test(seeds = 20)]
fn chip_dispatch_group(_: &mut Sim) {
    let sessions = Groups::start()?;
    let six: Vec<_> = (0..6).map(|_| Session::start(sessions.clone(), vec!['A']).unwrap()).collect();
    assert_eq!(sessions.dispatch(&'A', |session| session.send(1)), 6);
    assert!(six.iter().all(|session| session.told() == Ok(1)));
}

#[otp::test(seeds = 20)]
fn chip_dispatch_groups(_: &mut Sim) {
    let sessions = Groups::start()?;
    let six = six(&sessions);
    for (group, times) in [('A', 1), ('B', 2), ('C', 3)] {
        sessions.dispatch(&group, |session| (0..times).for_each(|_| session.send(1)));
    }
    assert_eq!(sessions.dispatch(&'D', |_| unreachable!("nobody is in it")), 0);
    let told: Vec<_> = six.iter().map(|session| session.told().unwrap()).collect();
    assert_eq!(told, [1, 2, 2, 3, 3, 3]);
}

supervisor! {
    Rooms<rest_for_one>() {
        sessions: Groups<char, u32>();
        session: [Session(sessions, vec![id]) for id in '1'..='3'];
    }
}

#[otp::test(seeds = 50)]
fn chip_supervised(t: &mut Sim) {
    let rooms = Rooms::start()?;
    let sessions = rooms.sessions();
    let before = sessions.members(&'2');
    assert_eq!(before.len(), 1);
    before[0].send(1);
    assert_eq!(rooms.session()[1].told(), Ok(1));
    t.kill(&rooms.session()[1]);
    t.settle();
    let after = sessions.members(&'2');
    assert!(after.len() == 1 && after != before, "another subject of another process");
    assert_eq!(after[0].owner(), rooms.session()[1].pid());
    after[0].send(5);
    assert_eq!(rooms.session()[1].told(), Ok(5));
    // With what keeps them all sessions begin again, and are found.
    t.kill(&rooms.sessions());
    t.settle();
    assert_eq!(['1', '2', '3'].map(|id| sessions.len(&id)), [1, 1, 1]);
}

#[otp::test(seeds = 20)]
fn chip_guide_readme(t: &mut Sim) {
    let registry = Groups::<&str, String>::start()?;
    let (inbox, other) = (process::current().subject(), process::current().subject());
    registry.register("general", &inbox)?;
    registry.register("general", &other)?;
    registry.register("coffee", &inbox)?;
    registry.members(&"general").iter().for_each(|member| member.send("hello".into()));
    registry.members(&"coffee").iter().for_each(|member| member.send("black".into()));
    assert_eq!([(); 2].map(|()| inbox.receive(None).unwrap()), ["hello", "black"]);
    assert_eq!(other.receive(None).as_deref(), Some("hello"));
    registry.stop()?;
    t.settle();
    assert_eq!((registry.len(&"general"), registry.groups()), (0, vec![]));
    assert_eq!(registry.register("general", &inbox), Err(GroupError::Call(CallError::NoProc)));
}

#[otp::test(seeds = 20)]
fn chip_guide_pubsub(_: &mut Sim) {
    let pubsub = PubSub::<u32>::start()?;
    let received = process::current().subject();
    let ready = process::current().subject();
    for n in 0..5 {
        let (pubsub, received, ready) = (pubsub.clone(), received.clone(), ready.clone());
        process::spawn(move |me| {
            let inbox = me.subject();
            pubsub.topic("numbers").subscribe(&inbox).unwrap();
            ready.send(());
            received.send((n, inbox.receive(None).unwrap()));
        });
    }
    (0..5).for_each(|_| ready.receive(None).unwrap());
    assert_eq!(pubsub.topic("numbers").broadcast(42), 5);
    let mut all: Vec<_> = (0..5).map(|_| received.receive(None).unwrap()).collect();
    all.sort_unstable();
    assert_eq!(all, [(0, 42), (1, 42), (2, 42), (3, 42), (4, 42)]);
}

#[otp::test(seeds = 20)]
fn chip_guide_index(t: &mut Sim) {
    let index = Groups::<u64, Subject<&'static str>>::start()?;
    let find = |id| index.members(&id).pop();
    for id in 1..=3 {
        let index = index.clone();
        process::spawn(move |me| {
            let questions = me.subject();
            index.register(id, &questions).unwrap();
            let to = questions.receive(None).unwrap();
            to.send(["one", "two", "three"][id as usize - 1]);
        });
    }
    t.settle();
    let answer = process::current().subject();
    find(2).unwrap().send(answer.clone());
    assert_eq!(answer.receive(None), Some("two"));
    t.settle();
    assert!(find(2).is_none() && find(4).is_none(), "it has ended");
    assert!(find(1).is_some() && find(3).is_some());
}

#[otp::test(seeds = 50)]
fn chip_guide_supervisor(_: &mut Sim) {
    let top = Supervisor::new(Strategy::RestForOne).child("sessions", Groups::<char, u32>::child_spec());
    let top = top.start()?;
    let sessions = top.child::<Groups<char, u32>>("sessions");
    for id in '1'..='3' {
        top.start_child(id.to_string(), Session::child_spec(sessions.clone(), vec![id]))?;
    }
    let second = top.child::<Session>("2");
    sessions.members(&'2')[0].send(7);
    assert_eq!(second.told(), Ok(7));
    assert_eq!(sessions.members(&'2')[0].owner(), second.pid());
}

#[otp::test(seeds = 50)]
fn a_subject_leaves_all_its_groups_with_its_process(t: &mut Sim) {
    let sessions = Groups::<char, u32>::start()?;
    let many = Session::start(sessions.clone(), vec!['A', 'B', 'C'])?;
    let other = Session::start(sessions.clone(), vec!['B'])?;
    t.kill(&many);
    t.settle();
    assert_eq!(['A', 'B', 'C'].map(|group| sessions.len(&group)), [0, 1, 0]);
    assert_eq!(sessions.groups(), ['B']);
    sessions.dispatch(&'B', |session| session.send(1));
    assert_eq!(other.told(), Ok(1));
    // So do those of one that was dead before.
    let gone = process::current().subject();
    let tell = gone.clone();
    let pid = process::spawn(move |me| tell.send(me.subject::<u32>()));
    let subject = gone.receive(None).unwrap();
    kill(t, pid);
    sessions.register('A', &subject)?;
    t.settle();
    assert_eq!(sessions.len(&'A'), 0);
}

#[otp::test(seeds = 20)]
fn an_owner_with_nothing_left_is_monitored_no_more(_: &mut Sim) {
    let sessions = Groups::<char, u32>::start()?;
    let (one, two) = (process::current().subject(), process::current().subject());
    let monitors = || process::info(sessions.pid().unwrap()).unwrap().monitors.len();
    sessions.register('A', &one)?;
    sessions.register('B', &two)?;
    assert_eq!(sessions.unregister(&'A', &one), Ok(()));
    assert_eq!((monitors(), sessions.unregister(&'A', &two)), (1, Err(GroupError::NotJoined)));
    assert_eq!(sessions.unregister(&'B', &two), Ok(()));
    assert_eq!((monitors(), sessions.groups()), (0, vec![]));
}

/// A name's subject belongs to who has it when it registers, and can be taken out whoever has it then.
#[otp::test(seeds = 20)]
fn subjects_of_names_belong_to_who_has_them(t: &mut Sim) {
    let sessions = Groups::<char, u32>::start()?;
    let named = Subject::<u32>::named("kitchen");
    assert_eq!(sessions.register('A', &named), Err(GroupError::NoOwner));
    assert_eq!(sessions.register('A', &Subject::null()), Err(GroupError::NoOwner));
    let (one, two) = (idle(), idle());
    process::register("kitchen", one)?;
    sessions.register('A', &named)?;
    process::unregister("kitchen")?;
    process::register("kitchen", two)?;
    assert_eq!(sessions.unregister(&'A', &named), Ok(()));
    sessions.register('A', &named)?;
    kill(t, one);
    assert_eq!(sessions.len(&'A'), 1);
    kill(t, two);
    assert_eq!(sessions.len(&'A'), 0);
}

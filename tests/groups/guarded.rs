//! Keys, messages and subjects of the user's that panic or never come back: they harm nobody but who brings them.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use otp::{
    Name, Node,
    group::{Groups, Scope},
    name::{RegisterError, UnregisterError, Via},
    prelude::*,
    process::Subject,
    topic::PubSub,
};

use crate::{idle, kill, latch::Latch, secs};

/// A key of which something goes wrong. All have one hash.
#[derive(Debug, Clone)]
struct Key {
    id: u32,
    flaw: Option<Flaw>,
}

/// Where it goes wrong.
#[derive(Debug, Clone)]
enum Flaw {
    Eq,
    Hash,
    Drop,
    Blocks(Latched),
}

/// Says that it has come so far, and waits to be let go.
#[derive(Clone, Default)]
struct Latched(Latch, Latch);

impl Latched {
    fn pass(&self) {
        self.0.open();
        self.1.wait();
    }
}

impl std::fmt::Debug for Latched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("latched")
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        assert!(![self, other].iter().any(|key| matches!(key.flaw, Some(Flaw::Eq))), "not to be compared");
        self.id == other.id
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        assert!(!matches!(self.flaw, Some(Flaw::Hash)), "not to be hashed");
        0.hash(state);
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        match &self.flaw {
            Some(Flaw::Blocks(latched)) => latched.pass(),
            Some(Flaw::Drop) if !std::thread::panicking() => panic!("not to be dropped"),
            _ => {}
        }
    }
}

fn key(id: u32) -> Key {
    Key { id, flaw: None }
}

fn bad(id: u32, flaw: Flaw) -> Key {
    Key { id, flaw: Some(flaw) }
}

/// Runs `it` in a process of its own; whether it has crashed.
fn crashes(it: impl FnOnce() + Send + 'static) -> bool {
    let (_, monitor) = process::spawn_monitor(|_| it());
    process::current().receive_down(monitor, None).unwrap().reason.is_panic()
}

#[otp::test(seeds = 20)]
fn a_key_that_cannot_be_looked_at_harms_who_brings_it(t: &mut Sim) {
    let scope = Scope::<Key>::start()?;
    let me = otp::self_pid();
    scope.join(key(1), me)?;
    for bad in [bad(2, Flaw::Eq), bad(3, Flaw::Hash)] {
        let calls: [fn(&otp::group::ScopeRef<Key>, Key); 4] = [
            |scope, key| drop(scope.join(key, otp::self_pid())),
            |scope, key| drop(scope.leave(&key, otp::self_pid())),
            |scope, key| drop(scope.monitor(key)),
            |scope, key| drop(scope.members(&key)),
        ];
        for call in calls {
            let (scope, bad) = (scope.clone(), bad.clone());
            assert!(crashes(move || call(&scope, bad)));
        }
    }
    scope.join(key(4), me)?;
    assert_eq!((scope.members(&key(1)), scope.members(&key(4)), scope.which_groups().len()), (vec![me], vec![me], 2));
    assert_eq!(t.crashes().len(), 8);
}

#[otp::test(seeds = 20)]
fn a_key_whose_drop_panics_harms_nobody(t: &mut Sim) {
    let (scope, groups) = (Scope::<Key>::start()?, Groups::<Key, u32>::start()?);
    let (pids, inbox) = ((scope.pid(), groups.pid()), process::current().subject());
    for n in 0..3 {
        let member = idle();
        scope.join(bad(n, Flaw::Drop), member)?;
        scope.join(key(9), member)?;
        groups.register(bad(n, Flaw::Drop), &inbox)?;
        groups.unregister(&key(n), &inbox)?;
        kill(t, member);
        assert!(t.crashes().iter().all(|crash| crash.label == "aside" || !crash.reason.is_panic()));
    }
    assert_eq!((scope.pid(), groups.pid()), pids);
    assert!(scope.is_alive() && groups.is_alive());
    assert_eq!((scope.which_groups(), groups.groups()), (vec![], vec![]));
}

/// A registry whose keys cannot be compared.
struct Unequal(Pid);

#[derive(Debug)]
struct NoEq;

impl PartialEq for NoEq {
    fn eq(&self, _: &Self) -> bool {
        panic!("not to be compared")
    }
}

impl Eq for NoEq {}

impl Hash for NoEq {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Via for Unequal {
    type Key = NoEq;

    fn register(&self, _: &NoEq, _: Pid) -> Result<(), RegisterError> {
        Ok(())
    }

    fn unregister(&self, _: &NoEq) -> Result<(), UnregisterError> {
        Ok(())
    }

    fn whereis(&self, _: &NoEq) -> Option<Pid> {
        Some(self.0)
    }
}

struct Ear;

#[actor]
impl Ear {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_info]
    fn hear(&self, _n: u32) {}

    #[handle_call]
    fn ping(&self) {}
}

#[otp::test(seeds = 20)]
fn subjects_that_cannot_be_compared_are_two(_: &mut Sim) {
    let groups = Groups::<u32, u32>::start()?;
    let ear = Ear::start()?;
    let registry = Arc::new(Unequal(ear.pid().unwrap()));
    let subject: Subject<u32> = Name::<Ear>::via(&registry, NoEq).client().subject();
    groups.register(1, &subject)?;
    groups.register(1, &subject)?;
    assert_eq!((groups.is_alive(), groups.len(&1)), (true, 2));
    assert_eq!((groups.dispatch(&1, |member| member.send(7)), ear.ping()), (2, Ok(())));
}

/// What a subscriber brings along, to be run and dropped by others.
struct Burden {
    panics_at_drop: bool,
    drops: Option<Latched>,
}

impl Drop for Burden {
    fn drop(&mut self) {
        if let Some(latched) = &self.drops {
            latched.pass();
        }
        assert!(!self.panics_at_drop, "not to be dropped");
    }
}

#[otp::test(seeds = 20)]
fn a_subscriber_whose_function_panics_is_not_told_and_others_are(t: &mut Sim) {
    let topic = PubSub::<u32>::start()?.topic("numbers");
    let inboxes = [(); 3].map(|()| process::current().subject());
    for (n, inbox) in inboxes.iter().enumerate() {
        topic.subscribe(&inbox.map(move |message: u32| if n == 1 { panic!("not this one") } else { message }))?;
    }
    let ear = Ear::start()?;
    topic.subscribe(&ear.subject_with(|_, _| panic!("not this one")))?;
    assert_eq!(topic.broadcast(7), 4);
    assert_eq!(inboxes.each_ref().map(Subject::flush), [1, 0, 1]);
    assert_eq!((ear.ping(), t.crashes().len()), (Ok(()), 0));
}

#[otp::test(seeds = 20)]
fn what_a_subscriber_leaves_is_dropped_apart(t: &mut Sim) {
    let pubsub = PubSub::<u32>::start()?;
    let topic = pubsub.topic("numbers");
    let ready = process::current().subject();
    let (theirs, is_ready) = (topic.clone(), ready.clone());
    let pid = process::spawn(move |me| {
        for _ in 0..2 {
            let burden = Burden { panics_at_drop: true, drops: None };
            let inbox = me.subject().map(move |n: u32| {
                let _ = &burden;
                n
            });
            theirs.subscribe(&inbox).unwrap();
        }
        is_ready.send(());
        otp::timer::sleep_forever();
    });
    ready.receive(None).unwrap();
    assert_eq!(topic.broadcast(1), 2);
    kill(t, pid);
    assert_eq!((topic.broadcast(2), pubsub.is_alive()), (0, true));
    t.crashes();
}

/// What is no message for a server that others share is not dropped in it.
#[otp::test(seeds = 20)]
fn what_is_sent_to_the_wrong_one_harms_nobody(t: &mut Sim) {
    let (scope, groups) = (Scope::<u32>::start()?, Groups::<u32, u32>::start()?);
    scope.join(1, otp::self_pid())?;
    for pid in [scope.pid().unwrap(), groups.pid().unwrap()] {
        process::send(pid, Burden { panics_at_drop: true, drops: None });
    }
    t.settle();
    assert_eq!((scope.members(&1), groups.is_alive()), (vec![otp::self_pid()], true));
    assert_eq!(t.crashes().len(), 2, "of those that dropped it");
}

/// A publisher whose message cannot be cloned harms itself.
#[otp::test(seeds = 20)]
fn a_message_that_cannot_be_cloned_harms_its_publisher(t: &mut Sim) {
    struct Uncopied;
    impl Clone for Uncopied {
        fn clone(&self) -> Self {
            panic!("not to be copied")
        }
    }
    let pubsub = PubSub::<Uncopied>::start()?;
    let (topic, inbox) = (pubsub.topic("numbers"), process::current().subject());
    topic.subscribe(&inbox)?;
    let theirs = topic.clone();
    assert!(crashes(move || _ = theirs.broadcast(Uncopied)));
    topic.unsubscribe(&inbox)?;
    topic.subscribe(&inbox)?;
    assert_eq!((inbox.flush(), topic.subscribers().len(), t.crashes().len()), (0, 1, 1));
}

/// What never comes back when it is dropped holds up a process of its own.
#[test]
fn a_drop_that_never_comes_back_holds_up_nobody() {
    let node = Node::builder().cores(2).start().unwrap();
    let (of_key, of_subject) = (Latched::default(), Latched::default());
    node.enter(|| {
        let groups = Groups::<Key, u32>::start().unwrap();
        let ready = process::current().subject();
        let (theirs, is_ready) = (groups.clone(), ready.clone());
        let (key_latch, drops) = (of_key.clone(), Some(of_subject.clone()));
        let pid = process::spawn(move |me| {
            let burden = Burden { panics_at_drop: false, drops };
            let inbox = me.subject().map(move |n: u32| {
                let _ = &burden;
                n
            });
            theirs.register(bad(1, Flaw::Blocks(key_latch)), &inbox).unwrap();
            // The groups have the last of it.
            drop(inbox);
            is_ready.send(());
            otp::timer::sleep_forever();
        });
        let inbox: Subject<u32> = process::current().subject();
        let monitor = process::monitor(pid);
        ready.receive(secs(60)).unwrap();
        process::exit(pid, ExitReason::Kill);
        process::current().receive_down(monitor, secs(60)).unwrap();
        for latched in [&of_key, &of_subject] {
            latched.0.wait();
            groups.register(key(3), &inbox).unwrap();
        }
        assert_eq!(groups.dispatch(&key(3), |member| member.send(7)), 1);
        assert_eq!((groups.len(&key(1)), inbox.receive(secs(60))), (0, Some(7)));
    });
    of_key.1.open();
    of_subject.1.open();
    node.stop();
}

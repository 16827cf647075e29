//! Names of processes: the node's own and those of registries, monitors and exits by name, names in trees and macros.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    time::Instant,
};

use otp::{
    Name, Node, Starter,
    prelude::*,
    process::{Destination, Me, RegName, RegisterError, Registry, Unregistered},
};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

/// The `Down` of a monitor, if it is there.
fn down(monitor: MonitorRef) -> Option<Down> {
    process::current().receive_down(monitor, Duration::ZERO)
}

/// Keeps names until they are taken back.
#[derive(Default)]
struct Book {
    names: Mutex<BTreeMap<&'static str, Pid>>,
    panics: AtomicBool,
}

impl Registry for Book {
    type Key = &'static str;

    fn register(&self, key: &Self::Key, pid: Pid) -> Result<(), RegisterError> {
        let mut names = self.names.lock().unwrap();
        match names.get(key) {
            Some(holder) => Err(RegisterError::Taken(*holder)),
            None => {
                names.insert(key, pid);
                Ok(())
            }
        }
    }

    fn unregister(&self, key: &Self::Key) -> Result<(), Unregistered> {
        assert!(!self.panics.load(SeqCst), "the book is closed");
        self.names.lock().unwrap().remove(key).map(drop).ok_or(Unregistered)
    }

    fn whereis(&self, key: &Self::Key) -> Option<Pid> {
        self.names.lock().unwrap().get(key).copied()
    }
}

/// Does nothing.
struct Idle;

const IDLE: Name<Idle> = Name::new("idle");

#[actor(name = IDLE)]
impl Idle {
    #[init]
    fn init(fails: bool) -> Result<Self, &'static str> {
        if fails { Err("told to") } else { Ok(Self) }
    }

    #[handle_call]
    fn who(&self, ctx: &mut Context<Self>) -> Pid {
        ctx.pid()
    }
}

/// Does nothing with anything.
struct Shelf<T>(Vec<T>);

impl<T> Shelf<T> {
    const SHELF: Name<Self> = Name::new("shelf");
}

#[actor(name = Self::SHELF)]
impl<T: Send + 'static> Shelf<T> {
    #[init]
    fn init(things: Vec<T>) -> Self {
        Self(things)
    }

    #[handle_call]
    fn count(&self) -> usize {
        self.0.len()
    }
}

// Names as values.

#[test]
fn names_are_equal_when_they_name_the_same() {
    let (book, other) = (Arc::new(Book::default()), Arc::new(Book::default()));
    let text = [Name::<Idle>::new("a"), Name::from("a"), Name::from("a".to_owned()), Name::from(Arc::<str>::from("a"))];
    let via = [Name::via(&book, "a"), Name::via(&book, "a")];
    for group in [&text[..], &via[..]] {
        for name in group {
            assert_eq!(*name, group[0]);
            assert_eq!(name.client(), group[0].client());
            assert_eq!(name.to_string(), group[0].to_string());
        }
    }
    let different = [text[0].clone(), Name::new("b"), via[0].clone(), Name::via(&book, "b"), Name::via(&other, "a")];
    assert_eq!(different.iter().collect::<HashSet<_>>().len(), 5);
    assert_eq!(different.iter().map(|name| name.client()).collect::<HashSet<_>>().len(), 5);
    // Not by their hashes alone.
    for (index, name) in different.iter().enumerate() {
        assert!(different[..index].iter().all(|other| other != name), "{name:?}");
    }
    let named: HashSet<_> = text.iter().chain(&via).cloned().map(RegName::from).collect();
    assert_eq!(named.len(), 2);
    assert_eq!(RegName::from(&text[2]), "a");
    assert_ne!(RegName::from(&via[0]), "a");
    let printed = [format!("{} {:?}", text[0], text[0]), format!("{} {:?}", via[0], via[0])];
    assert_eq!(printed, ["a Name(\"a\")", "\"a\" Name(Via(\"a\"))"]);
    assert_eq!(format!("{:?}", text[0].client()), "Idle(\"a\")");
}

// What the node says of a name.

#[test]
fn a_process_of_another_node_gets_no_name() {
    let [here, there] = [(); 2].map(|()| Node::builder().cores(1).start().unwrap());
    let stranger = there.enter(|| process::spawn(stay));
    here.enter(|| {
        assert_eq!(process::register("stranger", stranger), Err(RegisterError::OtherNode));
        assert_eq!((process::whereis("stranger"), process::registered()), (None, Vec::new()));
    });
    here.stop();
    there.stop();
}

#[test]
fn a_registry_may_know_processes_of_other_nodes() {
    let [here, there] = [(); 2].map(|()| Node::builder().cores(1).start().unwrap());
    let book = Arc::new(Book::default());
    // Pids of two nodes may differ in the node alone.
    let [near, far] = [&here, &there].map(|node| node.enter(|| process::spawn(stay)));
    book.register(&"far", far).unwrap();
    here.enter(|| {
        let name = RegName::via(&book, "far");
        assert_eq!(name.whereis(), Some(far));
        otp::exit(&name, ExitReason::Shutdown);
        let monitor = otp::monitor(far);
        assert!(process::current().receive_down(monitor, None).is_some());
        assert!(otp::is_alive(near));
    });
    here.stop();
    there.stop();
}

// Monitors.

#[otp::test(seeds = 20)]
fn a_monitor_by_name_says_the_name(t: &mut Sim) {
    let book = Arc::new(Book::default());
    let names = [RegName::from("port"), RegName::via(&book, "port")];
    for name in names {
        let pid = process::spawn(stay);
        name.register(pid).unwrap();
        let by_pid = otp::monitor(pid);
        let by_name = [process::monitor_name(&name), process::monitor_name(name.clone())];
        let given_up = process::monitor_name(&name);
        assert!(otp::demonitor(given_up));
        assert!(!otp::demonitor(given_up));
        // It is bound to who has the name now.
        name.unregister().unwrap();
        let next = process::spawn(stay);
        name.register(next).unwrap();
        t.settle();
        assert_eq!(down(by_name[0]), None);
        t.kill(pid);
        for monitor in by_name {
            let down = down(monitor).unwrap();
            assert_eq!((down.monitor, down.pid, down.reason), (monitor, pid, ExitReason::Killed));
            assert_eq!(down.name, Some(name.clone()));
        }
        assert_eq!(down(by_pid).unwrap().name, None);
        assert_eq!(down(given_up), None);
        t.kill(next);
        let _ = name.unregister();
    }
}

#[otp::test]
fn a_monitor_of_a_name_that_is_nobodys_says_so_at_once(t: &mut Sim) {
    let monitor = process::monitor_name("nobody");
    let said = down(monitor).unwrap();
    assert_eq!((said.reason, said.name), (ExitReason::NoProc, Some("nobody".into())));
    assert!(!otp::is_alive(said.pid));
    assert_eq!(down(monitor), None);
    // A book may name one that has ended.
    let book = Arc::new(Book::default());
    let name = Name::<Idle>::via(&book, "gone");
    let gone = process::spawn(|_| {});
    name.register(gone).unwrap();
    t.settle();
    assert_eq!((name.whereis(), book.whereis(&"gone")), (None, Some(gone)));
    let said = down(name.monitor()).unwrap();
    assert_eq!((said.reason, said.name), (ExitReason::NoProc, Some(name.into())));
}

#[otp::test]
fn a_monitor_of_ones_own_name_is_silent(t: &mut Sim) {
    process::register("me", otp::self_pid()).unwrap();
    let monitor = process::monitor_name("me");
    t.settle();
    assert_eq!(down(monitor), None);
    assert!(!otp::demonitor(monitor));
}

/// An actor hears the name, too.
#[otp::test(seeds = 20)]
fn an_actor_hears_which_name_went_down(t: &mut Sim) {
    struct Watches(Vec<(String, ExitReason)>);

    #[actor]
    impl Watches {
        #[init]
        fn init(names: Vec<&'static str>) -> Self {
            names.into_iter().for_each(|name| _ = process::monitor_name(name));
            Self(Vec::new())
        }

        #[handle_info]
        fn down(&mut self, down: Down) {
            self.0.push((down.name.unwrap().to_string(), down.reason));
        }

        #[handle_call]
        fn seen(&self) -> Vec<(String, ExitReason)> {
            self.0.clone()
        }
    }

    process::register("there", process::spawn(stay)).unwrap();
    let watches = Watches::start(vec!["there", "nobody"]).unwrap();
    otp::exit("there", ExitReason::Shutdown);
    t.settle();
    let expected = [("nobody".to_owned(), ExitReason::NoProc), ("there".to_owned(), ExitReason::Shutdown)];
    assert_eq!(watches.seen().unwrap(), expected);
}

/// A subject of a client goes where the client goes.
#[otp::test(seeds = 20)]
fn a_subject_of_a_name_follows_the_name(t: &mut Sim) {
    struct Tick(u32);

    #[derive(Default)]
    struct Clock(u32);

    #[actor]
    impl Clock {
        #[init]
        fn init() -> Self {
            Self::default()
        }

        #[handle_info]
        fn tick(&mut self, tick: Tick) {
            self.0 += tick.0;
        }

        #[handle_call]
        fn time(&self) -> u32 {
            self.0
        }
    }

    let name = Name::<Clock>::new("clock");
    let ticks = name.client().subject::<Tick>();
    ticks.send(Tick(1));
    assert_eq!(ticks.owner(), None);
    let [a, b] = [(); 2].map(|()| Clock::start().unwrap());
    name.register(a.pid().unwrap()).unwrap();
    ticks.send(Tick(2));
    name.unregister().unwrap();
    name.register(b.pid().unwrap()).unwrap();
    ticks.send(Tick(4));
    assert_eq!((a.time(), b.time(), ticks.owner()), (Ok(2), Ok(4), b.pid()));
    t.settle();
}

// Exits.

#[otp::test(seeds = 20)]
fn an_exit_goes_to_whoever_has_the_name(_t: &mut Sim) {
    let book = Arc::new(Book::default());
    for name in [RegName::from("port"), RegName::via(&book, "port")] {
        let (pid, monitor) = process::spawn_monitor(stay);
        name.register(pid).unwrap();
        assert_eq!(Destination::from(&name).whereis(), Some(pid));
        otp::exit(&name, ExitReason::Shutdown);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
        // There is nobody: nothing happens.
        otp::exit(&name, ExitReason::Kill);
        assert_eq!(Destination::from(&name).whereis(), None);
    }
    // To oneself it takes effect before it returns.
    let (_, monitor) = process::spawn_monitor(|me: &mut Me| -> () {
        process::register("self", me.pid()).unwrap();
        otp::exit("self", ExitReason::other("own"));
        panic!("it goes on");
    });
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::other("own"));
    _t.crashes();
}

// Registries.

/// What a registry does wrong while a start fails changes nothing about how it fails.
#[otp::test]
fn a_registry_that_panics_does_not_hide_why_a_start_failed(t: &mut Sim) {
    let book = Arc::new(Book::default());
    let name = Name::via(&book, "idle");
    book.panics.store(true, SeqCst);
    let error = Starter::<Idle>::new().name(&name).start((true,)).unwrap_err();
    assert!(matches!(&error, StartError::Failed(reason) if reason.to_string() == "told to"), "{error}");
    assert_eq!(name.whereis(), None);
    assert_eq!(t.crashes().len(), 1);
}

/// Who is told that there is no such process finds its name free, even if it asked while the process was ending.
#[test]
fn a_late_monitor_is_told_when_the_name_is_free() {
    /// Says that it is dropped, and waits until it may go on.
    struct Gate(mpsc::Sender<()>, mpsc::Receiver<()>);

    impl Drop for Gate {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
            let _ = self.1.recv();
        }
    }

    /// Holds its owner up until `told`, but not for ever.
    struct Hold(Arc<AtomicBool>);

    impl Drop for Hold {
        fn drop(&mut self) {
            let until = Instant::now() + millis(100);
            while !self.0.load(SeqCst) && Instant::now() < until {
                std::thread::yield_now();
            }
        }
    }

    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let (dropped, is_dropped) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        let gate = Gate(dropped, may_go);
        let pid = process::spawn(move |me| {
            let _gate = gate;
            me.receive_exit(None);
        });
        process::register("port", pid).unwrap();
        otp::exit(pid, ExitReason::Shutdown);
        is_dropped.recv().unwrap();
        let monitor = otp::monitor(pid);
        let told = Arc::new(AtomicBool::new(false));
        process::send(pid, Hold(Arc::clone(&told)));
        go.send(()).unwrap();
        let reason = process::current().receive_down(monitor, None).unwrap().reason;
        let free = process::register("port", otp::self_pid());
        told.store(true, SeqCst);
        assert_eq!((reason, free), (ExitReason::NoProc, Ok(())));
    });
    node.stop();
}

// Trees and macros.

#[otp::test]
fn an_actors_options_may_hold_a_typed_name(_t: &mut Sim) {
    let idle = Idle::start(false).unwrap();
    assert_eq!((IDLE.whereis(), IDLE.client().who().ok()), (idle.pid(), idle.pid()));
    assert_eq!(Idle::start_link(false).unwrap_err(), StartError::AlreadyStarted(idle.pid().unwrap()));
    idle.stop().unwrap();
    assert!(Idle::start(true).is_err());
    assert_eq!(IDLE.whereis(), None);
    Shelf::start(vec!["book", "vase"]).unwrap();
    assert_eq!(Shelf::<&str>::SHELF.client().count(), Ok(2));
    // It is a shelf, but not for numbers.
    assert_eq!(Shelf::<u8>::SHELF.client().count(), Err(CallError::NoProc));
    _t.crashes();
}

const ALSO: Name<Idle> = Name::new("also");

fn nth(index: usize) -> Name<Idle> {
    Name::from(format!("idle {index}"))
}

otp::supervisor! {
    House<one_for_one> {
        own: Idle(false);
        also: Idle(false) { name: ALSO };
        text: Idle(false) { name: "text" };
        each: [Idle(false) for index in 0..2] { name: nth(index) };
        rooms: supervisor<one_for_one> {
            shelf: Shelf<u8>(vec![1]);
        } { name: "rooms" };
    }
}

#[otp::test(seeds = 5)]
fn a_tree_takes_names_of_every_kind(t: &mut Sim) {
    let house = House::start().unwrap();
    for (name, client) in [
        (IDLE, house.own()),
        (ALSO, house.also()),
        (Name::new("text"), house.text()),
        (nth(0), house.each()[0].clone()),
        (nth(1), house.each()[1].clone()),
    ] {
        assert_eq!(name.client().who(), client.who());
        assert_ne!(name.client(), client);
        t.kill(name.clone());
        t.settle();
        assert_eq!(name.client().who(), client.who());
        t.advance(millis(10_000));
    }
    let rooms = SupervisorRef::named("rooms").unwrap();
    assert_eq!(rooms.pid(), process::whereis("rooms"));
    assert_eq!(rooms.child::<Shelf<u8>>("shelf").count(), Ok(1));
    t.crashes();
}

#[otp::test(seeds = 20)]
fn a_supervisor_may_have_a_name(t: &mut Sim) {
    const TOP: Name<Supervisor> = Name::new("top");
    let idle = || Idle::child_spec(false);
    let top = move || Supervisor::new(Strategy::OneForOne).name(TOP).child("idle", idle());
    let supervisor = top().start_link().unwrap();
    assert_eq!(TOP.whereis(), supervisor.pid());
    let taken = StartError::AlreadyStarted(supervisor.pid().unwrap());
    assert_eq!(top().start().unwrap_err(), taken);
    assert_eq!(top().start_link().unwrap_err(), taken);
    // That is no crash, also for one who does not trap exits.
    let expected = taken.clone();
    let (_, monitor) = process::spawn_monitor(move |_| assert_eq!(top().start_link().unwrap_err(), expected));
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);

    // The reference keeps to the place in the tree, and finds the supervisor by its name.
    let found = SupervisorRef::named(TOP).unwrap();
    assert_eq!(found.child::<Idle>("idle").who().ok(), IDLE.whereis());
    assert_eq!(found.count_children().unwrap().active, 1);
    found.stop().unwrap();
    assert_eq!(TOP.whereis(), None);
    assert_eq!(SupervisorRef::named(TOP).unwrap_err(), CallError::NoProc);
    let idle = Idle::start(false).unwrap();
    assert_eq!(SupervisorRef::named(IDLE).unwrap_err(), CallError::NoProc, "it is no supervisor");
    idle.stop().unwrap();

    // As a child: its own name, unless its spec has one.
    let inner = || Supervisor::spec(|| Supervisor::new(Strategy::OneForOne).name("inner"));
    let outer =
        Supervisor::new(Strategy::OneForOne).child("a", inner()).child("b", inner().name("spec")).start().unwrap();
    let pid = |id: &str| outer.child::<Supervisor>(id).pid();
    assert_eq!((process::whereis("inner"), process::whereis("spec")), (pid("a"), pid("b")));
    t.kill(outer.child::<Supervisor>("a"));
    t.settle();
    assert_eq!(process::whereis("inner"), pid("a"));
    let refused = outer.start_child("c", inner()).unwrap_err();
    assert_eq!(refused, otp::ChildError::Start(StartError::AlreadyStarted(pid("a").unwrap())));
}

/// A supervisor that is not started gives its name back, also to a registry that watches nobody.
#[otp::test(seeds = 20)]
fn a_supervisor_that_fails_gives_its_name_back(t: &mut Sim) {
    let book = Arc::new(Book::default());
    let name = Name::via(&book, "top");
    let fails = || Supervisor::new(Strategy::OneForOne).name(&name).child("idle", Idle::child_spec(true));
    assert!(matches!(fails().start(), Err(StartError::Child { .. })));
    assert_eq!(book.names.lock().unwrap().len(), 0);
    let works = Supervisor::new(Strategy::OneForOne).name(&name).start().unwrap();
    assert_eq!(name.whereis(), works.pid());
    t.crashes();
}

// Names that are waited for.

/// Keeps the names of those that live.
#[derive(Default)]
struct Register(Mutex<Vec<(Arc<str>, Pid)>>);

impl Registry for Register {
    type Key = Arc<str>;

    fn register(&self, key: &Self::Key, pid: Pid) -> Result<(), RegisterError> {
        if let Some(holder) = self.whereis(key) {
            return Err(RegisterError::Taken(holder));
        }
        self.0.lock().unwrap().push((Arc::clone(key), pid));
        Ok(())
    }

    fn unregister(&self, key: &Self::Key) -> Result<(), Unregistered> {
        self.0.lock().unwrap().retain(|(other, _)| other != key);
        Ok(())
    }

    fn whereis(&self, key: &Self::Key) -> Option<Pid> {
        let mut names = self.0.lock().unwrap();
        names.retain(|(_, pid)| otp::is_alive(*pid));
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

fn kill(t: &mut Sim, pid: Option<Pid>) {
    t.kill(pid.unwrap());
    t.advance(millis(20));
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
            otp::Dynamic::<Scribe, Name<Scribe>>::spec({
                let desk = desk.clone();
                move || {
                    let desk = desk.clone();
                    otp::Dynamic::template(move |name: Name<Scribe>| desk.spec(name)).intensity(9, millis(1000))
                }
            }),
        )
        .child("nested", nested.backoff(millis(1000)..=millis(1000)))
        .start()?;
    let scribes = top.child::<otp::Dynamic<Scribe, Name<Scribe>>>("scribes");
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

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key(u8);

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl Registry for Hashless {
    type Key = Key;

    fn register(&self, Key(key): &Key, pid: Pid) -> Result<(), RegisterError> {
        self.0.lock().unwrap().insert(*key, pid);
        Ok(())
    }

    fn unregister(&self, Key(key): &Key) -> Result<(), Unregistered> {
        self.0.lock().unwrap().remove(key).map(drop).ok_or(Unregistered)
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

    impl Registry for Anything {
        type Key = Unhashable;

        fn register(&self, _: &Unhashable, _: Pid) -> Result<(), RegisterError> {
            Ok(())
        }

        fn unregister(&self, _: &Unhashable) -> Result<(), Unregistered> {
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

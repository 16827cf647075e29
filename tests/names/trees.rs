//! Names in trees and macros.

use std::sync::Arc;

use otp::{Name, prelude::*};

use super::{Book, IDLE, Idle, millis};

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
        t.kill(&name);
        t.settle();
        assert_eq!(name.client().who(), client.who());
        t.advance(millis(10_000));
    }
    let rooms = SupervisorRef::lookup("rooms").unwrap();
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
    let found = SupervisorRef::lookup(TOP).unwrap();
    assert_eq!(found.child::<Idle>("idle").who().ok(), IDLE.whereis());
    assert_eq!(found.count_children().unwrap().active, 1);
    found.stop().unwrap();
    assert_eq!(TOP.whereis(), None);
    assert_eq!(SupervisorRef::lookup(TOP).unwrap_err(), CallError::NoProc);
    let idle = Idle::start(false).unwrap();
    assert_eq!(SupervisorRef::lookup(IDLE).unwrap_err(), CallError::NoProc, "it is no supervisor");
    idle.stop().unwrap();

    // As a child: its own name, unless its spec has one.
    let inner = || Supervisor::spec(|| Supervisor::new(Strategy::OneForOne).name("inner"));
    let outer =
        Supervisor::new(Strategy::OneForOne).child("a", inner()).child("b", inner().name("spec")).start().unwrap();
    let pid = |id: &str| outer.child::<Supervisor>(id).pid();
    assert_eq!((process::whereis("inner"), process::whereis("spec")), (pid("a"), pid("b")));
    t.kill(&outer.child::<Supervisor>("a"));
    t.settle();
    assert_eq!(process::whereis("inner"), pid("a"));
    let refused = outer.start_child("c", inner()).unwrap_err();
    assert_eq!(refused, supervisor::ChildError::Start(StartError::AlreadyStarted(pid("a").unwrap())));
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

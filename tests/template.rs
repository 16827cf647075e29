//! `dynamic<Session>(user, db) for user: String`: the tree makes the arguments of dynamic children of what
//! `start_child` takes.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use otp::{
    Name,
    prelude::*,
    supervisor::{ChildError, DynamicRef, DynamicSupervisor},
};

struct Db(String);

#[actor]
impl Db {
    #[init]
    fn init(url: String) -> Self {
        Self(url)
    }

    #[handle_call]
    fn url(&self) -> String {
        self.0.clone()
    }
}

/// What a session works with, which is made for it alone; no `Clone`.
struct Connection {
    user: String,
    number: u32,
}

struct Session {
    connection: Connection,
    db: DbRef,
}

#[actor(restart = transient)]
impl Session {
    #[init]
    fn init(connection: Connection, db: DbRef) -> Self {
        Self { connection, db }
    }

    /// The user, how many connections there had been before, and the address of the database.
    #[handle_call]
    fn about(&self) -> Result<(String, u32, String), CallError> {
        let Connection { user, number } = &self.connection;
        Ok((user.clone(), *number, self.db.url()?))
    }
}

/// No `Clone`.
struct Ticket(&'static str);

struct Ride(String);

#[actor(restart = temporary)]
impl Ride {
    #[init]
    fn init(text: String) -> Self {
        Self(text)
    }

    #[handle_call]
    fn text(&self) -> String {
        self.0.clone()
    }
}

struct Score(u32);

#[actor]
impl Score {
    #[init]
    fn init(points: u32) -> Self {
        Self(points)
    }

    #[handle_call]
    fn points(&self) -> u32 {
        self.0
    }
}

/// Opens sessions for those who ask.
struct Api {
    sessions: DynamicRef<Session, String>,
}

#[actor]
impl Api {
    #[init]
    fn init(sessions: DynamicRef<Session, String>) -> Self {
        Self { sessions }
    }

    #[handle_call]
    fn open(&self, user: String) -> Result<SessionRef, ChildError> {
        self.sessions.start_child(user)
    }
}

const SESSIONS: Name<DynamicSupervisor<Session, String>> = Name::new("sessions");

/// What the tree is started with; no `Clone` is asked for.
struct Config {
    url: String,
    connections: AtomicU32,
}

impl Config {
    fn new() -> Self {
        Self { url: "db.example.org".into(), connections: AtomicU32::new(0) }
    }

    fn connect(&self, user: String) -> Connection {
        assert!(!user.is_empty(), "nobody connects");
        Connection { user, number: self.connections.fetch_add(1, Relaxed) }
    }
}

supervisor! {
    Shop<one_for_one>(config: Config) {
        intensity: 100 in 1s;

        db:       Db(config.url.clone());
        sessions: dynamic<Session>(config.connect(user), db) for user: String {
            max_children: 2,
            intensity: 100 in 1s,
            name: SESSIONS,
        };
        api:      Api(sessions);
        inner:    supervisor<one_for_one> {
            // A pattern takes apart what `start_child` takes, and hides what else has its names.
            sums:  dynamic<Score>({ db += *config; db }) for (mut db, config): (u32, Box<u32>);
            equal: dynamic<Score>(config.url.len() as u32,) for ();
            // Temporary by themselves, and in this tree: what they are started with is no `Clone`.
            rides: dynamic<Ride>(format!("{} at {}", ticket.0, config.url)) for ticket: Ticket;
            marks: dynamic<Score>(name.len() as u32) for Ticket(name): Ticket { restart: temporary };
        };
        #[cfg(any())]
        gone:     dynamic<Nobody>(user) for user: String;
    }
}

#[otp::test(seeds = 20)]
fn a_tree_makes_the_arguments_of_dynamic_children(_: &mut Sim) {
    let shop = Shop::start_link(Config::new())?;
    let sessions: DynamicRef<Session, String> = shop.sessions();
    let joe = sessions.start_child("joe".into())?;
    let mike = shop.api().open("mike".into())??;
    assert_eq!(joe.about()??, ("joe".into(), 0, "db.example.org".into()));
    assert_eq!(mike.about()??, ("mike".into(), 1, "db.example.org".into()));
    assert_eq!(shop.api().open("robert".into())?.unwrap_err(), ChildError::MaxChildren);
}

#[otp::test(seeds = 20)]
fn the_arguments_are_made_at_each_start_of_a_child_of_what_it_was_started_with(t: &mut Sim) {
    let shop = Shop::start_link(Config::new())?;
    let [joe, mike] = ["joe", "mike"].map(|user| shop.sessions().start_child(user.into()).unwrap());
    t.kill(&joe);
    t.settle();
    assert_eq!((joe.about()??.0, joe.about()??.1), ("joe".into(), 2), "a new connection for the same user");
    assert_eq!((mike.about()??.0, mike.about()??.1), ("mike".into(), 1));
}

#[otp::test(seeds = 20)]
fn what_start_child_takes_is_one_value_of_any_form(_: &mut Sim) {
    let inner = Shop::start_link(Config::new())?.inner();
    assert_eq!(inner.sums().start_child((40, Box::new(2)))?.points()?, 42);
    assert_eq!(inner.equal().start_child(())?.points()?, 14);
    assert_eq!(inner.rides().start_child(Ticket("joe"))?.text()?, "joe at db.example.org");
    assert_eq!(inner.marks().start_child(Ticket("mike"))?.points()?, 4);
}

#[otp::test(seeds = 20)]
fn no_clone_is_asked_of_what_a_temporary_child_is_started_with(t: &mut Sim) {
    let inner = Shop::start_link(Config::new())?.inner();
    let (ride, mark) = (inner.rides().start_child(Ticket("joe"))?, inner.marks().start_child(Ticket("mike"))?);
    assert_eq!(inner.rides().child_spec(&ride)?.restart, Restart::Temporary);
    assert_eq!(inner.marks().child_spec(&mark)?.restart, Restart::Temporary);
    t.kill(&ride);
    t.kill(&mark);
    t.settle();
    assert_eq!((ride.text(), mark.points()), (Err(CallError::NoProc), Err(CallError::NoProc)));
    let left = [inner.rides().count_children()?, inner.marks().count_children()?].map(|count| count.specs);
    assert_eq!(left, [0, 0]);
}

#[otp::test(seeds = 20)]
fn a_start_whose_arguments_cannot_be_made_has_failed_and_leaves_nothing(t: &mut Sim) {
    let shop = Shop::start_link(Config::new())?;
    let before = shop.sessions().pid();
    assert!(matches!(shop.sessions().start_child(String::new()), Err(ChildError::Start(_))));
    t.settle();
    assert_eq!((shop.sessions().pid(), shop.sessions().count_children()?.specs), (before, 0));
}

#[otp::test(seeds = 20)]
fn the_options_say_what_they_say_of_any_dynamic_supervisor(_: &mut Sim) {
    let shop = Shop::start_link(Config::new())?;
    assert_eq!(DynamicRef::lookup(SESSIONS)?.pid(), shop.sessions().pid());
    // One that takes something else is another kind of supervisor.
    assert_eq!(DynamicRef::<Session>::lookup("sessions").err(), Some(CallError::NoProc));
    let joe = shop.sessions().start_child("joe".into())?;
    assert_eq!(shop.sessions().child_spec(&joe)?.restart, Restart::Transient);
    assert!(Shop::tree().to_string().contains("\n  sessions: dynamic<Session> transient"), "{}", Shop::tree());
}

/// A supervisor that is started again makes arguments as before, of siblings as they are then.
#[otp::test(seeds = 20)]
fn a_restarted_supervisor_makes_arguments_as_before(t: &mut Sim) {
    let shop = Shop::start_link(Config::new())?;
    let sessions = shop.sessions();
    let joe = sessions.start_child("joe".into())?;
    t.kill(&shop.db());
    t.kill(&sessions);
    t.settle();
    assert_eq!((joe.about(), sessions.count_children()?.specs), (Err(CallError::NoProc), 0));
    assert_eq!(sessions.start_child("joe".into())?.about()??, ("joe".into(), 1, "db.example.org".into()));
}

/// The closure that makes the arguments holds clones of siblings: what it holds goes when its supervisor does.
#[otp::test(seeds = 5)]
fn what_the_arguments_are_made_of_goes_with_the_tree(t: &mut Sim) {
    let held = Arc::new(5);
    let tree = Held::start(Arc::clone(&held))?;
    assert_eq!(tree.scores().start_child(2)?.points()?, 7);
    assert!(Arc::strong_count(&held) > 1);
    tree.supervisor().stop()?;
    drop(tree);
    t.settle();
    assert_eq!(Arc::strong_count(&held), 1);
}

supervisor! {
    Held<one_for_one>(held: Arc<u32>) {
        scores: dynamic<Score>(**held + more) for more: u32;
    }
}

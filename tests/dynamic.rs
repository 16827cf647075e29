//! Dynamic supervisors in trees declared with `supervisor!`, and how they look.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use otp::{
    Name,
    prelude::*,
    supervisor::{ChildError, DynamicRef, DynamicSupervisor},
};

/// Belongs to one user, whose name is no `Clone`.
struct Session {
    user: User,
}

struct User(String);

impl From<&str> for User {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

#[actor]
impl Session {
    #[init]
    fn init(user: User) -> Self {
        Self { user }
    }

    #[handle_call]
    fn user(&self) -> String {
        self.user.0.clone()
    }
}

struct Job(u32);

#[actor(restart = transient)]
impl Job {
    #[init]
    fn init(number: u32) -> Self {
        Self(number)
    }

    #[handle_call]
    fn number(&self) -> u32 {
        self.0
    }
}

/// Opens sessions for those who ask.
struct Api {
    sessions: DynamicRef<Session>,
}

#[actor]
impl Api {
    #[init]
    fn init(sessions: DynamicRef<Session>) -> Self {
        Self { sessions }
    }

    #[handle_call]
    fn open(&self, user: String) -> Result<SessionRef, ChildError> {
        self.sessions.start_child((User(user),))
    }
}

/// Says of itself that it is never restarted; what it is started with is no `Clone`, either.
struct Visit(User);

#[actor(restart = temporary)]
impl Visit {
    #[init]
    fn init(user: User) -> Self {
        Self(user)
    }

    #[handle_call]
    fn user(&self) -> String {
        self.0.0.clone()
    }
}

/// The same of a type that has parameters.
struct Once<T>(T);

#[actor(restart = temporary)]
impl<T: Send + 'static> Once<T>
where
    T: AsRef<str>,
{
    #[init]
    fn init(value: T) -> Self {
        Self(value)
    }

    #[handle_call]
    fn text(&self) -> String {
        self.0.as_ref().to_owned()
    }
}

impl AsRef<str> for User {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Says that it is temporary, of which its trees make something else.
struct Guest(String);

#[actor(restart = temporary)]
impl Guest {
    #[init]
    fn init(name: String) -> Self {
        Self(name)
    }

    #[handle_call]
    fn name(&self) -> String {
        self.0.clone()
    }
}

supervisor! {
    Hotel<one_for_one> {
        visits: dynamic<Visit>;
        texts:  dynamic<Once<User>> { shutdown: brutal_kill };
        guests: dynamic<Guest> { restart: permanent };
        // The arguments of these are made at each start, and never asked to be `Clone`.
        porter: Visit("porter".into());
        shifts: [Visit(user.into()) for user in ["day", "night"]];
        floors: partition<Visit>("floor".into()) { partitions: 2 };
    }
}

const JOBS: Name<DynamicSupervisor<Job>> = Name::new("jobs");

/// What the trees are started with; no `Clone` is asked for.
struct Config {
    sessions: usize,
}

supervisor! {
    Shop<one_for_one>(config: Config) {
        intensity: 100 in 1s;

        sessions: dynamic<Session> { restart: temporary, max_children: config.sessions };
        jobs:     dynamic<Job>     { intensity: 0 in 5s, shutdown: brutal_kill, name: JOBS };
        #[cfg(any())]
        gone:     dynamic<Nobody>;
        inner:    supervisor<one_for_one> {
            vectors: dynamic<Generic<Vec<u8>>>;
        };
        plugins:  = DynamicSupervisor::spec(|| DynamicSupervisor::any().max_children(1));
        api:      Api(sessions);
    }
}

/// Its type has parameters, which end in `>>`.
struct Generic<T>(T);

#[actor]
impl<T: Clone + Send + 'static> Generic<T> {
    #[init]
    fn init(value: T) -> Self {
        Self(value)
    }

    #[handle_call]
    fn value(&self) -> T {
        self.0.clone()
    }
}

#[otp::test(seeds = 20)]
fn a_tree_has_dynamic_children(t: &mut Sim) {
    let shop = Shop::start_link(Config { sessions: 2 })?;
    let sessions: DynamicRef<Session> = shop.sessions();
    let joe = sessions.start_child(("joe".into(),))?;
    let mike = shop.api().open("mike".into())??;
    assert_eq!((joe.user()?, mike.user()?), ("joe".into(), "mike".into()));
    assert_eq!(shop.api().open("robert".into())?.unwrap_err(), ChildError::MaxChildren);
    t.kill(&joe);
    t.settle();
    assert_eq!(joe.user(), Err(CallError::NoProc));
    assert_eq!(sessions.terminate_child(&joe), Err(ChildError::NotFound));
    assert_eq!(shop.api().open("robert".into())??.user()?, "robert");
    let vectors = shop.inner().vectors().start_child((vec![1, 2],))?;
    assert_eq!(vectors.value()?, [1, 2]);
    let plugins = <DynamicSupervisor as Child>::client(shop.plugins());
    assert_eq!(plugins.start_child(Job::child_spec(1))?.number()?, 1);
    assert_eq!(plugins.start_child(Job::child_spec(2)).unwrap_err(), ChildError::MaxChildren);
}

#[otp::test(seeds = 20)]
fn the_options_of_a_dynamic_supervisor_are_its_childrens_but_for_its_name_and_limits(t: &mut Sim) {
    let shop = Shop::start_link(Config { sessions: 0 })?;
    assert_eq!(JOBS.whereis(), shop.jobs().pid());
    let jobs = DynamicRef::lookup(JOBS)?;
    let job = jobs.start_child((7,))?;
    let spec = jobs.child_spec(&job)?;
    assert_eq!((spec.restart, spec.shutdown), (Restart::Transient, Shutdown::BrutalKill));
    assert_eq!(shop.supervisor().child_spec("jobs")?.shutdown, Shutdown::Infinity);
    let before = shop.jobs().pid();
    t.kill(&job);
    t.settle();
    assert_ne!(shop.jobs().pid(), before, "no restart was allowed");
    assert_eq!(job.number(), Err(CallError::NoProc), "its children are gone with it");
    // What names the supervisor names its successor.
    let job = jobs.start_child((8,))?;
    assert_eq!((job.number()?, DynamicRef::lookup(JOBS)?.count_children()?.active), (8, 1));
}

#[otp::test(seeds = 20)]
fn clients_of_dynamic_children_follow_their_restarts(t: &mut Sim) {
    let jobs = DynamicSupervisor::<Job>::new().start_link()?;
    let [one, two] = [jobs.start_child((1,))?, jobs.start_child((2,))?];
    let pinned = one.pin().expect("it runs");
    t.kill(&one);
    t.settle();
    assert_eq!((one.number()?, two.number()?), (1, 2));
    assert_eq!(pinned.number(), Err(CallError::NoProc), "a pinned client does not follow");
    // Transient, it is gone for good when it ends as it likes to.
    one.stop()?;
    t.settle();
    assert_eq!(one.number(), Err(CallError::NoProc));
    let three = jobs.start_child((3,))?;
    assert_eq!((one.pid(), three.number()?), (None, 3));
    jobs.stop()?;
    assert_eq!([&two, &three].map(|job| job.number()), [Err(CallError::NoProc), Err(CallError::NoProc)]);
    assert!(matches!(jobs.start_child((4,)), Err(ChildError::Gone(CallError::NoProc))));
}

#[otp::test(seeds = 1)]
fn a_dynamic_supervisor_prints_its_first_children(t: &mut Sim) {
    let shop = Shop::start_link(Config { sessions: 10 })?;
    let print = || {
        let text = shop.to_string();
        let lines = text.lines().map(|line| line.split(" <").next().unwrap_or(line).to_owned());
        lines.collect::<Vec<_>>()
    };
    let tree = |sessions: &[&'static str]| {
        let mut lines = vec!["Shop", "  sessions: DynamicSupervisor"];
        lines.extend(sessions);
        lines.extend([
            "  jobs: DynamicSupervisor",
            "  inner: ShopInner",
            "    vectors: DynamicSupervisor",
            "  plugins: DynamicSupervisor",
            "  api: Api",
        ]);
        lines
    };
    assert_eq!(print(), tree(&[]));
    assert!(shop.to_string().contains("one_for_one, 0 restarts in 5s, 0 children"), "{shop}");
    for user in ["a", "b", "c", "d", "e"] {
        shop.sessions().start_child((user.into(),))?;
    }
    let sessions = ["    Session[0]: Session", "    Session[1]: Session", "    Session[2]: Session", "    and 2 more"];
    assert_eq!(print(), tree(&sessions));
    assert!(shop.to_string().contains("one_for_one, 3 restarts in 5s, 5 children"), "{shop}");
    assert_eq!(shop.sessions().to_string().lines().count(), 5);
    t.settle();
}

#[otp::test(seeds = 20)]
fn children_of_a_temporary_kind_are_started_once(t: &mut Sim) {
    let sessions = DynamicSupervisor::<Session>::temporary().start_link()?;
    let joe = sessions.start_child(("joe".into(),))?;
    assert_eq!(sessions.child_spec(&joe)?.restart, Restart::Temporary);
    t.kill(&joe);
    t.settle();
    assert_eq!((joe.user(), sessions.count_children()?.specs), (Err(CallError::NoProc), 0));
    assert!(!sessions.gave_up());
}

#[otp::test(seeds = 5)]
fn a_supervisor_of_another_kind_is_asked_in_vain(_: &mut Sim) {
    let fixed = Supervisor::new(Strategy::OneForOne).child("job", Job::child_spec(1)).start()?;
    let (taken_for_dynamic, job) =
        (<DynamicSupervisor as Child>::client(fixed.place().clone()), fixed.child::<Job>("job"));
    let pid = job.pid().unwrap();
    assert_eq!(taken_for_dynamic.terminate_child(&pid), Err(ChildError::OtherKind));
    assert_eq!(taken_for_dynamic.child_spec(&job), Err(ChildError::OtherKind));
    assert_eq!(taken_for_dynamic.start_child(Job::child_spec(2)).unwrap_err(), ChildError::OtherKind);
    assert_eq!(job.number(), Ok(1));
}

/// One that chooses not to run is no failure of the tree that it stands in.
#[otp::test(seeds = 5)]
fn a_dynamic_or_partition_supervisor_may_choose_not_to_run(_: &mut Sim) {
    use otp::supervisor::PartitionSupervisor;

    let tree = Supervisor::new(Strategy::OneForOne)
        .child("jobs", <DynamicSupervisor<Job> as Child>::spec(DynamicSupervisor::ignore))
        .child("shards", <PartitionSupervisor<Job> as Child>::spec(PartitionSupervisor::ignore))
        .start()?;
    let (jobs, shards) =
        (tree.child::<DynamicSupervisor<Job>>("jobs"), tree.child::<PartitionSupervisor<Job>>("shards"));
    assert_eq!((jobs.pid(), shards.pid(), tree.count_children()?.active), (None, None, 0));
    assert!(matches!(jobs.start_child((1,)), Err(ChildError::Gone(_))));
    assert_eq!(DynamicSupervisor::<Job>::ignore().start_link().err(), Some(StartError::Ignore));
}

#[otp::test(seeds = 20)]
fn an_actor_that_is_temporary_by_itself_is_so_in_a_dynamic_supervisor(t: &mut Sim) {
    let hotel = Hotel::start_link()?;
    let (visits, texts) = (hotel.visits(), hotel.texts());
    let (joe, mike) = (visits.start_child(("joe".into(),))?, texts.start_child(("mike".into(),))?);
    assert_eq!((joe.user()?, mike.text()?), ("joe".into(), "mike".into()));
    assert_eq!(
        [visits.child_spec(&joe)?.restart, texts.child_spec(&mike)?.restart],
        [Restart::Temporary, Restart::Temporary]
    );
    t.kill(&joe);
    t.settle();
    assert_eq!((joe.user(), visits.count_children()?.specs), (Err(CallError::NoProc), 0));
    for visit in hotel.shifts().into_iter().chain([hotel.porter(), hotel.floors().route(&1)]) {
        assert!(visit.user()?.len() > 2);
    }
}

#[otp::test(seeds = 20)]
fn a_tree_has_the_last_word_on_whether_a_dynamic_child_is_restarted(t: &mut Sim) {
    let guests = Hotel::start_link()?.guests();
    let joe = guests.start_child(("joe".into(),))?;
    assert_eq!(guests.child_spec(&joe)?.restart, Restart::Permanent);
    t.kill(&joe);
    t.settle();
    assert_eq!(joe.name()?, "joe");
}

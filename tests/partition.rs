//! Partition supervisors in trees declared with `supervisor!`, and how they look.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use otp::{
    Name, Node,
    prelude::*,
    supervisor::{ChildError, PartitionRef, PartitionSupervisor, SpecError},
};

/// Has its share of the keys of a store.
struct Shard {
    number: usize,
    db: DbRef,
}

#[actor]
impl Shard {
    #[init]
    fn init(number: usize, db: DbRef, starts: Arc<AtomicUsize>) -> Self {
        starts.fetch_add(1, SeqCst);
        Self { number, db }
    }

    #[handle_call]
    fn place(&self) -> Result<String, CallError> {
        Ok(format!("{}/{}", self.db.name()?, self.number))
    }
}

struct Db(String);

#[actor]
impl Db {
    #[init]
    fn init(name: String) -> Self {
        Self(name)
    }

    #[handle_call]
    fn name(&self) -> String {
        self.0.clone()
    }
}

/// Asks the shards for others.
struct Api {
    shards: PartitionRef<Shard>,
}

#[actor]
impl Api {
    #[init]
    fn init(shards: PartitionRef<Shard>) -> Self {
        Self { shards }
    }

    #[handle_call]
    fn find(&self, key: String) -> Result<Option<Pid>, ChildError> {
        self.shards.partitions()?;
        Ok(self.shards.route(&key).pid())
    }
}

const DBS: Name<PartitionSupervisor<Db>> = Name::new("dbs");

/// What the tree is started with; no `Clone` is asked for.
struct Config {
    shards: usize,
    starts: Arc<AtomicUsize>,
    name: String,
}

supervisor! {
    Shop<one_for_one>(config: Config) {
        intensity: 100 in 1s;

        db:     Db(config.name.clone());
        shards: partition<Shard>(i, db, config.starts.clone()) for i {
            partitions: config.shards,
            strategy: rest_for_one,
            intensity: 1 in 5s,
            shutdown: brutal_kill,
        };
        dbs:    partition<Db>(config.name.clone()) { partitions: 2, name: DBS, restart: temporary };
        #[cfg(any())]
        gone:   partition<Nobody>();
        inner:  supervisor<one_for_one> {
            // The number hides the sibling of the same name.
            own: partition<Db>(format!("{}{db}", config.name)) for db { partitions: 3 };
            all: partition<Db>(String::new());
        };
        trees:  partition<Small>(i, config.name.clone()) for i { partitions: 2 };
        api:    Api(shards);
    }
}

supervisor! {
    /// A tree, of which there can be several.
    Small<one_for_one>(number: usize, name: String) {
        db: Db(format!("{name}{number}"));
    }
}

fn config(shards: usize) -> Config {
    Config { shards, starts: Arc::default(), name: "joe".into() }
}

#[otp::test(seeds = 20)]
fn a_tree_has_partitions(_: &mut Sim) {
    let shop = Shop::start_link(config(4))?;
    let shards: PartitionRef<Shard> = shop.shards();
    assert_eq!(shards.partitions()?, 4);
    for number in 0..4 {
        assert_eq!(shards.partition(number).place()??, format!("joe/{number}"));
        assert_eq!(shards.route(&(number + 8)).pid(), shards.partition(number).pid());
    }
    assert_eq!(shop.api().find("mike".into())??, shards.route("mike").pid());
    assert_eq!(DBS.whereis(), shop.dbs().pid());
    assert_eq!(PartitionRef::lookup(DBS)?.partition(1).name()?, "joe");
    assert_eq!(shop.inner().own().route(&5).name()?, "joe2");
    assert_eq!(shop.inner().all().partitions()?, Node::current().cores());
    assert_eq!(shop.trees().route(&-3).db().name()?, "joe1", "a tree can be a partition");
}

#[otp::test(seeds = 20)]
fn the_options_of_a_partition_supervisor_are_its_own_and_its_partitions(t: &mut Sim) {
    let config = config(3);
    let starts = Arc::clone(&config.starts);
    let shop = Shop::start_link(config)?;
    let shards = shop.shards();
    let spec = shards.supervisor().child_spec(0)?;
    assert_eq!((spec.restart, spec.shutdown), (Restart::Permanent, Shutdown::BrutalKill));
    assert_eq!(shop.supervisor().child_spec("shards")?.shutdown, Shutdown::Infinity);
    assert_eq!(shop.dbs().supervisor().child_spec(1)?.restart, Restart::Temporary);
    t.kill(&shards.partition(1));
    t.settle();
    assert_eq!(starts.load(SeqCst), 5, "the third one was restarted along with the second");
    let before = shards.pid();
    t.kill(&shards.partition(0));
    t.settle();
    assert_ne!(shards.pid(), before, "a second restart was not allowed");
    assert_eq!((starts.load(SeqCst), shards.route(&5).place()??), (8, "joe/2".into()));
}

#[otp::test(seeds = 20)]
fn clients_of_partitions_follow_restarts_of_both(t: &mut Sim) {
    let shop = Shop::start_link(config(2))?;
    let (shards, shard) = (shop.shards(), shop.shards().route(&1));
    t.kill(&shard);
    t.settle();
    assert_eq!(shard.place()??, "joe/1");
    shards.resize(1)?;
    assert_eq!(shard.place(), Err(CallError::NoProc));
    t.kill(&shards.supervisor());
    t.settle();
    assert_eq!((shards.partitions()?, shard.place()??), (2, "joe/1".into()), "a new one begins as the first one did");
}

#[otp::test(seeds = 20)]
fn a_strategy_may_start_what_a_resize_has_ended(t: &mut Sim) {
    let dbs = PartitionSupervisor::new(|number| Db::child_spec(number.to_string()))
        .partitions(3)
        .strategy(Strategy::OneForAll);
    let dbs = dbs.start_link()?;
    assert_eq!(dbs.resize(1), Ok(3));
    t.kill(&dbs.partition(0));
    t.settle();
    assert_eq!((dbs.count_children()?.active, dbs.partitions()?), (3, 1));
    assert_eq!(dbs.route(&2).name()?, "0", "no key belongs to it");
    assert_eq!(dbs.resize(3), Ok(1));
    assert_eq!(dbs.route(&2).name()?, "2");
}

#[otp::test(seeds = 20)]
fn a_temporary_partition_does_not_come_back(t: &mut Sim) {
    let dbs = PartitionSupervisor::new(|_| Db::child_spec(String::new()).restart(Restart::Temporary)).partitions(3);
    let dbs = dbs.start_link()?;
    t.kill(&dbs.partition(2));
    t.settle();
    assert_eq!(dbs.partitions()?, 3, "its keys reach nobody");
    assert_eq!(dbs.route(&2).name(), Err(CallError::NoProc));
    assert_eq!(dbs.resize(1), Ok(3));
    assert_eq!((dbs.resize(2), dbs.partitions()), (Err(ChildError::NotFound), Ok(1)));
}

#[otp::test(seeds = 20)]
fn a_resize_counts_what_it_could_start(t: &mut Sim) {
    let fails = Arc::new(AtomicUsize::new(usize::MAX));
    let fragile = {
        let fails = Arc::clone(&fails);
        PartitionSupervisor::new(move |number| {
            let fails = Arc::clone(&fails);
            Db::spec(move || {
                assert_ne!(fails.load(SeqCst), number, "no database");
                (number.to_string(),)
            })
        })
    };
    let dbs = fragile.partitions(4).start_link()?;
    assert_eq!(dbs.resize(1), Ok(4));
    fails.store(2, SeqCst);
    assert!(matches!(dbs.resize(4), Err(ChildError::Start(StartError::Failed(ExitReason::Panic(_))))));
    assert_eq!((dbs.partitions()?, dbs.route(&5).name()?), (2, "1".into()));
    fails.store(usize::MAX, SeqCst);
    assert_eq!((dbs.resize(4), dbs.resize(4)), (Ok(2), Ok(4)));
    t.settle();
}

#[otp::test(seeds = 20)]
fn a_partition_that_does_not_start_is_the_start_of_none(_: &mut Sim) {
    let dbs = PartitionSupervisor::new(|number| {
        Db::spec(move || {
            assert_ne!(number, 2, "no database");
            (String::new(),)
        })
    });
    assert!(matches!(dbs.partitions(4).start(), Err(StartError::Child { id, .. }) if id == "2"));
    let zero = PartitionSupervisor::new(|_| Db::child_spec(String::new())).intensity(1, Duration::ZERO).start();
    assert_eq!(zero.unwrap_err(), StartError::Spec(SpecError::ZeroPeriod));
}

#[test]
fn a_declared_tree_shows_its_partitions() {
    let tree = Shop::tree().to_string();
    assert!(tree.contains("\n  shards: partition<Shard> permanent, brutal_kill\n"), "{tree}");
    assert!(tree.contains("\n  dbs: partition<Db> temporary\n"), "{tree}");
}

#[otp::test(seeds = 1)]
fn a_partition_supervisor_prints_its_partitions(t: &mut Sim) {
    let shards = PartitionSupervisor::new(|number| Db::child_spec(number.to_string())).partitions(3).start_link()?;
    shards.resize(2)?;
    let text = shards.to_string();
    let lines = text.lines().map(|line| line.split(" <").next().unwrap_or(line)).collect::<Vec<_>>();
    assert_eq!(lines, ["Partition", "  0: Db", "  1: Db", "  2: Db stopped"]);
    assert!(text.contains("one_for_one, 3 restarts in 5s"), "{text}");
    assert!(format!("{shards:?}").starts_with("PartitionRef<Db>(Place(<"), "{shards:?}");
    t.settle();
}

/// Notes its end, and does not start as long as it is told so.
struct Noted {
    number: usize,
    ends: Arc<Mutex<Vec<usize>>>,
}

#[actor]
impl Noted {
    #[init]
    fn init(number: usize, ends: Arc<Mutex<Vec<usize>>>, fails: Arc<AtomicUsize>) -> Result<Self, &'static str> {
        if fails.load(SeqCst) == number { Err("told to") } else { Ok(Self { number, ends }) }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.ends.lock().unwrap().push(self.number);
    }
}

#[otp::test(seeds = 20)]
fn a_resize_ends_the_last_first_and_knows_those_that_are_being_restarted(t: &mut Sim) {
    let (ends, fails) = (Arc::<Mutex<Vec<_>>>::default(), Arc::new(AtomicUsize::new(usize::MAX)));
    let (noted, failing) = (Arc::clone(&ends), Arc::clone(&fails));
    let second = Duration::from_secs(1);
    let shards = PartitionSupervisor::new(move |number| {
        Noted::child_spec(number, Arc::clone(&noted), Arc::clone(&failing)).backoff(second..=second)
    });
    let shards = shards.partitions(4).strategy(Strategy::OneForAll).start_link()?;
    assert_eq!(shards.resize(1), Ok(4));
    assert_eq!(*ends.lock().unwrap(), [3, 2, 1]);
    // With the others one is to be started that was ended, and cannot.
    fails.store(1, SeqCst);
    t.kill(&shards.partition(0));
    t.settle();
    assert_eq!(shards.supervisor().which_child(1)?.state, supervisor::ChildState::Restarting);
    assert_eq!((shards.resize(2), shards.partitions()), (Ok(1), Ok(2)));
    fails.store(usize::MAX, SeqCst);
    t.advance(second);
    assert!(shards.route(&1).pid().is_some());
    t.crashes();
}

#[otp::test(seeds = 20)]
fn a_partition_supervisor_that_gives_up_ends_who_has_linked_to_it(t: &mut Sim) {
    let (to, from) = std::sync::mpsc::channel();
    let (_, monitor) = process::spawn_monitor(move |me| {
        let dbs = PartitionSupervisor::new(|_| Db::child_spec(String::new()))
            .partitions(2)
            .intensity(0, Duration::from_secs(1));
        to.send(dbs.start_link().unwrap()).unwrap();
        me.receive_exit(None);
    });
    t.settle();
    let dbs = from.recv().unwrap();
    assert!(!dbs.gave_up());
    t.kill(&dbs.partition(1));
    t.settle();
    assert!(dbs.gave_up());
    let down = process::current().receive_down(monitor, Duration::ZERO);
    assert_eq!(down.map(|down| down.reason), Some(ExitReason::Shutdown));
}

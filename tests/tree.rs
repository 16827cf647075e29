//! Trees declared with `supervisor!`, running.

#![cfg(feature = "macros")]

use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering::SeqCst};

use otp::prelude::*;

/// Counts its starts and knows how many there were before.
struct Db {
    url: String,
}

#[actor]
impl Db {
    #[init]
    fn init(url: String) -> Self {
        Self { url }
    }

    #[handle_call]
    fn url(&self) -> String {
        self.url.clone()
    }
}

/// Asks its database for each answer.
struct Cache {
    db: DbRef,
    index: usize,
}

#[actor]
impl Cache {
    #[init]
    fn init(db: DbRef, index: usize) -> Self {
        Self { db, index }
    }

    #[handle_call]
    fn get(&self) -> Result<String, CallError> {
        Ok(format!("{} {}", self.db.url()?, self.index))
    }
}

/// What the trees are started with: how often the database was started.
#[derive(Clone, Default)]
struct Starts(Arc<AtomicUsize>);

impl Starts {
    fn next(&self) -> usize {
        self.0.fetch_add(1, SeqCst)
    }
}

fn third_party_spec() -> ChildSpec<Db> {
    Db::child_spec("elsewhere".into())
}

supervisor! {
    /// A shop.
    Shop<one_for_one>(starts: Starts, workers: usize) {
        intensity: 10 in 5s;

        db:    Db(format!("db#{}", starts.next()));
        cache: Cache(db, 0) { name: "cache", shutdown: 1s };
        back:  supervisor<one_for_all> {
            worker: [Cache(db, index) for index in 1..=*workers] { restart: transient, shutdown: brutal_kill };
            #[cfg(any())]
            gone: Nowhere();
        };
        extra: = third_party_spec();
    }
}

supervisor! {
    Mall<rest_for_one>(starts: Starts) {
        shop:  Shop(starts.clone(), 1);
        empty: Empty();
    }
}

supervisor! {
    Empty<one_for_one> {}
}

#[otp::test(seeds = 50)]
fn children_know_their_earlier_siblings(t: &mut Sim) {
    let shop = t.start(Shop::child_spec(Starts::default(), 2))?;
    assert_eq!(shop.db().url()?, "db#0");
    assert_eq!(shop.cache().get()??, "db#0 0");
    let workers = shop.back().worker();
    assert_eq!(workers.len(), 2);
    assert_eq!((workers[0].get()??, workers[1].get()??), ("db#0 1".into(), "db#0 2".into()));
    assert!(shop.extra().pid().is_some());
}

#[otp::test(seeds = 50)]
fn clients_follow_restarts(t: &mut Sim) {
    let shop = t.start(Shop::child_spec(Starts::default(), 2))?;
    let (cache, workers) = (shop.cache(), shop.back().worker());
    let pinned = shop.db().pin().expect("it runs");
    t.kill(&shop.db());
    t.settle();
    assert_eq!(t.restarts(&shop, "db"), 1);
    // The arguments were evaluated anew, and nobody had to be told.
    assert_eq!(cache.get()??, "db#1 0");
    assert_eq!(workers[1].get()??, "db#1 2");
    assert_eq!(pinned.url(), Err(CallError::NoProc), "a pinned client does not follow");
}

#[otp::test(seeds = 50)]
fn clients_follow_restarts_of_nested_supervisors(t: &mut Sim) {
    let mall = t.start(Mall::child_spec(Starts::default()))?;
    let (shop, cache, worker) = (mall.shop(), mall.shop().cache(), mall.shop().back().worker().remove(0));
    assert_eq!(worker.get()??, "db#0 1");
    t.kill(&shop.supervisor());
    t.settle();
    assert_eq!(cache.get()??, "db#1 0");
    assert_eq!(worker.get()??, "db#1 1");
    t.kill(&mall.shop().back().supervisor());
    t.settle();
    assert_eq!(worker.get()??, "db#1 1");
}

#[otp::test(seeds = 1)]
fn a_running_tree_prints_at_a_glance(t: &mut Sim) {
    let mall = t.start(Mall::child_spec(Starts::default()))?;
    t.kill(&mall.shop().db());
    t.settle();
    let text = mall.to_string();
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.split_whitespace().filter(|word| !word.contains('<')).collect::<Vec<_>>().join(" "))
        .collect();
    for part in ["Mall", "rest_for_one", "shop: Shop", "db: Db", "worker[0]: Cache", "empty: Empty"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let db = lines.iter().find(|line| line.contains("db:")).expect("the database is there");
    assert!(db.contains('1') && db.contains("restart"), "its restart is not in `{db}`");
}

#[otp::test(seeds = 50)]
fn a_tree_ends_in_reverse_order(t: &mut Sim) {
    let mall = t.start(Mall::child_spec(Starts::default()))?;
    let order = [mall.empty().supervisor().pid(), mall.shop().supervisor().pid()].map(|pid| pid.expect("it runs"));
    let monitors = order.map(process::monitor);
    mall.supervisor().stop()?;
    let me = process::current();
    for (pid, monitor) in order.into_iter().zip(monitors) {
        assert_eq!(me.receive_down(monitor, None).expect("it ended").pid, pid);
    }
    assert_eq!(t.node().len(), 1, "only the test is left");
}

#[otp::test(seeds = 50)]
fn a_tree_ends_with_its_starter_if_it_is_linked_to_it(t: &mut Sim) {
    let (tell, told) = std::sync::mpsc::channel();
    process::spawn(move |_| {
        let trees = (Empty::start_link().expect("it starts"), Empty::start().expect("it starts"));
        tell.send(trees).expect("the test waits");
        Err::<(), _>(ExitReason::shutdown_with("starter"))
    });
    t.settle();
    let (linked, free) = told.try_recv()?;
    assert_eq!((linked.supervisor().pid().is_some(), free.supervisor().pid().is_some()), (false, true));
}

/// Says of itself how it is supervised.
struct Clerk;

#[actor(name = "clerk", restart = transient, shutdown = 2s)]
impl Clerk {
    #[init]
    fn init(ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self
    }

    #[handle_cast]
    fn finish(&mut self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::Normal);
    }

    #[terminate]
    fn linger(&mut self, reason: &ExitReason) {
        if *reason == ExitReason::Shutdown {
            otp::sleep(Duration::from_secs(3600));
        }
    }
}

supervisor! {
    Office<one_for_one> {
        clerk: Clerk();
        other: Clerk() { name: "other", restart: permanent, shutdown: 3s };
    }
}

#[otp::test(seeds = 50)]
fn an_actor_says_how_it_is_supervised_and_its_spec_knows_better(t: &mut Sim) {
    let office = t.start(Office::child_spec())?;
    for (name, clerk, again, limit) in [("clerk", office.clerk(), false, 2), ("other", office.other(), true, 3)] {
        assert_eq!(process::whereis(name), clerk.pid());
        assert!(clerk.is_alive());
        clerk.finish();
        t.settle();
        assert_eq!(clerk.is_alive(), again, "{name}");
        if !again {
            office.supervisor().restart_child(name)?;
        }
        let began = t.now();
        office.supervisor().terminate_child(name)?;
        assert_eq!(t.now() - began, Duration::from_secs(limit), "{name}");
    }
}

/// Holds its core until it is told not to.
struct Wedge(Arc<AtomicUsize>);

#[actor]
impl Wedge {
    #[init]
    fn init(released: Arc<AtomicUsize>) -> Self {
        Self(released)
    }

    #[handle_cast]
    fn hold(&mut self) {
        while self.0.load(SeqCst) == 0 {
            std::hint::spin_loop();
        }
    }
}

supervisor! {
    Wedged<one_for_one>(released: Arc<AtomicUsize>) {
        first:  Wedge(Arc::clone(released)) { shutdown: 50ms };
        second: Wedge(Arc::clone(released)) { shutdown: 50ms };
    }
}

#[test]
fn wedged_children_do_not_hang_their_supervisor_even_on_one_core() {
    let node = otp::Node::builder().cores(1).start().expect("threads");
    let released = Arc::new(AtomicUsize::new(0));
    node.enter(|| {
        let tree = Wedged::start_link(Arc::clone(&released)).expect("it starts");
        tree.first().hold();
        tree.second().hold();
        let monitor = process::monitor(tree.supervisor().pid().expect("it runs"));
        tree.supervisor().stop().expect("it ends as it was told to");
        let down = process::current().receive_down(monitor, Duration::from_secs(60)).expect("it ended");
        assert_eq!(down.reason, ExitReason::Normal);
        assert_eq!(otp::Node::current().len(), 1, "its children are gone");
    });
    assert!(node.lost_threads() >= 1);
    released.store(1, SeqCst);
    node.stop();
}

supervisor! {
    Slow<one_for_one>() {
        stores: supervisor<one_for_one> {
            db:     Clerk() { name: "db", shutdown: 20s };
            shelf:  [Clerk() for _ in 0..9] { name: format!("shelf"), shutdown: 10s };
            cellar: supervisor<one_for_one> {
                clerk: Clerk() { shutdown: 5s };
                spare: = Clerk::child_spec().shutdown(Shutdown::Infinity);
            };
            crowd:  dynamic<Clerk> { shutdown: 4s };
            gone:   Clerk() { shutdown: brutal_kill };
        } { shutdown: 38s };
        patient: supervisor<one_for_one> {
            clerk: Clerk() { shutdown: infinity };
            hasty: supervisor<one_for_one> {
                clerk: Clerk() { shutdown: 2s };
            } { shutdown: 1s };
        };
        limited: supervisor<one_for_one> {
            clerk: Clerk() { shutdown: infinity };
        } { shutdown: 1m };
    }
}

#[test]
fn a_shutdown_that_is_too_short_is_known_before_anything_runs() {
    let tree = Slow::tree();
    assert_eq!(tree.shutdown_needed(), None);
    assert_eq!(SlowStores::tree().shutdown_needed(), Some(Duration::from_secs(39)));
    let short: Vec<_> = tree.short_shutdowns().iter().map(ToString::to_string).collect();
    assert_eq!(
        short,
        [
            "stores has a shutdown of 38s, and its children may need 39s",
            "patient/hasty has a shutdown of 1s, and its children may need 2s",
            "limited has a shutdown of 60s, and its children may need any time",
        ]
    );
    assert!(tree.to_string().contains("permanent, shutdown 38s (its children may need 39s)"), "{tree}");
    assert_eq!(Shop::tree().short_shutdowns(), []);
}

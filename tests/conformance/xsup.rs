//! Elixir's `Supervisor`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use otp::{
    Name,
    supervisor::{AutoShutdown, ChildError, ChildKind, ChildState, SpecError},
};

use super::{
    rooms::{Book, Rooms},
    sup::{Journal, Worker},
};
use otp::prelude::*;
use otp::{Child, name::RegName};

/// Of what was pushed, the last comes first.
struct Stack(Vec<&'static str>);

#[actor]
impl Stack {
    #[init]
    fn init(items: Vec<&'static str>) -> Self {
        Self(items)
    }

    #[handle_call]
    fn pop(&mut self) -> Option<&'static str> {
        self.0.pop()
    }

    #[handle_cast]
    fn push(&mut self, item: &'static str) {
        self.0.push(item);
    }

    #[handle_cast]
    fn finish(&mut self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::Normal);
    }
}

supervisor! {
    Stacks<one_for_one>(items: Vec<&'static str>) {
        stack: Stack(items.clone()) { name: "dyn_stack" };
    }
}

supervisor! {
    /// With limits of its own.
    Strict<rest_for_one> {
        intensity: 7 in 2s;
        auto_shutdown: all_significant;
        stack: Stack(vec![]) { restart: transient, significant };
    }
}

#[otp::test]
fn xsup_child_spec_use(_t: &mut Sim) {
    let outer = |spec: ChildSpec<Stacks>| {
        let tree = Supervisor::new(Strategy::OneForOne).child("stacks", spec).start().unwrap();
        (tree.child_spec("stacks").unwrap(), tree)
    };
    let (spec, tree) = outer(Stacks::child_spec(vec!["a"]));
    assert_eq!((spec.label, spec.kind), ("Stacks", ChildKind::Supervisor));
    assert_eq!((spec.restart, spec.shutdown, spec.significant), (Restart::Permanent, Shutdown::Infinity, false));
    assert_eq!(spec.name, None);
    assert_eq!(tree.child::<Stacks>("stacks").stack().pop(), Ok(Some("a")));
    tree.stop().unwrap();

    let changed = Stacks::child_spec(vec![]).restart(Restart::Transient).shutdown(Shutdown::BrutalKill).name("s");
    let (spec, _tree) = outer(changed);
    assert_eq!((spec.restart, spec.shutdown), (Restart::Transient, Shutdown::BrutalKill));
    assert_eq!((spec.kind, spec.name), (ChildKind::Supervisor, Some(RegName::from("s"))));
}

/// Without a strategy it does not compile: `tests/ui/supervisor/no_strategy.rs`, and `new` asks for one.
#[otp::test]
fn xsup_init_2(t: &mut Sim) {
    let said = |supervisor: &Supervisor| format!("{supervisor:?}");
    let default = said(&Supervisor::new(Strategy::OneForOne));
    for part in ["strategy: OneForOne", "restarts: 3", "period: 5s", "auto_shutdown: Never"] {
        assert!(default.contains(part), "{default}");
    }
    let own = Supervisor::new(Strategy::OneForAll).intensity(5, Duration::from_secs(9));
    let own = said(&own.auto_shutdown(AutoShutdown::AnySignificant));
    for part in ["strategy: OneForAll", "restarts: 5", "period: 9s", "auto_shutdown: AnySignificant"] {
        assert!(own.contains(part), "{own}");
    }

    // And so they run: three restarts, and a fourth after five seconds, but no fifth.
    let stacks = Stacks::start_link(vec![]).unwrap();
    assert!(stacks.to_string().contains("one_for_one, 3 restarts in 5s"));
    for _ in 0..3 {
        t.kill(&stacks.stack());
        t.settle();
    }
    t.advance(Duration::from_secs(6));
    for alive in [true, true, true, false] {
        t.kill(&stacks.stack());
        t.settle();
        assert_eq!(stacks.supervisor().pid().is_some(), alive);
    }
    let strict = Strict::start().unwrap();
    assert!(strict.to_string().contains("rest_for_one, 7 restarts in 2s"));
    strict.stack().finish();
    t.settle();
    assert_eq!(strict.supervisor().pid(), None, "its significant child is done");
}

/// A supervisor with specs of every kind: of an actor, of a tree, made at run time, and changed.
fn every_kind(journal: &Journal) -> Supervisor {
    let made = Supervisor::spec(|| Supervisor::new(Strategy::OneForOne));
    Supervisor::new(Strategy::OneForOne)
        .child("actor", Stack::child_spec(vec![]))
        .child("tree", Stacks::child_spec(vec![]))
        .child("worker", journal.spec("worker"))
        .child(("made", 1), made)
        .child("changed", Stack::child_spec(vec![]).restart(Restart::Temporary))
}

#[otp::test]
fn xsup_init_old_new_specs(_t: &mut Sim) {
    let text = format!("{:?}", every_kind(&Journal::default()));
    assert!(text.contains("children: [actor, tree, worker, made[1], changed]"), "{text}");
}

#[otp::test]
fn xsup_start_link_old_new(_t: &mut Sim) {
    let tree = every_kind(&Journal::default()).start_link().unwrap();
    let ids: Vec<_> = tree.which_children().unwrap().into_iter().map(|child| child.id.to_string()).collect();
    assert_eq!(ids, ["changed", "made[1]", "worker", "tree", "actor"], "the newest first");
    let count = tree.count_children().unwrap();
    assert_eq!((count.specs, count.active, count.supervisors, count.workers), (5, 5, 2, 3));
}

/// Starts an empty supervisor under a name, and asks for its children through the name.
fn under(name: Name<Supervisor>, found: impl Into<RegName>) {
    let tree = Supervisor::new(Strategy::OneForOne).name(name.clone()).start_link().unwrap();
    assert_eq!(name.whereis(), tree.pid());
    let named = SupervisorRef::lookup(found).unwrap();
    assert_eq!(named.which_children(), Ok(vec![]));
    assert_eq!(named.pid(), tree.pid());
    let twice = Supervisor::new(Strategy::OneForOne).name(name.clone()).start_link().unwrap_err();
    assert_eq!(twice, StartError::AlreadyStarted(tree.pid().unwrap()));
    named.stop().unwrap();
    assert_eq!(tree.which_children(), Err(ChildError::Gone(CallError::NoProc)));
}

#[otp::test(seeds = 20)]
fn xsup_start_link_via(_t: &mut Sim) {
    let book = Arc::new(Book::start().unwrap());
    let key = || "stacks".to_owned();
    under(Name::via(&book, key()), RegName::via(&book, key()));
    let rooms = Rooms::new();
    under(Name::via(&rooms, 7), RegName::via(&rooms, 7));
    assert_eq!(process::registered(), [""; 0]);
}

#[otp::test(seeds = 20)]
fn xsup_start_link_local(_t: &mut Sim) {
    under(Name::new("my_sup"), "my_sup");
    assert_eq!(process::registered(), [""; 0]);
}

#[otp::test(seeds = 20)]
fn xsup_start_link_2(t: &mut Sim) {
    const STACK: Name<Stack> = Name::new("dyn_stack");
    let stacks = Stacks::start_link(vec!["hello"]).unwrap();
    let stack = STACK.client();
    let first = STACK.whereis();
    assert_eq!(stack.pop(), Ok(Some("hello")));
    stack.push("world");
    assert_eq!(stack.stop(), Ok(()));
    t.settle();
    assert!(STACK.whereis().is_some() && STACK.whereis() != first);
    assert_eq!(stack.pop(), Ok(Some("hello")), "it begins anew");
    assert_eq!(t.restarts(&stacks, "stack"), 1);
    stacks.supervisor().stop().unwrap();
    assert_eq!(STACK.whereis(), None);
}

#[otp::test(seeds = 20)]
fn xsup_start_link_3(_t: &mut Sim) {
    let stacks = Stacks::start_link(vec!["hello"]).unwrap();
    let links = process::info(otp::self_pid()).unwrap().links;
    assert_eq!(links, [stacks.supervisor().pid().unwrap()]);
    let children = stacks.supervisor().which_children().unwrap();
    let seen: Vec<_> = children.iter().map(|child| (child.id.to_string(), child.label, child.state)).collect();
    assert_eq!(seen, [("stack".to_owned(), "Stack", ChildState::Running(stacks.stack().pid().unwrap()))]);
    let stack = stacks.stack();
    assert_eq!(stacks.supervisor().stop(), Ok(()));
    assert_eq!((stacks.supervisor().pid(), stack.pid()), (None, None));
}

fn empty() -> SupervisorRef {
    Supervisor::new(Strategy::OneForOne).start_link().unwrap()
}

/// The plainest way: what is run at each start is a closure that makes the arguments.
#[otp::test]
fn xsup_start_child_old(_t: &mut Sim) {
    let stack = empty().start_child("stack", Stack::spec(|| (vec!["a"],))).unwrap();
    assert_eq!(stack.pop(), Ok(Some("a")));
}

#[otp::test]
fn xsup_start_child_map(_t: &mut Sim) {
    let spec = Stack::child_spec(vec!["a"]).restart(Restart::Transient).shutdown(Shutdown::Infinity).name("stack");
    let (tree, name) = (empty(), Name::<Stack>::new("stack"));
    let stack = tree.start_child("stack", spec).unwrap();
    assert_eq!((stack.pop(), name.whereis()), (Ok(Some("a")), stack.pid()));
    assert_eq!(tree.child_spec("stack").unwrap().restart, Restart::Transient);
}

/// The type says how it is supervised.
#[otp::test]
fn xsup_start_child_module_tuple(_t: &mut Sim) {
    /// Done once.
    struct Job;

    #[actor(restart = temporary, shutdown = brutal_kill)]
    impl Job {
        #[init]
        fn init(_what: &'static str) -> Self {
            Self
        }
    }

    let tree = empty();
    let job = tree.start_child("job", Job::child_spec("sweep")).unwrap();
    assert!(job.is_alive());
    let spec = tree.child_spec("job").unwrap();
    assert_eq!((spec.label, spec.restart, spec.shutdown), ("Job", Restart::Temporary, Shutdown::BrutalKill));
}

/// What has no id, no start, or a negative time to shut down does not compile: `tests/ui/types/start_child.rs`.
#[otp::test(seeds = 20)]
fn xsup_start_child_invalid(t: &mut Sim) {
    let tree = empty();
    let pid = tree.pid();
    let refused = tree.start_child("stack", Stack::child_spec(vec![]).significant(true)).unwrap_err();
    assert_eq!(refused, ChildError::Start(StartError::Spec(SpecError::SignificantForNothing("stack".into()))));
    let panicked = tree.start_child("stack", Stack::spec(|| panic!("no arguments"))).unwrap_err();
    assert!(matches!(panicked, ChildError::Start(StartError::Failed(ExitReason::Panic(_)))), "{panicked:?}");
    t.settle();
    assert_eq!((tree.pid(), tree.which_children()), (pid, Ok(vec![])));
    assert!(tree.start_child("stack", Stack::child_spec(vec![])).is_ok());
}

#[otp::test(seeds = 20)]
fn xsup_start_child_shutdown(t: &mut Sim) {
    let (journal, tree) = (Journal::default(), empty());
    for millis in [0, 1] {
        let shutdown = Shutdown::After(Duration::from_millis(millis));
        let spec = journal.spec("w").shutdown(shutdown).restart(Restart::Temporary);
        let worker: <Worker as Child>::Client = tree.start_child("w", spec).unwrap();
        assert_eq!(tree.child_spec("w").unwrap().shutdown, shutdown);
        t.kill(&worker);
        t.settle();
        assert_eq!((worker.pid(), tree.which_children()), (None, Ok(vec![])));
    }
    assert_eq!(journal.take(), "+w -w +w -w");
}

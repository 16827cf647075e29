//! `AgentTest`.

use otp::{Child, actor::Starter, agent::Agent, prelude::*, supervisor::ChildKind, sys};

use crate::secs;

supervisor! {
    /// The sum that is kept begins anew with each start.
    App<one_for_one>(start: u32) {
        sum: Agent<u32>({ let start = *start; Box::new(move || start) }) { shutdown: 1s };
        words: = Agent::child_spec(Vec::<&str>::new);
    }
}

#[otp::test(seeds = 20)]
fn xagt_supervised(t: &mut Sim) {
    let top = Supervisor::new(Strategy::OneForOne).child("sum", Agent::child_spec(|| 42)).start_link()?;
    let sum = top.child::<Agent<i32>>("sum");
    assert_eq!(sum.get(|n| *n), Ok(42));
    sum.update(|n| *n = 7)?;
    t.kill(&sum);
    assert_eq!(sum.wait_for_restart().get(|n| *n), Ok(42), "a new state");

    let app = App::start(40)?;
    assert_eq!(app.sum().get_and_update(|n| std::mem::replace(n, 1)), Ok(40));
    t.kill(&app.sum());
    assert_eq!(app.sum().wait_for_restart().get(|n| *n), Ok(40));
    let words = app.supervisor().child::<Agent<Vec<&str>>>("words");
    words.update(|words| words.push("hello"))?;
    assert_eq!((words.pid(), words.get(|words| words.len())), (app.words().pid(), Ok(1)));
}

#[otp::test(seeds = 1)]
fn xagt_child_spec(_: &mut Sim) {
    let spec = || Agent::child_spec(|| 42);
    let changed = spec().restart(Restart::Temporary).shutdown(Shutdown::After(secs(1))).name("changed");
    let top = Supervisor::new(Strategy::OneForOne).child("plain", spec()).child("changed", changed).start()?;
    let (plain, changed) = (top.child_spec("plain")?, top.child_spec("changed")?);
    assert_eq!((plain.label, plain.kind), ("Agent", ChildKind::Worker));
    assert_eq!((plain.restart, plain.shutdown), (Restart::Permanent, Shutdown::After(secs(5))));
    assert_eq!((changed.restart, changed.shutdown), (Restart::Temporary, Shutdown::After(secs(1))));
    assert_eq!(process::whereis("changed"), top.child::<Agent<i32>>("changed").pid());
    let by_hand = <Agent<i32> as Child>::spec(|| (Box::new(|| 1),));
    assert_eq!(top.start_child("by hand", by_hand)?.get(|n| *n), Ok(1));
}

#[otp::test(seeds = 20)]
fn xagt_start_link_funs(_: &mut Sim) {
    let map = Agent::start_link(std::collections::BTreeMap::<&str, u32>::new)?;
    let pid = map.pid().unwrap();
    assert!(process::info(pid).unwrap().links.contains(&otp::self_pid()));
    assert_eq!(map.update(|map| _ = map.insert("hello", 1)), Ok(()));
    assert_eq!(map.get(|map| map.get("hello").copied()), Ok(Some(1)));
    assert_eq!(map.get_and_update(|map| map.remove("hello")), Ok(Some(1)));
    assert_eq!(map.get(|map| map.len()), Ok(0));
    assert_eq!(map.stop(), Ok(()));
    assert!(!process::is_alive(pid));
}

#[otp::test(seeds = 1)]
fn xagt_spawn_opt(t: &mut Sim) {
    let starter = Starter::<Agent<u32>>::new().name("busy").mailbox(Mailbox::bounded(1, Policy::Reject)).link();
    let busy = starter.start((Box::new(|| 0),))?;
    assert_eq!(process::whereis("busy"), busy.pid());
    busy.cast(|_| otp::sleep(secs(1)));
    t.settle();
    let waits = busy.request().get(|n| *n);
    assert_eq!(busy.get(|n| *n), Err(CallError::Full));
    assert_eq!(waits.wait(), Ok(0));

    let slow = Starter::<Agent<()>>::new().timeout(secs(1)).start((Box::new(|| otp::sleep(secs(60))),));
    assert_eq!(slow.err(), Some(StartError::Timeout));
}

/// A module's function, as a program has them.
fn add(sum: &mut u32) -> u32 {
    *sum += 1;
    *sum
}

#[otp::test(seeds = 20)]
fn xagt_start_mfa_named(_: &mut Sim) {
    let sum = Starter::<Agent<u32>>::new().name("agent").start((Box::new(u32::default),))?;
    let named = otp::Name::<Agent<u32>>::new("agent").client();
    assert_eq!(named.get_and_update(add), Ok(1));
    named.cast(|sum| _ = add(sum));
    named.cast(|sum| _ = add(sum));
    assert_eq!(named.get(u32::clone), Ok(3), "what was cast before is done before");
    assert_eq!(sum.stop(), Ok(()));
    assert_eq!((sum.is_alive(), process::whereis("agent")), (false, None));
    assert_eq!(named.get(u32::clone), Err(CallError::NoProc));
}

/// There is no code to be changed, but a state to be made into another one while nobody sees it.
#[otp::test(seeds = 20)]
fn xagt_change_code(_: &mut Sim) {
    let sum = Agent::start(|| 1)?;
    sys::suspend(&sum)?;
    let waits = sum.request().get(|n| *n);
    sys::replace_state(&sum, |Agent(n)| Agent(n + 41))?;
    assert_eq!(sys::state(&sum), Ok(Agent(42)));
    sys::resume(&sum)?;
    assert_eq!(waits.wait(), Ok(42));
}

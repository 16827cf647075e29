//! What agents promise beyond Elixir's cases: modes, panics, closures that are never run.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use otp::{
    actor::Starter,
    agent::{Agent, AgentRef},
    prelude::*,
};

use crate::secs;

/// Counts how often it was dropped.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[otp::test(seeds = 50)]
fn closures_run_in_the_order_in_which_they_were_sent(_: &mut Sim) {
    let log = Agent::start(Vec::new)?;
    let (requests, calls) = (log.request(), log.as_async());
    log.cast(|log| log.push(1));
    let second = requests.update(|log| log.push(2));
    let third = calls.get_and_update(|log| {
        log.push(3);
        log.len()
    });
    drop(calls.cast(|log| log.push(4)));
    assert_eq!((second.wait(), third.wait()), (Ok(()), Ok(3)));
    assert_eq!(log.get(Vec::clone), Ok(vec![1, 2, 3, 4]));
}

#[otp::test(seeds = 50)]
fn each_change_is_whole(t: &mut Sim) {
    let sum = Agent::start(|| (0, 0))?;
    for _ in 0..10 {
        let sum = sum.clone();
        process::spawn(move |_| {
            let seen = sum.no_timeout().get_and_update(|(a, b)| {
                *a += 1;
                otp::sleep(secs(1));
                *b += 1;
                (*a, *b)
            });
            assert!(matches!(seen, Ok((a, b)) if a == b));
        });
    }
    t.advance(secs(10));
    assert_eq!(sum.get(|sum| *sum), Ok((10, 10)));
}

#[otp::test(seeds = 20)]
fn a_panic_ends_the_agent_and_all_who_wait_are_told(t: &mut Sim) {
    let top = Supervisor::new(Strategy::OneForOne).child("sum", Agent::child_spec(|| 1_u32)).start()?;
    let sum = top.child::<Agent<u32>>("sum");
    let first = sum.request().update(|n| *n = n.checked_sub(2).expect("enough"));
    let second = sum.request().get(|n| *n);
    for error in [first.wait().unwrap_err(), second.wait().unwrap_err()] {
        assert_eq!(error.exit_reason().unwrap().as_panic().unwrap().message, "enough");
    }
    let crashes = t.crashes();
    assert_eq!(crashes.len(), 1);
    assert_eq!(crashes[0].reason.as_panic().unwrap().handler, Some("update"));
    assert_eq!(sum.wait_for_restart().get(|n| *n), Ok(1), "a new one begins from the beginning");
}

#[otp::test(seeds = 20)]
fn a_call_that_gave_up_never_runs(_: &mut Sim) {
    let sum = Agent::start(|| 0)?;
    sum.cast(|_| otp::sleep(secs(60)));
    let late = sum.timeout(secs(1)).update(|n| *n += 1);
    assert_eq!(late, Err(CallError::Timeout { started: false }));
    assert_eq!(sum.no_timeout().get(|n| *n), Ok(0));
}

#[otp::test(seeds = 20)]
fn a_closure_that_nobody_runs_is_dropped(t: &mut Sim) {
    let drops = Counted::default();
    let sum: AgentRef<u32> = Agent::start(|| 0)?;
    sum.stop()?;
    let (cast, called, requested) = (drops.clone(), drops.clone(), drops.clone());
    sum.cast(move |_| drop(cast));
    assert_eq!(sum.update(move |_| drop(called)), Err(CallError::NoProc));
    assert_eq!(sum.request().update(move |_| drop(requested)).wait(), Err(CallError::NoProc));
    t.settle();
    assert_eq!(drops.0.load(SeqCst), 3);
}

#[otp::test(seeds = 20)]
fn a_start_that_panics_is_an_error_and_the_name_is_free(t: &mut Sim) {
    let start = |init: fn() -> u32| Starter::<Agent<u32>>::new().name("sum").start((Box::new(init),));
    let failed = start(|| panic!("no sum")).unwrap_err();
    assert!(matches!(failed, StartError::Failed(reason) if reason.is_panic()));
    assert_eq!(t.crashes().len(), 1);
    let sum = start(|| 1)?;
    assert_eq!(start(|| 2).err(), Some(StartError::AlreadyStarted(sum.pid().unwrap())));
}

/// The state is made, and dropped, in the agent.
#[otp::test(seeds = 5)]
fn init_runs_in_the_agent(_: &mut Sim) {
    let maker = Agent::start(otp::self_pid)?;
    assert_eq!(maker.get(|maker| *maker).ok(), maker.pid());
    assert_eq!(maker.get(|_| process::info(otp::self_pid()).unwrap().handler), Ok(Some("get")));
}

/// An agent that asks itself would wait for ever.
#[otp::test(seeds = 5)]
fn a_closure_that_calls_its_own_agent_is_told(_: &mut Sim) {
    let sum = Agent::start(|| 1)?;
    let same = sum.clone();
    assert_eq!(sum.get(move |_| same.get(|n| *n)), Ok(Err(CallError::CallingSelf)));
}

#[test]
fn on_real_cores_nothing_is_lost() {
    let sum = Agent::start(|| 0).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|_| sum.no_timeout().update(|n| *n += 1).unwrap()));
        }
    });
    assert_eq!(sum.get(|n| *n), Ok(4_000));
    sum.stop().unwrap();
}

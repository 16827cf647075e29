//! `factory_supervisor_test`.

use otp::{
    Name,
    prelude::*,
    supervisor::{DynamicRef, DynamicSupervisor},
};

use crate::dynamics::{Plan, Worker, counts, end, kill, pid, workers, works};

#[otp::test(seeds = 20)]
fn glf_temporary(t: &mut Sim) {
    let supervisor = workers(Restart::Temporary).start()?;
    let [killed, stopped] = [supervisor.start_child(works())?, supervisor.start_child(works())?];
    kill(t, &killed);
    end(t, &stopped, ExitReason::Normal);
    assert_eq!((killed.pid(), stopped.pid()), (None, None));
    assert_eq!(counts(&supervisor), [0; 4]);
}

#[otp::test(seeds = 20)]
fn glf_permanent(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).start()?;
    let [killed, stopped] = [supervisor.start_child(works())?, supervisor.start_child(works())?];
    let before = (pid(&killed), pid(&stopped));
    kill(t, &killed);
    end(t, &stopped, ExitReason::Normal);
    let after = (pid(&killed), pid(&stopped));
    assert!(after.0 != before.0 && after.1 != before.1);
    assert_eq!(counts(&supervisor), [2, 2, 0, 2]);
}

#[otp::test(seeds = 20)]
fn glf_duplicate_child(t: &mut Sim) {
    let (supervisor, plan) = (workers(Restart::Permanent).start()?, works());
    let children = [(); 3].map(|()| supervisor.start_child(plan.clone()).expect("it starts"));
    let before = children.each_ref().map(pid);
    assert!(before[0] != before[1] && before[1] != before[2] && before[0] != before[2]);
    kill(t, &children[1]);
    let after = children.each_ref().map(pid);
    assert_eq!((after[0], after[2]), (before[0], before[2]));
    assert_ne!(after[1], before[1]);
}

#[otp::test(seeds = 20)]
fn glf_named(_: &mut Sim) {
    const FACTORY: Name<DynamicSupervisor<Worker, Plan>> = Name::new("factory");
    let supervisor = workers(Restart::Permanent).name(FACTORY).start()?;
    let second = workers(Restart::Permanent).name(FACTORY).start();
    assert_eq!(second.unwrap_err(), StartError::AlreadyStarted(supervisor.pid().expect("it lives")));
    assert!(DynamicRef::lookup(FACTORY)?.start_child(works())?.is_alive());
    assert_eq!(counts(&supervisor), [1, 1, 0, 1]);
}

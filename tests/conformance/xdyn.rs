//! `DynamicSupervisorTest`.

use otp::{
    Child, ExitReason, Name,
    prelude::*,
    supervisor::{ChildError, ChildKind, ChildState, DynamicRef, DynamicSupervisor},
};

use crate::{
    dynamics::{
        Mood, Plan, SECOND, Worker, WorkerRef, Workers, abnormal, counts, end, exit_of, kill, no_start, pid, reasons,
        shut_down, workers, workers_as, works,
    },
    rooms::Rooms,
};

const PLAN: Name<DynamicSupervisor<Worker>> = Name::new("workers");

#[otp::test(seeds = 20)]
fn xdyn_supervised_directly(_: &mut Sim) {
    let spec = DynamicSupervisor::<Worker>::spec(DynamicSupervisor::temporary).name(PLAN);
    let top = Supervisor::new(Strategy::OneForOne).child("workers", spec).start()?;
    let workers = DynamicRef::lookup(PLAN)?;
    assert_eq!(workers.pid(), top.child::<DynamicSupervisor<Worker>>("workers").pid());
    assert!(workers.start_child((works(),))?.is_alive());
    assert_eq!(counts(&top.child::<DynamicSupervisor<Worker>>("workers")), [1, 1, 0, 1]);
    assert_eq!(
        DynamicRef::<Worker, Plan>::lookup("workers").unwrap_err(),
        CallError::NoProc,
        "it takes something else"
    );
    assert_eq!(DynamicSupervisor::any().name("any").start()?.pid(), <DynamicRef>::lookup("any")?.pid());
}

#[otp::test(seeds = 20)]
fn xdyn_multiple_named(_: &mut Sim) {
    let via = Name::via(&Rooms::new(), 7);
    let unnamed = || DynamicSupervisor::<Worker>::spec(DynamicSupervisor::temporary);
    let top = Supervisor::new(Strategy::OneForOne)
        .child("named", unnamed().name(PLAN))
        .child("via", unnamed().name(&via))
        .child("unnamed", unnamed())
        .start()?;
    for name in [&PLAN, &via] {
        assert!(DynamicRef::lookup(name)?.start_child((works(),))?.is_alive());
    }
    let unnamed_pid = top.child::<DynamicSupervisor<Worker>>("unnamed").pid().expect("it runs");
    assert_eq!(top.start_child("unnamed", unnamed()).unwrap_err(), ChildError::AlreadyStarted(unnamed_pid));
    let second = DynamicSupervisor::<Worker>::temporary().name(PLAN).start();
    assert_eq!(second.unwrap_err(), StartError::AlreadyStarted(PLAN.whereis().expect("it has its name")));
}

#[otp::test(seeds = 20)]
fn xdyn_child_spec(_: &mut Sim) {
    let spec = || DynamicSupervisor::<Worker>::spec(DynamicSupervisor::temporary);
    let changed = spec().restart(Restart::Temporary).shutdown(Shutdown::After(SECOND));
    let top = Supervisor::new(Strategy::OneForOne).child("plain", spec()).child("changed", changed).start()?;
    let (plain, changed) = (top.child_spec("plain")?, top.child_spec("changed")?);
    assert_eq!(
        (plain.kind, plain.restart, plain.shutdown),
        (ChildKind::Supervisor, Restart::Permanent, Shutdown::Infinity)
    );
    assert_eq!(
        (changed.kind, changed.restart, changed.shutdown),
        (ChildKind::Supervisor, Restart::Temporary, Shutdown::After(SECOND))
    );
    assert_eq!(counts(&top), [2, 2, 2, 0]);
}

#[otp::test(seeds = 20)]
fn xdyn_init_defaults(t: &mut Sim) {
    let supervisor = DynamicSupervisor::template(|plan: Plan| Worker::child_spec(plan)).start_link()?;
    assert!(supervisor.to_string().contains("one_for_one, 3 restarts in 5s, 0 children"), "{supervisor}");
    let all = (0..100).map(|_| supervisor.start_child(works())).collect::<Result<Vec<_>, _>>()?;
    (0..3).for_each(|_| kill(t, &all[0]));
    t.advance(5 * SECOND);
    assert_eq!(counts(&supervisor), [100, 100, 0, 100]);
    let own = supervisor.pid().expect("it lives");
    kill(t, &all[0]);
    assert_eq!(exit_of(own), ExitReason::Shutdown);
}

#[otp::test(seeds = 20)]
fn xdyn_registered(_: &mut Sim) {
    let supervisor = DynamicSupervisor::<Worker>::temporary().name(PLAN).start_link()?;
    let pid = supervisor.pid().expect("it lives");
    assert_eq!(PLAN.whereis(), Some(pid));
    DynamicRef::lookup(PLAN)?.stop()?;
    assert_eq!(PLAN.whereis(), None);
    assert_eq!(exit_of(pid), ExitReason::Normal, "it was linked");
    assert_eq!(DynamicRef::lookup(PLAN).unwrap_err(), CallError::NoProc);
}

#[otp::test(seeds = 20)]
fn xdyn_initial_call(_: &mut Sim) {
    let top = Supervisor::new(Strategy::OneForOne)
        .child("static", Supervisor::spec(|| Supervisor::new(Strategy::OneForOne)))
        .child("dynamic", DynamicSupervisor::<Worker>::spec(DynamicSupervisor::temporary))
        .start()?;
    let kinds = ["static", "dynamic"].map(|id| top.which_child(id).map(|child| child.kind));
    assert_eq!(kinds, [Ok(ChildKind::Supervisor), Ok(ChildKind::Supervisor)]);
}

/// A spec made of a function, as a legacy tuple is.
#[otp::test(seeds = 20)]
fn xdyn_start_child_old(_: &mut Sim) {
    let supervisor = DynamicSupervisor::any().start()?;
    let worker: WorkerRef = supervisor.start_child(Worker::spec(|| (works(),)))?;
    assert!(worker.is_alive());
}

#[otp::test(seeds = 20)]
fn xdyn_start_child_map(t: &mut Sim) {
    let supervisor = DynamicSupervisor::any().start()?;
    let (temporary, transient) = (works(), works());
    let temporary = supervisor.start_child(Worker::child_spec(temporary).restart(Restart::Temporary))?;
    let transient = supervisor.start_child(Worker::child_spec(transient).restart(Restart::Transient))?;
    let nested = supervisor.start_child(DynamicSupervisor::<Worker>::spec(DynamicSupervisor::temporary))?;
    assert!(nested.start_child((works(),))?.is_alive());
    assert_eq!(counts(&supervisor), [3, 3, 1, 2]);
    kill(t, &temporary);
    kill(t, &transient);
    assert!(!temporary.is_alive() && transient.is_alive());
    supervisor.terminate_child(&nested)?;
    assert_eq!(counts(&supervisor), [1, 1, 0, 1]);
}

#[otp::test(seeds = 20)]
fn xdyn_start_child_module_tuple(t: &mut Sim) {
    let supervisor = DynamicSupervisor::<Worker>::new().start()?;
    let worker = supervisor.start_child((works(),))?;
    let before = pid(&worker);
    kill(t, &worker);
    assert_ne!(pid(&worker), before, "a worker is permanent, and its client follows");
}

#[otp::test(seeds = 20)]
fn xdyn_throw_error_exit(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).start()?;
    let error = |mood| match supervisor.start_child(Plan::new(mood)) {
        Err(ChildError::Start(StartError::Failed(reason))) => reason,
        other => panic!("{other:?}"),
    };
    assert!(matches!(error(Mood::Panics), ExitReason::Panic(panic) if panic.message == "no start"));
    assert_eq!(error(Mood::Exits), no_start());
    assert_eq!(error(Mood::Fails), no_start());
    t.crashes();
    assert_eq!(counts(&supervisor), [0; 4]);

    let panics = DynamicSupervisor::template(|arguments: bool| {
        assert!(arguments, "no template");
        Worker::spec(|| panic!("no arguments"))
    });
    let supervisor = panics.start()?;
    for (arguments, message) in [(false, "no template"), (true, "no arguments")] {
        match supervisor.start_child(arguments) {
            Err(ChildError::Start(StartError::Failed(ExitReason::Panic(panic)))) => assert_eq!(panic.message, message),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(counts(&supervisor), [0; 4]);
}

#[otp::test(seeds = 20)]
fn xdyn_max_children(t: &mut Sim) {
    let none = workers(Restart::Temporary).max_children(0).start()?;
    let plan = works();
    assert_eq!(none.start_child(plan.clone()).unwrap_err(), ChildError::MaxChildren);
    assert_eq!((plan.starts(), plan.holders()), (0, 1));
    // One that ends makes room.
    let one = workers(Restart::Temporary).max_children(1).start()?;
    let worker = one.start_child(works())?;
    assert_eq!(one.start_child(works()).unwrap_err(), ChildError::MaxChildren);
    kill(t, &worker);
    assert!(one.start_child(works())?.is_alive());
}

#[otp::test(seeds = 20)]
fn xdyn_temporary(t: &mut Sim) {
    for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::shutdown_with(1), abnormal()] {
        let supervisor = workers(Restart::Temporary).intensity(0, SECOND).start()?;
        let plan = works();
        let worker = supervisor.start_child(plan.clone())?;
        end(t, &worker, reason);
        assert_eq!(counts(&supervisor), [0; 4]);
        assert_eq!((worker.is_alive(), plan.starts()), (false, 1));
    }
}

#[otp::test(seeds = 20)]
fn xdyn_transient(t: &mut Sim) {
    for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::shutdown_with(1)] {
        let supervisor = workers(Restart::Transient).start()?;
        let worker = supervisor.start_child(works())?;
        end(t, &worker, reason);
        assert_eq!((counts(&supervisor), worker.is_alive()), ([0; 4], false));
    }
    let supervisor = workers(Restart::Transient).start()?;
    let worker = supervisor.start_child(works())?;
    let before = pid(&worker);
    end(t, &worker, abnormal());
    assert_eq!(counts(&supervisor), [1, 1, 0, 1]);
    assert_ne!(pid(&worker), before);
}

#[otp::test(seeds = 20)]
fn xdyn_restart_on_exit_counted(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).max_children(1).start()?;
    let worker = supervisor.start_child(works())?;
    kill(t, &worker);
    assert_eq!(counts(&supervisor), [1, 1, 0, 1]);
    assert_eq!(supervisor.start_child(works()).unwrap_err(), ChildError::MaxChildren);
}

#[otp::test(seeds = 20)]
fn xdyn_extra_arguments_restart(t: &mut Sim) {
    let common = works();
    let supervisor = {
        let common = common.clone();
        DynamicSupervisor::template(move |sets: Mood| {
            common.set(sets);
            Worker::child_spec(common.clone()).restart(Restart::Transient)
        })
    };
    let supervisor = supervisor.start()?;
    let worker = supervisor.start_child(Mood::Works)?;
    end(t, &worker, abnormal());
    assert_eq!((common.starts(), worker.is_alive()), (2, true), "it was restarted with the same arguments");
}

#[otp::test(seeds = 20)]
fn xdyn_max_restarts(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).intensity(1, 5 * SECOND).start_link()?;
    let (own, plan) = (supervisor.pid().expect("it lives"), works());
    let worker = supervisor.start_child(plan.clone())?;
    plan.set(Mood::Fails);
    end(t, &worker, abnormal());
    assert_eq!(exit_of(own), ExitReason::Shutdown);
    assert_eq!((plan.starts(), supervisor.gave_up()), (2, true));
}

#[otp::test(seeds = 20)]
fn xdyn_max_intensity_try_again(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).intensity(10, 5 * SECOND).start_link()?;
    let (own, plan) = (supervisor.pid().expect("it lives"), works());
    let other = supervisor.start_child(works())?;
    let worker = supervisor.start_child(plan.clone())?;
    plan.set(Mood::Fails);
    end(t, &worker, abnormal());
    assert_eq!(exit_of(own), ExitReason::Shutdown);
    assert_eq!(plan.starts(), 11, "ten restarts after the start");
    assert!(!other.is_alive());
}

#[otp::test(seeds = 20)]
fn xdyn_valid_shutdown(t: &mut Sim) {
    for limit in [Duration::ZERO, Duration::from_millis(1)] {
        let supervisor = workers_as(move |spec| spec.shutdown(Shutdown::After(limit))).start()?;
        let worker = supervisor.start_child(works())?;
        kill(t, &worker);
        assert!(worker.is_alive());
        // It has no longer than that.
        let stuck = supervisor.start_child(Plan::new(Mood::Lingers(SECOND)))?;
        let began = t.now();
        supervisor.terminate_child(&stuck)?;
        assert_eq!(t.now() - began, limit);
    }
}

/// Ends a supervisor of three children; says why these ended, and after how long.
fn terminate(t: &Sim, supervisor: &Workers, mood: Mood) -> Result<(Vec<ExitReason>, Duration), ChildError> {
    let children = (0..3).map(|_| supervisor.start_child(Plan::new(mood.clone()))).collect::<Result<Vec<_>, _>>()?;
    let monitors = children.iter().map(|child| child.monitor().expect("it runs")).collect::<Vec<_>>();
    let began = t.now();
    assert_eq!(shut_down(supervisor), ExitReason::Shutdown);
    let took = t.now() - began;
    Ok((reasons(monitors), took))
}

fn with_shutdown(shutdown: Shutdown) -> Result<Workers, StartError> {
    workers_as(move |spec| spec.shutdown(shutdown)).start_link()
}

#[otp::test(seeds = 20)]
fn xdyn_terminate_brutal_kill(t: &mut Sim) {
    let supervisor = with_shutdown(Shutdown::BrutalKill)?;
    let (ended, took) = terminate(t, &supervisor, Mood::Lingers(SECOND))?;
    assert_eq!((ended, took), (vec![ExitReason::Killed; 3], Duration::ZERO));
}

#[otp::test(seeds = 20)]
fn xdyn_terminate_infinity(t: &mut Sim) {
    let supervisor = with_shutdown(Shutdown::Infinity)?;
    let (ended, took) = terminate(t, &supervisor, Mood::Lingers(3600 * SECOND))?;
    // All were asked at once.
    assert_eq!((ended, took), (vec![ExitReason::Shutdown; 3], 3600 * SECOND));
}

#[otp::test(seeds = 20)]
fn xdyn_terminate_infinity_abnormal(t: &mut Sim) {
    let oops = ExitReason::shutdown_with("oops");
    let supervisor = with_shutdown(Shutdown::Infinity)?;
    assert_eq!(terminate(t, &supervisor, Mood::Answers(oops.clone()))?.0, vec![oops; 3]);
}

#[otp::test(seeds = 20)]
fn xdyn_terminate_integer(t: &mut Sim) {
    let supervisor = with_shutdown(Shutdown::After(SECOND))?;
    let (ended, took) = terminate(t, &supervisor, Mood::Works)?;
    assert_eq!((ended, took), (vec![ExitReason::Shutdown; 3], Duration::ZERO));
    // Those that don't end are killed, each in its own time.
    let supervisor = DynamicSupervisor::any().start_link()?;
    let stuck = |seconds, limit| {
        let spec = Worker::child_spec(Plan::new(Mood::Lingers(seconds * SECOND)));
        supervisor.start_child(spec.shutdown(Shutdown::After(limit * SECOND)))
    };
    let children = [stuck(1, 2)?, stuck(9, 2)?, stuck(9, 3)?, stuck(4, 5)?, stuck(9, 2)?];
    let (began, monitors) = (t.now(), children.map(|child| child.monitor().expect("it runs")));
    assert_eq!(shut_down(&supervisor), ExitReason::Shutdown);
    assert_eq!(t.now() - began, 4 * SECOND);
    let (ended, killed) = (ExitReason::Shutdown, ExitReason::Killed);
    assert_eq!(reasons(monitors), [ended.clone(), killed.clone(), killed.clone(), ended, killed]);
}

#[otp::test(seeds = 20)]
fn xdyn_terminate_integer_abnormal(t: &mut Sim) {
    let oops = ExitReason::shutdown_with("oops");
    let supervisor = with_shutdown(Shutdown::After(SECOND))?;
    let (ended, took) = terminate(t, &supervisor, Mood::Answers(oops.clone()))?;
    assert_eq!((ended, took), (vec![oops; 3], Duration::ZERO));
}

#[otp::test(seeds = 20)]
fn xdyn_terminate_permanent_normal(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).start_link()?;
    assert_eq!(terminate(t, &supervisor, Mood::Answers(ExitReason::Normal))?.0, vec![ExitReason::Normal; 3]);
}

/// Ends one child by its client and one by its pid; says why they ended.
fn terminate_child(supervisor: &Workers) -> Result<Vec<ExitReason>, ChildError> {
    let [first, second] = [supervisor.start_child(works())?, supervisor.start_child(works())?];
    let (pid, monitors) = (pid(&second), [&first, &second].map(|child| child.monitor().expect("it runs")));
    supervisor.terminate_child(&first)?;
    assert_eq!(supervisor.terminate_child(&first), Err(ChildError::NotFound));
    assert_eq!(counts(supervisor), [1, 1, 0, 1]);
    supervisor.terminate_child(&pid)?;
    assert_eq!(supervisor.terminate_child(&pid), Err(ChildError::NotFound));
    assert_eq!(counts(supervisor), [0; 4]);
    Ok(reasons(monitors))
}

#[otp::test(seeds = 20)]
fn xdyn_terminate_child_brutal(_: &mut Sim) {
    let supervisor = with_shutdown(Shutdown::BrutalKill)?;
    assert_eq!(terminate_child(&supervisor)?, [ExitReason::Killed, ExitReason::Killed]);
}

#[otp::test(seeds = 20)]
fn xdyn_terminate_child_integer(_: &mut Sim) {
    let supervisor = with_shutdown(Shutdown::After(SECOND))?;
    assert_eq!(terminate_child(&supervisor)?, [ExitReason::Shutdown, ExitReason::Shutdown]);
    assert!(supervisor.which_children()?.iter().all(|child| matches!(child.state, ChildState::Running(_))));
}

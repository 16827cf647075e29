//! `simple_one_for_one`.

use otp::{
    Child, Name,
    prelude::*,
    supervisor::{AutoShutdown, ChildError, ChildKind, ChildState, DynamicSupervisor},
};

use crate::dynamics::{
    HOUR, Mood, Plan, SECOND, Worker, WorkerRef, Workers, abnormal, counts, end, exit_of, kill, no_start, pid, reasons,
    shut_down, workers, workers_as, works,
};

#[otp::test(seeds = 20)]
fn sup_sup_start_ignore_temporary_child_start_child_simple(_: &mut Sim) {
    let supervisor = workers(Restart::Temporary).start()?;
    let ignores = supervisor.start_child(Plan::new(Mood::Ignores))?;
    assert_eq!((ignores.pid(), counts(&supervisor)), (None, [0; 4]));
    let works = supervisor.start_child(works())?;
    let children = supervisor.which_children()?;
    let states = children.iter().map(|child| child.state).collect::<Vec<_>>();
    assert_eq!(states, [ChildState::Running(pid(&works))]);
}

#[otp::test(seeds = 20)]
fn sup_sup_start_map_simple(t: &mut Sim) {
    let supervisor = workers(Restart::Temporary).start()?;
    let children = [supervisor.start_child(works())?, supervisor.start_child(works())?];
    for spec in [supervisor.child_spec(&children[0])?, supervisor.child_spec(&pid(&children[1]))?] {
        assert_eq!((spec.label, spec.kind, spec.name), ("Worker", ChildKind::Worker, None));
        assert_eq!((spec.restart, spec.shutdown), (Restart::Temporary, Shutdown::After(5 * SECOND)));
        assert!(!spec.significant);
    }
    assert_eq!(supervisor.child_spec(&process::self_pid()).unwrap_err(), ChildError::NotFound);
    kill(t, &children[0]);
    assert_eq!(supervisor.child_spec(&children[0]).unwrap_err(), ChildError::NotFound);
}

#[otp::test(seeds = 20)]
fn sup_sup_stop_timeout_dynamic(t: &mut Sim) {
    let supervisor =
        workers_as(|spec| spec.restart(Restart::Temporary).shutdown(Shutdown::After(SECOND))).start_link()?;
    let children = [works(), Plan::new(Mood::Lingers(HOUR))].map(|plan| supervisor.start_child(plan));
    let monitors = children.into_iter().map(|child| child.expect("it starts").monitor().expect("it runs"));
    let (monitors, began) = (monitors.collect::<Vec<_>>(), t.now());
    assert_eq!(shut_down(&supervisor), ExitReason::Shutdown);
    assert_eq!(t.now() - began, SECOND);
    assert_eq!(reasons(monitors), [ExitReason::Shutdown, ExitReason::Killed]);
}

#[otp::test(seeds = 20)]
fn sup_sup_stop_brutal_kill_dynamic(t: &mut Sim) {
    let supervisor = workers_as(|spec| spec.shutdown(Shutdown::BrutalKill)).start_link()?;
    let start = || supervisor.start_child(Plan::new(Mood::Lingers(HOUR))).expect("it starts");
    let monitors = [(); 10].map(|()| start().monitor().expect("it runs"));
    let began = t.now();
    assert_eq!(shut_down(&supervisor), ExitReason::Shutdown);
    assert_eq!(t.now(), began);
    assert_eq!(reasons(monitors), vec![ExitReason::Killed; 10]);
}

#[otp::test(seeds = 20)]
fn sup_child_adm_simple(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).start()?;
    let by_id = supervisor.supervisor();
    let child = supervisor.start_child(works())?;
    let id = supervisor.which_children()?[0].id.clone();
    // Its children have no ids that mean something to anybody.
    assert_eq!(by_id.terminate_child(&id), Err(ChildError::OtherKind));
    assert_eq!(by_id.restart_child(&id), Err(ChildError::OtherKind));
    assert_eq!(by_id.delete_child(&id), Err(ChildError::OtherKind));
    assert_eq!(by_id.child_spec(&id).unwrap_err(), ChildError::OtherKind);
    assert_eq!(by_id.start_child("id", Worker::child_spec(works())).unwrap_err(), ChildError::OtherKind);
    assert!(child.is_alive());
    // Nor do they have pids to a static supervisor, and other children than one's own are none at all.
    let fixed = Supervisor::new(Strategy::OneForOne).start()?;
    let mistaken = <DynamicSupervisor<Worker, Plan> as Child>::client(fixed.place().clone());
    assert_eq!(mistaken.start_child(works()).unwrap_err(), ChildError::OtherKind);
    assert_eq!(mistaken.terminate_child(&child), Err(ChildError::OtherKind));
    let mistaken = <DynamicSupervisor as Child>::client(supervisor.supervisor().place().clone());
    assert_eq!(mistaken.start_child(Worker::child_spec(works())).unwrap_err(), ChildError::OtherKind);

    let last = pid(&child);
    assert_eq!(supervisor.terminate_child(&child), Ok(()));
    assert_eq!((child.pid(), counts(&supervisor)), (None, [0; 4]));
    assert_eq!(supervisor.terminate_child(&child), Err(ChildError::NotFound));
    assert_eq!(supervisor.terminate_child(&last), Err(ChildError::NotFound));
    let foreign = otp::start::<Worker>((works(),))?;
    let stranger = workers(Restart::Permanent).start()?.start_child(works())?;
    for other in [foreign, stranger] {
        assert_eq!(supervisor.terminate_child(&other), Err(ChildError::NotFound));
        assert_eq!(supervisor.terminate_child(&pid(&other)), Err(ChildError::NotFound));
        assert!(other.is_alive());
    }

    // A client of a child that is gone means none that comes after it, under whichever supervisor.
    let top = Supervisor::new(Strategy::OneForOne)
        .child("workers", DynamicSupervisor::<Worker>::spec(DynamicSupervisor::new))
        .start()?;
    let supervisor = top.child::<DynamicSupervisor<Worker>>("workers");
    let before = supervisor.start_child((works(),))?;
    t.kill(&supervisor);
    t.settle();
    let after = supervisor.start_child((works(),))?;
    assert_eq!(supervisor.terminate_child(&before), Err(ChildError::NotFound));
    assert!(!before.is_alive() && after.is_alive());
}

#[otp::test(seeds = 20)]
fn sup_simple_one_for_one(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).intensity(2, HOUR).start_link()?;
    let own = supervisor.pid().expect("it lives");
    let plan = works();
    let [child, other] = [supervisor.start_child(plan.clone())?, supervisor.start_child(works())?];
    let before = [pid(&child), pid(&other)];
    end(t, &child, abnormal());
    assert_ne!(pid(&child), before[0]);
    assert_eq!((pid(&other), plan.starts()), (before[1], 2));
    end(t, &child, abnormal());
    end(t, &other, abnormal());
    assert_eq!(exit_of(own), ExitReason::Shutdown);
    assert!(!child.is_alive() && supervisor.gave_up());
}

/// `start_child` returns what a start gives besides the pid; a restart gives it to nobody.
#[otp::test(seeds = 20)]
fn sup_simple_one_for_one_extra(t: &mut Sim) {
    struct Told(&'static str);

    #[actor]
    impl Told {
        #[init]
        fn init(extra: &'static str, ctx: &mut Context<Self>) -> Self {
            ctx.init_ack_with(extra);
            Self(extra)
        }

        #[handle_call]
        fn extra(&self) -> &'static str {
            self.0
        }
    }

    let supervisor = DynamicSupervisor::<Told>::new().start()?;
    let (child, info) = supervisor.start_child_with_info(("extra",))?;
    assert_eq!(info.unwrap().downcast::<&str>().unwrap(), "extra");
    assert_eq!(child.extra(), Ok("extra"));
    t.kill(&child);
    t.settle();
    assert_eq!(child.extra(), Ok("extra"), "it was restarted with it");
}

#[otp::test(seeds = 20)]
fn sup_simple_one_for_one_corruption(t: &mut Sim) {
    let supervisor = workers(Restart::Temporary).start()?;
    let plans = [works(), works()];
    let first = supervisor.start_child(plans[0].clone())?;
    kill(t, &first);
    let second = supervisor.start_child(plans[1].clone())?;
    assert!(second.is_alive() && !first.is_alive());
    assert_eq!(plans.map(|plan| (plan.starts(), plan.holders())), [(1, 1), (1, 1)], "nobody keeps them");
}

#[otp::test(seeds = 20)]
fn sup_simple_one_for_one_escalation(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).intensity(4, HOUR).start_link()?;
    let (own, plan) = (supervisor.pid().expect("it lives"), works());
    let [child, other] = [supervisor.start_child(plan.clone())?, supervisor.start_child(works())?];
    let monitor = other.monitor().expect("it runs");
    plan.set(Mood::Fails);
    end(t, &child, abnormal());
    assert_eq!(exit_of(own), ExitReason::Shutdown);
    assert_eq!(reasons([monitor]), [ExitReason::Shutdown]);
    assert_eq!(plan.starts(), 5);
}

/// What is counted when there are many children, twice as many, and none again.
fn count<C: Child>(t: &Sim, spec: impl Fn() -> ChildSpec<C>) -> Result<[[usize; 4]; 3], Box<dyn std::error::Error>> {
    let supervisor = DynamicSupervisor::any().start()?;
    let more = |all| {
        for _ in 0..1_000 {
            supervisor.start_child(spec().restart(Restart::Temporary))?;
        }
        assert_eq!(supervisor.which_children()?.len(), all);
        Ok::<_, ChildError>(counts(&supervisor))
    };
    let (many, twice) = (more(1_000)?, more(2_000)?);
    for child in supervisor.which_children()? {
        if let ChildState::Running(pid) = child.state {
            process::exit(pid, ExitReason::Kill);
        }
    }
    t.settle();
    Ok([many, twice, counts(&supervisor)])
}

#[otp::test(seeds = 2)]
fn sup_count_children(t: &mut Sim) {
    let counted = count(t, || Worker::child_spec(works())).unwrap();
    assert_eq!(counted, [[1_000, 1_000, 0, 1_000], [2_000, 2_000, 0, 2_000], [0; 4]]);
}

#[otp::test(seeds = 2)]
fn sup_count_children_supervisor(t: &mut Sim) {
    let nested = || Supervisor::spec(|| Supervisor::new(Strategy::OneForOne));
    let counted = count(t, nested).unwrap();
    assert_eq!(counted, [[1_000, 1_000, 1_000, 0], [2_000, 2_000, 2_000, 0], [0; 4]]);
}

#[otp::test(seeds = 20)]
fn sup_do_not_save_start_parameters_for_temporary_children(_: &mut Sim) {
    for (restart, kept) in [(Restart::Temporary, false), (Restart::Transient, true), (Restart::Permanent, true)] {
        for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
            let (plan, supervisor) = (works(), Supervisor::new(strategy).start()?);
            supervisor.start_child("child", Worker::child_spec(plan.clone()).restart(restart))?;
            assert_eq!(plan.holders() > 1, kept, "{strategy:?} {restart:?}");
        }
        let (plan, supervisor) = (works(), workers(restart).start()?);
        supervisor.start_child(plan.clone())?;
        assert_eq!(plan.holders() > 1, kept, "{restart:?}");
        let (plan, supervisor) = (works(), DynamicSupervisor::any().start()?);
        supervisor.start_child(Worker::child_spec(plan.clone()).restart(restart))?;
        assert_eq!(plan.holders() > 1, kept, "{restart:?}");
    }
    let (plan, supervisor) = (works(), DynamicSupervisor::<Worker>::temporary().start()?);
    supervisor.start_child((plan.clone(),))?;
    assert_eq!(plan.holders(), 1);
}

/// Whether a supervisor has not looked through its children for each of them.
fn is_cheap(work: impl Fn(usize)) -> bool {
    let (children, before) = (1_000, otp::__private::passed());
    work(children);
    otp::__private::passed() - before < 10 * children
}

#[otp::test(seeds = 1)]
fn sup_simple_one_for_one_scale_many_temporary_children(t: &mut Sim) {
    let work = |children| {
        let supervisor = workers(Restart::Temporary).start().expect("it starts");
        let all = (0..children).map(|_| supervisor.start_child(works()).expect("it starts")).collect::<Vec<_>>();
        // Half of them end by themselves, the others are ended one by one.
        for (index, child) in all.into_iter().enumerate() {
            match index % 2 {
                0 => child.end(ExitReason::Normal),
                _ => supervisor.terminate_child(&child).expect("it is there"),
            }
        }
        t.settle();
        assert_eq!(counts(&supervisor), [0; 4]);
    };
    assert!(is_cheap(work));
}

#[otp::test(seeds = 1)]
fn sup_scale_start_stop_many_children(t: &mut Sim) {
    let dynamic = |children| {
        let supervisor = workers(Restart::Permanent).start().expect("it starts");
        let all = (0..children).map(|_| supervisor.start_child(works()).expect("it starts")).collect::<Vec<_>>();
        all.iter().step_by(2).for_each(|child| t.kill(child));
        t.settle();
        assert_eq!(counts(&supervisor), [children, children, 0, children]);
        supervisor.stop().expect("it lives");
        assert!(all.iter().all(|child| child.pid().is_none()));
    };
    // Each end is one that could be the last of those that matter.
    let significant = |children| {
        let template = |plan: Plan| Worker::child_spec(plan).restart(Restart::Transient).significant(true);
        let supervisor = DynamicSupervisor::template(template).auto_shutdown(AutoShutdown::AllSignificant).start();
        let supervisor = supervisor.expect("it starts");
        let all = (0..children).map(|_| supervisor.start_child(works()).expect("it starts")).collect::<Vec<_>>();
        all.iter().for_each(|child| child.end(ExitReason::Normal));
        t.settle();
        assert_eq!(supervisor.pid(), None);
    };
    let fixed = |children| {
        let supervisor = Supervisor::new(Strategy::OneForOne).start().expect("it starts");
        for index in 0..children {
            supervisor.start_child(("worker", index), Worker::child_spec(works())).expect("it starts");
        }
        (0..children).for_each(|index| supervisor.terminate_child(("worker", index)).expect("it is there"));
        (0..children).for_each(|index| supervisor.delete_child(("worker", index)).expect("it is there"));
        assert_eq!(counts(&supervisor), [0; 4]);
        supervisor.stop().expect("it lives");
    };
    assert!(is_cheap(dynamic) && is_cheap(significant) && is_cheap(fixed));
}

/// With names of a node.
#[otp::test(seeds = 20)]
fn sup_simple_global_supervisor(t: &mut Sim) {
    const MIDDLE: Name<Supervisor> = Name::new("middle");
    const SERVER: Name<Worker> = Name::new("server");
    let middle = || {
        let server = Worker::child_spec(works()).name(SERVER);
        Supervisor::new(Strategy::OneForOne).intensity(2, SECOND).child("server", server)
    };
    let top = Supervisor::new(Strategy::OneForAll)
        .intensity(10, HOUR)
        .child("middle", Supervisor::spec(middle).name(MIDDLE))
        .child("other", Worker::child_spec(works()))
        .start_link()?;
    let (other, named) = (top.child::<Worker>("other"), || SupervisorRef::lookup(&MIDDLE));
    let now = || (MIDDLE.whereis().expect("it lives"), SERVER.whereis().expect("it lives"), pid(&other));

    let before = now();
    t.kill(&MIDDLE);
    t.settle();
    let after = now();
    assert!(before.0 != after.0 && before.1 != after.1 && before.2 != after.2, "all are restarted");
    assert!(!process::is_alive(before.1), "the children of one that is killed go down with it");

    for by_itself in [false, true] {
        let before = now();
        if by_itself {
            end(t, &SERVER.client(), ExitReason::Normal);
        } else {
            kill(t, &SERVER.client());
        }
        let after = now();
        assert_eq!((before.0, before.2), (after.0, after.2));
        assert_ne!(before.1, after.1);
    }
    let before = now();
    named()?.terminate_child("server")?;
    assert_eq!(SERVER.whereis(), None);
    assert_eq!(named()?.restart_child("server")?, SERVER.whereis());
    let after = now();
    assert_eq!((before.0, before.2), (after.0, after.2));
    assert_ne!(before.1, after.1);
}

/// A worker whose restart fails again and again, with the pid that it had.
fn restarting(t: &Sim, supervisor: &Workers, plan: &Plan) -> Result<(WorkerRef, Pid), ChildError> {
    let child = supervisor.start_child(plan.clone())?;
    let last = pid(&child);
    plan.set(Mood::Fails);
    child.end(abnormal());
    let starts = plan.starts();
    while plan.starts() < starts + 3 {
        supervisor.count_children()?;
    }
    t.crashes();
    Ok((child, last))
}

#[otp::test(seeds = 20)]
fn sup_hanging_restart_loop_simple(t: &mut Sim) {
    let supervisor = workers(Restart::Permanent).max_children(2).start()?;
    let plan = works();
    let (child, last) = restarting(t, &supervisor, &plan)?;
    // It counts, and others are served meanwhile.
    assert_eq!(counts(&supervisor), [1, 0, 0, 1]);
    let other = supervisor.start_child(works())?;
    assert_eq!(counts(&supervisor), [2, 1, 0, 2]);
    assert_eq!(supervisor.start_child(works()).unwrap_err(), ChildError::MaxChildren);
    let states = supervisor.which_children()?.into_iter().map(|child| child.state).collect::<Vec<_>>();
    assert_eq!(states, [ChildState::Running(pid(&other)), ChildState::Restarting]);
    let id = supervisor.which_children()?[1].id.clone();
    assert_eq!(supervisor.supervisor().restart_child(&id), Err(ChildError::OtherKind));
    assert_eq!(supervisor.supervisor().delete_child(&id), Err(ChildError::OtherKind));
    assert_eq!(supervisor.child_spec(&last)?.restart, Restart::Permanent);
    supervisor.terminate_child(&last)?;
    assert_eq!(counts(&supervisor), [1, 1, 0, 1]);
    let starts = plan.starts();
    t.settle();
    assert_eq!((plan.starts(), child.pid()), (starts, None), "nobody tries any more");

    // Its client names it as well.
    plan.set(Mood::Works);
    let (child, _) = restarting(t, &supervisor, &plan)?;
    supervisor.terminate_child(&child)?;
    assert_eq!(supervisor.terminate_child(&child), Err(ChildError::NotFound));
    assert_eq!(counts(&supervisor), [1, 1, 0, 1]);

    // One whose restart is its own wish not to run is forgotten; one that comes up again follows its client.
    plan.set(Mood::Works);
    let (child, last) = restarting(t, &supervisor, &plan)?;
    plan.set(Mood::Works);
    t.settle();
    assert!(child.is_alive());
    assert_eq!(supervisor.terminate_child(&last), Err(ChildError::NotFound), "it has another pid");
    plan.set(Mood::Ignores);
    kill(t, &child);
    assert_eq!((counts(&supervisor), child.pid()), ([1, 1, 0, 1], None));

    // And one that is told to end while a restart fails again and again ends.
    plan.set(Mood::Works);
    restarting(t, &supervisor, &plan)?;
    supervisor.stop()?;
    assert!(!other.is_alive());
}

#[otp::test(seeds = 20)]
fn sup_significant_simple(t: &mut Sim) {
    use AutoShutdown::{AllSignificant, AnySignificant, Never};
    let significant = |auto_shutdown, restart| {
        workers_as(move |spec| spec.restart(restart).significant(true)).auto_shutdown(auto_shutdown).start_link()
    };
    for restart in [Restart::Temporary, Restart::Transient] {
        let supervisor = significant(AnySignificant, restart)?;
        let own = supervisor.pid().expect("it lives");
        let [one, two, three] = [(); 3].map(|()| supervisor.start_child(works()).expect("it starts"));
        supervisor.terminate_child(&one)?;
        assert_eq!(counts(&supervisor), [2, 2, 0, 2], "to be ended is not to end");
        end(t, &two, ExitReason::Normal);
        assert_eq!(exit_of(own), ExitReason::Shutdown);
        assert!(!three.is_alive());

        let supervisor = significant(AllSignificant, restart)?;
        let own = supervisor.pid().expect("it lives");
        let [one, two, three] = [(); 3].map(|()| supervisor.start_child(works()).expect("it starts"));
        end(t, &one, ExitReason::Normal);
        end(t, &two, ExitReason::shutdown_with(1));
        assert!(three.is_alive());
        // The last one that ends is the last one that is there.
        supervisor.terminate_child(&three)?;
        assert_eq!(counts(&supervisor), [0; 4]);
        let last = supervisor.start_child(works())?;
        end(t, &last, ExitReason::Normal);
        assert_eq!(exit_of(own), ExitReason::Shutdown);
    }
    // A transient one that is restarted has not ended; a temporary one has, whatever for.
    let supervisor = significant(AnySignificant, Restart::Transient)?;
    let child = supervisor.start_child(works())?;
    end(t, &child, abnormal());
    assert!(child.is_alive());
    let supervisor = significant(AnySignificant, Restart::Temporary)?;
    let own = supervisor.pid().expect("it lives");
    kill(t, &supervisor.start_child(works())?);
    assert_eq!(exit_of(own), ExitReason::Shutdown);

    for (auto_shutdown, restart) in [(Never, Restart::Temporary), (AnySignificant, Restart::Permanent)] {
        let supervisor = significant(auto_shutdown, restart)?;
        let error = supervisor.start_child(works()).unwrap_err();
        assert!(matches!(error, ChildError::Start(StartError::Spec(_))), "{error:?}");
        assert_eq!(counts(&supervisor), [0; 4]);
    }
    assert_eq!(
        workers(Restart::Temporary).start()?.start_child(Plan::new(Mood::Fails)).unwrap_err(),
        ChildError::Start(StartError::Failed(no_start()))
    );
}

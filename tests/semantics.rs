//! OTP's rules, sentence by sentence, where no other test would fail without them. A test's name begins with the
//! section of its rule: 1 processes, 2 timers, 3 names, 4 subjects and selectors, 5 the start protocol, 6 servers,
//! 7 supervisors, 8 dynamic supervisors, 9 partition supervisors.

#![cfg(feature = "macros")]

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use otp::{
    AutoShutdown, ChildError, ChildState, Dynamic, DynamicSupervisor, Name, Partition, SpecError, Starter,
    prelude::*,
    process::{Ack, Key, Me, RegisterError, Selector, Spawn, Subject},
    sys, timer,
};

const SECOND: Duration = Duration::from_secs(1);

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

fn stay(me: &mut Me) {
    me.receive_exit(None);
}

fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, None).expect("it ends").reason
}

/// The trapped exit that has come, if one has.
fn exit() -> Option<(Pid, ExitReason)> {
    process::current().receive_exit(Duration::ZERO).map(|exit| (exit.from, exit.reason))
}

fn come<T: Send + 'static>(t: &Sim, subject: &Subject<T>) -> Vec<T> {
    t.settle();
    std::iter::from_fn(|| subject.receive(Duration::ZERO)).collect()
}

/// Says what it does.
#[derive(Clone)]
struct Server {
    log: Subject<&'static str>,
}

#[actor]
impl Server {
    #[init]
    fn init(log: Subject<&'static str>) -> Self {
        Self { log }
    }

    #[handle_call]
    fn who(&self, ctx: &mut Context<Self>) -> Pid {
        ctx.pid()
    }

    #[handle_call]
    fn trap(&self, trap: bool, ctx: &mut Context<Self>) -> bool {
        ctx.trap_exit(trap)
    }

    #[handle_call]
    fn call(&self, other: ServerRef) -> Result<Pid, CallError> {
        other.who()
    }

    #[handle_call]
    fn stop_other(&self, other: ServerRef) -> Result<(), CallError> {
        other.stop()
    }

    #[handle_call]
    fn idle_in(&self, after: Duration, ctx: &mut Context<Self>) {
        ctx.idle_timeout(after).idle();
    }

    #[handle_cast]
    fn poke(&self) {
        self.log.send("poked");
    }

    #[handle_cast]
    fn idle(&self) {
        self.log.send("idle");
    }

    #[handle_cast]
    fn end(&self, reason: ExitReason, ctx: &mut Context<Self>) {
        ctx.stop(reason);
    }

    #[handle_info]
    fn exited(&self, _exit: Exit) {
        self.log.send("exit");
    }

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {
        self.log.send("terminate");
    }
}

fn server() -> (ServerRef, Subject<&'static str>) {
    let log = process::current().subject();
    (Server::start(log.clone()).expect("it starts"), log)
}

fn log() -> Subject<&'static str> {
    process::current().subject()
}

#[otp::test(seeds = 20)]
fn s1_1_messages_come_before_the_end_of_their_sender_however_they_were_addressed(_: &mut Sim) {
    let own = process::current().subject::<u32>();
    process::register("me", otp::self_pid())?;
    let named = Subject::<u32>::named("me");
    let selector = Selector::new()
        .select_map(&own, |_| "own")
        .select_map(&named, |_| "named")
        .select_exits(|_| "exit")
        .select_monitors(|_| "down");
    let (pid, _) = Spawn::new().spawn_monitor(move |_| {
        own.send(1);
        named.send(2);
    });
    process::link(pid);
    let seen: Vec<_> = (0..4).map(|_| selector.receive(None).expect("there are four")).collect();
    assert_eq!(seen[..2], ["own", "named"]);
}

#[otp::test(seeds = 20)]
fn s1_2_a_function_that_fails_at_once_still_has_a_pid(t: &mut Sim) {
    let pid = process::spawn_link(|_| panic!("at once"));
    t.settle();
    assert!(matches!(exit(), Some((from, ExitReason::Panic(_))) if from == pid));
    let (pid, monitor) = process::spawn_monitor(|_| Err::<(), _>(why("at once")));
    let told = process::current().receive_down(monitor, None).expect("it ends");
    assert_eq!((told.pid, told.reason), (pid, why("at once")));
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s1_3_a_timer_for_a_process_goes_with_it_and_its_name_is_free(t: &mut Sim) {
    let pid = process::spawn(|me| {
        process::register("it", me.pid()).expect("it is free");
        timer::send_after(SECOND * 60, &me.subject::<u32>(), 1);
        stay(me);
    });
    t.settle();
    assert_eq!(t.node().timers(), 1);
    let monitor = process::monitor(pid);
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!((down(monitor), t.node().timers()), (ExitReason::Shutdown, 0));
    process::register("it", otp::self_pid())?;
}

#[otp::test(seeds = 20)]
fn s1_4_a_link_to_oneself_is_none_and_the_second_to_another_neither(t: &mut Sim) {
    process::link(otp::self_pid());
    assert_eq!(process::process_info(otp::self_pid()).expect("it runs").links, []);
    process::unlink(otp::self_pid());
    let pid = process::spawn_link(stay);
    process::link(pid);
    process::exit(pid, ExitReason::Shutdown);
    t.settle();
    assert_eq!((exit(), exit()), (Some((pid, ExitReason::Shutdown)), None));
}

#[otp::test(seeds = 20)]
fn s1_4_a_link_to_the_dead_ends_who_does_not_trap_and_normal_is_signalled_too(t: &mut Sim) {
    let dead = process::spawn(|_| ());
    t.settle();
    process::link(dead);
    assert_eq!(exit(), Some((dead, ExitReason::NoProc)));
    let (_, monitor) = process::spawn_monitor(move |me| {
        process::link(dead);
        stay(me);
    });
    assert_eq!(down(monitor), ExitReason::NoProc);
    let ends = process::spawn_link(|_| ());
    t.settle();
    assert_eq!(exit(), Some((ends, ExitReason::Normal)));
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s1_5_the_own_exit_with_kill_is_a_reason_like_others(t: &mut Sim) {
    let (_, monitor) = process::spawn_monitor(|_| process::exit_self(ExitReason::Kill));
    assert_eq!(down(monitor), ExitReason::Kill);
    let pid = process::spawn_link(|_| process::exit_self(ExitReason::Kill));
    t.settle();
    assert_eq!(exit(), Some((pid, ExitReason::Kill)), "and so it comes by a link");
    let (_, monitor) = process::spawn_monitor(|me| {
        me.trap_exit(true);
        process::exit(me.pid(), ExitReason::Kill);
    });
    assert_eq!(down(monitor), ExitReason::Killed);
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s1_5_trapping_is_off_at_first_not_inherited_and_tells_what_it_was(_: &mut Sim) {
    process::trap_exit(true);
    let told = process::current().subject();
    let tell = told.clone();
    process::spawn(move |me| tell.send((me.trap_exit(true), me.trap_exit(false), me.trap_exit(false))));
    assert_eq!(told.receive(None), Some((false, true, false)));
}

#[otp::test(seeds = 20)]
fn s1_5_a_trapped_exit_of_a_stranger_comes_with_normal_too(t: &mut Sim) {
    let (to, from) = (otp::self_pid(), process::spawn(stay));
    let sends = process::spawn(move |_| process::exit(to, ExitReason::Normal));
    t.settle();
    assert_eq!(exit(), Some((sends, ExitReason::Normal)));
    process::exit(from, ExitReason::Normal);
    t.settle();
    assert!(otp::is_alive(from), "who does not trap ignores it");
}

#[otp::test(seeds = 20)]
fn s1_6_each_monitor_is_told_once_and_one_by_name_says_the_name(t: &mut Sim) {
    let pid = process::spawn(stay);
    process::register("it", pid)?;
    let (by_pid, by_name) = (process::monitor(pid), process::monitor_name("it"));
    process::unregister("it")?;
    process::register("it", otp::self_pid())?;
    process::exit(pid, ExitReason::Shutdown);
    t.settle();
    let told = process::current().receive_down(by_name, Duration::ZERO).expect("it was bound to the process");
    assert_eq!((told.pid, told.name.as_ref().map(ToString::to_string)), (pid, Some("it".into())));
    assert_eq!(down(by_pid), ExitReason::Shutdown);
    assert_eq!(process::current().flush(), 0);
    assert!(!process::demonitor(by_pid), "it is over");
    let own = process::monitor(otp::self_pid());
    t.settle();
    assert!(process::current().receive_down(own, Duration::ZERO).is_none());
}

#[otp::test(seeds = 20)]
fn s1_7_what_comes_to_a_closed_subject_is_dropped(t: &mut Sim) {
    let answers = process::current().subject();
    let late = answers.clone();
    process::spawn(move |_| {
        process::sleep(SECOND);
        late.send(1);
    });
    assert_eq!(answers.receive(SECOND / 2), None);
    answers.close();
    t.advance(SECOND);
    assert_eq!(process::current().flush(), 0);
}

#[otp::test(seeds = 20)]
fn s1_8_the_dictionary_is_ones_own_and_gives_what_was_there(_: &mut Sim) {
    static NUMBER: Key<u32> = Key::new("number");
    assert_eq!((NUMBER.put(1), NUMBER.put(2), NUMBER.get()), (None, Some(1), Some(2)));
    let told = process::current().subject();
    let tell = told.clone();
    process::spawn(move |_| tell.send(NUMBER.get()));
    assert_eq!(told.receive(None), Some(None));
    assert_eq!((NUMBER.erase(), NUMBER.get()), (Some(2), None));
}

#[otp::test(seeds = 20)]
fn s2_who_set_a_timer_may_end(t: &mut Sim) {
    let messages = process::current().subject();
    let to = messages.clone();
    process::spawn(move |_| _ = timer::send_after(SECOND, &to, 1));
    t.settle();
    assert_eq!((messages.receive(None), t.now()), (Some(1), SECOND));
}

#[otp::test(seeds = 20)]
fn s2_a_name_is_looked_up_when_it_is_time(t: &mut Sim) {
    let named = Subject::named("later");
    timer::send_after(SECOND, &named, 1);
    timer::send_after(SECOND * 3, &named, 2);
    t.advance(SECOND * 2);
    process::register("later", otp::self_pid())?;
    assert_eq!(named.receive(None), Some(2), "the first was dropped");
}

#[otp::test(seeds = 20)]
fn s2_an_interval_ends_with_its_receiver_and_does_not_drift(t: &mut Sim) {
    let ticks = process::current().subject();
    let interval = timer::send_interval(SECOND, &ticks, ());
    t.advance(SECOND * 5 / 2);
    assert_eq!((come(t, &ticks).len(), interval.left()), (2, Some(SECOND / 2)));
    assert!(interval.cancel().is_some() && interval.cancel().is_none());
    let pids = process::current().subject();
    let (tell, receiver) = (pids.clone(), process::spawn(move |me: &mut Me| stay(me)));
    let owns = process::spawn(move |me| {
        tell.send(timer::send_interval(SECOND, &me.subject(), ()));
        stay(me);
    });
    let interval = pids.receive(None).expect("it says");
    assert!(interval.left().is_some());
    process::exit(owns, ExitReason::Kill);
    process::exit(receiver, ExitReason::Kill);
    t.settle();
    assert_eq!((interval.left(), t.node().timers()), (None, 0));
}

#[otp::test(seeds = 20)]
fn s3_a_name_has_one_process_and_a_process_one_name(t: &mut Sim) {
    let (own, other) = (otp::self_pid(), process::spawn(stay));
    process::register("a", own)?;
    assert_eq!(process::register("a", own), Err(RegisterError::Taken(own)));
    assert_eq!(process::register("a", other), Err(RegisterError::Taken(own)));
    assert_eq!(process::register("b", own), Err(RegisterError::Named));
    t.kill(other);
    assert_eq!(process::register("b", other), Err(RegisterError::NoProc));
    assert!(process::unregister("b").is_err());
    assert_eq!((process::registered(), process::whereis("b")), (vec!["a".to_owned()], None));
}

#[otp::test(seeds = 20)]
fn s4_a_selector_takes_the_oldest_that_it_matches_the_most_special_way_first(t: &mut Sim) {
    let (wanted, other) = (process::current().subject::<u32>(), process::current().subject::<u32>());
    let (gone, also_gone) = (process::spawn(|_| ()), process::spawn(|_| ()));
    t.settle();
    other.send(1);
    wanted.send(2);
    let only = Selector::new().select_map(&wanted, |n| n);
    assert_eq!(only.receive(Duration::ZERO), Some(2), "what does not match stays");
    let monitor = process::monitor(gone);
    process::monitor(also_gone);
    t.settle();
    let all = Selector::new()
        .select_other(|_| "other")
        .select_monitors(|_| "any down")
        .select_monitor(monitor, |_| "this down");
    let first: Vec<_> = std::iter::from_fn(|| all.receive(Duration::ZERO)).collect();
    assert_eq!(first, ["other", "this down", "any down"]);
}

#[otp::test(seeds = 20)]
fn s4_of_two_merged_selectors_the_second_wins_and_maps_go_on_maps(_: &mut Sim) {
    let subject = process::current().subject::<u32>();
    let first = Selector::new().select_map(&subject, |n| n + 1);
    let second = Selector::new().select_map(&subject, |n| n + 10);
    subject.send(0);
    let merged = first.merge(second).map(|n| n * 2).map(|n| n + 1);
    assert_eq!(merged.receive(None), Some(21));
    subject.send(0);
    assert_eq!(merged.deselect(&subject).receive(Duration::ZERO), None);
}

#[otp::test(seeds = 20)]
fn s5_a_start_link_that_fails_ends_who_does_not_trap_unless_it_was_normal(t: &mut Sim) {
    for (reason, expected) in [(why("bad"), why("bad")), (ExitReason::Normal, ExitReason::Normal)] {
        let outcomes = process::current().subject();
        let tell = outcomes.clone();
        let (_, monitor) = process::spawn_monitor(move |_| {
            let started = Spawn::new().link().start(move |_, _ack: Ack<()>| -> () { process::exit_self(reason) });
            tell.send(started.is_err());
        });
        assert_eq!(down(monitor), expected);
        assert_eq!(outcomes.receive(Duration::ZERO), (expected == ExitReason::Normal).then_some(true));
    }
    // Who traps sees the value that is returned, and nothing else.
    assert!(Spawn::new().link().start(|_, ack: Ack<()>| ack.failed(why("no"))).is_err());
    t.settle();
    assert_eq!(exit(), None);
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s5_a_stop_that_takes_too_long_is_not_taken_back(t: &mut Sim) {
    let (server, log) = server();
    sys::replace_state(&server, |state| {
        process::sleep(SECOND * 2);
        state.clone()
    })
    .expect("it comes to it");
    let busy = server.clone();
    process::spawn(move |_| {
        let _ = sys::with_state(&busy, |_| process::sleep(SECOND * 2));
    });
    t.settle();
    assert_eq!(server.stop_with(ExitReason::Normal, SECOND), Err(CallError::Timeout { started: true }));
    t.advance(SECOND);
    assert_eq!(come(t, &log), ["terminate"]);
    assert_eq!(server.stop(), Err(CallError::NoProc));
}

#[otp::test(seeds = 20)]
fn s5_a_stop_says_another_reason_and_the_parents_are_the_ancestors(t: &mut Sim) {
    let (server, _) = server();
    server.end(why("its own"));
    assert_eq!(server.stop(), Err(CallError::Exited(why("its own"))));
    let told = process::current().subject();
    let tell = told.clone();
    let parent = process::spawn(move |me| {
        let child = process::spawn(stay);
        tell.send(process::process_info(child).expect("it runs").ancestors);
        stay(me);
    });
    assert_eq!(told.receive(None), Some(vec![parent, otp::self_pid()]));
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s6_1_a_start_with_a_taken_name_calls_no_init_and_a_failed_one_gives_it_back(t: &mut Sim) {
    let log = log();
    let first = Starter::<Server>::new().name("it").start((log.clone(),))?;
    let second = Starter::<Failing>::new().name("it").start_monitor((log.clone(),));
    assert_eq!(second.err(), first.pid().map(StartError::AlreadyStarted));
    first.stop()?;
    let failed = Starter::<Failing>::new().name("it").link().start((log.clone(),));
    assert_eq!((failed.err(), process::whereis("it")), (Some(StartError::Failed(why("init"))), None));
    assert_eq!(come(t, &log), ["terminate", "init"], "of the first, and of the third that had the name");
    assert_eq!(exit(), None);
    t.crashes();
}

/// Does not start.
struct Failing {
    log: Subject<&'static str>,
}

#[actor]
impl Failing {
    #[init]
    fn init(log: Subject<&'static str>, ctx: &mut Context<Self>) -> Init<Self> {
        log.send("init");
        ctx.next().go_on();
        drop(Self { log });
        Init::Stop(why("init"))
    }

    #[handle_continue]
    fn go_on(&self) {
        self.log.send("continue");
    }

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {
        self.log.send("terminate");
    }
}

#[otp::test(seeds = 20)]
fn s6_2_an_exit_of_a_stranger_is_an_info_and_that_of_the_parent_the_end(t: &mut Sim) {
    let (server, log) = server();
    assert!(!server.trap(true)?);
    let pid = server.pid().expect("it runs");
    process::spawn(move |_| process::exit(pid, ExitReason::Shutdown));
    assert_eq!(come(t, &log), ["exit"]);
    let monitor = process::monitor(pid);
    process::exit(pid, ExitReason::Normal);
    assert_eq!((down(monitor), come(t, &log)), (ExitReason::Normal, vec!["terminate"]));
}

#[otp::test(seeds = 20)]
fn s6_2_an_idle_timeout_of_nothing_comes_when_nothing_waits(t: &mut Sim) {
    let (server, log) = server();
    let set = server.request().idle_in(Duration::ZERO);
    server.poke();
    set.wait()?;
    assert_eq!(come(t, &log), ["poked"], "a message cancels it");
    server.idle_in(Duration::ZERO)?;
    assert_eq!((come(t, &log), t.now()), (vec!["idle"], Duration::ZERO));
    assert_eq!(come(t, &log), [""; 0], "once");
    server.idle_in(SECOND)?;
    t.advance(SECOND / 2);
    sys::get_status(&server)?;
    t.advance(SECOND / 2);
    assert_eq!(come(t, &log), [""; 0], "a request of sys begins it anew");
    t.advance(SECOND / 2);
    assert_eq!(come(t, &log), ["idle"]);
}

#[otp::test(seeds = 20)]
fn s6_3_who_does_not_trap_is_ended_without_terminate(t: &mut Sim) {
    for (trap, said) in [(false, vec![]), (true, vec!["terminate"])] {
        let log = log();
        let supervisor = Supervisor::new(Strategy::OneForOne).child("it", Server::child_spec(log.clone())).start()?;
        supervisor.child::<Server>("it").trap(trap)?;
        supervisor.terminate_child("it")?;
        assert_eq!(come(t, &log), said);
    }
}

#[otp::test(seeds = 20)]
fn s6_4_who_calls_or_stops_itself_is_told_by_whatever_name(t: &mut Sim) {
    let log = log();
    let named = Starter::<Server>::new().name("it").start((log.clone(),))?;
    let by_name = Name::<Server>::from("it").client();
    let supervisor = Supervisor::new(Strategy::OneForOne).child("it", Server::child_spec(log)).start()?;
    let placed = supervisor.child::<Server>("it");
    for (server, other) in [(&named, &named), (&named, &by_name), (&by_name, &named), (&placed, &placed)] {
        assert_eq!(server.call(other.clone())?, Err(CallError::CallingSelf));
        assert_eq!(server.stop_other(other.clone())?, Err(CallError::CallingSelf));
    }
    let pinned = placed.pin().expect("it runs");
    assert_eq!(placed.call(pinned)?, Err(CallError::CallingSelf));
    t.settle();
}

#[otp::test(seeds = 20)]
fn s6_4_the_server_may_be_gone_in_every_way(t: &mut Sim) {
    let (server, _) = server();
    let (waits, other) = (server.request().who(), server.clone());
    sys::suspend(&server).ok();
    assert_eq!(waits.wait().ok(), server.pid());
    let waits = other.request().who();
    process::exit(server.pid().expect("it runs"), ExitReason::Shutdown);
    assert_eq!(waits.wait(), Err(CallError::Exited(ExitReason::Shutdown)), "its reason, a clean one too");
    server.poke();
    assert_eq!(server.who(), Err(CallError::NoProc));
    assert_eq!(Name::<Server>::from("nobody").client().who(), Err(CallError::NoProc));
    t.settle();
}

#[otp::test(seeds = 20)]
fn s7_1_a_supervisor_ends_with_its_parent_alone(t: &mut Sim) {
    for reason in [ExitReason::Normal, ExitReason::Shutdown, why("any")] {
        let supervisor = Supervisor::new(Strategy::OneForOne).child("it", Server::child_spec(log())).start_link()?;
        let pid = supervisor.pid().expect("it runs");
        process::spawn(move |_| process::exit(pid, ExitReason::Shutdown));
        t.settle();
        assert_eq!(supervisor.pid(), Some(pid), "a stranger's is ignored");
        let monitor = process::monitor(pid);
        process::exit(pid, reason.clone());
        assert_eq!(down(monitor), reason);
        assert_eq!(exit(), Some((pid, reason)));
    }
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_1_specs_that_make_no_sense_are_refused(_: &mut Sim) {
    let twice = Supervisor::new(Strategy::OneForOne)
        .child("it", Server::child_spec(log()))
        .child("it", Server::child_spec(log()));
    assert!(matches!(twice.start().err(), Some(StartError::Spec(SpecError::DuplicateChild(_)))));
    let significant = Supervisor::new(Strategy::OneForOne)
        .child("it", Server::child_spec(log()).restart(Restart::Transient).significant(true));
    assert!(matches!(significant.start().err(), Some(StartError::Spec(_))), "with auto_shutdown never");
}

#[otp::test(seeds = 20)]
fn s7_2_a_child_that_does_not_start_ends_those_before_it_and_its_supervisor(t: &mut Sim) {
    let log = log();
    let failed = Supervisor::new(Strategy::OneForOne)
        .child("lingers", Lingering::child_spec(SECOND))
        .child("first", Server::child_spec(log.clone()))
        .child("second", Failing::child_spec(log.clone()))
        .child("third", Server::child_spec(log.clone()))
        .start();
    assert!(matches!(failed.err(), Some(StartError::Child { id, .. }) if id == "second"));
    assert_eq!((t.now(), t.node().len()), (SECOND, 1), "by then they are gone");
    assert_eq!(come(t, &log), ["init"], "tried once");
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_3_a_temporary_crash_leaves_its_siblings_and_counts_for_nothing(t: &mut Sim) {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        let supervisor = Supervisor::new(strategy)
            .intensity(0, SECOND)
            .child("temporary", Server::child_spec(log()).restart(Restart::Temporary))
            .child("transient", Server::child_spec(log()).restart(Restart::Transient))
            .child("stays", Server::child_spec(log()))
            .start()?;
        let stays = supervisor.child::<Server>("stays").who()?;
        supervisor.child::<Server>("temporary").end(why("crash"));
        supervisor.child::<Server>("transient").end(ExitReason::shutdown_with("clean"));
        t.settle();
        assert_eq!(supervisor.child::<Server>("stays").who(), Ok(stays));
        assert_eq!(supervisor.which_child("temporary").err(), Some(ChildError::NotFound));
        assert_eq!(supervisor.which_child("transient")?.state, ChildState::Stopped);
        supervisor.child::<Server>("stays").end(ExitReason::Normal);
        t.settle();
        assert!(supervisor.gave_up() && supervisor.pid().is_none(), "intensity 0 allows no restart");
    }
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_4_so_many_restarts_in_a_period_and_not_one_more(t: &mut Sim) {
    let supervisor = Supervisor::new(Strategy::OneForAll)
        .intensity(2, SECOND)
        .child("a", Server::child_spec(log()))
        .child("b", Server::child_spec(log()))
        .start()?;
    let monitor = process::monitor(supervisor.pid().expect("it runs"));
    for _ in 0..5 {
        supervisor.child::<Server>("a").end(ExitReason::Normal);
        t.advance(SECOND / 2 + Duration::from_millis(1));
        assert!(supervisor.pid().is_some(), "a group counts once, and old ones not at all");
    }
    for _ in 0..2 {
        supervisor.child::<Server>("b").end(ExitReason::Normal);
        t.settle();
    }
    assert_eq!(down(monitor), ExitReason::Shutdown);
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_5_a_group_restart_starts_those_that_had_stopped_and_drops_temporary_ones(t: &mut Sim) {
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let supervisor = Supervisor::new(strategy)
            .child("first", Server::child_spec(log()))
            .child("done", Server::child_spec(log()).restart(Restart::Transient))
            .child("ended", Server::child_spec(log()))
            .child("temporary", Server::child_spec(log()).restart(Restart::Temporary))
            .start()?;
        supervisor.start_child("added", Server::child_spec(log()))?;
        supervisor.child::<Server>("done").end(ExitReason::Normal);
        supervisor.terminate_child("ended")?;
        supervisor.child::<Server>("first").end(ExitReason::Normal);
        t.settle();
        let children = supervisor.which_children()?;
        let ids: Vec<_> = children.iter().map(|child| child.id.to_string()).collect();
        assert_eq!(ids, ["added", "ended", "done", "first"], "{strategy:?}, the newest first");
        assert!(children.iter().all(|child| matches!(child.state, ChildState::Running(_))));
    }
}

/// Fails to start again until somebody says so.
struct Flaky;

static STARTS: AtomicBool = AtomicBool::new(true);

#[actor]
impl Flaky {
    #[init]
    fn init() -> Result<Self, ExitReason> {
        if STARTS.load(SeqCst) { Ok(Self) } else { Err(why("not now")) }
    }

    #[handle_cast]
    fn end(&self) -> Result<(), ExitReason> {
        Err(why("crash"))
    }
}

#[otp::test]
fn s7_6_a_child_that_does_not_start_again_is_tried_on_and_can_be_given_up(t: &mut Sim) {
    STARTS.store(true, SeqCst);
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .intensity(5, SECOND * 60)
        .child("it", Flaky::child_spec().backoff(SECOND..=SECOND))
        .child("stays", Server::child_spec(log()))
        .start()?;
    let stays = supervisor.child::<Server>("stays").who()?;
    STARTS.store(false, SeqCst);
    supervisor.child::<Flaky>("it").end();
    t.settle();
    assert_eq!(supervisor.which_child("it")?.state, ChildState::Restarting);
    assert_eq!(supervisor.restart_child("it"), Err(ChildError::Restarting));
    assert_eq!(supervisor.delete_child("it"), Err(ChildError::Restarting));
    let again = supervisor.start_child("it", Flaky::child_spec());
    assert_eq!(again.err(), Some(ChildError::AlreadyPresent));
    let counts = supervisor.count_children()?;
    assert_eq!((counts.specs, counts.active, counts.workers), (2, 1, 2));
    supervisor.terminate_child("it")?;
    STARTS.store(true, SeqCst);
    t.advance(SECOND * 10);
    assert_eq!(supervisor.which_child("it")?.state, ChildState::Stopped, "nobody tries on");
    assert!(supervisor.restart_child("it")?.is_some());

    // Each try counts.
    STARTS.store(false, SeqCst);
    supervisor.child::<Flaky>("it").end();
    t.advance(SECOND * 60);
    assert!(supervisor.gave_up() && supervisor.child::<Server>("stays").who() != Ok(stays));
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_8_a_significant_child_that_ends_by_itself_ends_its_supervisor(t: &mut Sim) {
    let tree = |auto_shutdown| {
        let significant = || Server::child_spec(log()).restart(Restart::Transient).significant(true);
        Supervisor::new(Strategy::OneForOne)
            .auto_shutdown(auto_shutdown)
            .child("a", significant())
            .child("b", significant())
            .child("c", Server::child_spec(log()))
            .start_link()
    };
    for (auto_shutdown, needed) in [(AutoShutdown::AnySignificant, 1), (AutoShutdown::AllSignificant, 2)] {
        let supervisor = tree(auto_shutdown)?;
        let pid = supervisor.pid().expect("it runs");
        supervisor.child::<Server>("a").end(why("crash"));
        t.settle();
        supervisor.terminate_child("a")?;
        supervisor.restart_child("a")?;
        t.settle();
        assert_eq!(supervisor.pid(), Some(pid), "neither a crash nor what it was asked for counts");
        for id in ["a", "b"].into_iter().take(needed) {
            assert_eq!(supervisor.pid(), Some(pid));
            supervisor.child::<Server>(id).end(ExitReason::Normal);
            t.settle();
        }
        assert_eq!((supervisor.pid(), exit()), (None, Some((pid, ExitReason::Shutdown))));
    }
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s7_7_children_end_one_by_one_the_last_first_and_none_is_started_again(t: &mut Sim) {
    let lingers = |n| Lingering::child_spec(SECOND * n).shutdown(Shutdown::After(SECOND * 2));
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .child("first", lingers(1))
        .child("second", lingers(5))
        .child("third", lingers(1).shutdown(Shutdown::BrutalKill))
        .start()?;
    let monitors = ["first", "second", "third"].map(|id| supervisor.child::<Lingering>(id).monitor().expect("it runs"));
    supervisor.stop()?;
    assert_eq!(t.now(), SECOND * 3, "none, two until it is killed, and one");
    let downs = Selector::new().select_monitors(|down| (down.monitor, down.reason));
    let told: Vec<_> = std::iter::from_fn(|| downs.receive(Duration::ZERO)).collect();
    let [first, second, third] = monitors;
    assert_eq!(told, [(third, ExitReason::Killed), (second, ExitReason::Killed), (first, ExitReason::Shutdown)]);
    assert_eq!(t.node().len(), 1);
}

#[otp::test(seeds = 20)]
fn s7_9_the_admin_functions_say_what_is(t: &mut Sim) {
    let supervisor = Supervisor::new(Strategy::OneForOne).start()?;
    let spec = || Server::child_spec(log());
    let child = supervisor.start_child("it", spec())?;
    assert_eq!(supervisor.start_child("it", spec()).err(), child.pid().map(ChildError::AlreadyStarted));
    assert_eq!(supervisor.restart_child("it"), Err(ChildError::Running));
    assert_eq!(supervisor.delete_child("it"), Err(ChildError::Running));
    supervisor.terminate_child("it")?;
    supervisor.terminate_child("it")?;
    assert_eq!(supervisor.start_child("it", spec()).err(), Some(ChildError::AlreadyPresent));
    let counts = supervisor.count_children()?;
    assert_eq!((counts.specs, counts.active, counts.workers, counts.supervisors), (1, 0, 1, 0));
    assert_eq!(supervisor.restart_child("it")?, child.pid());
    supervisor.terminate_child("it")?;
    supervisor.delete_child("it")?;
    for nobody in [
        supervisor.terminate_child("it"),
        supervisor.delete_child("it"),
        supervisor.restart_child("it").map(drop),
        supervisor.get_childspec("it").map(drop),
    ] {
        assert_eq!(nobody, Err(ChildError::NotFound));
    }
    let failed = supervisor.start_child("fails", Failing::child_spec(log()));
    assert!(matches!(failed, Err(ChildError::Start(_))));
    assert_eq!(supervisor.count_children()?.specs, 0, "its spec is not kept");
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s8_a_dynamic_supervisor_keeps_nothing_of_what_does_not_run(t: &mut Sim) {
    let dynamic = DynamicSupervisor::any().max_children(1).start()?;
    assert!(matches!(dynamic.start_child(Failing::child_spec(log())), Err(ChildError::Start(_))));
    assert_eq!(dynamic.count_children()?.specs, 0);
    let child = dynamic.start_child(Server::child_spec(log()).restart(Restart::Transient))?;
    assert_eq!(dynamic.start_child(Server::child_spec(log())).err(), Some(ChildError::MaxChildren));
    let pid = child.who()?;
    child.end(why("crash"));
    t.settle();
    let again = child.who()?;
    assert_ne!(pid, again);
    assert_eq!(dynamic.terminate_child(&pid), Err(ChildError::NotFound), "a dead one, unlike in Erlang");
    assert_eq!(dynamic.terminate_child(&otp::self_pid()), Err(ChildError::NotFound));
    dynamic.terminate_child(&again)?;
    assert_eq!((dynamic.count_children()?.specs, child.who()), (0, Err(CallError::NoProc)));
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s8_its_children_end_all_at_once_each_in_its_time(t: &mut Sim) {
    let dynamic =
        Dynamic::template(|after: Duration| Lingering::child_spec(after).shutdown(Shutdown::After(after * 2)))
            .start()?;
    for n in 1..=3 {
        dynamic.start_child(SECOND * n)?;
    }
    dynamic.stop()?;
    assert_eq!(t.now(), SECOND * 3);
}

/// Takes its time to end.
struct Lingering(Duration);

#[actor]
impl Lingering {
    #[init]
    fn init(after: Duration, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self(after)
    }

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {
        process::sleep(self.0);
    }
}

#[otp::test(seeds = 20)]
fn s9_a_key_has_its_partition_and_a_resize_gives_the_number_before(_: &mut Sim) {
    let shards = Partition::new(|_| Server::child_spec(process::current().subject())).partitions(4).start()?;
    let pid = shards.route(&17).who()?;
    assert_eq!((shards.route(&17).who(), shards.partitions()), (Ok(pid), Ok(4)));
    assert_eq!((shards.resize(2), shards.partitions(), shards.resize(4)), (Ok(4), Ok(2), Ok(2)));
    assert_eq!(shards.resize(5), Err(ChildError::TooManyPartitions(4)), "no more than there were at first");
    let numbers: Vec<_> = shards.which_children()?.iter().filter_map(|child| child.id.index()).collect();
    assert_eq!(numbers.len(), 4);
    assert_eq!(shards.count_children()?.active, 4);
}

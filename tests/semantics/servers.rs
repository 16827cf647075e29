//! 6 Servers.

use otp::{Name, actor::Starter, prelude::*, sys};

use super::{Failing, SECOND, Server, come, down, exit, log, server, why};

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
    sys::status(&server)?;
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

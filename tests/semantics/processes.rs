//! 1 Processes.

use otp::{
    prelude::*,
    process::{Key, Selector, Spawn, Subject},
    timer,
};

use super::{SECOND, down, exit, stay, why};

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
    assert_eq!(process::info(otp::self_pid()).expect("it runs").links, []);
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
    assert!(process::is_alive(from), "who does not trap ignores it");
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
    assert_eq!((NUMBER.take(), NUMBER.get()), (Some(2), None));
}

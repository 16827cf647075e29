//! What was sent is handled, whatever has become of its sender; only a call that timed out is taken back.

#![cfg(feature = "macros")]

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context as Polled, Waker},
};

use otp::{
    Name,
    actor::Starter,
    client::{Requests, RequestsError},
    mailbox::{Mailbox, Policy},
    prelude::*,
    process::{Down, Subject},
    supervisor::DynamicSupervisor,
    sys::{self, SysError},
};

const SECOND: Duration = Duration::from_secs(1);

/// Says which requests it has handled, and whether their callers waited.
#[derive(Clone)]
struct Desk {
    log: Subject<u32>,
}

#[actor]
impl Desk {
    #[init]
    fn init(log: Subject<u32>) -> Self {
        Self { log }
    }

    #[handle_call]
    fn note(&self, n: u32) -> u32 {
        self.log.send(n);
        n
    }

    #[handle_call]
    async fn note_async(&self, n: u32) {
        self.log.send(n);
    }

    #[handle_call]
    fn note_late(&self, n: u32, reply: ReplyTo<u32>) {
        assert!(!reply.is_awaited(), "its caller is gone");
        self.log.send(n);
    }

    #[handle_call(priority)]
    fn note_first(&self, n: u32) {
        self.log.send(n);
    }

    #[handle_call]
    fn hold(&self) {
        process::sleep(SECOND);
    }

    #[handle_cast]
    fn have_noted(&self, by: DeskRef, n: u32) {
        let _ = by.no_timeout().note(n);
    }

    #[handle_cast]
    async fn have_noted_async(&mut self, by: DeskRef, n: u32) {
        let _ = by.as_async().no_timeout().note(n).await;
    }

    #[handle_cast]
    fn bug(&self) {
        panic!("a bug");
    }
}

fn desk() -> (DeskRef, Subject<u32>) {
    let log = process::current().subject();
    (Desk::start(log.clone()).expect("it starts"), log)
}

/// A desk that is suspended.
fn held() -> (DeskRef, Subject<u32>) {
    let (desk, log) = desk();
    sys::suspend(&desk).expect("it runs");
    (desk, log)
}

fn handled(t: &Sim, log: &Subject<u32>) -> Vec<u32> {
    t.settle();
    std::iter::from_fn(|| log.receive(Duration::ZERO)).collect()
}

fn resumed(t: &Sim, desk: &DeskRef, log: &Subject<u32>) -> Vec<u32> {
    assert_eq!(handled(t, log), [0; 0], "it is suspended");
    sys::resume(desk).expect("it runs");
    handled(t, log)
}

fn poll_once(call: &mut (impl Future + Unpin)) {
    assert!(Pin::new(call).poll(&mut Polled::from_waker(Waker::noop())).is_pending());
}

#[otp::test(seeds = 50)]
fn the_request_of_who_was_killed_is_handled(t: &mut Sim) {
    let (desk, log) = held();
    let client = desk.clone();
    let calls = process::spawn(move |_| drop(client.note(1)));
    t.settle();
    let client = desk.clone();
    let awaits = process::spawn_async(move |_| async move { drop(client.as_async().note_async(2).await) });
    t.settle();
    let (server, _) = self::desk();
    server.have_noted(desk.clone(), 3);
    t.settle();
    let (async_server, _) = self::desk();
    async_server.have_noted_async(desk.clone(), 4);
    t.settle();
    let client = desk.clone();
    let defers = process::spawn(move |_| drop(client.note_late(5)));
    t.settle();
    let client = desk.clone();
    let hurries = process::spawn(move |_| drop(client.note_first(6)));
    t.settle();
    t.kill(&calls);
    t.kill(&awaits);
    t.kill(&server);
    process::exit(async_server.pid().expect("it runs"), ExitReason::Shutdown);
    t.kill(&defers);
    t.kill(&hurries);
    assert_eq!(resumed(t, &desk, &log), [6, 1, 2, 3, 4, 5]);
}

#[otp::test(seeds = 50)]
fn the_request_of_who_has_ended_is_handled(t: &mut Sim) {
    let (desk, log) = held();
    let client = desk.clone();
    let (_, monitor) = process::spawn_monitor(move |_| {
        let _reply = client.request().note(1);
        let _requests: Requests<_, _> = std::iter::once(((), client.request().note(2))).collect();
        process::exit_self(ExitReason::Shutdown);
    });
    assert!(matches!(process::current().receive_down(monitor, None), Some(Down { reason: ExitReason::Shutdown, .. })));
    assert_eq!(resumed(t, &desk, &log), [1, 2]);
}

#[otp::test(seeds = 50)]
fn a_request_whose_reply_is_dropped_is_handled(t: &mut Sim) {
    let (desk, log) = held();
    drop(desk.request().note(1));
    drop(desk.as_async().note(2));
    let mut polled = desk.as_async().note(3);
    poll_once(&mut polled);
    drop(polled);
    let mut checked = desk.request().note(4);
    assert_eq!((checked.check(), checked.wait_timeout(SECOND)), (None, None));
    drop(checked);
    let mut requests = Requests::new();
    requests.add("plain", desk.request().note(5));
    requests.add_map("mapped", desk.request().note(6), |n| n + 1);
    assert_eq!(requests.wait(SECOND), Err(RequestsError::Timeout));
    drop(requests);
    assert_eq!(resumed(t, &desk, &log), [1, 2, 3, 4, 5, 6]);
    assert_eq!(desk.note(7), Ok(7));
}

/// Another future is ready first: the call's is dropped.
#[otp::test(seeds = 50)]
fn a_request_whose_future_has_lost_a_race_is_handled(t: &mut Sim) {
    let (desk, log) = held();
    let client = desk.clone();
    let (_, monitor) = process::spawn_monitor_async(move |_| async move {
        let (mut call, mut sleep) = (client.as_async().no_timeout().note(1), pin!(process::sleep_async(SECOND)));
        std::future::poll_fn(|cx| {
            assert!(Pin::new(&mut call).poll(cx).is_pending());
            sleep.as_mut().poll(cx)
        })
        .await;
    });
    assert!(process::current().receive_down(monitor, None).is_some());
    assert_eq!(resumed(t, &desk, &log), [1]);
}

#[otp::test(seeds = 50)]
fn a_call_that_timed_out_is_taken_back(t: &mut Sim) {
    let (desk, log) = held();
    let never = Err(CallError::Timeout { started: false });
    let brief = desk.timeout(SECOND);
    assert_eq!(brief.note(1), never);
    assert_eq!(brief.as_async().note(2).wait(), never);
    assert_eq!(desk.request().note(3).receive(SECOND), never);
    let mut own_time = Requests::new();
    own_time.add((), brief.as_async().note(4));
    assert_eq!(own_time.wait(None), Ok(((), never)));
    let mut requests = Requests::new();
    requests.add("plain", desk.request().note(5));
    requests.add_map("mapped", desk.request().note(6), |n| n + 1);
    assert_eq!(requests.receive(SECOND), Err(RequestsError::Timeout));
    assert!(requests.is_empty());
    assert_eq!(resumed(t, &desk, &log), [0; 0]);
}

#[otp::test(seeds = 50)]
fn a_supervisor_does_what_it_was_asked_for_by_one_who_was_killed(t: &mut Sim) {
    let log = process::current().subject();
    let supervisor = Supervisor::new(Strategy::OneForOne).child("first", Desk::child_spec(log.clone())).start()?;
    sys::suspend(&supervisor)?;
    let (client, spec) = (supervisor.clone(), Desk::child_spec(log.clone()));
    let starts = process::spawn(move |_| drop(client.start_child("second", spec)));
    let client = supervisor.clone();
    t.settle();
    let ends = process::spawn(move |_| drop(client.terminate_child("first")));
    t.settle();
    t.kill(&starts);
    t.kill(&ends);
    sys::resume(&supervisor)?;
    t.settle();
    assert!(supervisor.child::<Desk>("first").pid().is_none());
    assert_eq!(supervisor.child::<Desk>("second").note(1), Ok(1));

    let dynamic = DynamicSupervisor::any().start()?;
    sys::suspend(&dynamic)?;
    let (client, spec) = (dynamic.clone(), Desk::child_spec(log));
    let starts = process::spawn(move |_| drop(client.start_child(spec)));
    t.settle();
    t.kill(&starts);
    sys::resume(&dynamic)?;
    assert_eq!(dynamic.supervisor().count_children()?.active, 1);
}

#[otp::test(seeds = 50)]
fn what_sys_was_asked_for_by_one_who_was_killed_takes_effect(t: &mut Sim) {
    let (desk, log) = desk();
    let other = process::current().subject();
    let held = desk.request().hold();
    t.settle();
    let (client, to) = (desk.clone(), other.clone());
    let replaces = process::spawn(move |_| drop(sys::replace_state(&client, move |_| Desk { log: to })));
    t.settle();
    let client = desk.clone();
    let suspends = process::spawn(move |_| drop(sys::suspend(&client)));
    t.settle();
    assert_eq!(sys::terminate(&desk.timeout(Duration::from_millis(1)), ExitReason::Shutdown), Err(SysError::Timeout));
    t.kill(&replaces);
    t.kill(&suspends);
    assert_eq!(held.wait(), Ok(()));
    assert!(sys::status(&desk)?.is_suspended);
    sys::resume(&desk)?;
    assert_eq!(desk.note(1), Ok(1));
    assert_eq!((handled(t, &log), handled(t, &other)), (vec![], vec![1]));
}

#[otp::test(seeds = 50)]
fn a_start_and_a_stop_go_on_without_who_asked_for_them(t: &mut Sim) {
    let log = process::current().subject();
    let starts = process::spawn(move |_| drop(Starter::<Slowly>::new().name("slow").start((log,))));
    t.settle();
    t.kill(&starts);
    let slow = Name::<Slowly>::from("slow").client().no_timeout();
    assert_eq!(slow.note(1), Ok(()));
    let busy = slow.clone();
    process::spawn(move |_| drop(busy.note(2)));
    t.settle();
    let client = slow.clone();
    let stops = process::spawn(move |_| drop(client.stop()));
    t.settle();
    t.kill(&stops);
    t.advance(SECOND);
    assert_eq!(slow.pid(), None);
}

/// Who stands in line has not sent yet.
#[otp::test(seeds = 50)]
fn what_has_come_into_a_full_mailbox_is_handled_and_what_waits_for_room_is_not(t: &mut Sim) {
    let log = process::current().subject();
    let desk =
        Starter::<Desk>::new().mailbox(Mailbox::bounded(2, Policy::Block)).start((log.clone(),)).expect("it starts");
    sys::suspend(&desk)?;
    drop(desk.request().note(1));
    drop(desk.request().note(2));
    drop(desk.request().note(3));
    let let_in = desk.request().note(4);
    assert_eq!(resumed(t, &desk, &log), [1, 2, 4]);
    drop(let_in);

    sys::suspend(&desk)?;
    let mut calls: Vec<_> = (5..9).map(|n| desk.request().note(n)).collect();
    sys::replace_state(&desk, {
        let log = log.clone();
        move |_| Desk { log }
    })?;
    drop(calls.pop());
    sys::resume(&desk)?;
    assert_eq!(calls.remove(0).wait(), Ok(5));
    drop(calls);
    assert_eq!(handled(t, &log).last(), Some(&7), "what has got room, or was given it, is handled");
}

#[otp::test(seeds = 50)]
fn a_request_that_waits_for_the_next_incarnation_is_handled_once_it_is_sent(t: &mut Sim) {
    let log = process::current().subject();
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .child("kept", Desk::child_spec(log.clone()).mailbox_on_restart(supervisor::MailboxOnRestart::Keep))
        .start()?;
    let desk = supervisor.child::<Desk>("kept");
    sys::suspend(&desk)?;
    desk.bug();
    drop(desk.request().note(1));
    let client = desk.clone();
    let calls = process::spawn(move |_| drop(client.note(2)));
    t.settle();
    t.kill(&calls);
    sys::resume(&desk)?;
    assert_eq!(handled(t, &log), [1, 2], "by the next one");
    assert_eq!(t.crashes().len(), 1);
}

/// Takes a while before it comes to its first message.
struct Slow {
    log: Subject<u32>,
}

#[actor]
impl Slow {
    #[init]
    fn init(log: Subject<u32>, ctx: &mut Context<Self>) -> Self {
        ctx.next().warm_up();
        Self { log }
    }

    #[handle_continue]
    fn warm_up(&self) {
        process::sleep(SECOND);
    }

    #[handle_call]
    fn note(&self, n: u32) {
        self.log.send(n);
    }
}

/// Takes its time, with its start too.
struct Slowly {
    log: Subject<u32>,
}

#[actor]
impl Slowly {
    #[init]
    fn init(log: Subject<u32>) -> Self {
        process::sleep(SECOND);
        Self { log }
    }

    #[handle_call]
    fn note(&self, n: u32) {
        process::sleep(SECOND);
        self.log.send(n);
    }
}

/// Who waits for a process to come has not sent yet.
#[otp::test(seeds = 50)]
fn a_request_left_at_a_place_is_handled_once_somebody_has_come(t: &mut Sim) {
    let log = process::current().subject();
    let backoff = SECOND..=SECOND;
    let supervisor =
        Supervisor::new(Strategy::OneForOne).child("slow", Slow::child_spec(log.clone()).backoff(backoff)).start()?;
    let slow = supervisor.child::<Slow>("slow").wait_for_restart();
    for _ in 0..2 {
        t.kill(&slow);
        t.settle();
    }
    assert!(slow.pid().is_none(), "its second restart waits");
    drop(slow.request().note(1));
    let left = slow.request().note(2);
    t.advance(SECOND);
    assert!(slow.pid().is_some());
    drop(left);
    t.advance(SECOND);
    assert_eq!(handled(t, &log), [2]);
    t.crashes();
}

/// The second of two that wait for one another is told so, and its request is as one that timed out.
#[otp::test(seeds = 50)]
fn a_request_that_closes_a_cycle_is_taken_back(t: &mut Sim) {
    let (first, log) = desk();
    let (second, second_log) = desk();
    first.have_noted(second.clone(), 1);
    second.have_noted(first.clone(), 2);
    t.settle();
    let both = [handled(t, &log), handled(t, &second_log)].concat();
    assert_eq!(both.len(), 1, "one of them goes on: {both:?}");
}

#[otp::test(seeds = 20)]
fn what_was_sent_to_one_that_ends_is_dropped(t: &mut Sim) {
    let (desk, log) = held();
    let alive = desk.request().note(1);
    drop(desk.request().note(2));
    t.kill(&desk);
    assert_eq!(alive.wait(), Err(CallError::Exited(ExitReason::Killed)));
    assert_eq!(handled(t, &log), [0; 0]);
}

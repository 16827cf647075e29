//! Servers and supervisors that are suspended.

use otp::{
    prelude::*,
    sys::{self, SysError},
};

use super::{Counter, Listening, Trapping, heard, millis};

const LONG: Duration = Duration::from_secs(3600);

/// What is held, and what is not: all rules of a suspended server.
#[otp::test(seeds = 20)]
fn a_suspended_server_serves_requests_and_exits_alone(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    sys::suspend(&counter).unwrap();
    sys::suspend(&counter).unwrap();
    counter.reset();
    let first = counter.request().add(5);
    let second = counter.request().add(6);
    t.advance(LONG);
    assert_eq!(sys::state(&counter).unwrap(), Counter { n: 1, ..Counter::default() }, "nothing is handled");
    let status = sys::status(&counter).unwrap();
    assert!(status.is_suspended && status.message_queue_len == 3, "{status:?}");
    let info = process::info(status.pid).unwrap();
    assert_eq!(info.status, process::ProcessStatus::Waiting, "messages have no reason to wake it");
    sys::replace_state(&counter, |_| Counter { n: 100, ..Counter::default() }).unwrap();

    sys::resume(&counter).unwrap();
    sys::resume(&counter).unwrap();
    assert_eq!((first.wait(), second.wait()), (Ok(5), Ok(11)));
    assert_eq!(sys::state(&counter).unwrap().handled, ["reset", "add", "add"], "in order");

    sys::suspend(&counter).unwrap();
    counter.reset();
    assert_eq!(counter.stop_with(ExitReason::Shutdown, None), Ok(()), "it can be stopped");
    assert_eq!(sys::resume(&counter), Err(SysError::NoProc));

    let killed = Counter::start(1).unwrap();
    sys::suspend(&killed).unwrap();
    t.kill(&killed);

    // The exit of its parent ends it, though it traps exits.
    let trapping = Trapping::start_link().unwrap();
    sys::suspend(&trapping).unwrap();
    process::exit(trapping.pid().unwrap(), ExitReason::Shutdown);
    t.settle();
    assert!(!trapping.is_alive());
}

/// Many requests at once, behind messages that are held.
#[otp::test(seeds = 20)]
fn a_suspended_server_serves_all_requests_that_wait(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    sys::suspend(&counter).unwrap();
    counter.reset();
    let served = process::current().subject();
    for _ in 0..5 {
        let (served, counter) = (served.clone(), counter.clone());
        process::spawn(move |_| served.send(sys::state(&counter).map(|state| state.n)));
    }
    t.settle();
    for _ in 0..5 {
        assert_eq!(served.receive(Duration::ZERO), Some(Ok(1)));
    }
}

#[otp::test(seeds = 20)]
fn a_trapped_exit_waits_for_the_resume(t: &mut Sim) {
    let trapping = Trapping::start().unwrap();
    let pid = trapping.pid().unwrap();
    let monitor = trapping.monitor().unwrap();
    sys::suspend(&trapping).unwrap();
    process::spawn(move |_| process::exit(pid, ExitReason::Shutdown));
    t.settle();
    assert!(trapping.is_alive());
    sys::resume(&trapping).unwrap();
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
}

#[otp::test(seeds = 20)]
fn an_idle_timeout_begins_anew_after_a_request(t: &mut Sim) {
    let counter = Counter::start(1).unwrap();
    let handled = || sys::with_state(&counter, |state| state.handled.len()).unwrap();
    counter.idle_in(millis(100));
    t.advance(millis(60));
    assert_eq!(handled(), 0);
    t.advance(millis(60));
    assert_eq!(handled(), 0, "the request has put it off");
    t.advance(millis(100));
    assert_eq!(handled(), 1);

    counter.idle_in(millis(100));
    t.advance(millis(60));
    sys::suspend(&counter).unwrap();
    t.advance(LONG);
    assert_eq!(handled(), 1, "not while it is suspended");
    sys::resume(&counter).unwrap();
    t.advance(millis(99));
    t.advance(millis(1));
    assert_eq!(handled(), 2, "as long again after the resume");
}

supervisor! {
    Shop<one_for_one> {
        counter: Counter(1) { name: "shop counter" };
    }
}

#[otp::test(seeds = 20)]
fn a_suspended_supervisor_restarts_nothing(t: &mut Sim) {
    let shop = t.start(Shop::child_spec()).unwrap();
    let supervisor = shop.supervisor();
    let status = sys::status(supervisor).unwrap();
    assert_eq!(status.initial_call, "Shop");
    assert!(status.state.unwrap().contains("OneForOne"), "it shows its strategy and children");

    sys::suspend(supervisor).unwrap();
    let first = shop.counter().pid().unwrap();
    t.kill(&first);
    t.advance(LONG);
    assert_eq!(shop.counter().pid().filter(|pid| *pid != first), None, "it is not healed");
    sys::resume(supervisor).unwrap();
    t.settle();
    let second = shop.counter().pid().unwrap();
    assert_ne!(second, first);
    assert_eq!(sys::status("shop counter").unwrap().pid, second, "by name");
    assert_eq!(sys::state(&shop.counter()).unwrap().n, 1, "by its place in the tree");
}

#[otp::test(seeds = 20)]
fn what_comes_through_a_subject_of_its_own_is_held_and_seen(t: &mut Sim) {
    let given = process::current().subject();
    let listening = Listening::start(given.clone()).unwrap();
    let door = given.receive(None).unwrap();
    sys::set_log(&listening, sys::DEFAULT_LOG_LEN).unwrap();
    sys::suspend(&listening).unwrap();
    door.send("knock".into());
    t.settle();
    assert!(heard(&listening).is_empty(), "it waits");
    sys::resume(&listening).unwrap();
    assert_eq!(heard(&listening), ["knock"]);
    let log: Vec<String> = sys::log(&listening).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(log, ["got cast hear"], "as the message that it became");
}

/// Has a mailbox of two messages, and some that go first.
#[derive(Debug, Clone, PartialEq)]
struct Narrow {
    handled: Vec<u32>,
}

#[actor(mailbox = bounded(2, drop_oldest), on_full = lost)]
impl Narrow {
    #[init]
    fn init(ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self { handled: Vec::new() }
    }

    #[handle_cast]
    fn put(&mut self, what: u32) {
        self.handled.push(what);
    }

    #[handle_cast(priority)]
    fn put_first(&mut self, what: u32) {
        self.handled.push(what);
    }

    fn lost(&mut self, _: otp::mailbox::Dropped) {
        self.handled.push(0);
    }
}

/// A full mailbox takes requests of `sys` and holds all else, what goes first and what it has lost among it.
#[otp::test(seeds = 20)]
fn a_server_with_a_bound_is_suspended_as_others_are(t: &mut Sim) {
    let narrow = Narrow::start_link().unwrap();
    sys::suspend(&narrow).unwrap();
    for what in 1..=3 {
        narrow.put(what);
    }
    narrow.put_first(4);
    t.settle();
    let status = sys::status(&narrow).unwrap();
    assert_eq!((status.message_queue_len, status.state.as_deref()), (2, Some("Narrow { handled: [] }")));
    sys::set_log(&narrow, sys::DEFAULT_LOG_LEN).unwrap();
    sys::resume(&narrow).unwrap();
    assert_eq!(sys::state(&narrow).unwrap().handled, [0, 4, 3], "in the order of its mailbox");
    let log: Vec<String> = sys::log(&narrow).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(log, ["got info overflowed", "got cast put_first", "got cast put"]);

    sys::suspend(&narrow).unwrap();
    narrow.put(5);
    process::exit(narrow.pid().unwrap(), ExitReason::Shutdown);
    t.settle();
    assert!(!narrow.is_alive(), "the exit of its parent ends it");

    let narrow = Narrow::start().unwrap();
    sys::suspend(&narrow).unwrap();
    narrow.put(5);
    assert_eq!(narrow.stop_with(ExitReason::Shutdown, None), Ok(()), "it can be stopped");
}

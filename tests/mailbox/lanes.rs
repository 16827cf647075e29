//! Messages that go first.

use otp::prelude::*;

use super::{Busy, Log, Note, Urgent, busy, millis, occupy};

#[otp::test]
fn messages_of_priority_go_first(t: &mut Sim) {
    let log = Log::default();
    let busy = Busy::start(log.clone()).unwrap();
    let open = occupy(&busy);
    busy.put(1);
    busy.note(Note(2));
    busy.put_first(3);
    let asked = busy.as_async().ask_first(4);
    busy.put(5);
    busy.put_first(6);
    open.send(());
    assert_eq!(asked.wait(), Ok(4));
    t.settle();
    assert_eq!(log.take(), [3, 4, 6, 1, 2, 5], "first-in first-out within a lane");
}

#[otp::test]
fn what_is_found_by_its_type_may_go_first(t: &mut Sim) {
    let log = Log::default();
    let busy = Busy::start(log.clone()).unwrap();
    let open = occupy(&busy);
    process::send(busy.pid().unwrap(), Note(1));
    process::send(busy.pid().unwrap(), Urgent(2));
    open.send(());
    t.settle();
    assert_eq!(log.take(), [2, 1]);
}

#[otp::test(seeds = 50)]
fn nothing_of_the_dead_comes_behind_their_down(t: &mut Sim) {
    let log = Log::default();
    let busy = Busy::start(log.clone()).unwrap();
    let open = occupy(&busy);
    let sender = busy.clone();
    let pid = process::spawn(move |_| {
        process::sleep(millis(1));
        sender.put(1);
        sender.put_first(2);
        sender.put(3);
        sender.put_first(4);
    });
    busy.watch(pid);
    open.send(());
    t.settle();
    let open = occupy(&busy);
    t.advance(millis(2));
    busy.put(5);
    busy.put_first(6);
    open.send(());
    t.settle();
    assert_eq!(log.take(), [2, 4, 6, 1, 3, 0, 5]);
}

#[otp::test]
fn what_goes_next_goes_before_what_goes_first(t: &mut Sim) {
    let log = Log::default();
    let busy = Busy::start(log.clone()).unwrap();
    let open = occupy(&busy);
    busy.itself(10);
    busy.put_first(1);
    open.send(());
    t.advance(millis(1));
    assert_eq!(log.take()[..2], [1, 10]);
    busy.itself(10);
    t.advance(millis(1));
    assert_eq!(log.take(), [10, 11, 12, 13, 14]);
}

/// Sets timers for handlers with and without priority.
struct Timers(Log);

#[actor]
impl Timers {
    #[init]
    fn init(log: Log) -> Self {
        Self(log)
    }

    #[handle_cast]
    fn set(&mut self, ctx: &mut Context<Self>) {
        ctx.after(millis(1)).late(1);
        ctx.after(millis(2)).soon(2);
        let cancelled = ctx.after(millis(3)).soon(3);
        process::sleep(millis(5));
        assert!(cancelled.cancel().is_some(), "it is on its way");
    }

    #[handle_info]
    fn late(&mut self, what: u32) {
        self.0.say(what);
    }

    #[handle_info(priority)]
    fn soon(&mut self, what: u32) {
        self.0.say(what);
    }
}

#[otp::test]
fn a_timer_has_the_priority_of_its_handler(t: &mut Sim) {
    let log = Log::default();
    let timers = Timers::start(log.clone()).unwrap();
    timers.set();
    t.advance(millis(10));
    assert_eq!(log.take(), [2, 1]);
}

#[otp::test]
fn those_of_priority_come_in_first(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Block);
    busy.put(1);
    let client = busy.as_async();
    let (second, third) = (client.ask(2), client.ask_first(3));
    open.send(());
    assert_eq!((second.wait(), third.wait()), (Ok(2), Ok(3)));
    t.settle();
    assert_eq!(log.take(), [1, 3, 2]);
}

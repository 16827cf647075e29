//! What an actor does with its messages.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
};

use otp::prelude::*;

use super::{LONG, Log, desk, down, millis};

#[otp::test(seeds = 50)]
fn messages_of_all_kinds_are_handled_in_order(t: &mut Sim) {
    let (desk, log) = desk();
    let mailbox = desk.mailbox().unwrap();
    desk.note(1);
    let second = desk.request().ask(2);
    mailbox.send("3".into());
    desk.note(4);
    let stopped = desk.stop();
    assert_eq!((second.wait(), stopped), (Ok(3), Ok(())));
    assert_eq!(log.take(), ["1", "ask 2", "3", "4", "terminate normal"]);
    t.settle();
}

#[otp::test(seeds = 50)]
fn what_is_next_comes_before_what_waits(t: &mut Sim) {
    let (desk, log) = desk();
    desk.first(10);
    desk.note(1);
    desk.first(20);
    desk.note(2);
    t.settle();
    let expected = ["first 10", "continue 10", "continue 11", "1", "first 20", "continue 20", "continue 21", "2"];
    assert_eq!(log.take(), expected);
}

/// Sends to itself in `init`.
struct Eager(Log);

#[actor]
impl Eager {
    #[init]
    fn init(log: Log, ctx: &mut Context<Self>) -> Self {
        ctx.me().note("message");
        ctx.next().go_on("continue");
        Self(log)
    }

    #[handle_cast]
    fn note(&mut self, text: &'static str) {
        self.0.say(text);
    }

    #[handle_continue]
    fn go_on(&mut self, text: &'static str) {
        self.0.say(text);
    }
}

#[otp::test(seeds = 50)]
fn the_continue_of_init_comes_before_any_message(t: &mut Sim) {
    let log = Log::default();
    let eager = Eager::start(log.clone()).unwrap();
    eager.note("late");
    t.settle();
    assert_eq!(log.take(), ["continue", "message", "late"]);
}

#[otp::test(seeds = 50)]
fn a_future_holds_the_messages_back(t: &mut Sim) {
    let (desk, log) = desk();
    let dozing = desk.request().doze(1, millis(10));
    desk.note(2);
    t.advance(millis(9));
    assert_eq!(log.take(), ["doze 1"]);
    assert_eq!(dozing.wait(), Ok(2));
    t.settle();
    assert_eq!(log.take(), ["woke 1", "2"]);
}

#[otp::test(seeds = 50)]
fn an_exit_ends_a_handler_where_it_waits(t: &mut Sim) {
    for asynchronous in [false, true] {
        let (desk, log) = desk();
        let monitor = desk.monitor().unwrap();
        let request = if asynchronous { desk.request().doze(1, LONG) } else { desk.request().slow(1, LONG) };
        t.settle();
        process::exit(desk.pid().unwrap(), ExitReason::Shutdown);
        assert_eq!(request.wait(), Err(CallError::Exited(ExitReason::Shutdown)));
        assert_eq!(down(monitor), ExitReason::Shutdown);
        log.0.lock().unwrap().retain(|line| line != "doze 1");
        assert_eq!(log.take(), [""; 0], "no `terminate`, since it does not trap");
    }
    assert_eq!(t.now(), Duration::ZERO);
}

/// Awaits what no message brings about.
struct Absorbed(Arc<AtomicUsize>);

#[actor]
impl Absorbed {
    #[init]
    fn init(polls: Arc<AtomicUsize>) -> Self {
        Self(polls)
    }

    #[handle_cast]
    async fn wait(&mut self, first: Duration) {
        if !first.is_zero() {
            otp::sleep(first);
        }
        std::future::poll_fn(|_| {
            self.0.fetch_add(1, SeqCst);
            Poll::<()>::Pending
        })
        .await;
    }
}

#[otp::test(seeds = 20)]
fn what_a_handler_awaits_is_not_polled_because_of_messages(t: &mut Sim) {
    for first in [Duration::ZERO, millis(1)] {
        let polls = Arc::default();
        let absorbed = Absorbed::start(Arc::clone(&polls))?;
        absorbed.wait(first);
        t.advance(millis(1));
        absorbed.wait(first);
        t.settle();
        assert_eq!(polls.load(SeqCst), 1);
    }
}

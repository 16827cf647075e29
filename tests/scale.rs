//! What an operation costs does not grow with what it was not asked about: with how many others there are.
//!
//! Entries that are passed are counted, not time: in a table, list or queue of 1,000 and in one of 100,000.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(debug_assertions)]

use std::{future::poll_fn, task::Poll};

use otp::{prelude::*, timer};

const SIZES: [usize; 2] = [1_000, 100_000];

/// So many entries may be passed, however many there are.
const FEW: usize = 8;

/// How many entries `it` passes.
fn passes<R>(it: impl FnOnce() -> R) -> usize {
    let before = otp::__private::passed();
    drop(it());
    otp::__private::passed() - before
}

/// What `it` costs at most, done so often in a row that no list stays as full as it was.
#[track_caller]
fn is_cheap(what: &str, size: usize, mut it: impl FnMut(usize)) {
    let costs = (0..50).map(|n| passes(|| it(n)));
    let most = costs.max().unwrap();
    assert!(most <= FEW, "{what}: {most} of {size} are passed");
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

struct Desk {
    kept: Vec<ReplyTo<u32>>,
}

#[actor]
impl Desk {
    #[init]
    fn init() -> Self {
        Self { kept: vec![] }
    }

    #[handle_call]
    fn answer(&self) -> u32 {
        42
    }

    /// Answers never.
    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<u32>) {
        self.kept.push(reply);
    }

    #[handle_cast]
    fn hear(&self) {}
}

#[otp::test(seeds = 1)]
fn one_more_timer(_: &mut Sim) {
    for size in SIZES {
        let subject = process::current().subject::<u32>();
        let _live: Vec<_> = (0..size).map(|_| timer::send_after(secs(1), &subject, 1)).collect();
        is_cheap("a timer", size, |_| drop(timer::send_after(secs(1), &subject, 1)));
        is_cheap("a timer that is cancelled", size, |_| {
            assert!(timer::send_after(secs(1), &subject, 1).cancel().is_some());
        });
        is_cheap("what is left", size, |_| assert!(timer::send_after(secs(1), &subject, 1).left().is_some()));
    }
}

#[otp::test(seeds = 1)]
fn one_more_call(t: &mut Sim) {
    for size in SIZES {
        let desk = Desk::start()?;
        let mut live: Vec<_> = (0..size).map(|_| desk.request().keep()).collect();
        // Asked about by a thread of no process, as it were.
        live.iter_mut().for_each(|reply| drop(reply.check()));
        t.settle();
        is_cheap("a call", size, |_| assert_eq!(desk.answer(), Ok(42)));
        is_cheap("a call that is deferred", size, |_| {
            drop(desk.request().keep().check());
            t.settle();
        });
        is_cheap("a call that is given up", size, |_| drop(desk.timeout(Duration::ZERO).keep()));
    }
}

/// Messages that nobody asks for now wait before all others.
fn fill(size: usize) {
    let others = process::current().subject::<usize>();
    (0..size).for_each(|n| others.send(n));
}

#[otp::test(seeds = 1)]
fn one_more_message_for_a_receive_that_waits(t: &mut Sim) {
    for size in SIZES {
        let (ready, passed) = (process::current().subject(), process::current().subject());
        let (tell, is_over) = (ready.clone(), passed.clone());
        let waiting = process::spawn(move |me| {
            fill(size);
            let (wanted, others) = (me.subject::<()>(), me.subject::<u32>());
            tell.send((wanted.clone(), others));
            wanted.receive(None);
            is_over.send(());
        });
        let (wanted, others) = ready.receive(None).unwrap();
        t.settle();
        is_cheap("another's message", size, |n| {
            others.send(n as u32);
            t.settle();
        });
        is_cheap("a signal", size, |_| {
            otp::exit(waiting, ExitReason::Normal);
            t.settle();
        });
        is_cheap("what it waits for", size, |_| {
            wanted.send(());
            t.settle();
        });
        assert!(passed.receive(Duration::ZERO).is_some());
    }
}

struct Busy;

#[actor(mailbox = bounded(200_000, drop_newest))]
impl Busy {
    #[init]
    fn init() -> Self {
        Self
    }

    /// Waits for what others send, with `size` messages before it.
    #[handle_cast]
    fn wait(&self, size: usize, to: process::Subject<(process::Subject<()>, process::Subject<u32>)>) {
        fill(size);
        let me = process::current();
        let (wanted, others) = (me.subject::<()>(), me.subject::<u32>());
        to.send((wanted.clone(), others));
        wanted.receive(None);
    }
}

#[otp::test(seeds = 1)]
fn one_more_message_for_a_receive_behind_a_bound(t: &mut Sim) {
    for size in SIZES {
        let (busy, ready) = (Busy::start()?, process::current().subject());
        busy.wait(size, ready.clone());
        let (wanted, others) = ready.receive(None).unwrap();
        t.settle();
        is_cheap("another's message", size, |n| {
            others.send(n as u32);
            t.settle();
        });
        is_cheap("what it waits for", size, |_| {
            wanted.send(());
            t.settle();
        });
        otp::exit(busy.pid().unwrap(), ExitReason::Kill);
        t.settle();
        drop(t.crashes());
    }
}

/// Whoever waits for an end or a start does not look at what had come before.
#[otp::test(seeds = 1)]
fn starts_and_ends_beside_much_mail(t: &mut Sim) {
    for size in SIZES {
        fill(size);
        process::trap_exit(true);
        let pid = Desk::start()?.pid().unwrap();
        is_cheap("a stop", size, |_| Desk::start().unwrap().stop().unwrap());
        is_cheap("a kill", size, |_| t.kill(Desk::start().unwrap()));
        is_cheap("a start that fails", size, |_| assert!(Fails::start_link().is_err()));
        is_cheap("a monitor that is ended", size, |_| process::demonitor_flush(otp::monitor(pid)));
        process::current().flush();
    }
}

struct Fails;

#[actor]
impl Fails {
    #[init]
    fn init() -> Init<Self> {
        Init::Stop(ExitReason::Shutdown)
    }
}

/// What a receive has looked at is looked at again when what stood before it is gone.
#[otp::test]
fn a_receive_misses_nothing(t: &mut Sim) {
    let (ready, done) = (process::current().subject(), process::current().subject());
    let (tell, end) = (ready.clone(), done.clone());
    process::spawn_async(move |me| async move {
        let (a, b, other) = (me.subject::<u32>(), me.subject::<u32>(), me.subject::<u32>());
        tell.send([a.clone(), b.clone(), other.clone()]);
        // Each takes out what stands before what the other has looked at.
        let sum = |of: process::Subject<u32>| async move {
            let mut sum = 0;
            for _ in 0..50 {
                sum += of.receive_async(None).await.unwrap();
            }
            sum
        };
        let mut sums = [a, b].map(|of| (Box::pin(sum(of)), None));
        poll_fn(|cx| {
            for (sum, done) in &mut sums {
                if done.is_none()
                    && let Poll::Ready(sum) = sum.as_mut().poll(cx)
                {
                    *done = Some(sum);
                }
            }
            if sums.iter().all(|(_, sum)| sum.is_some()) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let mut left = 0;
        while other.receive_async(Duration::ZERO).await.is_some() {
            left += 1;
        }
        end.send((sums.map(|(_, sum)| sum), left));
    });
    let [a, b, other] = ready.receive(None).unwrap();
    for n in 0..50 {
        // In one order or the other, few or many at a time.
        let number = t.seed() + n;
        other.send(0);
        if number.is_multiple_of(2) {
            a.send(1);
            other.send(0);
            b.send(2);
        } else {
            b.send(2);
            other.send(0);
            a.send(1);
        }
        if number.is_multiple_of(3) {
            t.settle();
        }
    }
    assert_eq!(done.receive(None), Some(([Some(50), Some(100)], 100)));
}

/// Those that were dropped are undone at once.
#[otp::test(seeds = 1)]
fn a_message_after_many_channels_that_were_dropped(t: &mut Sim) {
    let subject = process::current().subject::<u32>();
    for size in [100, 1_000] {
        let before = t.node().len();
        (0..size).for_each(|_| drop(process::Selector::new().select(&subject).channel()));
        (0..size).for_each(|_| drop(process::current().subject::<u32>().channel()));
        subject.send(1);
        assert_eq!(subject.receive(Duration::ZERO), Some(1));
        is_cheap("a message", size, |_| {
            subject.send(1);
            subject.receive(Duration::ZERO);
        });
        t.settle();
        assert_eq!(t.node().len(), before);
    }
}

struct Forgetful;

#[actor(mailbox = bounded(1, drop_oldest))]
impl Forgetful {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn hear(&self) {}

    #[handle_cast]
    fn wait(&self, size: usize, to: process::Subject<process::Subject<()>>) {
        fill(size);
        let go_on = process::current().subject();
        to.send(go_on.clone());
        go_on.receive(None);
    }
}

/// Messages that do not count stand before it.
#[otp::test(seeds = 1)]
fn one_that_is_dropped(t: &mut Sim) {
    for size in SIZES {
        let (forgetful, ready) = (Forgetful::start()?, process::current().subject());
        forgetful.wait(size, ready.clone());
        let go_on = ready.receive(None).unwrap();
        (0..10).for_each(|_| forgetful.hear());
        is_cheap("the oldest is dropped", size, |_| forgetful.hear());
        go_on.send(());
        t.settle();
    }
}

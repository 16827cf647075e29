//! An actor's own timers.

use std::{thread, time::Instant};

use otp::{Node, prelude::*, process::Subject};

use super::{Held, LONG, Log, down, millis};

/// Sets timers.
struct Clock {
    log: Log,
    timer: Option<TimerRef>,
}

#[actor]
impl Clock {
    #[init]
    fn init(log: Log) -> Self {
        Self { log, timer: None }
    }

    #[handle_call]
    fn after(&mut self, delay: Duration, text: &'static str, ctx: &mut Context<Self>) -> TimerRef {
        ctx.after(delay).tick(text)
    }

    #[handle_call]
    fn after_with(&mut self, delay: Duration, held: Held, ctx: &mut Context<Self>) -> TimerRef {
        ctx.after(delay).take(held)
    }

    #[handle_call]
    fn every(&mut self, period: Duration, ctx: &mut Context<Self>) -> TimerRef {
        let timer = ctx.every(period, |me| me.tick("every"));
        self.timer = Some(timer.clone());
        timer
    }

    #[handle_call]
    fn every_panics(&mut self, period: Duration, ctx: &mut Context<Self>) {
        ctx.every(period, |_| panic!("no tick"));
    }

    #[handle_call]
    fn idle(&mut self, delay: Duration, ctx: &mut Context<Self>) {
        ctx.idle_timeout(delay).tick("idle");
    }

    #[handle_cast]
    fn pause(&mut self, delay: Duration) {
        otp::sleep(delay);
    }

    #[handle_cast]
    fn cancel_own(&mut self) {
        otp::sleep(millis(20));
        self.log.say(self.timer.take().unwrap().cancel().is_some());
    }

    #[handle_cast]
    fn nothing(&mut self) {}

    #[handle_cast]
    fn take(&mut self, held: Held) {
        drop(held);
    }

    #[handle_info]
    fn tick(&mut self, text: &'static str) {
        self.log.say(text);
    }
}

fn clock() -> (ClockRef, Log) {
    let log = Log::default();
    (Clock::start(log.clone()).unwrap(), log)
}

#[otp::test(seeds = 50)]
fn a_timer_comes_in_time_and_once(t: &mut Sim) {
    let (clock, log) = clock();
    let timer = clock.after(millis(10), "late").unwrap();
    clock.after(millis(5), "early").unwrap();
    t.advance(millis(4));
    assert_eq!(timer.left(), Some(millis(6)));
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(1));
    assert_eq!(log.take(), ["early"]);
    t.advance(millis(5));
    assert_eq!(log.take(), ["late"]);
    assert_eq!((timer.left(), timer.cancel()), (None, None));
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0]);
}

#[otp::test(seeds = 50)]
fn a_cancelled_timer_never_comes(t: &mut Sim) {
    let (clock, log) = clock();
    let timer = clock.after(millis(10), "once").unwrap();
    t.advance(millis(4));
    assert_eq!(timer.cancel(), Some(millis(6)));
    assert_eq!((timer.cancel(), timer.left()), (None, None));
    t.advance(LONG);
    // One that is on its way, behind a message that is being handled.
    let timer = clock.after(millis(10), "once").unwrap();
    clock.pause(millis(20));
    t.advance(millis(15));
    assert_eq!(timer.cancel(), Some(Duration::ZERO));
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0]);
}

#[otp::test(seeds = 50)]
fn ticks_do_not_drift(t: &mut Sim) {
    let (clock, log) = clock();
    let timer = clock.every(millis(10)).unwrap();
    t.advance(millis(35));
    assert_eq!(log.take(), ["every"; 3]);
    // However long a tick was held up, the next ones stand where they stood.
    clock.pause(millis(12));
    t.advance(millis(11));
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(1));
    assert_eq!(log.take(), ["every"]);
    t.advance(millis(3));
    assert_eq!(log.take(), ["every"]);
    assert_eq!(t.now(), millis(50));
    // Cancelled with a tick on its way.
    clock.cancel_own();
    t.advance(millis(100));
    assert_eq!(log.take(), ["true"]);
    assert_eq!(timer.cancel(), None);
}

const BEAT: Duration = Duration::from_millis(40);

/// Says when it ticks.
struct Metronome {
    ticks: Subject<Instant>,
}

#[actor]
impl Metronome {
    #[init]
    fn init(ticks: Subject<Instant>, ctx: &mut Context<Self>) -> Self {
        ctx.every(BEAT, |me| me.tick());
        Self { ticks }
    }

    #[handle_info]
    fn tick(&mut self) {
        self.ticks.send(Instant::now());
    }
}

#[test]
fn a_late_tick_does_not_make_the_next_one_late() {
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(|| {
        // A machine that is busy elsewhere may make any tick late; of ten attempts one will do.
        let in_time = (0..10).any(|_| {
            let ticks = process::current().subject();
            let began = Instant::now();
            let metronome = Metronome::start(ticks.clone()).unwrap();
            // The only core is held beyond the first tick.
            process::spawn(|_| thread::sleep(BEAT * 3 / 2));
            let late = ticks.receive(None).unwrap() - began;
            assert!(late >= BEAT);
            let next = ticks.receive(None).unwrap() - began;
            metronome.stop().unwrap();
            next < BEAT * 9 / 4
        });
        assert!(in_time);
    });
    node.stop();
}

#[otp::test(seeds = 50)]
fn any_message_cancels_the_idle_timeout(t: &mut Sim) {
    let (clock, log) = clock();
    clock.idle(millis(10)).unwrap();
    t.advance(millis(9));
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(1));
    assert_eq!(log.take(), ["idle"]);
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0], "it comes once");

    clock.idle(millis(10)).unwrap();
    t.advance(millis(9));
    clock.nothing();
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0]);

    clock.idle(millis(10)).unwrap();
    clock.after(millis(5), "timer").unwrap();
    t.advance(LONG);
    assert_eq!(log.take(), ["timer"]);

    // Set again, the later one counts.
    clock.idle(millis(10)).unwrap();
    clock.idle(millis(30)).unwrap();
    t.advance(millis(20));
    assert_eq!(log.take(), [""; 0]);
    t.advance(millis(10));
    assert_eq!(log.take(), ["idle"]);
}

#[otp::test(seeds = 20)]
fn timers_end_with_their_process(t: &mut Sim) {
    let (clock, log) = clock();
    let (timer, every) = (clock.after(millis(10), "once").unwrap(), clock.every(millis(10)).unwrap());
    let set = t.node().timers();
    t.kill(&clock);
    assert_eq!(t.node().timers(), set - 2);
    assert_eq!((timer.left(), every.left()), (None, None));
    t.advance(LONG);
    assert_eq!(log.take(), [""; 0]);
}

#[otp::test(seeds = 20)]
fn what_a_timer_holds_is_dropped_with_its_process(t: &mut Sim) {
    let (clock, log) = clock();
    let timer = clock.after_with(millis(10), Held::new(&log, "held")).unwrap();
    t.kill(&clock);
    assert_eq!(log.take(), ["held"], "although its `TimerRef` lives on");
    assert_eq!(timer.cancel(), None);
}

#[otp::test(seeds = 20)]
fn a_timer_that_panics_ends_its_process(t: &mut Sim) {
    let (clock, _) = clock();
    let monitor = clock.monitor().unwrap();
    clock.every_panics(millis(10)).unwrap();
    let reason = down(monitor);
    assert_eq!(reason.as_panic().map(|panic| panic.message.as_str()), Some("no tick"));
    assert_eq!(t.now(), millis(10));
    let (clock, log) = self::clock();
    let monitor = clock.monitor().unwrap();
    drop(clock.after_with(LONG, Held::panics(&log, "timer")).unwrap());
    process::exit(clock.pid().unwrap(), ExitReason::Shutdown);
    assert_eq!(down(monitor).as_panic().map(|panic| panic.message.as_str()), Some("timer is dropped"));
    assert_eq!(t.crashes().len(), 2);
}
